"""The cells that come with gateproof, as data: complete, told apart, and represented in the slow tests."""

import pytest
from chosen_cells import CHOSEN, constructs

from derivations import cell_names, get_cell
from derivations.notation import unicode

FAMILIES = {"plain", "gated", "LSTM", "GRU", "ODE", "linear recurrence", "state space", "matrix memory"}


@pytest.mark.parametrize("name", cell_names())
def test_a_cell_says_where_it_comes_from(name):
    cell = get_cell(name)
    assert cell.title
    assert cell.source
    assert 1980 < cell.year <= 2026
    assert cell.family in FAMILIES
    assert cell.note, "what libraries do differently, or that none has it"
    assert set(cell.roles) <= {n.id for n in cell.shapes}


@pytest.mark.parametrize("name", cell_names())
def test_every_state_and_output_has_a_role(name):
    cell = get_cell(name)
    assert {n.id for n in (*cell.states, *cell.outputs)} <= set(cell.roles)


def test_no_two_cells_are_written_alike():
    texts = {tuple((unicode(eq.target), unicode(eq.expr)) for eq in get_cell(name).equations): name for name in cell_names()}
    assert len(texts) == len(cell_names())


def test_the_chosen_cells_use_everything_that_any_cell_uses():
    known = set().union(*(constructs(get_cell(name)) for name in CHOSEN))
    missing = {name: new for name in cell_names() if (new := constructs(get_cell(name)) - known)}
    assert not missing, "a cell with these constructs belongs into tests/chosen_cells.py"
