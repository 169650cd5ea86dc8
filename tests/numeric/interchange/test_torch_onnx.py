"""Weights travel from torch to a cell, to ONNX and back, and give the same outputs in all of them."""

import os

import numpy as np
import pytest

from derivations import CellError
from numeric import load
from numeric.interchange import from_library, to_library
from numeric.interchange.onnx_nodes import cell_of_node, model_of, read_onnx, write_onnx

INPUTS, HIDDEN, TIME, BATCH = 3, 4, 5, 2
CLOSE = {"rtol": 1e-12, "atol": 1e-13}  # both sides in float64: some hundred roundings
LAYERS = {"lstm": "LSTM", "gru_after": "GRU", "elman_rnn": "RNN"}


def package(name, variable):
    """A package that CI demands and others may lack."""
    if os.environ.get(variable) == "1":
        return __import__(name)
    return pytest.importorskip(name, reason=f"{name} is not installed")


def random_case(seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((TIME, BATCH, INPUTS)), rng.standard_normal((BATCH, HIDDEN)), rng.standard_normal((BATCH, HIDDEN))


def random_params(cell, seed, dtype=np.float64):
    module = load(cell)
    p = module.init(inputs=INPUTS, hidden=HIDDEN, dtype=dtype)
    rng = np.random.default_rng(seed)
    for _, value in p.items():
        value[...] = rng.standard_normal(value.shape)
    return module, p


def own_outputs(cell, arrays, x, h, c):
    module = load(cell)
    p = module.Params(inputs=INPUTS, hidden=HIDDEN, dtype=x.dtype)
    for name, value in arrays.items():
        setattr(p, name, value)
    states = (h, c) if len(module.STATES) == 2 else (h,)
    run = module.forward(p, x, **dict(zip(("h", "c"), states, strict=False)))
    return run.h


def onnx_outputs(cell, arrays, x, h, c):
    package("onnx", "GATEPROOF_REQUIRE_ONNX")
    from onnx.reference import ReferenceEvaluator

    model = model_of(cell, to_library(cell, "onnx", arrays))
    feeds = {"X": x, "initial_h": h[None], "initial_c": c[None]}
    session = ReferenceEvaluator(model)
    (found,) = session.run(["Y"], {name: feeds[name] for name in session.input_names})
    return found[:, 0]


@pytest.mark.parametrize(("cell", "layer"), LAYERS.items())
@pytest.mark.parametrize("suffix", ["_l0", "_l0_reverse", "_l1"])
def test_torch_to_cell_to_onnx_gives_the_same_outputs(cell, layer, suffix):
    torch = package("torch", "GATEPROOF_REQUIRE_TORCH")
    x, h, c = random_case(1)
    whole = getattr(torch.nn, layer)(INPUTS, HIDDEN, num_layers=2, bidirectional=True, dtype=torch.float64)
    single = getattr(torch.nn, layer)(INPUTS, HIDDEN, dtype=torch.float64)
    state = {name: value for name, value in whole.state_dict().items() if name.endswith(suffix)}
    if suffix == "_l1":  # its inputs are the outputs of both directions below
        found = from_library(cell, "torch", state, suffix=suffix)
        assert found.sizes == {"inputs": 2 * HIDDEN, "hidden": HIDDEN}
        return
    single.load_state_dict({name.replace(suffix, "_l0"): value for name, value in state.items()})
    given = [torch.tensor(value)[None] for value in (h, c)]
    with torch.no_grad():
        true = single(torch.tensor(x), tuple(given) if cell == "lstm" else given[0])[0].numpy()
    found = from_library(cell, "torch", state, suffix=suffix)
    np.testing.assert_allclose(own_outputs(cell, found.arrays, x, h, c), true, **CLOSE)
    np.testing.assert_allclose(onnx_outputs(cell, found.arrays, x, h, c), true, **CLOSE)


@pytest.mark.parametrize("cell", ["lstm", "lstm_peephole", "gru_before", "gru_after", "elman_rnn"])
def test_cell_to_onnx_gives_the_same_outputs(cell):
    _, p = random_params(cell, 2)
    x, h, c = random_case(3)
    arrays = dict(p.items())
    np.testing.assert_allclose(onnx_outputs(cell, arrays, x, h, c), own_outputs(cell, arrays, x, h, c), **CLOSE)


@pytest.mark.parametrize("cell", [*LAYERS, "lstmp"])
def test_modules_read_and_write_the_state_of_torch_bit_for_bit(cell):
    torch = package("torch", "GATEPROOF_REQUIRE_TORCH")
    module = load(cell)
    shown, inner = module.PARAMETERS["W_p"] if cell == "lstmp" else ("hidden", "hidden")  # the sizes of h and c
    sizes = {"inputs": 3, inner: 5, shown: 2 if shown != inner else 5}
    p = module.init(**sizes, rng=0, dtype=np.float32)
    state = {name: torch.tensor(value) for name, value in module.to_torch(p).items()}
    back = module.from_torch(state)
    assert back.dtype == np.float32
    assert all(np.array_equal(getattr(back, name), value) for name, value in p.items())
    options = {"proj_size": sizes[shown]} if cell == "lstmp" else {}
    getattr(torch.nn, LAYERS.get(cell, "LSTM"))(sizes["inputs"], sizes[inner], **options).load_state_dict(state)


def test_lstm_cells_of_torch_have_names_without_a_layer():
    torch = package("torch", "GATEPROOF_REQUIRE_TORCH")
    layer = torch.nn.LSTMCell(INPUTS, HIDDEN)
    p = load("lstm").from_torch(layer.state_dict(), suffix="")
    assert p.sizes() == {"inputs": INPUTS, "hidden": HIDDEN}


@pytest.mark.parametrize(
    ("operator", "attributes", "message"),
    [
        ("LSTM", {"clip": 3.0}, "clip"),
        ("GRU", {"clip": 0.0}, "clip"),
        ("LSTM", {"input_forget": 1}, "lstm_cifg"),
        ("LSTM", {"activations": [b"Sigmoid", b"Relu", b"Tanh"]}, "activations"),
        ("GRU", {"activations": [b"HardSigmoid", b"Tanh"]}, "activations"),
        ("RNN", {"activations": [b"Relu"]}, "activations"),
        ("RNN", {"activation_alpha": [0.5]}, "activation_alpha"),
        ("LSTM", {"new_attribute": 1}, "new_attribute"),
        ("Conv", {}, "no recurrent layer"),
    ],
)
def test_attributes_of_onnx_are_honoured_or_refused(operator, attributes, message):
    with pytest.raises(CellError) as error:
        cell_of_node(operator, attributes, peepholes=False)
    assert message in str(error.value)


def test_attributes_choose_the_cell():
    assert cell_of_node("GRU", {"linear_before_reset": 1}, peepholes=False) == "gru_after"
    assert cell_of_node("GRU", {"linear_before_reset": 0}, peepholes=False) == "gru_before"
    assert cell_of_node("LSTM", {"activations": [b"Sigmoid", b"Tanh", b"Tanh"] * 2}, peepholes=True) == "lstm_peephole"


@pytest.mark.parametrize("cell", ["lstm_peephole", "gru_after", "elman_rnn"])
def test_models_are_read_as_they_were_written(cell, tmp_path):
    package("onnx", "GATEPROOF_REQUIRE_ONNX")
    _, p = random_params(cell, 5, np.float32)
    write_onnx(tmp_path / "a.onnx", cell, to_library(cell, "onnx", dict(p.items())))
    found, arrays = read_onnx(tmp_path / "a.onnx")
    assert found == cell
    back = from_library(cell, "onnx", arrays)
    assert all(np.array_equal(back.arrays[name], value) for name, value in p.items())


def test_of_two_directions_one_is_chosen_and_sizes_have_to_agree(tmp_path):
    onnx = package("onnx", "GATEPROOF_REQUIRE_ONNX")
    both = [random_params("lstm", seed, np.float64)[1] for seed in (1, 2)]
    made = [to_library("lstm", "onnx", dict(p.items())) for p in both]
    model = model_of("lstm", made[0])
    for tensor in model.graph.initializer:
        tensor.CopyFrom(onnx.numpy_helper.from_array(np.concatenate([one.arrays[tensor.name] for one in made]), tensor.name))
    path = tmp_path / "both.onnx"
    onnx.save(model, path)
    with pytest.raises(CellError, match="2 directions"):
        read_onnx(path)
    for direction, p in enumerate(both):
        back = from_library("lstm", "onnx", read_onnx(path, direction=direction)[1])
        assert all(np.array_equal(back.arrays[name], value) for name, value in p.items())
    with pytest.raises(CellError, match="2 directions"):
        read_onnx(path, direction=2)
    for attribute in model.graph.node[0].attribute:
        attribute.i += attribute.name == "hidden_size"
    onnx.save(model, path)
    with pytest.raises(CellError, match="hidden_size"):
        read_onnx(path, direction=0)


def test_arrays_without_entries_and_what_is_no_mapping_are_refused():
    empty = {
        f"{name}_l0": np.zeros(shape) for name, shape in {"weight_ih": (0, 0), "weight_hh": (0, 0), "bias_ih": 0, "bias_hh": 0}.items()
    }
    with pytest.raises(CellError, match="leave inputs, hidden open"):
        from_library("lstm", "torch", empty)
    for wrong in (None, [1], "x"):
        with pytest.raises(CellError, match="came"):
            from_library("lstm", "torch", wrong)
