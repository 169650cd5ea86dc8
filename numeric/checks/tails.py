"""The tails: saturated gates, denormal and huge numbers, NaN and infinities.

The truth is the complex step of the author's equations in high-precision arithmetic: 50 digits beyond the largest
cancellation, so that 1 − tanh²(700) = 4e-608 is still exact. There, σ' = σ(1 − σ) computed in float64 loses every digit
from a = 37 on; a relative comparison of each single gradient shows it, one by largest entries does not.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache

import mpmath
import numpy as np

from derivations.cell import Cell
from derivations.notation.tree import LEAVES, Apply, Expr, MatMul, Product, children
from numeric.checks.case import Array, Case, draw_case, has_kinks
from numeric.checks.complex_step import by_entry, moved_entries
from numeric.checks.fitness import INFINITE, NEAR, Branches, PassedOver, unfit
from numeric.checks.gap import Gap, compare, epsilon, largest, rounding_bounds, roundings, worst
from numeric.checks.judge import Check, Draw
from numeric.checks.plain import INDEPENDENT, Probe, floats, high_precision, loss, unroll
from numeric.checks.reference import plain_outputs
from numeric.checks.subject import Subject

DIGITS, BEYOND = 50, 400  # correct digits; decades that the step h lies below them, since inputs go up to 1e308
ROUNDED = 2  # random roundings of everything that may change no side of a kink
ROOM = 1e100  # its cube is a float64
LARGEST = 1700.0  # arguments above it leave no trace in float64: e^-1700 is below every float64, squared or not


@contextmanager
def no_warnings() -> Iterator[None]:
    """Finite numbers should raise no warning; underflow to zero is what NumPy users expect to pass silently."""
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


class Reach(Probe):
    """The largest argument of a function."""

    def __init__(self) -> None:
        self.found = 0.0

    def argument(self, fn: str, real: Array) -> None:
        """Looks at it."""
        self.found = max(self.found, largest(real))


class Divisors(Probe):
    """Whether what is divided by, or raised to a power, leaves room for its cube: derivatives divide by it again."""

    def __init__(self) -> None:
        self.fit = True

    def divisor(self, value: Array) -> None:
        """Looks at it."""
        self.fit = self.fit and bool(np.all((np.abs(value) > 1 / ROOM) & (np.abs(value) < ROOM)))


class Factors(Probe):
    """Whether the factors of a product, each without those that are small, leave the range of float64.

    The derivative by a factor that is 0 is the product of the others, which nothing makes small. Where two factors are
    large, what they are computed from is another factor of the gradients of parameters."""

    def __init__(self) -> None:
        self.size: dict[Expr, np.float64] = {}
        self.fit = True

    def value(self, expr: Expr, value: Array) -> Array:
        """Looks at it; what is within an expression comes before it."""
        within = [self.size[child] for child in children(expr) if child in self.size]
        product = isinstance(expr, Product | MatMul)
        own = np.prod(within) if product else max(within) if within and not isinstance(expr, Apply) else max(np.float64(1), largest(value))
        self.size[expr] = own = np.float64(own)
        several = product and sum(size > ROOM**0.5 for size in within) > 1
        self.fit = self.fit and bool((own**1.5 if several else own) < np.finfo(np.float64).max)
        return value


class HalfAnUlp(Probe):
    """Changes every value, within equations too, as its rounding to float64 might, and its derivative by itself.

    Without ``values`` only derivatives change: where rounded values would leave the place at which terms cancel."""

    def __init__(self, seed: int, values: bool = True) -> None:
        self.rng, self.size = np.random.default_rng(seed), (2.0**-53 if values else 0.0, 2.0**-53)

    def value(self, expr: Expr, value: Array) -> Array:
        """The value up to half an ulp larger or smaller."""
        if isinstance(expr, LEAVES):
            return value
        parts = zip(self.rng.uniform(-1, 1, 2), self.size, strict=True)  # not ±1: two of these may cancel
        one, other = (1 + mpmath.mpf(float(part)) * size for part, size in parts)
        return np.asarray(np.frompyfunc(lambda v: mpmath.mpc(mpmath.re(v) * one, mpmath.im(v) * other), 1, 1)(value), object)


class SidesWithRounding(HalfAnUlp, Branches):
    """Both: the sides of kinks after roundings."""

    def __init__(self, seed: int) -> None:
        Branches.__init__(self)
        HalfAnUlp.__init__(self, seed)


@np.errstate(all="ignore")
def has_room(case: Case) -> bool:
    """Whether the derivatives of products, quotients and roots stay within the range of float64, in whatever order they are computed."""
    divisors, factors = Divisors(), Factors()
    for probe in (divisors, factors):
        unroll(case, floats(), probe=probe)
    return divisors.fit and factors.fit


@np.errstate(all="ignore")
def reach(case: Case) -> float:
    """The largest argument of a function in the equations."""
    probe = Reach()
    unroll(case, floats(), probe=probe)
    return probe.found


def exact(case: Case, digits: int, probe: Probe | None = None) -> tuple[dict[str, Array], dict[str, Array]]:
    """Outputs, and gradients of parameters (of all there is, without any), in high precision; rounded to float64 at the end."""
    with mpmath.workdps(digits):
        numbers, step = high_precision(), mpmath.mpf(10) ** -(digits + BEYOND)
        variables = {k: numbers.array(v) for k, v in case.variables.items()}
        names = case.p or case.variables
        moved = moved_entries({k: variables[k] for k in names}, mpmath.mpc(0, step))
        outputs = unroll(case, numbers, {k: v[None] for k, v in variables.items()} | moved, probe)
        real = np.frompyfunc(lambda v: float(mpmath.re(v)), 1, 1)
        with np.errstate(over="ignore"):  # infinite from the largest float on
            slopes = np.array([float(mpmath.im(s) / step) for s in loss(outputs, case).ravel()])
            return {k: real(v[0]).astype(np.float64) for k, v in outputs.items()}, by_entry(slopes, {k: variables[k] for k in names})


def clear_of_kinks(case: Case, digits: int) -> bool:
    """Whether rounding changes the side of no kink."""
    if not has_kinks(case.cell):
        return True
    with mpmath.workdps(digits):
        probes = [Branches(), *(SidesWithRounding(seed) for seed in range(ROUNDED))]
        for probe in probes:
            unroll(case, high_precision(), probe=probe)
    return all(np.array_equal(*pair) for one in probes[1:] for pair in zip(probes[0].found, one.found, strict=True))


@lru_cache(maxsize=64)
def truth(case: Case) -> tuple[dict[str, Array], dict[str, Array]] | str:
    """``exact`` with digits enough; the reason where there is nothing to compare with."""
    reason = unfit(case) or ("" if has_room(case) else INFINITE)
    if reason:
        return reason
    try:
        outputs, gradients = exact(case, digits_of(case))
    except OverflowError:  # an exponential of an exponential: more digits than mpmath writes
        return INFINITE
    if not all(np.isfinite(v).all() for v in (*outputs.values(), *gradients.values())):
        return INFINITE
    return (outputs, gradients) if clear_of_kinks(case, digits_of(case)) else NEAR


def digits_of(case: Case) -> int:
    """The digits that cancel at most, and 50 more."""
    return DIGITS + int(2 * min(reach(case), LARGEST) / np.log(10))


def compare_tail(subject: Subject, case: Case) -> Gap:
    """Outputs by their largest entry, gradients of parameters entry by entry in relative error."""
    found = truth(case)
    if isinstance(found, str):
        raise PassedOver(found)
    (outputs, gradients), far, digits = found, min(reach(case), LARGEST), digits_of(case)
    rounded = [exact(case, digits, HalfAnUlp(0)), exact(case, digits, HalfAnUlp(1, values=False))]
    with no_warnings():
        got_outputs, got = subject.outputs(case), subject.gradients(case)
    steps = roundings(case)
    relative = steps * epsilon(case) * (1 + far)
    floor = float(np.finfo(np.float64).tiny) * max(1.0, *(largest(v) for v in case.inputs.values())) / epsilon(case)

    def bound(value: Array, others: Iterable[Array], size: Array) -> Array:
        return np.asarray(relative * size + steps * np.max([np.abs(v - value) for v in others], axis=0) + floor)

    gaps = []
    for name, value in outputs.items():
        bounds = bound(value, [o[name] for o, _ in rounded], np.maximum(1.0, np.abs(value)))
        gaps.append(compare({name: got_outputs[name]}, {name: value}, {name: float(np.max(bounds))}))
    for name, value in gradients.items():
        bounds = bound(value, [g[name] for _, g in rounded], np.abs(value))
        gaps += [compare({name: got[name][at]}, {name: value[at]}, {name: float(bounds[at])}) for at in np.ndindex(value.shape)]
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
            if 0.5 < level < 2 or truth(found) != INFINITE:
                return found
            level = np.sqrt(level)

    return draw


def special_draw(cell: Cell, rng: np.random.Generator) -> Case:
    """A NaN or an infinity in one entry of the input."""
    case = draw_case(cell, rng)
    x = case.x.copy()
    x[tuple(rng.integers(n) for n in x.shape)] = rng.choice([np.nan, np.inf, -np.inf])
    return case.with_variables({next(iter(case.inputs)): x})


def cleaned(case: Case) -> Case:
    """The same case with a number in place of NaN and infinities."""
    return case.with_variables({k: np.nan_to_num(v, nan=0.5, posinf=0.5, neginf=-0.5) for k, v in case.variables.items()})


def compare_special(subject: Subject, case: Case) -> Gap:
    """NaN where the equations give NaN, and nowhere else; the gradients of untouched rows stay clean."""
    clean = cleaned(case)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        outputs, expected, got = subject.outputs(case), plain_outputs(case), subject.gradients(case)
    gap = compare(outputs, expected, rounding_bounds(plain_outputs, clean, epsilon(case)))
    rows = np.flatnonzero(np.isfinite(case.x).all(axis=tuple(i for i in range(case.x.ndim) if i != 1)))
    mixed = [k for k in case.inputs if np.isnan(got[k][:, rows]).any()]
    return replace(gap, where=f"NaN in gradient {mixed[0]} of a clean row", error=np.inf) if mixed else gap


RELATIVE = (
    "relative N ε (1 + A) for each gradient, N = T (sizes + 8 equations) roundings, A the largest argument of a function (at most "
    "1700): its rounding ε A is a relative error of e^A; plus N times what one rounding of each value within the equations, and of "
    "its derivative, does, as in 1 − z at z ≈ 1 (measured); below 1e-292 float64 has no relative precision left"
)


def _check(statement: str, draw: Draw, compare_: Callable[[Subject, Case], Gap] = compare_tail) -> Check:
    return Check(statement, "50 digits", INDEPENDENT, RELATIVE, compare_, draw=draw, share=0.3)


CHECKS = (
    _check("saturated: values of 40 and 700", tail_draw((40.0, 700.0), "all")),
    _check("denormal inputs and states", tail_draw((1e-310, 5e-324), "all")),
    _check("huge inputs, up to 1e307", tail_draw((1e300, 1e307), "inputs")),
    Check(
        "NaN and infinities pass as in the equations",
        "equations in float64",
        INDEPENDENT,
        "NaN in the same places; elsewhere N ε (κ + |value|), measured without the NaN",
        compare_special,
        draw=special_draw,
        share=0.3,
        unfit=lambda case: unfit(cleaned(case)),
    ),
)
