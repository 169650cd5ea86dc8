"""load(): names, paths and cells; real modules with lines in tracebacks; nothing heavy until it is called."""

import subprocess
import sys
import traceback

import numpy as np
import pytest

import numeric.cells.lstm
from derivations import Cell, CellError
from numeric import load


def test_a_name_or_an_alias_is_the_committed_module():
    assert load("lstm") is numeric.cells.lstm
    assert load("gru").NAME == "gru_before"


@pytest.mark.parametrize("suffix", [".txt", ".toml"])
def test_a_path_is_generated(tmp_path, suffix):
    text = "h_t = tanh(W x_t + U h_{t-1})\n"
    path = tmp_path / f"mine{suffix}"
    path.write_text(text if suffix == ".txt" else f'equations = """\n{text}"""\n', encoding="utf-8")
    for given in (path, str(path)):
        module = load(given)
        assert module.NAME == "mine"
        run = module.forward(module.init(2, 3, rng=0), np.ones((4, 1, 2)))
        assert run.h.shape == (4, 1, 3)


def test_tracebacks_show_the_generated_line():
    module = load(Cell.from_equations("h_t = tanh(W x_t + U h_{t-1})", name="my cell"))
    with pytest.raises(TypeError) as caught:
        module.forward(module.init(2, 3), np.ones((4, 1, 2), complex))
    assert 'x = array("x", x' in "".join(traceback.format_exception(caught.value))
    assert module.__name__ == "numeric.generated.my_cell"


def test_what_is_no_cell_is_refused():
    with pytest.raises(CellError, match="did you mean"):
        load("lstn")
    with pytest.raises(CellError, match="load\\(\\) got a int"):
        load(3)  # type: ignore[arg-type]
    with pytest.raises(CellError, match="no target"):
        load("lstm", target="cobol")


def test_a_generated_module_needs_numpy_only():
    heavy = ("sympy", "derivations", "jinja2", "lark", "numeric.codegen")
    program = f"import sys, numeric.cells.lstm\nprint([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
