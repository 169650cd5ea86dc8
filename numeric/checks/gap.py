"""Comparison of values, tensor by tensor, with bounds that carry their reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from numeric.checks.case import Array, Case

Values = Callable[[Case], Mapping[str, Array]]
MOVE = 1e-6  # relative size of the move that measures sensitivity: far above float64 rounding, far below curvature
ROUNDING = (
    "N ε (κ + |value| + unit): N = T (sizes + 8 equations) roundings lie on a path; each acts at most like a relative change ε "
    "of all values, whose effect κ was measured, or like ε beside a 1, as in 1 − h² (unit: the largest value, for gradients "
    "times Σ|upstream|); the largest entry of each tensor counts"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest disagreement found, measured by its bound."""

    where: str
    got: float
    expected: float
    error: float
    bound: float
    passed_over: str = ""  # why nothing was compared

    @property
    def ratio(self) -> float:
        """Error by bound: above 1 it is a disagreement. An error that is no number is one, a bound that is none allows nothing."""
        if not self.error:
            return 0.0
        return self.error / self.bound if np.isfinite(self.error) and self.bound > 0 else np.inf


NOTHING = Gap("", 0.0, 0.0, 0.0, 0.0)


def worst(gaps: list[Gap]) -> Gap:
    """The one that exceeds its bound most, or comes nearest to it."""
    return max(gaps, key=lambda gap: gap.ratio, default=NOTHING)


def largest(value: Array) -> float:
    """The largest absolute entry."""
    return float(np.max(np.abs(value), initial=0.0))


def compare(got: Mapping[str, Array], expected: Mapping[str, Array], bounds: Mapping[str, float]) -> Gap:
    """The worst entry of ``got`` against ``expected``; a shape that differs and a NaN too many are errors of any size."""
    return worst([_compare(name, np.asarray(got[name]), np.asarray(value), bounds[name]) for name, value in expected.items()])


def _compare(name: str, got: Array, expected: Array, bound: float) -> Gap:
    if got.shape != expected.shape:
        return Gap(f"{name}: shape {got.shape}, expected {expected.shape}", np.nan, np.nan, np.inf, bound)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(got.astype(np.float64) - expected)
    error = np.where((got == expected) | (np.isnan(got) & np.isnan(expected)), 0.0, np.where(np.isnan(error), np.inf, error))
    at = np.unravel_index(int(np.argmax(error)), error.shape)
    where = f"{name}[{', '.join(str(int(i)) for i in at)}]" if at else name
    return Gap(where, float(got[at]), float(expected[at]), float(error[at]), bound)


def moved(case: Case, seed: int = 0, size: float = MOVE) -> Case:
    """The case with every value and upstream gradient changed by a random relative amount up to ``size``; what is held stays."""
    rng = np.random.default_rng(seed)

    def move(values: Mapping[str, Array]) -> dict[str, Array]:
        return {k: v if k in case.held else v * (1 + size * rng.choice([-1.0, 1.0], v.shape)) for k, v in values.items()}

    return case.with_variables(move(case.variables)).with_upstream(move(case.upstream))


def roundings(case: Case) -> int:
    """N of ``ROUNDING``."""
    sizes = case.sizes
    return int(sizes["time"] * (sum(sizes.values()) + 8 * len(case.cell.equations)))


def rounding_bounds(values: Values, case: Case, epsilon: float, *, of_gradients: bool = False) -> dict[str, float]:
    """The bound ``ROUNDING`` for each tensor that ``values`` computes; ``case`` in float64."""
    here, there = values(case), values(moved(case))
    steps, one = roundings(case) * epsilon, unit(case, of_gradients=of_gradients)
    return {k: steps * (largest(there[k] - v) / MOVE + largest(v) + one) for k, v in here.items()}


def unit(case: Case, *, of_gradients: bool) -> float:
    """What the 1 in ``1 − h²`` is multiplied with, at most."""
    value = max(1.0, *(largest(v) for v in case.variables.values()))
    return value * float(sum(np.sum(np.abs(v)) for v in case.upstream.values())) if of_gradients else value


def epsilon(case: Case) -> float:
    """The spacing of the case's numbers at 1."""
    return float(np.finfo(case.dtype).eps)
