"""Any layout, there and back; what does not fit is refused by name and shape; planted errors in layouts change outputs."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from derivations import CellError, cell_names, get_cell
from derivations.sizes import shape_value
from numeric import load
from numeric.cli import main
from numeric.interchange import convert, find_layout, from_library, layouts, to_library
from numeric.interchange.layout import read_layouts

KNOWN = [layout for layout in layouts() if layout.cell in cell_names()]


def random_parameters(cell, sizes, seed, dtype):
    rng = np.random.default_rng(seed)
    opened = get_cell(cell)
    return {n.id: rng.standard_normal(shape_value(opened.shapes[n], sizes)).astype(dtype) for n in opened.parameters}


@pytest.mark.parametrize("layout", KNOWN, ids=lambda one: f"{one.library} {one.cell}")
@given(seed=st.integers(0, 99), first=st.integers(1, 4), dtype=st.sampled_from([np.float32, np.float64]))
def test_there_and_back_is_the_same_bit_for_bit(layout, seed, first, dtype):
    sizes = {size: first + 2 * k for k, size in enumerate(get_cell(layout.cell).sizes)}
    own = random_parameters(layout.cell, sizes, seed, dtype)
    there = to_library(layout.cell, layout.library, own)
    back = from_library(layout.cell, layout.library, there.arrays)
    assert back.sizes == sizes
    for name, value in own.items():
        assert back.arrays[name].dtype == dtype
        rounded = layout.library == "haiku" and name == "b_f"  # 1 is subtracted and added: one rounding each
        assert np.allclose(back.arrays[name], value, rtol=0, atol=4 * np.finfo(dtype).eps if rounded else 0)
    again = to_library(layout.cell, layout.library, back.arrays)
    exact = [name for name in there.arrays if layout.library != "haiku" or name != "b"]
    assert all(np.array_equal(again.arrays[name], there.arrays[name]) for name in exact)


ENTRIES = st.permutations(["i", "f", "g", "o"])


@given(order=ENTRIES, bias=ENTRIES, turned=st.booleans(), lead=st.integers(0, 2), seed=st.integers(0, 9))
def test_random_layouts_there_and_back(order, bias, turned, lead, seed):
    text = "[lstm]\nlayer = 'random'\n"
    for letter, gates in (("W", order), ("U", order), ("b", bias)):
        stack = ", ".join(f"'{letter}_{gate}'" for gate in gates)
        text += f"{letter} = {{ stack = [{stack}], lead = {lead}, transposed = {str(turned and letter != 'b').lower()} }}\n"
    (layout,) = read_layouts(text, "random")
    own = random_parameters("lstm", {"inputs": 2, "hidden": 3}, seed, np.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "find_layout", lambda *_: layout)
        there = to_library("lstm", "random", own)
        back = from_library("lstm", "random", there.arrays)
    assert all(np.array_equal(back.arrays[name], value) for name, value in own.items())


@given(seed=st.integers(0, 50), data=st.data())
def test_gates_in_the_wrong_places_change_the_outputs(seed, data):
    """No shape can tell two gates apart: only the outputs do, so the layouts are tested against the libraries themselves."""
    library, cell = data.draw(st.sampled_from([("torch", "lstm"), ("onnx", "gru_after"), ("keras", "gru_before")]))
    sizes = {"inputs": 2, "hidden": 3}
    own = random_parameters(cell, sizes, seed, np.float64)
    layout = find_layout(library, cell)
    first = layout.arrays[0]
    assume(len(first.rows) > 1)
    exchanged = type(first)(first.name, (first.rows[1], first.rows[0], *first.rows[2:]), first.transposed, first.lead)
    wrong = type(layout)(library, cell, layout.layer, (exchanged, *layout.arrays[1:]), layout.suffix)
    arrays = to_library(cell, library, own).arrays
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "find_layout", lambda *_: wrong)
        planted = from_library(cell, library, arrays).arrays
    x = np.random.default_rng(seed).standard_normal((3, 1, 2))
    outputs = []
    for parameters in (own, planted):
        p = load(cell).Params(**sizes)
        for name, value in parameters.items():
            setattr(p, name, value)
        outputs.append(load(cell).forward(p, x).h)
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-6


def torch_arrays(inputs=3, hidden=4):
    return to_library("lstm", "torch", random_parameters("lstm", {"inputs": inputs, "hidden": hidden}, 0, np.float64)).arrays


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("bias_hh_l0"), "bias_hh_l0, which is missing"),
        (lambda a: a.update(extra=np.zeros(3)), "no extra"),
        (lambda a: a.update(weight_ih_l0=a["weight_ih_l0"].T), "weight_ih_l0"),
        (lambda a: a.update(weight_hh_l0=a["weight_hh_l0"].T), "weight_hh_l0"),
        (lambda a: a.update(bias_ih_l0=a["bias_ih_l0"][:-1]), "bias_ih_l0"),
        (lambda a: a.update(bias_ih_l0=a["bias_ih_l0"] * np.nan), "NaN"),
        (lambda a: a.update(bias_ih_l0=a["bias_ih_l0"].astype(np.float32)), "float32 and float64"),
        (lambda a: a.update(bias_ih_l0=a["bias_ih_l0"].astype(int)), "int64"),
        (lambda a: a.update(bias_ih_l0=object()), "bias_ih_l0"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change, message):
    arrays = torch_arrays()
    change(arrays)
    with pytest.raises(CellError) as error:
        from_library("lstm", "torch", arrays)
    assert message in str(error.value)


def test_a_square_array_is_named_as_ambiguous():
    notes = from_library(
        "elman_rnn", "keras", to_library("elman_rnn", "keras", random_parameters("elman_rnn", {"inputs": 3, "hidden": 3}, 0, float)).arrays
    ).notes
    assert any("kernel, recurrent_kernel: square" in note for note in notes)


@pytest.mark.parametrize(("library", "cell", "message"), [("nobody", "lstm", "libraries: "), ("torch", "gru_before", "torch has")])
def test_layouts_that_do_not_exist_are_named(library, cell, message):
    with pytest.raises(CellError) as error:
        find_layout(library, cell)
    assert message in str(error.value)


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["convert", *arguments])
    return stopped.value.code


def test_the_command_reads_and_writes_safetensors(tmp_path, capsys):
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    np.savez(tmp_path / "torch.npz", **torch_arrays())
    middle, back = str(tmp_path / "keras.safetensors"), str(tmp_path / "back.npz")
    assert run("lstm", str(tmp_path / "torch.npz"), "--from", "torch", "--to", "gateproof", "-o", str(tmp_path / "own.npz")) == 0
    assert run("lstm", str(tmp_path / "own.npz"), "--from", "gateproof", "--to", "keras", "-o", middle) == 0
    assert run("lstm", middle, "--from", "keras", "--to", "gateproof", "-o", back) == 0
    with np.load(tmp_path / "own.npz") as first, np.load(back) as second:
        assert sorted(first.files) == sorted(second.files)
        assert all(np.array_equal(first[name], second[name]) for name in first.files)
    missing = str(tmp_path / "missing.safetensors")
    assert run("lstm", missing, "--from", "keras", "--to", "gateproof", "-o", back) == 2
    assert "does not exist" in capsys.readouterr().err


def test_the_command_converts_files_and_leaves_nothing_behind_on_errors(tmp_path, capsys):
    np.savez(tmp_path / "torch.npz", **torch_arrays())
    there, back = str(tmp_path / "keras.npz"), str(tmp_path / "back.npz")
    assert run("lstm", str(tmp_path / "torch.npz"), "--from", "torch", "--to", "keras", "-o", there) == 0
    assert run("lstm", there, "--from", "keras", "--to", "torch", "-o", back) == 0
    with np.load(back) as found:
        assert {name: found[name].tolist() for name in found.files} == {name: value.tolist() for name, value in torch_arrays().items()}
    before = sorted(path.name for path in tmp_path.iterdir())
    np.save(tmp_path / "pickle.npy", np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "pickle.npy").rename(tmp_path / "pickle.npz")
    (tmp_path / "text.npz").write_text("no archive")
    for source, first in (
        ("torch.npz", "keras"),
        ("missing.npz", "torch"),
        ("pickle.npz", "torch"),
        ("text.npz", "torch"),
        ("torch.npz", "nobody"),
    ):
        assert run("lstm", str(tmp_path / source), "--from", first, "--to", "torch", "-o", str(tmp_path / "out.npz")) == 2
    assert run("lstm", there, "--from", "keras", "--to", "torch", "-o", there) == 2
    assert run("lstm", there) == 2
    assert run("--list") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "pickle.npz", "text.npz"])
    assert "gateproof:" in capsys.readouterr().err
