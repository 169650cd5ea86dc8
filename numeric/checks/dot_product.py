"""Forward mode against reverse mode, ⟨ȳ, ẏ⟩ = ⟨x̄, ẋ⟩, and forward mode against the complex step of the equations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from numeric.checks.case import Array, Case
from numeric.checks.complex_step import STEP
from numeric.checks.gap import ROUNDING, Gap, compare, epsilon, rounding_bounds, roundings
from numeric.checks.judge import Check
from numeric.checks.plain import INDEPENDENT, floats, unroll
from numeric.checks.richardson import direction
from numeric.checks.subject import Subject


def directions(case: Case) -> dict[str, Array]:
    """A random direction of all variables together."""
    return {name: direction(case, name, 0) for name in case.variables}


def _terms(left: Mapping[str, Array], right: Mapping[str, Array]) -> Array:
    return np.concatenate([(left[k].astype(np.float64) * right[k]).ravel() for k in right])


def compare_modes(subject: Subject, case: Case) -> Gap:
    """Both sides of the identity."""
    along = directions(case)
    forward = _terms({f"d{k}": v for k, v in subject.tangents(case, along).items()}, case.upstream)
    reverse = _terms(subject.gradients(case), along)
    left, right = float(np.sum(forward)), float(np.sum(reverse))
    size = float(np.sum(np.abs(forward)) + np.sum(np.abs(reverse)))
    error = abs(left - right)
    bound = roundings(case) * epsilon(case) * size
    return Gap("⟨upstream, tangents⟩ − ⟨gradients, direction⟩", left, right, error if np.isfinite(error) else np.inf, bound)


def complex_tangents(case: Case) -> dict[str, Array]:
    """Tangents of the outputs from the author's equations."""
    along = directions(case)
    values = {k: v + 1j * STEP * along[k] for k, v in case.variables.items()}
    return {k: np.imag(v) / STEP for k, v in unroll(case, floats(np.complex128), values).items()}


def compare_tangents(subject: Subject, case: Case) -> Gap:
    """The code's tangents against those of the equations."""
    bounds = rounding_bounds(complex_tangents, case, epsilon(case))
    return compare(subject.tangents(case, directions(case)), complex_tangents(case), bounds)


SIDES = "N ε Σ|terms| of both sides, N = T (sizes + 8 equations): every term carries at most N roundings"
CHECKS = (
    Check(
        "forward mode is the transpose of reverse mode",
        "dot product",
        "the equations: only the code's two modes are used",
        SIDES,
        compare_modes,
    ),
    Check(
        "tangents of every output",
        "complex step",
        INDEPENDENT,
        ROUNDING + "; ε = 2^-52",
        compare_tangents,
    ),
)
