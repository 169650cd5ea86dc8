"""What SymPy is not trusted with: its matrix calculus is wrong on column vectors. A SymPy that mends this is noticed here."""

import sympy as sp
from sympy import HadamardProduct, MatrixSymbol, Trace

N = 3
Y, F, C = (MatrixSymbol(letter, N, 1) for letter in "YFC")


def test_trace_of_a_hadamard_product_is_differentiated_wrongly() -> None:
    """d/df of yᵀ(f ⊙ c) is y ⊙ c; SymPy gives something else, or stops."""
    try:
        found = Trace(Y.T * HadamardProduct(F, C)).diff(F)
        explicit = sp.Matrix(found.as_explicit())
    except Exception:
        return
    true = sp.Matrix([Y[i, 0] * C[i, 0] for i in range(N)])
    assert explicit.shape != true.shape or sp.expand(explicit - true) != sp.zeros(N, 1)


def test_scalar_calculus_is_right() -> None:
    """The part of SymPy that derivations rest on: derivatives of polynomials and of indexed elements."""
    a, b, c = sp.symbols("a b c")
    assert sp.diff((1 - a) * b + a * c, a) == c - b
    w, x = sp.IndexedBase("w"), sp.IndexedBase("x")
    i, j, k = sp.symbols("i j k", integer=True)
    assert sp.diff(w[i, j] * x[j], w[i, k]) == sp.KroneckerDelta(j, k) * x[j]
