"""Texts of expressions: choices, comparisons and given numbers, and the dtype of what they give."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from derivations.notation.tree import (
    Choice,
    Compare,
    Constant,
    Dimension,
    Expr,
    Identity,
    Name,
    Neg,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
)
from numeric.codegen.expressions import ATOM, expression_text, written

U, V, ONE = Ref(Name("u"), 0), Ref(Name("v"), 0), Number(Fraction(1))
GREATER, EQUAL = Compare(U, ">", V), Compare(U, "=", V)
VALUES = {"u": np.array([-2.0, 0.0, 1.0, 3.0]), "v": np.array([1.0, 0.0, 1.0, -np.inf])}


def text(leaf):
    return (f"p.{leaf.name}" if isinstance(leaf, Constant) else str(leaf.name)), ATOM


def value(expr: Expr, dtype=np.float64):
    given = {name: array.astype(dtype) for name, array in VALUES.items()}
    p = SimpleNamespace(dtype=np.dtype(dtype), c=np.array(0.5, dtype))
    with np.errstate(all="ignore"):
        return eval(expression_text(expr, text), {"np": np, "p": p, "hidden": 4, **given})


HOLDS = {
    "a product with a comparison": (Product((V, GREATER)), [0, 0, 0, -np.inf]),
    "a product with its contrary": (Product((V, Sum((ONE, Neg(GREATER))))), [1, 0, 1, 0]),
    "what is not chosen may be infinite": (Product((Quotient(ONE, V), Sum((ONE, Neg(EQUAL))))), [1, 0, 0, -0.0]),
    "a quotient with a comparison": (Quotient(Product((U, Sum((ONE, Neg(EQUAL))))), V), [-2, 0, 0, -0.0]),
    "two comparisons": (Product((U, GREATER, Compare(U, "<", Number(Fraction(2))))), [0, 0, 0, 0]),
    "a comparison and its contrary": (Product((GREATER, Sum((ONE, Neg(GREATER))))), [0, 0, 0, 0]),
    "comparisons alone": (Product((GREATER, Sum((ONE, Neg(EQUAL))))), [0, 0, 0, 1]),
    "a comparison as a number": (Sum((ONE, Neg(GREATER))), [1, 1, 1, 0]),
    "at most, at least": (Sum((Compare(U, "≤", V), Compare(U, "≥", V))), [1, 2, 2, 1]),
    "two numbers": (Choice("where", (GREATER, ONE, Neg(ONE))), [-1, -1, -1, 1]),
    "the greater": (Choice("max", (U, V)), [1, 0, 1, 3]),
    "the smaller": (Choice("min", (U, ONE)), [-2, 0, 1, 1]),
    "weights that are no comparison": (Choice("where", (U, Number(Fraction(2)), ONE)), [-1, 1, 2, 4]),
    "sizes as numbers": (Product((U, Power(Dimension(("hidden",)), Fraction(1, 2)))), [-4, 0, 2, 6]),
    "the greater of two sizes": (Product((U, Choice("max", (Dimension(("hidden", "hidden")), Number(Fraction(3)))))), [-16, 0, 8, 24]),
    "constants and ones": (Sum((Product((Constant(Name("c")), U)), Ones(("hidden",)))), [0, 1, 1.5, 2.5]),
}


@pytest.mark.parametrize("key", HOLDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_dtypes(key, dtype):
    expr, expected = HOLDS[key]
    found = value(expr, dtype)
    np.testing.assert_array_equal(found, np.array(expected, dtype))
    assert found.dtype == dtype


def test_identity_matrices_and_ones_have_the_dtype_of_the_parameters():
    assert value(Identity(("hidden",)), np.float32).dtype == np.float32
    assert value(Ones(("hidden",)), np.float32).dtype == np.float32


def test_sums_of_sizes_get_brackets_within_products():
    assert written(Product((U, Dimension(("hidden", "inputs")))), text)[0] == "u * (hidden + inputs)"
    assert written(Quotient(U, Dimension(("hidden", "hidden"))), text)[0] == "u / (2 * hidden)"
