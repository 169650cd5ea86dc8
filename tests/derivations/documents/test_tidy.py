"""Printed forms of expressions have the value of what they stand for, and look as people write them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.documents.maths import Maths
from derivations.documents.tidy import tidy
from derivations.evaluate import evaluate_expr
from derivations.notation.tree import Choice, Compare, Name, Neg, Number, Product, Quotient, Ref, Sum, Total

u, v, bar = Ref(Name("u"), 0), Ref(Name("v"), 0), Ref(Name("u", marks=("bar",)), 0)
SCALARS = frozenset({Name("s"), Name("s", marks=("bar",))})
s = Ref(Name("s"), 0)


def number(value):
    return Number(Fraction(value))


ATOMS = st.one_of(st.sampled_from([u, v, bar, s]), st.fractions(-3, 3, max_denominator=3).map(Number))


def larger(parts):
    positive = st.sampled_from([u, v, s, number(2), number(Fraction(1, 3)), Product((u, number(3)))])
    chosen = st.builds(lambda a, b, op: Sum((Product((a, Compare(a, op, b))), Product((b, Sum((number(1), Neg(Compare(a, op, b)))))))),
                       positive, positive, st.sampled_from("≥≤<"))  # fmt: skip
    return st.one_of(
        st.builds(Product, st.lists(parts, min_size=2, max_size=4).map(tuple)),
        st.builds(Sum, st.lists(parts, min_size=2, max_size=3).map(tuple)),
        st.builds(Neg, parts),
        st.builds(Quotient, parts, positive),
        chosen,
    )


@given(expr=st.recursive(ATOMS, larger, max_leaves=8), values=st.lists(st.fractions(Fraction(1, 9), 9), min_size=4, max_size=4))
def test_tidying_keeps_the_value(expr, values):
    known = dict(zip((u, v, bar, s), values, strict=True))
    functions = {"step": lambda d: Fraction(int(d > 0))}
    assert evaluate_expr(tidy(expr, SCALARS), known, functions, Fraction) == evaluate_expr(expr, known, functions, Fraction)


@pytest.mark.parametrize(
    ("expr", "latex"),
    [
        (Product((bar, Quotient(number(1), s))), r"\frac{\bar u_t}{s_t}"),
        (Product((bar, number(Fraction(1, 2)), v)), r"\frac{\bar u_t \odot v_t}{2}"),
        (Quotient(Product((number(Fraction(1, 2)), u)), v), r"\frac{u_t}{2 v_t}"),
        (Total(Neg(Quotient(u, s))), r"-\frac{\E\T\,u_t}{s_t}"),
        (Sum((Product((u, Compare(u, "≥", v))), Product((v, Sum((number(1), Neg(Compare(u, "≥", v)))))))), r"\max(u_t, v_t)"),
        (Product((bar, s)), r"s_t\,\bar u_t"),
        (
            Choice("where", (Compare(u, "≥", v), u, v)),
            r"\begin{cases} u_t & \text{where } u_t \ge v_t \\ v_t & \text{elsewhere} \end{cases}",
        ),
    ],
)
def test_as_people_write(expr, latex):
    assert Maths(SCALARS, None).tex(expr) == latex


def test_a_number_in_a_vector_is_a_multiple_of_ones():
    maths = Maths(SCALARS, None)
    assert maths.pieces(Sum((u, Neg(s)))) == ("= u_t", r"- s_t\,\E")
    assert maths.pieces(s, array=True) == (r"= s_t\,\E",)
    assert maths.pieces(Sum((s, number(1)))) == ("= s_t", "+ 1")
