"""A new cell file works as it stands, and nothing is overwritten."""

import pytest

from derivations import Cell, CellError
from derivations.calculus import derive
from derivations.proofs import judge_claims, prove_gradients
from numeric.cli import main
from numeric.skeleton import write_skeleton


def test_the_skeleton_is_a_cell_that_is_proved(tmp_path):
    cell = Cell.from_file(write_skeleton("my_cell", tmp_path / "my_cell.toml", 2026))
    assert {r.verdict for r in prove_gradients(derive(cell))} <= {"proved", "proved_at"}
    assert [r.verdict for r in judge_claims(cell)] == ["proved"]
    assert (cell.title, cell.year) == ("my cell", 2026)


@pytest.mark.parametrize(
    ("name", "message"),
    [("lstm", "there is a cell"), ("gru", "there is a cell"), ("Not-a-name", "cannot name"), ("class", "cannot name")],
)
def test_names_that_are_taken_or_no_names_are_refused(tmp_path, name, message):
    with pytest.raises(CellError, match=message):
        write_skeleton(name, tmp_path / "x.toml", 2026)
    assert not any(tmp_path.iterdir())


def test_the_command_writes_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for code in (0, 2):
        with pytest.raises(SystemExit) as stopped:
            main(["new", "mine"])
        assert stopped.value.code == code
    assert "mine.toml exists" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]
