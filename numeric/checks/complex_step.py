"""Gradients by complex step: Im L(θ + ih) / h is the derivative without any difference of nearby numbers.

The loss is evaluated from the author's equations in complex arithmetic, entry by entry of every parameter, input and
initial state, for a random linear loss of every output at every time. At h = 1e-30 the error of the method, O(h²), is far
below rounding, so the result is as exact as the arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from numeric.checks.case import Array, Case
from numeric.checks.fitness import unfit_float32
from numeric.checks.gap import ROUNDING, Gap, compare, epsilon, rounding_bounds
from numeric.checks.judge import Check
from numeric.checks.plain import INDEPENDENT, floats, loss, unroll
from numeric.checks.subject import Subject

STEP = 1e-30
METHOD = "complex step"


def moved_entries(variables: Mapping[str, Array], step: Any) -> dict[str, Array]:
    """Copies of all variables along a new first axis, one for each entry of all of them, which has moved by ``step`` there."""
    count = sum(v.size for v in variables.values())
    stacked, start = {}, 0
    for name, value in variables.items():
        copies = np.repeat(value[None], count, axis=0)
        copies.reshape(count, -1)[range(start, start + value.size), range(value.size)] += step
        stacked[name], start = copies, start + value.size
    return stacked


def by_entry(slopes: Array, variables: Mapping[str, Array]) -> dict[str, Array]:
    """One number for each copy of ``moved_entries``, in the shapes of the variables."""
    ends = np.cumsum([v.size for v in variables.values()])[:-1]
    return {name: part.reshape(v.shape) for (name, v), part in zip(variables.items(), np.split(slopes, ends), strict=True)}


def gradients(case: Case) -> dict[str, Array]:
    """Every gradient of the loss Σ upstream · output, from the author's equations; all entries in one evaluation."""
    variables = {name: value.astype(np.complex128) for name, value in case.variables.items()}
    outputs = unroll(case, floats(np.complex128), moved_entries(variables, 1j * STEP))
    return by_entry(np.imag(loss(outputs, case)) / STEP, variables)


@lru_cache(maxsize=64)
def truth(case: Case) -> tuple[dict[str, Array], dict[str, float]]:
    """The gradients of a float64 case, and for each its bound ``ROUNDING`` for ε = 1."""
    return gradients(case), rounding_bounds(gradients, case, 1.0, of_gradients=True)


def compare_gradients(subject: Subject, case: Case) -> Gap:
    """The code's gradients in the case's own type against the truth."""
    expected, bounds = truth(case.astype(np.float64))
    return compare(subject.gradients(case), expected, {k: v * epsilon(case) for k, v in bounds.items()})


def compare_float32(subject: Subject, case: Case) -> Gap:
    """The same in float32; cases are drawn exact in float32, so the truth is the same."""
    return compare_gradients(subject, case.astype(np.float32))


CHECKS = (
    Check("every gradient, float64", METHOD, INDEPENDENT, ROUNDING + "; ε = 2^-52", compare_gradients),
    Check("every gradient, float32", METHOD, INDEPENDENT, ROUNDING + "; ε = 2^-23", compare_float32, unfit=unfit_float32),
)
