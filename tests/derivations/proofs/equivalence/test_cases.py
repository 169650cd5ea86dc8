"""Case distinctions: functions with kinks become polynomials in signs, with the values they had."""

import math
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derivations.functions import FUNCTIONS
from derivations.proofs.equivalence.cases import Cases
from derivations.proofs.gradients.elements import POWER, VALUE, Algebra, Poly, add, constant, element, scale

U = sp.Symbol("u", real=True)
NUMBERS = {name: sp.lambdify(U, f.definition(U), "math") for name, f in FUNCTIONS.items()}


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3):
    """An expression over u and v with kinks: (how an algebra writes it, its value at numbers)."""
    kind = draw(st.sampled_from(("name", "sum", "product", "function", "kink", "kink"))) if depth else "name"
    if kind == "name":
        k = draw(st.integers(0, 1))
        return (lambda algebra: element("uv"[k], [])), (lambda at: at[k])
    (one, of), (two, by) = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    if kind == "sum":
        c = draw(st.sampled_from((1, -1, Fraction(1, 2))))
        return (lambda algebra: add(one(algebra), scale(two(algebra), c), constant(Fraction(1, 4)))), (
            lambda at: of(at) + float(c) * by(at) + 0.25
        )
    if kind == "product":
        return (lambda algebra: algebra.multiply(one(algebra), two(algebra))), (lambda at: of(at) * by(at))
    names = ("sigmoid", "exp", "tanh") if kind == "function" else ("relu", "abs", "sign", "step")
    fn = draw(st.sampled_from(names))
    return (lambda algebra: algebra.opaque(fn, one(algebra), ())), (lambda at: NUMBERS[fn](of(at)))


def value(algebra: Algebra, poly: Poly, at: tuple[float, float]) -> float:
    total = 0.0
    for (_, factors), c in poly.items():
        found = float(c)
        for (kind, label, _), exponent in factors:
            if kind in (VALUE, POWER):
                fn, inner = algebra.inside[label]
                base = value(algebra, inner, at)
                base = base if kind == POWER else NUMBERS[fn](base)
            else:
                base = at["uv".index(label)]
            found *= base ** float(exponent) if exponent != int(exponent) else base ** int(exponent)
        total += found
    return total


@given(expressions(), st.tuples(st.sampled_from((0.0, 1.0, -1.0, 0.3, -0.7)), st.sampled_from((0.0, 2.0, -1.0, 0.6))))
def test_the_normal_form_has_the_value_of_what_was_written(expression, at: tuple[float, float]) -> None:
    written, number = expression
    try:
        algebra = Cases()
        expected, found = number(at), value(algebra, poly := written(algebra), at)
    except (OverflowError, ZeroDivisionError):
        return
    assert math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-6 * max(1.0, abs(expected)))
    assert not algebra.vanishes(poly) or abs(expected) < 1e-6


def test_what_holds_by_cases_vanishes_and_what_does_not_does_not() -> None:
    algebra = Cases()
    u = element("u", [])
    relu, absolute = (algebra.opaque(fn, u, ()) for fn in ("relu", "abs"))
    assert algebra.vanishes(add(absolute, scale(relu, -2), u))
    assert algebra.vanishes(add(absolute, scale(algebra.opaque("abs", scale(u, -1), ()), -1)))
    assert not algebra.vanishes(add(absolute, scale(relu, -1)))
    logarithm = algebra.opaque("log", add(relu, constant(1)), ())
    assert algebra.vanishes(add(algebra.opaque("exp", logarithm, ()), scale(relu, -1), constant(-1)))
    at_zero = algebra.multiply(*(add(constant(1), scale(algebra.opaque("step", scale(u, c), ()), -1)) for c in (1, -1)))
    assert algebra.vanishes(algebra.multiply(at_zero, add(algebra.opaque("exp", u, ()), constant(-1))))
    assert not algebra.vanishes(algebra.multiply(at_zero, algebra.opaque("exp", u, ())))


@pytest.mark.parametrize("fn", ["relu", "abs"])
def test_a_positive_factor_leaves_a_kink(fn: str) -> None:
    algebra = Cases()
    e = algebra.opaque("exp", element("v", []), ())
    inside = algebra.opaque(fn, algebra.multiply(e, element("u", [])), ())
    assert inside == algebra.multiply(e, algebra.opaque(fn, element("u", []), ()))
