"""Gradients against the code's own forward pass, by extrapolated central differences.

This ties backward to forward without the equations: it would notice a pair that agrees with neither. Each tensor is
tested along two random directions. The error is judged by the noise that the differences themselves show, not by a constant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from numeric.checks.case import Array, Case
from numeric.checks.differences import LEVELS, MARGIN, slope_with_noise
from numeric.checks.fitness import INFINITE, NEAR, PassedOver, is_finite, same_branches, unfit_float32
from numeric.checks.gap import Gap, largest, worst
from numeric.checks.judge import Check
from numeric.checks.plain import loss
from numeric.checks.subject import Subject

DIRECTIONS = 2
STEPS, STEPS32 = (1e-2, 1e-3, 1e-4), (1e-1, 3e-2, 1e-2)  # the first one, unless it crosses a kink
SUMMED = 64  # roundings of the sum over a direction; the tensors of small cases have fewer entries
NOISE = (
    f"{MARGIN} × the largest noise of the case's slopes (each measured as the distance of the slopes at first steps h and 0.7 h), "
    f"plus {SUMMED} roundings of the sum over the direction"
)


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """A direction of one tensor."""

    name: str
    value: Array
    along: Array
    scale: float


def direction(case: Case, name: str, k: int) -> Array:
    """A direction for one tensor, entries ±0.5 … ±1 so that none is left out; the same for the same name and shape."""
    rng = np.random.default_rng([k, *name.encode()])
    value = case.variables[name]
    return np.asarray(rng.uniform(0.5, 1.0, value.shape) * rng.choice([-1.0, 1.0], value.shape)).astype(case.dtype)


def directions(case: Case) -> dict[tuple[str, int], Direction]:
    """Two directions for each tensor, scaled so that a step h is h in the whole tensor, whatever its size."""
    found = {}
    for name, value in case.variables.items():
        for k in range(DIRECTIONS):
            along = direction(case, name, k)
            found[name, k] = Direction(name, value, along, max(1.0, float(np.sqrt(along.size))))
    return {key: one for key, one in found.items() if key[0] not in case.held}


def clear_step(case: Case, along: Sequence[Mapping[str, Array]], steps: Sequence[float]) -> float:
    """The first of the steps that crosses no kink in any of the directions; ``PassedOver`` if each of them does."""
    for h in steps:
        moves = [{k: part * h * v for k, v in one.items()} for one in along for part in (1.0, -1.0, 0.5, -0.5)]
        if same_branches(case, moves):
            return h
    raise PassedOver(NEAR)


def slopes(subject: Subject, case: Case, h: float, levels: int) -> dict[tuple[str, int], tuple[float, float]]:
    """The slope of the loss along each direction, with its noise."""
    found = {}
    for key, one in directions(case).items():

        def at(step: float, one: Direction = one) -> float:
            there = case.with_variables({one.name: (one.value + step / one.scale * one.along).astype(case.dtype)})
            return float(loss(_wide(subject.outputs(there)), case))

        slope, noise = slope_with_noise(at, h, levels)
        if not np.isfinite(noise) and not _finite_around(case, one, h):
            raise PassedOver(INFINITE)
        found[key] = slope * one.scale, noise * one.scale
    return found


def _finite_around(case: Case, one: Direction, h: float) -> bool:
    """Whether the equations give finite numbers at both ends of the differences."""
    ends = (one.value + step * h / one.scale * one.along for step in (1, -1))
    return all(is_finite(case, {one.name: there.astype(case.dtype)}) for there in ends)


def _wide(outputs: Mapping[str, Array]) -> dict[str, Array]:
    return {k: v.astype(np.float64) for k, v in outputs.items()}


def compare_slopes(subject: Subject, case: Case, steps: Sequence[float] = STEPS, levels: int = LEVELS, floor: float = 0.0) -> Gap:
    """<gradient, direction> against the slope of the code's own loss."""
    gradients = _wide(subject.gradients(case))
    h = clear_step(case, [{one.name: one.along / one.scale} for one in directions(case).values()], steps)
    measured = slopes(subject, case, h, levels)
    noise = max(noise for _, noise in measured.values())
    if not np.isfinite(noise):
        return Gap("the loss near the case", np.nan, np.nan, np.inf, 0.0)
    scale = max(abs(slope) for slope, _ in measured.values())
    gaps = []
    for (name, k), (slope, _) in measured.items():
        got = float(np.sum(gradients[name] * direction(case, name, k)))
        size = largest(gradients[name]) * gradients[name].size
        bound = MARGIN * noise + SUMMED * np.finfo(np.float64).eps * size + floor * scale
        error = abs(got - slope)
        gaps.append(Gap(f"{name} along a direction", got, slope, error if np.isfinite(error) else np.inf, bound))
    return worst(gaps)


def compare_float32(subject: Subject, case: Case) -> Gap:
    """In float32 differences are good for three digits at h = 0.1, and no more is claimed."""
    return compare_slopes(subject, case.astype(np.float32), STEPS32, levels=2, floor=1e-3)


INDEPENDENT = "the equations and every rule: only the values of the code's own forward pass are used"
CHECKS = (
    Check(
        "backward pass fits the forward pass, float64",
        "Richardson",
        INDEPENDENT,
        NOISE + ", h = 0.01, less where that crosses a kink",
        compare_slopes,
        share=0.1,
    ),
    Check(
        "backward pass fits the forward pass, float32",
        "Richardson",
        INDEPENDENT,
        NOISE + ", h = 0.1, less where that crosses a kink, plus 0.001 of the largest slope: no more is claimed in float32",
        compare_float32,
        share=0.1,
        unfit=unfit_float32,
    ),
)
