"""Laws of the bounds of polynomials over boxes, checked in exact arithmetic."""

from fractions import Fraction
from itertools import product

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derivations.functions import Interval
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.sign import TooLarge, bounds, expanded, interval, nonnegative

U, V, W = sp.symbols("u v w", real=True)
UNIT, SIGNED = Interval(sp.Integer(0), sp.Integer(1)), Interval(sp.Integer(-1), sp.Integer(1))
HALF_LINE, BELOW = Interval(sp.Integer(1), sp.oo, True, False), Interval(-sp.oo, sp.Integer(-1), False, True)
CLOSED = Interval(sp.Integer(0), sp.Integer(1), True, True)
KINDS = (UNIT, SIGNED, HALF_LINE, BELOW, CLOSED, iv.REAL)
GRID = [sp.Rational(k, 4) for k in range(-12, 13)]


@st.composite
def polynomials(draw: st.DrawFn, degree: int = 2) -> sp.Expr:
    powers = draw(st.lists(st.tuples(*[st.integers(0, degree)] * 3), min_size=1, max_size=4, unique=True))
    return sum((draw(st.integers(-2, 2)) * U**i * V**j * W**k for i, j, k in powers), sp.Integer(draw(st.integers(-2, 3))))


BOXES = st.tuples(*[st.sampled_from(KINDS)] * 3).map(lambda found: dict(zip((U, V, W), found, strict=True)))


def points(boxes):
    """Points of a grid that lie in the boxes."""
    inside = [[x for x in GRID if iv.meet(iv.point(x), boxes[s])][::3] for s in (U, V, W)]
    return (dict(zip((U, V, W), values, strict=True)) for values in product(*inside))


@given(polynomials(), BOXES)
def test_values_never_leave_the_bounds(poly, boxes):
    found, ends = bounds(sp.expand(poly), boxes), interval(poly, boxes)
    value = sp.lambdify((U, V, W), poly, "math")
    for at in points(boxes):
        x = value(*(Fraction(int(v.p), int(v.q)) for v in at.values()))
        x = sp.Rational(x.numerator, x.denominator)
        assert found.low <= x <= found.high
        assert iv.meet(iv.point(x), ends) is not None


@given(polynomials(), BOXES)
def test_what_is_proved_positive_is_positive(poly, boxes):
    strict = nonnegative(poly, boxes, strict=True)
    assert not strict or nonnegative(poly, boxes)
    if strict:
        assert all(poly.subs(at) > 0 for at in points(boxes))


@given(polynomials(degree=1), st.tuples(*[st.sampled_from((UNIT, SIGNED, CLOSED))] * 3))
def test_affine_in_each_variable_the_vertices_decide(poly, found):
    boxes = dict(zip((U, V, W), found, strict=True))
    corners = [poly.subs(dict(zip((U, V, W), c, strict=True))) for c in product(*((b.low, b.high) for b in found))]
    assert nonnegative(poly, boxes) == (min(corners) >= 0)
    assert bounds(sp.expand(poly), boxes).high == max(corners)


def test_quotients_by_the_sign_of_their_denominator():
    boxes = {U: UNIT, V: UNIT}
    assert interval(U / (U + V), boxes) == UNIT
    assert interval(U / (U - V), boxes) == iv.REAL
    assert nonnegative(1 / (U + V) - sp.Rational(1, 2), boxes, strict=True)


def test_strictness_looks_at_closed_ends():
    assert nonnegative(U, {U: UNIT}, strict=True)
    assert not nonnegative(U, {U: CLOSED}, strict=True)
    assert not nonnegative(U**2, {U: iv.REAL}, strict=True)
    assert nonnegative(U**2 + 1, {U: iv.REAL}, strict=True)


def test_huge_expansions_are_refused():
    huge = (U + V + W) ** 60 * (U - V) ** 60
    assert not nonnegative(huge, {U: UNIT, V: UNIT, W: UNIT})
    with pytest.raises(TooLarge):
        expanded(huge)
