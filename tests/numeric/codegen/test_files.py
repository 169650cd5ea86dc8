"""Committed modules are what would be generated now; the same bytes for every hash seed; files appear whole."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from chosen_cells import CHOSEN

from derivations import get_cell
from numeric.codegen import check, files, generate, write_all

FEW = ("elman_rnn", "gru_after", "lstm")


def test_committed_modules_are_fresh():
    assert check() == []


@pytest.fixture
def few(monkeypatch):
    """A catalogue of a few cells."""
    monkeypatch.setattr(files, "cell_names", lambda: FEW)


def test_stale_missing_and_extra_files_are_told_apart(tmp_path, few):
    write_all(tmp_path)
    (tmp_path / "__init__.py").touch()
    assert check(tmp_path) == []
    stale = tmp_path / "lstm.py"
    stale.write_text(stale.read_text(encoding="utf-8").replace("h[t + 1] = ", "h[t + 1] = 2 * "), encoding="utf-8")
    (tmp_path / "gru_after.py").unlink()
    (tmp_path / "nobody.py").write_text("x = 1\n")
    problems = check(tmp_path)
    assert len(problems) == 3
    assert "gru_after.py: missing" in problems[0]
    assert "lstm.py: stale" in problems[1]
    assert "-            h[t + 1] = 2 * " in problems[1]
    assert "+            h[t + 1] = " in problems[1]
    assert "nobody.py: extra" in problems[2]


def test_only_what_changed_is_written(tmp_path, few):
    assert len(write_all(tmp_path)) == len(FEW)
    assert write_all(tmp_path) == []
    assert write_all(tmp_path, [get_cell("lstm")]) == []


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_hash_seeds_do_not_matter(seed):
    program = (
        "import hashlib; from derivations import get_cell; from numeric.codegen import generate\n"
        f"print(hashlib.sha256(''.join(generate(get_cell(n)) for n in {CHOSEN}).encode()).hexdigest())"
    )
    env = {**os.environ, "PYTHONHASHSEED": seed}
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env, cwd=Path(files.__file__).parents[2]
    )
    expected = hashlib.sha256("".join(generate(get_cell(n)) for n in CHOSEN).encode()).hexdigest()
    assert found.stdout.strip() == expected


def test_the_header_has_the_version_of_the_distribution():
    import tomllib

    from numeric.codegen.module import VERSION

    project = tomllib.loads((Path(files.__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION
