"""Derivatives of somebody else's forward pass: by complex step where it is analytic, by Richardson where it is not.

A function is taken for analytic if complex numbers pass through it without a warning and the slope that they give agrees
with Richardson's. Code that keeps values in float buffers, calls a compiled library or uses ``abs`` fails one of the two.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numeric.checks.case import Array, Case, Parameters
from numeric.checks.complex_step import STEP
from numeric.checks.differences import MARGIN, slope_with_noise
from numeric.checks.plain import loss
from numeric.checks.richardson import clear_step, direction

SMALLER = 4  # steps that are tried where kinks are near, each a tenth of the one before
CLEAR = 1e-9  # of Σ|upstream|: code that is not analytic is off by far more, rounding by far less

Forward = Callable[..., Any]
Direction = Mapping[str, Array]


def call_forward(forward: Forward, case: Case) -> Any:
    """``forward(p, x, h=…, c=…)`` with copies, so that code which overwrites its arguments hurts nobody else."""
    return forward(parameters(case), *_copied(case.inputs).values(), **_copied(case.states))


def parameters(case: Case) -> Parameters:
    """Copies of the parameters, and of the constants beside them."""
    return Parameters(_copied(case.p) | _copied(case.constants))


def _copied(values: Mapping[str, Array]) -> dict[str, Array]:
    return {k: np.array(v) for k, v in values.items()}


def read_outputs(found: Any, case: Case) -> dict[str, Array]:
    """The outputs in what a forward pass returned: by name, in the cell's order in a tuple, or a single array."""
    names = [key.removeprefix("d") for key in case.upstream]
    if isinstance(found, tuple | list) and found and not isinstance(found[0], np.ndarray):
        return read_outputs(found[0], case)  # (outputs, what backward needs)
    if isinstance(found, np.ndarray):
        found = (found,)
    values = found if isinstance(found, Mapping) else vars_or_empty(found)
    if isinstance(found, tuple | list):
        values = dict(zip(names, found, strict=False))
    missing = [name for name in names if name not in values]
    if missing:
        raise ValueError(f"forward returned no {missing[0]}: expected a tuple ({', '.join(names)}), or these as keys or attributes")
    outputs = {name: np.asarray(values[name]) for name in names}
    for name, value in outputs.items():
        if value.shape != case.upstream[f"d{name}"].shape:
            raise AssertionError(f"output {name} has shape {value.shape}, expected {case.upstream[f'd{name}'].shape} (time, batch, size)")
    return outputs


def vars_or_empty(found: Any) -> Mapping[str, Any]:
    """The attributes of an object, whether it keeps them in a dictionary, in slots or behind properties."""
    return {name: getattr(found, name) for name in dir(found) if not name.startswith("_")}


@dataclass(frozen=True, eq=False)
class Slopes:
    """Slopes of the loss Σ upstream · output of a forward pass along directions."""

    forward: Forward
    case: Case
    method: str
    step: float  # of Richardson's differences
    noise: float = 0.0  # of Richardson's differences at least: a single slope can look better than it is
    relative: float = 0.0  # what is claimed at best, for results in float32

    @property
    def analytic(self) -> bool:
        """Whether slopes are exact up to rounding."""
        return self.method == "complex step"

    def along(self, where: Direction, case: Case | None = None) -> tuple[float, float]:
        """The slope and its noise; ``case`` may have other values or upstream gradients than the one examined."""
        case = case or self.case
        if self.analytic:
            return complex_slope(self.forward, case, where), 0.0
        step = clear_step(case, [where], [self.step / 10**k for k in range(SMALLER)])
        slope, noise = slope_with_noise(lambda h: real_loss(self.forward, case, where, h), step)
        return slope, max(noise, self.noise) + self.relative * abs(slope)


def complex_slope(forward: Forward, case: Case, where: Direction) -> float:
    """The slope by complex step; raises where complex numbers do not pass."""
    wide = case.astype(np.complex128)
    there = wide.with_variables({k: wide.variables[k] + 1j * STEP * v for k, v in where.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        outputs = read_outputs(call_forward(forward, there), case)
    if not any(np.iscomplexobj(v) for v in outputs.values()):
        raise TypeError("complex numbers do not pass")
    return float(np.imag(loss(outputs, case.astype(np.float64)))) / STEP


def real_loss(forward: Forward, case: Case, where: Direction, h: float) -> float:
    """The loss at a distance ``h``."""
    there = case.with_variables({k: (case.variables[k] + h * v).astype(case.dtype) for k, v in where.items()})
    outputs = read_outputs(call_forward(forward, there), case)
    return float(loss({k: v.astype(np.float64) for k, v in outputs.items()}, case))


def examine(forward: Forward, case: Case) -> Slopes:
    """How slopes of this forward pass are best measured, found out along one direction of everything."""
    free = {name: v for name, v in case.variables.items() if name not in case.held}
    everything = {name: direction(case, name, 2) / max(1.0, np.sqrt(v.size)) for name, v in free.items()}
    outputs = read_outputs(call_forward(forward, case), case)
    narrow = any(v.dtype == np.float32 for v in outputs.values())
    step, claim = (1e-1, 1e-3) if narrow else (1e-2, 0.0)
    step = clear_step(case, [everything], [step / 10**k for k in range(SMALLER)])
    slope, noise = slope_with_noise(lambda h: real_loss(forward, case, everything, h), step)
    terms = sum(float(np.sum(np.abs(v * case.upstream[f"d{k}"]))) for k, v in outputs.items())
    noise = max(noise, max(float(np.finfo(v.dtype).eps) for v in outputs.values()) * terms / step)
    opaque = Slopes(forward, case, f"Richardson h = {step:g}", step, noise, claim)
    try:
        exact = complex_slope(forward, case, everything)
    except Exception:  # whatever the code raises: complex numbers do not pass
        return opaque
    size = CLEAR * sum(float(np.sum(np.abs(v))) for v in case.upstream.values())
    agrees = abs(exact - slope) <= MARGIN * noise + claim * abs(slope) + size
    return Slopes(forward, case, "complex step", step) if agrees else opaque


def entries(slopes: Slopes, name: str, case: Case | None = None) -> Array:
    """The gradient of one tensor, entry by entry."""
    value = slopes.case.variables[name]
    found = np.zeros(value.shape)
    for at in np.ndindex(value.shape):
        unit = np.zeros(value.shape)
        unit[at] = 1.0
        found[at] = slopes.along({name: unit}, case)[0]
    return found


def read_gradients(found: Any, names: Sequence[str]) -> dict[str, Array | None]:
    """Gradients from a dictionary or an object; None where there is none."""
    values = found if isinstance(found, Mapping) else vars_or_empty(found)
    return {name: None if values.get(name) is None else np.asarray(values[name]) for name in names}
