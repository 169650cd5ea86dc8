"""The identities of functions: each proved from the definitions, and the normal form as a whole compared with numbers."""

import math
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derivations.functions import FUNCTIONS
from derivations.proofs.equivalence.identities import AT_ZERO, EVEN, HOMOGENEOUS, ODD, Identities
from derivations.proofs.gradients.elements import POWER, VALUE, Algebra, Poly, add, constant, element, scale

U, V = sp.symbols("u v", real=True)
C = sp.Symbol("c", positive=True)
HERE = {"log": sp.log, **{name: f.definition for name, f in FUNCTIONS.items()}}
NUMBERS = {name: sp.lambdify(U, f(U), "math") for name, f in HERE.items()}
DEFINED = (AT_ZERO.keys() | ODD | EVEN | HOMOGENEOUS.keys()) & HERE.keys()

IDENTITIES = {
    "σ(−a) = 1 − σ(a)": HERE["sigmoid"](-U) - 1 + HERE["sigmoid"](U),
    "tanh(a) = 2σ(2a) − 1": HERE["tanh"](U) - 2 * HERE["sigmoid"](2 * U) + 1,
    "σ(a) = 1 − 1/(1 + exp(a))": HERE["sigmoid"](U) - 1 + 1 / (1 + HERE["exp"](U)),
    "exp(a + b) = exp(a) exp(b)": HERE["exp"](U + V) - HERE["exp"](U) * HERE["exp"](V),
    "softplus(a) = log(1 + exp(a))": HERE["softplus"](U) - sp.log(1 + HERE["exp"](U)),
    "exp(softplus(a)) = 1 + exp(a)": HERE["exp"](HERE["softplus"](U)) - 1 - HERE["exp"](U),
    "exp(softplus(−a)) = 1 + exp(−a)": HERE["exp"](HERE["softplus"](-U)) - HERE["exp"](-U) * (1 + HERE["exp"](U)),
}


def zero(expr: sp.Expr) -> bool:
    """Whether an expression is 0, as a rational function of exponentials or by cases of signs."""
    found = sp.expand(sp.together(expr.rewrite(sp.exp)).as_numer_denom()[0])
    return found == 0 or sp.simplify(expr) == 0


@pytest.mark.parametrize("name", IDENTITIES)
def test_each_identity_follows_from_the_definitions(name: str) -> None:
    assert zero(IDENTITIES[name])


@pytest.mark.parametrize("name", sorted(DEFINED))
def test_symmetries_and_values_at_zero_follow_from_the_definitions(name: str) -> None:
    f = HERE[name]
    if name in AT_ZERO:
        assert f(sp.Integer(0)) == sp.Rational(AT_ZERO[name])
    signs = (sp.Symbol("p", positive=True), -sp.Symbol("p", positive=True), sp.Integer(0))  # every real number is one of these
    for u in signs if name in HOMOGENEOUS or name in ("sign", "abs") else (U,):
        assert name not in ODD or zero(f(-u) + f(u))
        assert name not in EVEN or zero(f(-u) - f(u))
        assert name not in HOMOGENEOUS or zero(f(C * u) - C ** HOMOGENEOUS[name] * f(u))
    if name == "relu":
        assert all(zero(f(-u) - f(u) + u) for u in signs)


def test_log_sigmoid_is_what_the_two_forms_say() -> None:
    if "logsigmoid" in HERE:
        both = HERE["logsigmoid"](U) - (U - HERE["softplus"](U))
        assert zero(sp.exp(both) - 1)
        assert zero(sp.exp(HERE["softplus"](U) - U - HERE["softplus"](-U)) - 1)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3):
    """An expression over u and v: (how an algebra writes it, its value at numbers)."""
    kind = draw(st.sampled_from(("name", "number", "sum", "product", "ratio", "function", "function", "log"))) if depth else "name"
    if kind == "name":
        k = draw(st.integers(0, 1))
        return (lambda algebra: element("uv"[k], [])), (lambda at: at[k])
    if kind == "number":
        c = draw(st.sampled_from((Fraction(-2), Fraction(1, 2), Fraction(1), Fraction(3))))
        return (lambda algebra: constant(c)), (lambda at: float(c))
    (one, of), (two, by) = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    if kind == "sum":
        c = draw(st.sampled_from((1, -1, 2)))
        return (lambda algebra: add(one(algebra), scale(two(algebra), c))), (lambda at: of(at) + c * by(at))
    if kind == "product":
        return (lambda algebra: algebra.multiply(one(algebra), two(algebra))), (lambda at: of(at) * by(at))
    if kind == "ratio":  # with a positive denominator

        def written(algebra: Algebra) -> Poly:
            below = add(constant(1), algebra.opaque("exp", two(algebra), ()))
            return algebra.multiply(one(algebra), algebra.power(below, Fraction(-1), ()))

        return written, (lambda at: of(at) / (1 + math.exp(by(at))))
    if kind == "log":

        def logarithm(algebra: Algebra) -> Poly:
            return algebra.opaque("log", add(algebra.opaque("exp", one(algebra), ()), algebra.opaque("exp", two(algebra), ())), ())

        return logarithm, (lambda at: math.log(math.exp(of(at)) + math.exp(by(at))))
    fn = draw(st.sampled_from(sorted(HERE.keys() & {"sigmoid", "tanh", "softplus", "logsigmoid", "relu", "abs", "exp", "sin", "cos"})))
    return (lambda algebra: algebra.opaque(fn, one(algebra), ())), (lambda at: NUMBERS[fn](of(at)))


def value(algebra: Algebra, poly: Poly, at: tuple[float, float]) -> float:
    """The number that a polynomial without indices is."""
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


@given(expressions(), st.booleans(), st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5)))
def test_the_normal_form_has_the_value_of_what_was_written(expression, rational: bool, at: tuple[float, float]) -> None:
    written, number = expression
    algebra = Identities(rational=rational)
    try:
        expected = number(at)
        found = value(algebra, written(algebra), at)
    except (OverflowError, ZeroDivisionError):
        return
    assert math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-6 * max(1.0, abs(expected)))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (lambda a, u, v: a("sigmoid", add(a("softplus", scale(u, -1)), scale(a("softplus", scale(v, -1)), -1))), "f/(f+i)", True),
        (lambda a, u, v: a("sigmoid", add(a("softplus", scale(v, -1)), scale(a("softplus", scale(u, -1)), -1))), "f/(f+i)", False),
    ],
)
def test_normalised_gates_are_a_sigmoid_of_softplus(one, other: str, same: bool) -> None:
    """σ(softplus(−i) − softplus(−f)) = σ(f)/(σ(f) + σ(i)): minLSTM."""
    algebra = Identities(rational=True)
    i, f = element("i", []), element("f", [])
    left = one(lambda fn, poly: algebra.opaque(fn, poly, ()), i, f)
    gates = [algebra.opaque("sigmoid", u, ()) for u in (f, i)]
    right = algebra.multiply(gates[0], algebra.power(add(*gates), Fraction(-1), ()))
    assert algebra.vanishes(add(left, scale(right, -1))) is same
