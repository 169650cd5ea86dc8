"""Laws of exact intervals: what is computed from two intervals holds what is computed from their points."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

from derivations.functions import FUNCTIONS, Interval
from derivations.proofs.ranges import interval as iv

NUMBERS = st.fractions(min_value=-3, max_value=3, max_denominator=4)
SHARES = st.fractions(min_value=0, max_value=1, max_denominator=7)


def exact(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


@st.composite
def boxes_with_a_point(draw: st.DrawFn) -> tuple[Interval, sp.Rational]:
    """An interval, half open or unbounded as it comes, and one of its points."""
    low, high = sorted((draw(NUMBERS), draw(NUMBERS)))
    closed = (draw(st.booleans()) or low == high, draw(st.booleans()) or low == high)
    share = draw(SHARES)
    assume((share > 0 or closed[0]) and (share < 1 or closed[1]))
    point = exact(low + share * (high - low))
    open_low, open_high = draw(st.booleans()) and draw(st.booleans()), draw(st.booleans()) and draw(st.booleans())
    low_end, low_closed = (-sp.oo, False) if open_low else (exact(low), closed[0])
    high_end, high_closed = (sp.oo, False) if open_high else (exact(high), closed[1])
    return Interval(low_end, high_end, low_closed, high_closed), point


def holds(box: Interval, value: sp.Expr) -> bool:
    above = value > box.low or (value == box.low and box.low_closed)
    below = value < box.high or (value == box.high and box.high_closed)
    return bool(above and below)


@given(boxes_with_a_point(), boxes_with_a_point())
def test_sums_products_and_joins_hold_their_points(a, b):
    (box_a, x), (box_b, y) = a, b
    assert holds(iv.add(box_a, box_b), x + y)
    assert holds(iv.multiply(box_a, box_b), x * y)
    assert holds(iv.hull((box_a, box_b)), x)
    assert holds(iv.hull((box_a, box_b)), y)


@given(boxes_with_a_point(), boxes_with_a_point())
def test_meet_holds_what_both_hold(a, b):
    (box_a, x), (box_b, _) = a, b
    met = iv.meet(box_a, box_b)
    assert (met is not None and holds(met, x)) == holds(box_b, x)


@given(boxes_with_a_point(), st.integers(-3, 4))
def test_powers_absolute_values_and_reciprocals_hold_their_points(a, exponent):
    box, x = a
    assert holds(iv.absolute(box), abs(x))
    assert holds(iv.negative(box), -x)
    if x != 0 or exponent >= 0:
        assert holds(iv.power(box, Fraction(exponent)), x**exponent)
    if x != 0:
        assert holds(iv.reciprocal(box), 1 / x)


@given(boxes_with_a_point(), st.sampled_from(sorted(FUNCTIONS)))
def test_images_hold_function_values(a, name):
    box, x = a
    value = FUNCTIONS[name].definition(x)
    assume(value.is_extended_real and value.is_finite)  # the logarithm has no value at 0 and below
    assert holds(iv.image(FUNCTIONS[name], box), value)


def test_open_ends_stay_open_and_zero_absorbs():
    unit, real = Interval(sp.Integer(0), sp.Integer(1)), iv.REAL
    assert iv.multiply(unit, Interval(sp.Integer(-1), sp.Integer(1))) == Interval(sp.Integer(-1), sp.Integer(1))
    assert iv.multiply(iv.point(0), real) == iv.point(0)
    assert iv.reciprocal(unit) == Interval(sp.Integer(1), sp.oo)
    assert iv.image(FUNCTIONS["tanh"], unit) == Interval(sp.Integer(0), sp.tanh(1))


def test_numbers_that_cannot_be_ordered_are_not_ordered():
    tiny = sp.exp(-200) - sp.exp(-200) * sp.exp(sp.Rational(1, 10**60))
    with pytest.raises(iv.Unordered):
        iv.sign(tiny)


@given(boxes_with_a_point(), boxes_with_a_point())
def test_maxima_hold_the_larger_point_and_no_more(a, b):
    (box_a, x), (box_b, y) = a, b
    found = iv.maximum(box_a, box_b)
    assert holds(found, max(x, y))
    assert found.low == max(box_a.low, box_b.low)
    assert found.high == max(box_a.high, box_b.high)


def test_the_logarithm_of_what_may_be_negative_may_be_anything():
    signed, unit = Interval(sp.Integer(-1), sp.Integer(1)), Interval(sp.Integer(0), sp.Integer(1), True, True)
    assert iv.image(FUNCTIONS["log"], signed) == iv.REAL
    assert iv.image(FUNCTIONS["log"], unit) == Interval(-sp.oo, sp.Integer(0), False, True)
