"""Names that stand for something given, and names that only look like it."""

from fractions import Fraction

import pytest

from derivations import Cell, CellError
from derivations.notation.tree import Constant, Dimension, Identity, Name, Ones, Ref, children


def kinds(cell):
    """The kinds of leaves of the equations."""
    waiting, found = [eq.expr for eq in cell.equations], set()
    while waiting:
        node = waiting.pop()
        waiting += children(node)
        if isinstance(node, Constant | Dimension | Identity | Ones):
            found.add(type(node))
    return found


def test_constants_have_values_and_are_no_parameters():
    cell = Cell.from_equations("h_t = h_{t-1} + ε tanh(U h_{t-1} + x_t)", constants={"epsilon": 0.1})
    assert cell.constants == {Name("epsilon"): Fraction(1, 10)}
    assert cell.parameters == (Name("U"),)
    assert kinds(cell) == {Constant}


@pytest.mark.parametrize(
    ("text", "constants", "why"),
    [
        ("h_t = x_t + h_{t-1}", {"gamma": 1}, "constant gamma is not used by any equation"),
        ("h_t = γ_t + h_{t-1}\nγ_t = x_t", {"gamma": 1}, "constant gamma is computed by an equation"),
        ("h_t = γ_t ⊙ h_{t-1} + x_t", {"gamma": 1}, "constant gamma is not used by any equation"),
    ],
)
def test_a_constant_is_a_name_without_time_that_is_used(text, constants, why):
    with pytest.raises(CellError) as caught:
        Cell.from_equations(text, constants=constants)
    assert caught.value.found == why
    assert "names of the equations that have no time" in caught.value.hint


def test_a_size_is_a_number_where_it_is_declared():
    text = "h_t = W x_t / sqrt(d_k) + h_{t-1}"
    assert kinds(Cell.from_equations(text, shapes={"W": ["d_k", "inputs"]})) == {Dimension}
    assert Name("d", sub="k") in Cell.from_equations(text).parameters  # elsewhere it is a parameter like any other


def test_identity_and_ones_keep_another_meaning():
    given = Cell.from_equations("H_t = (U + I) H_{t-1} + x_t onesᵀ")
    assert kinds(given) == {Identity, Ones}
    assert given.parameters == (Name("U"),)
    assert kinds(Cell.from_equations("I = U Uᵀ\nh_t = I h_{t-1} + x_t")) == set()
    assert Name("I") in Cell.from_equations("h_t = I h_{t-1} + x_t", shapes={"I": ["hidden", "hidden"]}).parameters


def test_a_value_at_a_time_is_never_given():
    cell = Cell.from_equations("I_t = σ(W x_t)\nh_t = I_t ⊙ h_{t-1}", shapes={"I": ["hidden"]})
    assert kinds(cell) == set()
    assert Ref(Name("I"), 0) in cell.program.definition
