"""Documents of everything that equations may say: stated conventions, counts, sentences on what is given."""

import re

import pytest

from derivations import Cell, derive
from derivations.documents import html, markdown, tex
from derivations.documents.context import Context
from derivations.documents.counts import polynomial
from derivations.documents.measure import measure
from derivations.documents.model import Math
from derivations.documents.outline import document
from derivations.documents.sections.cost import costs
from derivations.documents.sections.given import given
from derivations.functions import FUNCTIONS
from tests.derivations.documents.test_structure import inlines
from tests.document_cells import derivation, told

EXTENDED = ("memory", "normed", "fixed", "convolution")


def text(found) -> str:
    """Text and formulas as one string."""
    return "".join(p.latex if isinstance(p, Math) else p if isinstance(p, str) else "" for p in found)


def cell(equations: str, **data) -> Context:
    return Context(derive(Cell.from_equations(equations, **data)), ())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_derivative_in_every_format(name: str) -> None:
    function = FUNCTIONS[name]
    found = document(derive(Cell.from_equations(f"h_t = {name}(W x_t) + h_{{t-1}}")))
    row = next(row for row in found.rows() if row.lhs.endswith("'"))
    assert row.lhs == f"{function.latex}'"
    if function.kinks:
        assert re.search("convention|constant", text(row.note))
    for render in (html.render, tex.render, markdown.render):
        assert render(found)


@pytest.mark.parametrize("name", EXTENDED)
def test_the_formulas_of_a_document_agree_with_the_complex_step(name: str) -> None:
    rows = measure(Context(derivation(name), ())).rows
    assert rows
    assert all(error is not None and error < 1e-9 for _, _, error in rows)


@pytest.mark.parametrize(
    ("equations", "data", "matrix", "entry", "functions"),
    [
        ("h_t = W x_t + h_{t-1}", {}, "nm", "0", "0"),
        ("h_t = (wᵀ x_t) h_{t-1}", {}, "m", "n", "0"),
        (
            "H_t = H_{t-1} + u_t (V x_t)ᵀ\nu_t = b + W x_t",
            {"shapes": {"H": ["hidden", "value"]}},
            r"\mathrm{value}\,m+nm+\mathrm{value}\,n",
            "0",
            "0",
        ),
        ("H_t = diag(a) H_{t-1} + X_t", {"inputs": ["X"], "shapes": {"H": ["hidden", "p"]}}, "pn", "0", "0"),
        ("h_t = h_{t-1} / sqrt(n) + x_t", {"shapes": {"h": ["n"]}}, "0", "n", "0"),
        ("h_t = sqrt(h_{t-1}) + max(x_t, h_{t-1})", {}, "0", "0", "n"),
        ("h_t = softmax(x_t) + h_{t-1}", {}, "0", "0", "2n+1"),
        ("H_t = H_{t-1} + b onesᵀ + X_t", {"inputs": ["X"]}, "0", "0", "0"),
    ],
)
def test_operations_are_counted(equations: str, data: dict, matrix: str, entry: str, functions: str) -> None:
    found = costs(cell(equations, **data))
    assert (polynomial(found.forward_matrix), polynomial(found.forward_entry), polynomial(found.functions)) == (matrix, entry, functions)


def test_what_is_given_is_said() -> None:
    said = text(
        given(cell("h_t = γ h_{t-1} + tanh(A h_{t-1} + x_t) / sqrt(d_k)\nA = U - I", constants={"gamma": 1e-5}, shapes={"h": ["d_k"]}))
    )
    assert r"\gamma is given and not trained, so it has no gradient; usual value: \gamma=10^{-5}." in said
    assert "As a number, d_k is a size" in said
    assert "I is the identity matrix" in said
    assert given(cell("h_t = tanh(W x_t + h_{t-1})")) == ()


def test_matrix_states_have_a_sentence_in_place_of_blocks() -> None:
    shown = "".join(p for p in inlines(told("memory")) if isinstance(p, str))
    assert "the derivative of a matrix by a matrix has four indices" in shown
    blocks = "".join(p for p in inlines(told("normed")) if isinstance(p, str))
    assert "so its derivative is not written in blocks here" in blocks


def test_a_matrix_that_is_computed_from_parameters_is_a_block_of_the_jacobian() -> None:
    found = derive(Cell.from_equations("A = U - Uᵀ\nh_t = h_{t-1} + tanh(A h_{t-1} + x_t)"))
    rows = {row.label: row.latex for row in document(found).rows()}
    assert any(label.startswith("jac") and "A_t" in latex for label, latex in rows.items())


def test_the_steps_of_products_name_their_rules() -> None:
    assert {"outer product", "diagonal", "scalar product", "logsumexp", "choice", "windows", "matrices", "total"} <= {
        rule for name in EXTENDED for rule in told(name).rules
    }


def test_index_forms_of_matrices() -> None:
    rows = {row.lhs: row.index for row in told("convolution").rows() if row.index}
    assert rows[r"\bar A_t"] == r"(\bar A_t)_{kl} = \sum_i (K)_{ik}\,(\bar a_{Z,t})_{il}"
