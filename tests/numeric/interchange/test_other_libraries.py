"""Layouts of Keras, Flax, haiku and MLX against the libraries themselves, where they are installed."""

import os

import numpy as np
import pytest

from numeric import load
from numeric.interchange import from_library, to_library

INPUTS, HIDDEN, TIME = 3, 4, 5
X = np.random.default_rng(1).standard_normal((TIME, 1, INPUTS)).astype(np.float32)
CLOSE = {"rtol": 0, "atol": 2e-6}  # float32: some ten roundings of numbers of size one


def params(cell):
    module = load(cell)
    p = module.init(inputs=INPUTS, hidden=HIDDEN, dtype=np.float32)
    rng = np.random.default_rng(2)
    for _, value in p.items():
        value[...] = rng.standard_normal(value.shape)
    return module, p


@pytest.mark.parametrize("cell", ["lstm", "gru_after", "gru_before", "elman_rnn"])
def test_keras(cell):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras", reason="keras is not installed")
    layers = keras.layers
    make = {
        "lstm": lambda: layers.LSTM(HIDDEN, return_sequences=True),
        "gru_after": lambda: layers.GRU(HIDDEN, return_sequences=True),
        "gru_before": lambda: layers.GRU(HIDDEN, return_sequences=True, reset_after=False),
        "elman_rnn": lambda: layers.SimpleRNN(HIDDEN, return_sequences=True),
    }
    module, p = params(cell)
    layer = make[cell]()
    layer.build((1, TIME, INPUTS))
    arrays = to_library(cell, "keras", dict(p.items())).arrays
    layer.set_weights([arrays[name] for name in ("kernel", "recurrent_kernel", "bias")])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(X.swapaxes(0, 1)))[0], module.forward(p, X).h[:, 0], **CLOSE)
    back = from_library(cell, "keras", dict(zip(("kernel", "recurrent_kernel", "bias"), layer.get_weights(), strict=True)))
    assert all(np.array_equal(back.arrays[name], value) for name, value in p.items() if cell != "gru_after" or name not in ("b_z", "b_r"))


@pytest.mark.parametrize(
    ("cell", "layer"), [("lstm", "LSTMCell"), ("lstm", "OptimizedLSTMCell"), ("gru_after", "GRUCell"), ("elman_rnn", "SimpleCell")]
)
def test_flax(cell, layer):
    linen = pytest.importorskip("flax.linen", reason="flax is not installed")
    module, p = params(cell)
    one = getattr(linen, layer)(features=HIDDEN)
    nested = {}
    for name, value in to_library(cell, "flax", dict(p.items())).arrays.items():
        part, leaf = name.split(".")
        nested.setdefault(part, {})[leaf] = value
    carry = (np.zeros((1, HIDDEN), np.float32),) * 2 if cell == "lstm" else np.zeros((1, HIDDEN), np.float32)
    outputs = []
    for x in X:
        carry, y = one.apply({"params": nested}, carry, x)
        outputs.append(np.asarray(y))
    np.testing.assert_allclose(np.stack(outputs), module.forward(p, X).h, **CLOSE)
    back = from_library(cell, "flax", nested)
    assert all(np.array_equal(back.arrays[name], value) for name, value in p.items())


@pytest.mark.parametrize(("cell", "layer"), [("lstm", "LSTM"), ("gru_before", "GRU")])
def test_haiku(cell, layer):
    hk = pytest.importorskip("haiku", reason="haiku is not installed")
    import jax

    module, p = params(cell)
    arrays = to_library(cell, "haiku", dict(p.items())).arrays

    def run(x):
        core = getattr(hk, layer)(HIDDEN)
        return hk.dynamic_unroll(core, x, core.initial_state(1))[0]

    made = hk.transform(run)
    shapes = made.init(jax.random.PRNGKey(0), X)
    own = {path: {leaf: arrays[leaf if leaf in arrays else leaf.replace("-", "_")] for leaf in leaves} for path, leaves in shapes.items()}
    np.testing.assert_allclose(np.asarray(made.apply(own, None, X)), module.forward(p, X).h, **CLOSE)


@pytest.mark.parametrize(("cell", "layer"), [("lstm", "LSTM"), ("gru_after", "GRU"), ("elman_rnn", "RNN")])
def test_mlx(cell, layer):
    nn = pytest.importorskip("mlx.nn", reason="mlx is not installed")
    import mlx.core as mx

    module, p = params(cell)
    one = getattr(nn, layer)(INPUTS, HIDDEN)
    for name, value in to_library(cell, "mlx", dict(p.items())).arrays.items():
        assert tuple(getattr(one, name).shape) == value.shape
        setattr(one, name, mx.array(value))
    found = one(mx.array(X.swapaxes(0, 1)))
    hidden = found[0] if cell == "lstm" else found
    np.testing.assert_allclose(np.array(hidden)[0], module.forward(p, X).h[:, 0], **CLOSE)
