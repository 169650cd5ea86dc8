"""The forward pass of the code against the author's equations, in float64 and with 50 digits."""

from __future__ import annotations

import mpmath
import numpy as np

from numeric.checks.case import Array, Case
from numeric.checks.fitness import unfit_float32
from numeric.checks.gap import ROUNDING, Gap, compare, epsilon, rounding_bounds
from numeric.checks.judge import Check
from numeric.checks.plain import floats, high_precision, unroll
from numeric.checks.subject import Subject

DIGITS = 50


def plain_outputs(case: Case) -> dict[str, Array]:
    """The outputs that the author's equations give in float64."""
    return unroll(case, floats())


def exact_outputs(case: Case) -> dict[str, Array]:
    """The outputs with 50 digits, rounded to float64 at the end."""
    with mpmath.workdps(DIGITS):
        return {k: v.astype(np.float64) for k, v in unroll(case, high_precision()).items()}


def compare_plain(subject: Subject, case: Case) -> Gap:
    """Code in the case's type against equations in float64."""
    wide = case.astype(np.float64)
    return compare(subject.outputs(case), plain_outputs(wide), rounding_bounds(plain_outputs, wide, epsilon(case)))


def compare_float32(subject: Subject, case: Case) -> Gap:
    """Code in float32 against equations in float64."""
    return compare_plain(subject, case.astype(np.float32))


def compare_exact(subject: Subject, case: Case) -> Gap:
    """Code in float64 against 50 digits."""
    return compare(subject.outputs(case), exact_outputs(case), rounding_bounds(plain_outputs, case, epsilon(case)))


INDEPENDENT = "the lowering and the generated code: the author's equations are evaluated as typed"
CHECKS = (
    Check("forward pass, float64", "equations in float64", INDEPENDENT, ROUNDING + "; ε = 2^-52", compare_plain),
    Check("forward pass, float64", "equations with 50 digits", INDEPENDENT, ROUNDING + "; ε = 2^-52", compare_exact, share=0.4),
    Check("forward pass, float32", "equations in float64", INDEPENDENT, ROUNDING + "; ε = 2^-23", compare_float32, unfit=unfit_float32),
)
