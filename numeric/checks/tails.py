"""The tails: saturated gates, denormal and huge numbers, NaN and infinities.

The truth is the complex step of the author's equations in high-precision arithmetic: 50 digits beyond the largest
cancellation, so that 1 − tanh²(700) = 4e-608 is still exact. There, σ' = σ(1 − σ) computed in float64 loses every digit
from a = 37 on; a relative comparison of each single gradient shows it, one by largest entries does not.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import mpmath
import numpy as np

from derivations.cell import Cell
from numeric.checks.case import Array, Case, draw_case
from numeric.checks.complex_step import by_entry, moved_entries
from numeric.checks.gap import NOTHING, Gap, compare, epsilon, largest, rounding_bounds, roundings, worst
from numeric.checks.judge import Check, Draw
from numeric.checks.plain import INDEPENDENT, Rounded, floats, high_precision, loss, unroll
from numeric.checks.subject import Subject

BIG = float(np.finfo(np.float64).max)
DIGITS, BEYOND = 50, 400  # correct digits; decades that the step h lies below them, since inputs go up to 1e308
LARGEST = 1700.0  # pre-activations above it leave no trace in float64: e^-1700 is below every float64, squared or not


@contextmanager
def no_warnings() -> Iterator[None]:
    """Finite numbers should raise no warning; underflow to zero is what NumPy users expect to pass silently."""
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def reach(case: Case) -> float:
    """No pre-activation is larger than this: the sum of |weight| · |value| + |bias|."""
    weights = max((largest(v) for v in case.p.values() if v.ndim > 1), default=0.0)
    biases = sum(largest(v) for v in case.p.values() if v.ndim < 2)
    with np.errstate(over="ignore"):
        values = sum(largest(v) * v.size for v in (*case.inputs.values(), *case.states.values()))
        return float(min(weights * min(values, BIG) + biases, BIG))


def exact(case: Case, rounded: Rounded = lambda value: value) -> tuple[dict[str, Array], dict[str, Array]]:
    """Outputs, and gradients of parameters, in high precision; rounded to float64 at the end."""
    digits = DIGITS + int(2 * min(reach(case), LARGEST) / np.log(10))
    with mpmath.workdps(digits):
        numbers, step = high_precision(), mpmath.mpf(10) ** -(digits + BEYOND)
        variables = {k: numbers.array(v) for k, v in case.variables.items()}
        moved = moved_entries({k: variables[k] for k in case.p}, mpmath.mpc(0, step))
        outputs = unroll(case.cell, {k: v[None] for k, v in variables.items()} | moved, numbers, rounded)
        slopes = np.array([float(mpmath.im(s) / step) for s in loss(outputs, case).ravel()])
        real = np.frompyfunc(lambda v: float(mpmath.re(v)), 1, 1)
        with np.errstate(over="ignore"):  # infinite from the largest float on
            return {k: real(v[0]).astype(np.float64) for k, v in outputs.items()}, by_entry(slopes, case.p)


def half_an_ulp(rng: np.random.Generator) -> Rounded:
    """Change a value as its rounding to float64 might, and its derivative too: derivatives are rounded by themselves."""

    def change(value: Array) -> Array:
        one, other = (1 + float(part) * mpmath.mpf(2) ** -53 for part in rng.uniform(-1, 1, 2))  # not ±1: two of these may cancel
        return np.asarray(np.frompyfunc(lambda v: mpmath.mpc(mpmath.re(v) * one, mpmath.im(v) * other), 1, 1)(value), object)

    return change


def carried(case: Case) -> tuple[dict[str, Array], dict[str, Array]] | None:
    """``exact``; nothing where float64 cannot hold all that the equations and their gradients compute."""
    seen = [0.0]

    def note(value: Array) -> Array:
        seen.extend(float(abs(mpmath.re(v))) for v in value.ravel())
        return value

    with np.errstate(all="ignore"):
        plain = unroll(case.cell, case.variables, floats())
    if any(np.isnan(value).any() for value in plain.values()):  # a denominator is below the smallest float
        return None
    try:
        outputs, gradients = exact(case, note)
    except OverflowError:  # an exponential of an exponential: more digits than mpmath writes
        return None
    fits = max(*seen, *map(largest, gradients.values())) <= BIG
    return (outputs, gradients) if fits else None


def compare_tail(subject: Subject, case: Case) -> Gap:
    """Outputs by their largest entry, gradients of parameters entry by entry in relative error."""
    found = carried(case)
    if found is None:  # a smaller case on the way to a counterexample; none is drawn
        return NOTHING
    outputs, gradients = found
    elsewhere = exact(case, half_an_ulp(np.random.default_rng(0)))[1]
    with no_warnings():
        got_outputs, got = subject.outputs(case), subject.gradients(case)
    steps = roundings(case)
    relative = steps * epsilon(case) * (1 + min(reach(case), LARGEST))
    floor = float(np.finfo(np.float64).tiny) * max(1.0, largest(case.x)) / epsilon(case)
    gaps = [compare(got_outputs, outputs, {k: relative * max(1.0, largest(v)) for k, v in outputs.items()})]
    for name, value in gradients.items():
        for at in np.ndindex(value.shape):
            bound = relative * abs(float(value[at])) + steps * abs(float(elsewhere[name][at] - value[at])) + floor
            gaps.append(compare({name: got[name][at]}, {name: value[at]}, {name: bound}))
    return worst(gaps)


def tail_draw(levels: tuple[float, ...], at: str) -> Draw:
    """Cases of one unit and one step, where every gradient is one product and nothing cancels, with values at a level.

    Where the equations leave the range of float64, as in a product of two inputs, the level gives way to its root."""

    def draw(cell: Cell, rng: np.random.Generator) -> Case:
        case = draw_case(cell, rng, {"time": 1, "batch": 1, **dict.fromkeys(cell.sizes, 1)})
        level = float(rng.choice(levels))
        weights = {k for k, v in case.p.items() if v.ndim > 1}
        if at == "inputs":  # one of them: a gate that is an input multiplies
            moved = dict([list(case.inputs.items())[rng.integers(len(case.inputs))]])
        else:
            moved = {k: v for k, v in case.variables.items() if k not in weights and rng.random() < 0.7}
        while True:
            found = case.with_variables({k: np.sign(v) * level for k, v in moved.items()})
            if 0.5 < level < 2 or carried(found):
                return found
            level = np.sqrt(level)

    return draw


def special_draw(cell: Cell, rng: np.random.Generator) -> Case:
    """A NaN or an infinity in one entry of the input."""
    case = draw_case(cell, rng)
    x = case.x.copy()
    x[tuple(rng.integers(n) for n in x.shape)] = rng.choice([np.nan, np.inf, -np.inf])
    return case.with_variables({next(iter(case.inputs)): x})


def compare_special(subject: Subject, case: Case) -> Gap:
    """NaN where the equations give NaN, and nowhere else; the gradients of untouched rows stay clean."""
    clean = case.with_variables({k: np.nan_to_num(v, nan=0.5, posinf=0.5, neginf=-0.5) for k, v in case.variables.items()})

    def plain(at: Case) -> dict[str, Array]:
        return unroll(at.cell, at.variables, floats())

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        outputs, expected, got = subject.outputs(case), plain(case), subject.gradients(case)
    gap = compare(outputs, expected, rounding_bounds(plain, clean, epsilon(case)))
    rows = np.flatnonzero(np.isfinite(case.x).all(axis=tuple(i for i in range(case.x.ndim) if i != 1)))
    mixed = [k for k in case.inputs if np.isnan(got[k][:, rows]).any()]
    return replace(gap, where=f"NaN in gradient {mixed[0]} of a clean row", error=np.inf) if mixed else gap


RELATIVE = (
    "relative N ε (1 + A) for each gradient, N = T (sizes + 8 equations) roundings, A the largest pre-activation (at most "
    "1700): its rounding ε A is a relative error of e^A; plus N times what one rounding of each value of the equations, and of its "
    "derivative, does, as in 1 − z at z ≈ 1 (measured); below 1e-292 float64 has no relative precision left"
)


def _check(statement: str, draw: Draw, compare_: Callable[[Subject, Case], Gap] = compare_tail) -> Check:
    return Check(statement, "50 digits", INDEPENDENT, RELATIVE, compare_, draw=draw, share=0.3)


CHECKS = (
    _check("saturated: values of 40 and 700", tail_draw((40.0, 700.0), "all")),
    _check("denormal inputs and states", tail_draw((1e-310, 5e-324), "all")),
    _check("huge inputs, up to the largest float", tail_draw((1e300, BIG), "inputs")),
    Check(
        "NaN and infinities pass as in the equations",
        "equations in float64",
        INDEPENDENT,
        "NaN in the same places; elsewhere N ε (κ + |value|), measured without the NaN",
        compare_special,
        draw=special_draw,
        share=0.3,
    ),
)
