"""The cells that come with gateproof, as data: complete, told apart, and represented in the slow tests."""

import os

import pytest
from chosen_cells import CHOSEN, constructs

from derivations import CellError, cell_names, get_cell
from derivations.catalogue import all_names, in_catalogue
from derivations.notation import unicode
from derivations.proofs import judge_relations

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


OWN = 'title = "own"\nfamily = "mine"\nequals = [{cell = "elman_rnn", where = "U = V"}]\nequations = "h_t = tanh(W x_t + V h_{t-1} + b)"\n'


@pytest.fixture
def folders(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    monkeypatch.setenv("GATEPROOF_CELLS", f"{first}{os.pathsep}{second}")
    return first, second


def test_own_cells_are_known_by_their_names(folders):
    (folders[0] / "mine.toml").write_text(OWN)
    (folders[1] / "other.toml").write_text(OWN.replace("elman_rnn", "mine").replace("U = V", "V = V"))
    assert set(all_names()) - set(cell_names()) == {"mine", "other"}
    assert get_cell("mine") is get_cell("mine")
    assert not in_catalogue(get_cell("mine"))
    assert {r.verdict for r in judge_relations(get_cell("other"))} == {"proved"}
    (folders[0] / "mine.toml").write_text(OWN.replace("tanh", "σ"))
    os.utime(folders[0] / "mine.toml", ns=(0, 0))  # a clock may be too coarse to tell the two apart
    assert get_cell("mine").text == OWN.replace("tanh", "σ")
    assert {r.verdict for r in judge_relations(get_cell("other"))} == {"refuted"}


@pytest.mark.parametrize("name", ["lstm", "gru", "mine"])
def test_a_name_that_is_taken_is_refused(folders, name):
    for folder in folders[: 2 if name == "mine" else 1]:
        (folder / f"{name}.toml").write_text(OWN)
    with pytest.raises(CellError, match=f"there is a cell '{name}' in"):
        all_names()
    assert get_cell("lstm") is get_cell("lstm"), "the catalogue does not depend on own cells"


def test_a_folder_that_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("GATEPROOF_CELLS", "/no/such/folder")
    with pytest.raises(CellError, match="/no/such/folder is no folder"):
        get_cell("mine")
