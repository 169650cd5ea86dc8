"""Parity with torch: forward pass and every gradient, float64, weights converted as the catalogue says.

nn.RNN, nn.LSTM (gates i, f, g, o) and nn.GRU (r, z, n; reset after the product) have two biases for each gate; both parts
are set, so that a sum that is taken wrongly shows. gru_before and gru_seed are in no torch module: their equations are
written here with torch's autograd.
"""

import importlib
import os
from types import SimpleNamespace

import numpy as np
import pytest

try:
    import torch
except ImportError:
    if os.environ.get("GATEPROOF_REQUIRE_TORCH") == "1":
        raise
    pytest.skip("torch is not installed: pip install gateproof[torch]", allow_module_level=True)

TOLERANCE = 1e-12  # issue 2; some 4,000 ulp of numbers of size 1: both sides round differently in sums of up to 50 terms
SIZES = [(1, 1, 1, 2), (4, 3, 2, 5), (6, 2, 7, 3), (3, 5, 16, 33)]  # time, batch, inputs, hidden


def drawn(sizes, names, seed):
    """Module, its parameters, x, initial states and upstream gradients: all non-zero."""
    time, batch, inputs, hidden = sizes
    rng = np.random.default_rng(seed)
    values = {"x": rng.normal(size=(time, batch, inputs))}
    values |= {state: rng.normal(size=(batch, hidden)) for state in names}
    values |= {f"d{state}": rng.normal(size=(time, batch, hidden)) for state in names}
    return SimpleNamespace(**values)


def ours(name, sizes, weights, v, states):
    """Outputs and gradients of the generated module as flat dictionaries."""
    module = importlib.import_module(f"numeric.cells.{name}")
    p = module.init(inputs=sizes[2], hidden=sizes[3], rng=0)
    for key, value in weights.items():
        setattr(p, key, value)
    run = module.forward(p, v.x, **{s: getattr(v, s) for s in states})
    g = module.backward(p, run, **{f"d{s}": getattr(v, f"d{s}") for s in states})
    assert set(module.PARAMETERS) == set(weights)
    return {s: getattr(run, s) for s in states}, {k: getattr(g, k) for k in (*weights, "x", *(f"{s}0" for s in states))}


def tensor(value):
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def random_weights(module, seed):
    """Uniform in ±1 for every parameter of a torch module, as it stores them."""
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(torch.tensor(rng.uniform(-1, 1, tuple(value.shape))))
    return module


def torch_run(module, v, states):
    """Outputs at every time, step by step where the module shows a state at the last step only."""
    x, start = tensor(v.x), [tensor(getattr(v, s)) for s in states]
    state, outputs = [s[None] for s in start], {s: [] for s in states}
    for x_t in x:
        _, found = module(x_t[None], tuple(state) if len(states) > 1 else state[0])
        state = list(found) if len(states) > 1 else [found]
        for name, value in zip(states, state, strict=True):
            outputs[name].append(value[0])
    return x, start, {name: torch.stack(values) for name, values in outputs.items()}


def torch_gradients(outputs, v):
    sum((value * torch.tensor(getattr(v, f"d{name}"))).sum() for name, value in outputs.items()).backward()


def split(value, gates):
    return dict(zip(gates, np.split(value.detach().numpy(), len(gates)), strict=True))


def converted(module, gates):
    """W_k, U_k of a torch layer, and its two biases, by gate; and the same for gradients."""
    names = {"W": "weight_ih_l0", "U": "weight_hh_l0", "b": "bias_ih_l0", "b2": "bias_hh_l0"}
    values = {m: split(getattr(module, name), gates) for m, name in names.items()}
    slopes = {m: split(getattr(module, name).grad, gates) for m, name in names.items() if getattr(module, name).grad is not None}
    return values, slopes


def agree(mine, theirs):
    for name, value in theirs.items():
        other = value.detach().numpy() if isinstance(value, torch.Tensor) else value
        np.testing.assert_allclose(mine[name], other, rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)


def flat(values, *, both_biases=()):
    """W_f, U_f, b_f … from values by matrix and gate; two biases add up, except those of ``both_biases``."""
    found = {f"{m}_{k}": values[m][k] for m in "WU" for k in values[m]}
    return found | {f"b_{k}": v if k in both_biases else v + values["b2"][k] for k, v in values["b"].items()}


def compare(name, module, gates, sizes, states, to_ours):
    v = drawn(sizes, states, seed=sum(sizes))
    x, start, outputs = torch_run(random_weights(module.double(), seed=1), v, states)
    torch_gradients(outputs, v)
    values, slopes = converted(module, gates)
    mine, g = ours(name, sizes, to_ours(values, False), v, states)
    agree(mine, outputs)
    agree(g, to_ours(slopes, True) | {"x": x.grad} | {f"{s}0": t.grad for s, t in zip(states, start, strict=True)})


@pytest.mark.parametrize("sizes", SIZES)
def test_elman_rnn_is_nn_rnn(sizes):
    def to_ours(v, gradient):
        both = v["b"]["h"] if gradient else v["b"]["h"] + v["b2"]["h"]  # the gradient of a sum is that of each part
        return {"W": v["W"]["h"], "U": v["U"]["h"], "b": both}

    compare("elman_rnn", torch.nn.RNN(*sizes[2:]), "h", sizes, ("h",), to_ours)


@pytest.mark.parametrize("sizes", SIZES)
def test_lstm_is_nn_lstm(sizes):
    def to_ours(v, gradient):
        return flat(v, both_biases="ifgo" if gradient else "")

    compare("lstm", torch.nn.LSTM(*sizes[2:]), "ifgo", sizes, ("h", "c"), to_ours)


@pytest.mark.parametrize("sizes", SIZES)
def test_lstm_concat_is_nn_lstm_with_u_beside_w(sizes):
    def to_ours(v, gradient):
        one = flat(v, both_biases="ifgo" if gradient else "")
        joined = {f"W_{k}": np.concatenate([one[f"U_{k}"], one[f"W_{k}"]], axis=1) for k in "ifgo"}
        return joined | {f"b_{k}": one[f"b_{k}"] for k in "ifgo"}

    compare("lstm_concat", torch.nn.LSTM(*sizes[2:]), "ifgo", sizes, ("h", "c"), to_ours)


@pytest.mark.parametrize("sizes", SIZES)
def test_gru_after_is_nn_gru(sizes):
    """The candidate (torch: n) keeps its two biases: the recurrent one lies inside the reset product."""

    def to_ours(v, gradient):
        return flat(v, both_biases="rzh" if gradient else "h") | {"b_hr": v["b2"]["h"]}

    compare("gru_after", torch.nn.GRU(*sizes[2:]), "rzh", sizes, ("h",), to_ours)


def gru_before(p, x, h):
    z = torch.sigmoid(x @ p["W_z"].T + h @ p["U_z"].T + p["b_z"])
    r = torch.sigmoid(x @ p["W_r"].T + h @ p["U_r"].T + p["b_r"])
    n = torch.tanh(x @ p["W_h"].T + (r * h) @ p["U_h"].T + p["b_h"])
    return z * h + (1 - z) * n


def gru_seed(p, x, h):
    z = torch.sigmoid(torch.cat([h, x], 1) @ p["W_z"].T)
    r = torch.sigmoid(torch.cat([h, x], 1) @ p["W_r"].T)
    n = torch.tanh(torch.cat([r * h, x], 1) @ p["W_h"].T)
    return (1 - z) * h + z * n


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("step", [gru_before, gru_seed])
def test_gru_by_autograd(step, sizes):
    time, _, inputs, hidden = sizes
    rng, v = np.random.default_rng(2), drawn(sizes, ("h",), seed=3)
    shapes = {"W": (hidden, inputs), "U": (hidden, hidden), "b": (hidden,)} if step is gru_before else {"W": (hidden, hidden + inputs)}
    weights = {f"{m}_{k}": rng.uniform(-1, 1, shape) for m, shape in shapes.items() for k in "zrh"}
    p, x, h0 = {k: tensor(w) for k, w in weights.items()}, tensor(v.x), tensor(v.h)
    states = [h0]
    for t in range(time):
        states.append(step(p, x[t], states[-1]))
    outputs = {"h": torch.stack(states[1:])}
    torch_gradients(outputs, v)
    mine, g = ours(step.__name__, sizes, weights, v, ("h",))
    agree(mine, outputs)
    agree(g, {k: w.grad for k, w in p.items()} | {"x": x.grad, "h0": h0.grad})
