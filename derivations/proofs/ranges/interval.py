"""Intervals with exact ends that know whether an end is attained: closed, or only approached."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache, reduce

import sympy as sp

from derivations.functions import Function, Interval

REAL = Interval(-sp.oo, sp.oo)
NONNEGATIVE = Interval(sp.Integer(0), sp.oo, True, False)
NONPOSITIVE = Interval(-sp.oo, sp.Integer(0), False, True)
UNIT = Interval(sp.Integer(0), sp.Integer(1), True, True)
FRACTION = Interval(sp.Integer(0), sp.Integer(1), True, False)  # of numbers without their whole part
TWO = Fraction(2)
DIGITS = 60  # two exact numbers that are not equal differ in the first 60 digits, or are not ordered at all

# Increasing and made of these only, a function is analytic, hence strictly increasing: open ends stay open.
ANALYTIC = (sp.exp, sp.log, sp.tanh, sp.sinh, sp.cosh, sp.atan, sp.erf)


class Unordered(ArithmeticError):
    """Two exact numbers that are too close to be told apart and are not seen to be equal."""


def sign(number: sp.Expr) -> int:
    """The sign of an exact real number or infinity."""
    if number.is_Rational or number in (sp.oo, -sp.oo):
        return 1 if number > 0 else -1 if number < 0 else 0
    value = sp.N(number, DIGITS)
    if abs(value) > sp.Float(10) ** (10 - DIGITS):
        return 1 if value > 0 else -1
    if sp.expand(number) == 0:
        return 0
    raise Unordered(f"the sign of {number}")


def less(a: sp.Expr, b: sp.Expr) -> bool:
    """``a < b`` for exact numbers and infinities."""
    if a == b or a == sp.oo or b == -sp.oo:
        return False
    return bool(a == -sp.oo or b == sp.oo or sign(a - b) < 0)


def point(value: sp.Expr | Fraction | int) -> Interval:
    """The interval of one number."""
    exact = sp.Rational(value.numerator, value.denominator) if isinstance(value, Fraction | int) else value
    return Interval(exact, exact, True, True)


def is_bounded(box: Interval) -> bool:
    """Whether both ends are finite."""
    return bool(box.low != -sp.oo and box.high != sp.oo)


def is_point(box: Interval) -> bool:
    """Whether the interval is one number."""
    return bool(box.low == box.high)


def within(box: Interval, low: sp.Expr, high: sp.Expr) -> bool:
    """Whether every number of the interval lies in [low, high]."""
    return not less(box.low, low) and not less(high, box.high)


def excludes_zero(box: Interval) -> bool:
    """Whether no number of the interval is 0."""
    low, high = sign(box.low), sign(box.high)
    return low > 0 or high < 0 or (low == 0 and not box.low_closed) or (high == 0 and not box.high_closed)


def negative(box: Interval) -> Interval:
    """All −a."""
    return Interval(-box.high, -box.low, box.high_closed, box.low_closed)


def add(a: Interval, b: Interval) -> Interval:
    """All a + b."""
    return Interval(a.low + b.low, a.high + b.high, a.low_closed and b.low_closed, a.high_closed and b.high_closed)


def hull(boxes: Iterable[Interval]) -> Interval:
    """The smallest interval that holds all of them."""
    return reduce(_join, boxes)


def _join(a: Interval, b: Interval) -> Interval:
    low, low_closed = _lower((a.low, a.low_closed), (b.low, b.low_closed))
    high, high_closed = _lower((-a.high, a.high_closed), (-b.high, b.high_closed))
    return Interval(low, -high, low_closed, high_closed)


def _lower(a: tuple[sp.Expr, bool], b: tuple[sp.Expr, bool]) -> tuple[sp.Expr, bool]:
    if a[0] == b[0]:
        return a[0], a[1] or b[1]
    return a if less(a[0], b[0]) else b


def meet(a: Interval, b: Interval) -> Interval | None:
    """What lies in both; None if nothing does."""
    low, low_open = _lower((-a.low, not a.low_closed), (-b.low, not b.low_closed))
    high, high_open = _lower((a.high, not a.high_closed), (b.high, not b.high_closed))
    low = -low
    if less(high, low) or (low == high and (low_open or high_open)):
        return None
    return Interval(low, high, not low_open, not high_open)


def multiply(a: Interval, b: Interval) -> Interval:
    """All a b."""
    ends = [_corner(x, y) for x in _ends(a) for y in _ends(b)]
    return hull(Interval(value, value, closed, closed) for value, closed in ends)


def _ends(box: Interval) -> tuple[tuple[sp.Expr, bool], tuple[sp.Expr, bool]]:
    return (box.low, box.low_closed), (box.high, box.high_closed)


def _corner(a: tuple[sp.Expr, bool], b: tuple[sp.Expr, bool]) -> tuple[sp.Expr, bool]:
    """The product of two ends; 0 times anything is 0, and is attained if that 0 is."""
    if a[0] == 0 or b[0] == 0:
        return sp.Integer(0), (a[0] == 0 and a[1]) or (b[0] == 0 and b[1])
    return a[0] * b[0], a[1] and b[1]


def reciprocal(box: Interval) -> Interval:
    """All 1 / a; everything, if a may be 0."""
    if not excludes_zero(box):
        return REAL
    if sign(box.high) <= 0:
        return negative(reciprocal(negative(box)))
    low = sp.Integer(0) if box.high == sp.oo else 1 / box.high
    high = sp.oo if box.low == 0 else 1 / box.low
    return Interval(low, high, box.high_closed, box.low_closed and high != sp.oo)


def power(box: Interval, exponent: Fraction) -> Interval:
    """All a^q for a constant rational q."""
    if exponent < 0:
        return reciprocal(power(box, -exponent))
    q = sp.Rational(exponent.numerator, exponent.denominator)
    if exponent.denominator > 1 and sign(box.low) < 0:
        return REAL  # not a real number everywhere
    if exponent.denominator == 1 and exponent.numerator % 2 == 0:
        box = absolute(box)
    return Interval(box.low**q, box.high**q, box.low_closed, box.high_closed) if exponent else point(1)


def absolute(box: Interval) -> Interval:
    """All |a|."""
    if sign(box.low) >= 0:
        return box
    if sign(box.high) <= 0:
        return negative(box)
    high = hull((box, negative(box)))
    return Interval(sp.Integer(0), high.high, True, high.high_closed)


def maximum(a: Interval, b: Interval) -> Interval:
    """All max(a, b)."""
    low, low_open = _lower((-a.low, not a.low_closed), (-b.low, not b.low_closed))
    high, high_closed = _lower((-a.high, a.high_closed), (-b.high, b.high_closed))
    return Interval(-low, -high, not low_open, high_closed)


def image(function: Function, box: Interval) -> Interval:
    """The values of a function on an interval: its ends if it increases, else its whole range."""
    if function.name == "abs":
        return absolute(box)
    if function.name == "log" and (sign(box.low) < 0 or is_point(box)):
        return function.range  # it has no value below 0; that of a number stays as it is written
    if not function.increasing:
        return function.range
    low, low_closed = _image_of_end(function, box.low, box.low_closed, function.range.low, function.range.low_closed)
    high, high_closed = _image_of_end(function, box.high, box.high_closed, function.range.high, function.range.high_closed)
    return Interval(low, high, low_closed, high_closed)


def _image_of_end(function: Function, end: sp.Expr, closed: bool, limit: sp.Expr, attained: bool) -> tuple[sp.Expr, bool]:
    if end in (sp.oo, -sp.oo) or function.definition(end) in (sp.zoo, -sp.oo):
        return limit, attained
    return function.definition(end), closed or not is_strict(function.name, function.definition)


@lru_cache(maxsize=256)
def is_strict(_: str, definition: object) -> bool:
    """Whether an increasing function is known to be strictly increasing."""
    assert callable(definition)
    return all(isinstance(f, ANALYTIC) for f in definition(sp.Symbol("u", real=True)).atoms(sp.Function))
