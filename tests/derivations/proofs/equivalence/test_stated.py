"""Relations that cell files state: read with care, and judged like any other statement."""

import pytest

from derivations import Cell, CellError, cell_names, get_cell
from derivations.proofs import judge_relations

EQUATIONS = 'equations = """h_t = tanh(V x_t + U h_{t-1} + b)"""\n'


def cell(relations: str) -> Cell:
    return Cell.from_toml(EQUATIONS + relations, name="mine", file="mine.toml")


def verdicts(relations: str) -> list[str]:
    return [result.verdict for result in judge_relations(cell(relations))]


def test_an_equality_is_proved_or_refuted_and_a_difference_the_other_way_round() -> None:
    assert verdicts('equals = [{cell = "rnn", where = "W = V"}]') == ["proved"]
    assert verdicts('equals = [{cell = "rnn", where = "W = -V"}]') == ["refuted"]
    assert verdicts('differs = [{cell = "rnn", where = "W = -V"}]') == ["proved"]
    assert verdicts('differs = [{cell = "rnn", where = "W = V"}]') == ["refuted"]


def test_tables_may_be_written_one_by_one_and_keep_their_order() -> None:
    text = '[[equals]]\ncell = "rnn"\nwhere = "W = V"\n[[equals]]\ncell = "elman_rnn"\nwhere = "W = 2 V"\nnote = "wrong"\n'
    results = judge_relations(cell(text))
    assert [r.verdict for r in results] == ["proved", "refuted"]
    assert [r.reading for r in results] == ["", "wrong"]
    assert results[1].statement == "mine = elman_rnn where W = 2 V"


def test_that_cells_differ_is_shown_by_numbers() -> None:
    result = next(r for r in judge_relations(get_cell("gru_before")) if "≠" in r.statement)
    assert (result.statement, result.verdict) == ("gru_before ≠ gru_after where b_{hr} = 0", "proved")
    assert result.counterexample["gru_before"] != result.counterexample["gru_after"]


@pytest.mark.parametrize(
    ("relations", "found"),
    [
        ('equals = "rnn"', "not a list of tables"),
        ('equals = ["rnn"]', "names no cell"),
        ('equals = [{where = "W = V"}]', "names no cell"),
        ('equals = [{cell = "rnn", when = "W = V"}]', "unknown key 'when'"),
        ("equals = [{cell = 1}]", "strings"),
        ('differs = [{cell = "rnn", any = "u"}]', "not a list of names"),
    ],
)
def test_a_relation_that_cannot_be_read_is_an_error(relations: str, found: str) -> None:
    with pytest.raises(CellError, match=found) as caught:
        cell(relations)
    assert "mine.toml" in str(caught.value)


def test_an_unknown_cell_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(CellError, match="elman_rnn"):
        judge_relations(cell('equals = [{cell = "elman_rn"}]'))


@pytest.mark.parametrize("name", [name for name in cell_names() if get_cell(name).relations])
def test_what_the_catalogue_states_is_proved(name: str) -> None:
    assert [(r.statement, r.verdict) for r in judge_relations(get_cell(name)) if r.verdict != "proved"] == []
