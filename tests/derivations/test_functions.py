"""What the table of functions states is proved from the definitions, with SymPy."""

import mpmath
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derivations.functions import FUNCTIONS, Function

U = sp.Symbol("u", real=True)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
def test_derivative_follows_from_definition(function: Function) -> None:
    stated = function.derivative(function.definition(U), lambda name: FUNCTIONS[name].definition(U))
    difference = (sp.diff(function.definition(U), U) - stated).rewrite(sp.exp)
    assert sp.cancel(sp.together(difference)) == 0


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
@given(point=st.floats(-30, 30), step=st.floats(0.01, 5))
def test_range_and_direction(function: Function, point: float, step: float) -> None:
    with mpmath.workdps(60):
        value, later = (
            mpmath.mpf(sp.N(function.definition(sp.Rational(p)), 60)) for p in (sp.Rational(point), sp.Rational(point) + sp.Rational(step))
        )
        low, high = (mpmath.mpf(str(sp.N(end, 60)).replace("oo", "inf")) for end in (function.range.low, function.range.high))
        assert low < value < high
        assert function.increasing is (value < later)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
def test_ends_of_the_range_are_limits(function: Function) -> None:
    limits = {sp.limit(function.definition(U), U, end) for end in (-sp.oo, sp.oo)}
    assert limits == {function.range.low, function.range.high}


def test_every_spelling_names_one_function() -> None:
    spellings = [s for f in FUNCTIONS.values() for s in f.spellings]
    assert len(spellings) == len(set(spellings))
