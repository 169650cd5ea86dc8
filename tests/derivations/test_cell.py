"""Reading cells: what their names are, and what bad input is told. Every message is part of the interface."""

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import Cell, CellError, cell_names, derive, get_cell

STEP = "h_t = tanh(W x_t + U h_{t-1} + b)"


def names(found) -> list[str]:
    return [name.id for name in found]


@pytest.mark.parametrize(
    "text",
    [
        "f_t = σ(W_f x_t + U_f h_{t-1} + b_f)\nh_t = f_t ⊙ h_{t-1}",
        "f = sigmoid(W_f @ x + U_f @ h_prev + b_f)\nh = f * h_prev",
        r"\begin{align} f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\ h_t &= f_t \odot h_{t-1} \end{align}",
    ],
)
def test_three_notations_one_cell(text: str) -> None:
    cell = Cell.from_equations(text)
    assert (names(cell.states), names(cell.inputs), names(cell.parameters)) == (["h"], ["x"], ["W_f", "U_f", "b_f"])
    assert names(cell.assigned) == ["f", "h"]
    assert {n.id: s for n, s in cell.shapes.items()}["W_f"] == (("hidden",), ("inputs",))


def test_equations_in_another_order_are_put_in_the_order_of_computation() -> None:
    cell = Cell.from_equations("h_t = f_t ⊙ h_{t-1}\nf_t = σ(W x_t)")
    assert names(cell.assigned) == ["f", "h"]


def test_outputs_that_are_no_states() -> None:
    cell = Cell.from_equations(f"{STEP}\ny_t = V h_t")
    assert names(cell.outputs) == ["h", "y"]
    assert cell.sizes == ("inputs", "hidden", "size_y")


def test_sizes_that_have_to_agree_are_one() -> None:
    assert Cell.from_equations("h_t = σ(W x_t + U h_{t-1}) ⊙ x_t").sizes == ("hidden",)


WRONG = {
    "h_t = foo(W x_t + U h_{t-1})": (1, 7, "unknown function 'foo'"),
    "f_t = σ(W x_t + U h_{t-1})\nh_t = g_t ⊙ f_t": (2, 7, "g_t is not defined"),
    f"{STEP}\nh_t = tanh(V x_t)": (2, 1, "h_t is defined twice (first in line 1)"),
    "h_t = tanh(W + U h_{t-1}) + x_t": (1, 16, "shapes clash in the sum"),
    "h_t = tanh([h_{t-1}, x_t] + h_{t-1})": (1, 29, "shapes clash in the sum"),
    "c_t = tanh(W x_t + U c_{t-1})\nh_t = c_t h_{t-1}": (2, 7, "c_t h_{t-1} is ambiguous: c_t and h_{t-1} are both vectors"),
    "f = sigmoid(W x + U h_prev)\nh = f · h_prev": (2, 5, "f_t · h_{t-1} is ambiguous"),
    "h_t = tanh(W x_t + U h_{t-1}) ⊙ c_{t-1}": (1, 33, "state c_{t-1} is used, but no equation assigns c_t"),
    "a_t = σ(W h_t + U h_{t-1} + x_t)\nh_t = σ(V a_t)": (1, 1, "a cycle: a_t, h_t need each other"),
    "h_t = tanh(W x_t + U h_{t-1}": (1, 11, "'(' is never closed"),
    "": (1, 1, "there is no equation"),
    "h_t = __import__('os')": (1, 7, "a name cannot begin with '_'"),
    "h_t = tanh(W x_t)": (1, 1, "no state"),
    "h_t = tanh(U h_{t-1})": (1, 1, "no input"),
    "h_t = tanh(W * x_t + U h_{t-1})": (1, 12, "entrywise product of a matrix and a vector"),
    "h_t = tanh(x_t W + U h_{t-1})": (1, 12, "a vector before a matrix"),
    "h_t = tanh(W x_t + U h_{t+1})": (1, 22, "h_{t+1} is used"),
    "h_t = tanh(W x_{t-1} + U h_{t-1})": (1, 14, "x_{t-1} is an earlier input"),
    "h_t = tanh(W x_t + U h_{t-1} + V y + U y_t)": (1, 34, "y is used with and without a time"),
    "H_t = tanh(W x_t + U h_{t-1})\nh_t = tanh(x_t)": (1, 1, "H_t is a matrix, its right side is a vector"),
    "h_t = tanh(W_2 x_t + W^{(2)} h_{t-1})": (1, 22, "W_2 and W^{(2)} are both W_2 in code"),
    "h_{t-1} = tanh(W x_t + U h_{t-1})": (1, 1, "h_{t-1} is assigned"),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.items(), ids=[v[2][:30] for v in WRONG.values()])
def test_what_bad_equations_are_told(text: str, expected: tuple[int, int, str], tmp_path: Path) -> None:
    line, column, message = expected
    path = tmp_path / "cell.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CellError) as caught:
        Cell.from_file(path)
    assert str(caught.value).startswith(f"{path}:{line}:{column}: ")
    assert message in caught.value.found
    assert caught.value.hint


HOSTILE = {
    "10 MB": "h_t = " + "x_t + " * 1_700_000 + "x_t",
    "100,000 brackets": "h_t = " + "(" * 100_000 + "x_t" + ")" * 100_000,
    "unclosed brackets": "h_t = " + "[" * 100_000,
    "long sum": "h_t = " + "h_{t-1} + " * 20_000 + "x_t",
    "binary": "\0" * 1000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_end_in_a_message_quickly(text: str, tmp_path: Path) -> None:
    path = tmp_path / "cell.txt"
    path.write_text(text, encoding="utf-8")
    start = time.process_time()
    with pytest.raises(CellError):
        Cell.from_file(path)
    assert time.process_time() - start < 5  # a hang, not a benchmark: it takes well below a second


WRONG_TOML = {
    "title = ": "not a TOML file",
    'title = "x"': "no equations",
    'equations = "h_t = tanh(W x_t + U h_{t-1})"\ncolour = "red"': "unknown key 'colour'",
    "equations = 3": "equations is a int",
    'equations = "h_t = tanh(W x_t + U h_{t-1})"\nclaims = "h_t > 0"': "claims is not a list of strings",
    'equations = "h_t = tanh(W x_t + U h_{t-1})"\n[shapes]\nW = "hidden"': "shape of W is 'hidden'",
    'equations = "h_t = tanh(W x_t + U h_{t-1})"\n[shapes]\nW = ["hidden", "__class__"]': "shape of W is",
    'equations = "h_t = tanh(W x_t + U h_{t-1})"\n[shapes]\nh = ["time"]': "'time' cannot name a size",
    'equations = "h_t = tanh(W x_t + U h_{t-1})"\n[shapes]\nh = ["lambda"]': "'lambda' cannot name a size",
    'equations = "h_t = tanh(W x_t + U h_{t-1})"\ninputs = ["u"]': "declared input 'u' is not used",
    'equations = "h_t = tanh(W x_t + U h_{t-1})"\n[shapes]\nq = ["hidden"]': "the shape of q, which no equation uses",
}


@pytest.mark.parametrize(("text", "message"), WRONG_TOML.items(), ids=WRONG_TOML.values())
def test_what_bad_cell_files_are_told(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "cell.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CellError) as caught:
        Cell.from_file(path)
    assert message in caught.value.found
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("opening", ['equations = """\n', 'equations = """', "title = \"x\"\n\nequations = '''\n"])
def test_lines_are_counted_in_the_cell_file(opening: str, tmp_path: Path) -> None:
    path = tmp_path / "cell.toml"
    text = f"{opening}{STEP}\nc_t = ?\n" + ("'''" if "'''" in opening else '"""')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CellError) as caught:
        Cell.from_file(path)
    wrong = next(k for k, line in enumerate(text.splitlines(), 1) if "?" in line)
    assert f"{path}:{wrong}:7: " in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("h_t = σ(x_t)".encode("utf-16"))
    for path, message in (
        (tmp_path / "latin.txt", "not UTF-8"),
        (tmp_path / "missing.txt", "cannot be read"),
        (tmp_path, "cannot be read"),
    ):
        with pytest.raises(CellError, match=message):
            Cell.from_file(path)


@given(st.text(max_size=200))
def test_any_text_is_a_cell_or_an_error_with_a_message(text: str) -> None:
    with contextlib.suppress(CellError):
        derive(Cell.from_equations(text))


def test_a_cell_is_found_by_its_name_and_its_alias() -> None:
    assert get_cell("gru") is get_cell("gru_before")
    assert get_cell("rnn") is get_cell("elman_rnn")
    with pytest.raises(CellError) as caught:
        get_cell("ltsm")
    assert "did you mean lstm" in caught.value.hint


def test_no_name_is_used_twice() -> None:
    every = [n for name in cell_names() for n in (name, *get_cell(name).aliases)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("name", cell_names())
def test_every_role_is_that_of_a_name(name: str) -> None:
    cell = get_cell(name)
    assert set(cell.roles) <= {n.id for n in cell.shapes}
    assert cell.title
    assert cell.source
