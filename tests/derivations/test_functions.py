"""What the table of functions states is proved from the definitions, with SymPy."""

from fractions import Fraction
from itertools import pairwise

import mpmath
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derivations.functions import FUNCTIONS, Function

U = sp.Symbol("u", real=True)


ABOVE, BELOW = sp.Symbol("above", positive=True), sp.Symbol("below", negative=True)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS.values() if f.kinks != "integers"], ids=lambda f: f.name)
def test_derivative_follows_from_definition(function: Function) -> None:
    for u in (ABOVE, BELOW) if function.kinks else (U,):
        stated = function.derivative(function.definition(u), lambda name, u=u: FUNCTIONS[name].definition(u), u)  # type: ignore[misc]
        difference = sp.diff(function.definition(u), u) - stated
        waves = difference.has(sp.sin, sp.cos)
        assert sp.simplify(difference if waves else sp.cancel(sp.together(difference.rewrite(sp.exp)))) == 0


@given(whole=st.integers(-50, 50), inside=st.fractions(min_value=0.001, max_value=0.999))
def test_floor_is_constant_between_whole_numbers(whole: int, inside: Fraction) -> None:
    assert FUNCTIONS["floor"].definition(whole + sp.Rational(inside)) == whole
    assert FUNCTIONS["floor"].derivative(sp.Integer(whole), lambda _: U, U) == 0


@pytest.mark.parametrize("function", [f for f in FUNCTIONS.values() if f.kinks], ids=lambda f: f.name)
def test_the_derivative_at_a_kink_is_the_stated_convention(function: Function) -> None:
    at = sp.Integer(0)
    assert function.derivative(function.definition(at), lambda name: FUNCTIONS[name].definition(at), at) == 0


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
@given(point=st.floats(-30, 30), step=st.floats(0.01, 5))
def test_range_and_direction(function: Function, point: float, step: float) -> None:
    first = abs(sp.Rational(point)) + sp.Rational(1, 100) if function.name == "log" else sp.Rational(point)
    with mpmath.workdps(60):
        value, later = (mpmath.mpf(sp.N(function.definition(p), 60)) for p in (first, first + sp.Rational(step)))
        low, high = (mpmath.mpf(str(sp.N(end, 60)).replace("oo", "inf")) for end in (function.range.low, function.range.high))
        assert low < value or (function.range.low_closed and low == value)
        assert value < high or (function.range.high_closed and value == high)
        if function.increasing:
            assert value < later or (function.kinks and value == later)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
def test_ends_of_the_range_are_approached_or_attained(function: Function) -> None:
    points = [] if function.name == "log" else [*range(-3, 4), sp.pi / 2, -sp.pi / 2, sp.pi]
    attained = {function.definition(sp.sympify(p)) for p in points}
    for end, closed in ((function.range.low, function.range.low_closed), (function.range.high, function.range.high_closed)):
        assert end in (attained if closed else {far_out(function, sp.oo), far_out(function, -sp.oo)})


def far_out(function: Function, end: sp.Expr) -> sp.Expr:
    """The limit at an end of the line; of a logarithm, at 0."""
    if function.kinks == "zero":
        return sp.limit(function.definition(ABOVE if end == sp.oo else BELOW).subs({ABOVE: U, BELOW: U}), U, end)
    if function.name == "log" and end == -sp.oo:
        return sp.limit(sp.log(U), U, 0, "+")
    return sp.limit(function.definition(U), U, end)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS.values() if not f.increasing], ids=lambda f: f.name)
def test_what_is_not_called_increasing_falls_somewhere(function: Function) -> None:
    values = [sp.N(function.definition(sp.Rational(k, 2))) for k in range(-8, 9)]
    assert any(later < value for value, later in pairwise(values))


def test_every_spelling_names_one_function() -> None:
    spellings = [s for f in FUNCTIONS.values() for s in f.spellings]
    assert len(spellings) == len(set(spellings))
