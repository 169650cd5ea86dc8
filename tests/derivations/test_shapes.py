"""Which shapes equations give, and what is refused in which words."""

import pytest

from derivations import Cell, CellError
from derivations.notation import unicode
from derivations.shapes import KIND

N, M = ("hidden",), ("inputs",)
MATRIX = {"S": ["key", "value"]}


def cell(text, **data):
    return Cell.from_equations(text, **data)


@pytest.mark.parametrize(
    ("text", "name", "shape", "data"),
    [
        ("h_t = (wᵀ x_t) h_{t-1}", "w", (M,), {}),
        ("h_t = wᵀ W x_t + h_{t-1}", "W", (("size_w",), M), {}),
        ("H_t = H_{t-1} + (K x_t) (V x_t)ᵀ", "V", (("hidden_2",), M), {}),
        ("H_t = diag(W x_t) H_{t-1}", "W", (N, M), {}),
        ("H_t = H_{t-1} diag(W x_t)", "W", (("hidden_2",), M), {}),
        ("h_t = diag(a) h_{t-1} + W x_t", "a", (N,), {}),
        ("h_t = chunk(W x_t, 4, 1) + h_{t-1}", "W", (N * 4, M), {}),
        ("H_t = K windows(H_{t-1}, 3) + X_t", "K", (N, N * 3), {"inputs": ["X"]}),
        ("H_t = H_{t-1} + b onesᵀ + X_t", "b", (N,), {"inputs": ["X"]}),
        ("h_t = (U + I) h_{t-1} + x_t", "U", (N, N), {}),
        ("h_t = softmax(U h_{t-1}) + sum(x_t) + mean(x_t) + norm(x_t)", "U", (N, N), {}),
        ("h_t = where(u >= h_{t-1}, x_t, 0)", "u", (N,), {}),
        ("h_t = max(h_{t-1}, alpha) + x_t", "alpha", (), {"shapes": {"alpha": []}}),
        ("S_t = S_{t-1} + k_t v_tᵀ\nk_t = K x_t\nv_t = V x_t", "K", (("key",), M), {"shapes": MATRIX}),
        ("h_t = γ h_{t-1} + x_t", "gamma", (), {"constants": {"gamma": 0.5}}),
        ("h_t = γ ⊙ h_{t-1} + x_t", "gamma", (N,), {"constants": {"gamma": 0.5}, "shapes": {"gamma": ["hidden"]}}),
    ],
)
def test_shapes_that_are_found(text, name, shape, data):
    found = {n.id: s for n, s in cell(text, **data).shapes.items()}
    assert found[name] == shape, f"a {KIND[len(shape)]}"


@pytest.mark.parametrize(
    ("text", "found", "hint"),
    [
        ("h_t = h_{t-1} + x_tᵀ", "x_tᵀ is a row vector", "wᵀ v, v wᵀ"),
        ("h_t = x_tᵀ ⊙ h_{t-1}", "x_tᵀ is a row vector", "wᵀ v, v wᵀ"),
        ("h_t = x_tᵀ\ng_t = h_{t-1}", "x_tᵀ is a row vector", "wᵀ v, v wᵀ"),
        ("h_t = x_t h_{t-1}ᵀ", "h_t is a vector, its right side is a matrix", "upper-case letter"),
        ("H_t = H_{t-1} + diag(x_t)", "diag(x_t) stands alone", "diag(a) S"),
        ("H_t = diag(X_t) H_{t-1} + x_t x_tᵀ", "X_t is not defined", 'inputs = ["X"]'),
        ("h_t = chunk(W x_t, 4, 5) + h_{t-1}", "chunk(W x_t, 4, 5) is not understood", "counted from 1"),
        ("h_t = chunk(W x_t, 4, 0) + h_{t-1}", "chunk(W x_t, 4, 0) is not understood", "counted from 1"),
        ("h_t = chunk(W x_t, b, 1) + h_{t-1}", "chunk(W x_t, b, 1) is not understood", "the number of equal parts"),
        ("h_t = mean(U) h_{t-1} + x_t", "mean(U): mean of a matrix", "sums over rows and columns are M ones and Mᵀ ones"),
        ("h_t = softmax(U) h_{t-1} + x_t", "softmax(U): softmax of a matrix", "entrywise functions have other names"),
        ("h_t = windows(x_t, 3) + h_{t-1}", "windows(x_t, 3) is not understood", "a matrix and an odd number of columns"),
        ("H_t = windows(H_{t-1}, 2) + x_t x_tᵀ", "windows(H_{t-1}, 2) is not understood", "a matrix and an odd number of columns"),
        ("h_t = (onesᵀ ones) h_{t-1} + x_t", "the size of a vector of ones or of an identity matrix is left open", "known size"),
        ("h_t = αᵀ h_{t-1} + x_t", "αᵀ: the transpose of a scalar", "vectors and matrices are transposed"),
        ("h_t = max(h_{t-1}, W) + x_t", "shapes clash in max(h_{t-1}, W)", "entrywise operations need equal shapes"),
    ],
)
def test_what_is_refused(text, found, hint):
    with pytest.raises(CellError) as caught:
        cell(text, shapes={"alpha": []} if "α" in text else {})
    assert found in caught.value.found
    assert hint in caught.value.hint


def test_parts_of_a_vector_are_equal():
    with pytest.raises(CellError, match="the sizes of a concatenation are left open"):
        cell("h_t = chunk([h_{t-1}, x_t], 2, 1) + g_t\ng_t = W x_t", shapes={"h": ["hidden"], "x": ["inputs"]})


def test_products_are_told_apart_by_shapes():
    (eq,) = cell("h_t = (A B) h_{t-1} + diag(a) x_t").equations
    assert unicode(eq.expr) == "A (B h_{t-1}) + a ⊙ x_t"
