"""Every generated forward pass against the catalogue's equations, which somebody else wrote down and checked against real libraries."""

import importlib

import numpy as np
from catalogue_facts import catalogue, count, run

from derivations import cell_names

SIZES = {
    "n_in": "inputs", "n_hidden": "hidden", "n_proj": "proj", "n_out": "out", "n_context": "context", "n_factor": "factor", "d_k": "key",
    "d_v": "value", "n_state": "state", "dt_rank": "rank", "c_in": "inputs", "c_out": "hidden", "L": "length",
}  # fmt: skip
NUMBERS = {
    "inputs": 3,
    "hidden": 4,
    "proj": 2,
    "out": 5,
    "context": 2,
    "factor": 5,
    "key": 5,
    "value": 2,
    "state": 2,
    "rank": 5,
    "length": 6,
}

# Where the names differ: those of the catalogue, then ours.
CANDIDATE = {"W_c": "W_g", "U_c": "U_g", "b_c": "b_g"}
NORMED = {"gain_x": "gamma_u", "gain_h": "gamma_v", "gain_c": "gamma_c", "bias_c": "beta_c", "b_hh": "b_v", "eps": "epsilon"}
INNER = {f"{letter}_{gate}n": f"{letter}_tilde_{gate}" for letter in "WUb" for gate in "ifo"}
LSTMS = ("lstm", "lstm_concat", "lstm_1997", "lstm_cifg", "lstmp", "zoneout_lstm", "mlstm_krause", "janet", "phased_lstm", "convlstm")
RENAMED = dict.fromkeys(LSTMS, CANDIDATE) | {
    "mogrifier_lstm": CANDIDATE | {"Q1": "Q", "b_q1": "b_q", "R2": "R", "b_r2": "b_r"},
    "nested_lstm": CANDIDATE | INNER | {"W_cn": "W_tilde_g", "U_cn": "U_tilde_g", "b_cn": "b_tilde_g", "cn": "c_tilde"},
    "cfn": {"W_t": "W_theta", "U_t": "U_theta", "b_t": "b_theta", "W_e": "W_eta", "U_e": "U_eta", "b_e": "b_eta"},
    "qrnn": {"xs": "s"},
}
CONSTANTS: dict[str, dict[str, object]] = {}


def sizes_of(fact):
    """Numbers for the catalogue's sizes; inputs and hidden differ where the cell allows it."""
    dims = {name: NUMBERS[SIZES[name]] for name in fact["dims"] if name in SIZES}
    if fact["requires_n_in_eq_n_hidden"]:
        dims["n_in"] = dims["n_hidden"]
    return dims | {name: value for name, value in fact["dims"].items() if name not in SIZES}


def shape(sizes, dims):
    return tuple(int(count({"param_count": str(size)}, dims)) for size in sizes)


def compared():
    return [name for name in cell_names() if name in catalogue()]


def drawn(fact, dims, batch=2, time=4):
    """Random parameters, inputs ``[time, batch, …]`` and initial states ``[batch, …]`` by the catalogue's names."""
    rng = np.random.default_rng(0)
    parameters = {name: 0.7 * rng.standard_normal(shape(sizes, dims)) for name, sizes in fact["parameters"].items()}
    inputs = {name: rng.standard_normal((time, batch, *shape(sizes, dims))) for name, sizes in fact["inputs"].items()}
    states = {name: rng.uniform(0.2, 1, (batch, *shape(sizes, dims))) for name, sizes in fact["states"].items()}
    return parameters, inputs, states


def test_every_generated_forward_pass_is_the_catalogues():
    """To 1e-12 in float64: about a hundred roundings in each of four steps, no value far from one."""
    assert {name: gap for name in compared() if (gap := disagreement(name)) > 1e-12} == {}


def disagreement(name):
    fact, module, ours = catalogue()[name], importlib.import_module(f"numeric.cells.{name}"), RENAMED.get(name, {})
    dims = sizes_of(fact)
    parameters, inputs, states = drawn(fact, dims)
    p = module.init(**{SIZES[key]: n for key, n in dims.items() if SIZES.get(key) in module.SIZES})
    assert sum(value.size for _, value in p.items()) == count(fact, dims), name
    for key, value in parameters.items():
        setattr(p, ours.get(key, key), value)
    made = module.forward(p, *inputs.values(), **{ours.get(key, key): value for key, value in states.items()})
    gaps = []
    for row in range(2):
        one = {key: value[row] for key, value in states.items()}
        steps = run(fact, parameters, {key: value[:, row] for key, value in inputs.items()}, one, {}, dims)
        for key in dict.fromkeys([*fact["states"], *fact["outputs"]]):
            expected = np.array([known[key] for known in steps])
            gaps.append(np.abs(getattr(made, ours.get(key, key))[:, row] - expected).max())
    return max(gaps)
