"""Every generated forward pass against the catalogue's equations, which somebody else wrote down and checked against real libraries."""

import importlib

import numpy as np
from catalogue_facts import catalogue, count, evaluate, run

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
    "cwrnn": {"t": "k", "T": "tau", "Mask": "M"},
    "phased_lstm": CANDIDATE | {"time": "theta", "leak": "alpha", "r_on": "rho"},
    "lstm_layernorm": NORMED,
    "gru_layernorm": NORMED,
    "antisymmetric_rnn": {"eps": "epsilon"},
    "antisymmetric_gated": {"eps": "epsilon"},
    "cornn": {"Wz": "W_z", "dt": "delta", "eps": "epsilon"},
    "lem": {"dt": "delta"},
    "unicornn": {"dt": "delta"},
    "hgrn": {"lb": "gamma"},
    "rg_lru": {"lam": "Lambda", "c8": "c"},
    "lru": {"nu_log": "nu", "theta_log": "theta", "gamma_log": "gamma"},
    "s4d": {"log_dt": "tau", "A_re_log": "A_log", "s": "S"},
    "s6_mamba": {"W_dt1": "V_delta", "W_dt2": "W_delta", "b_dt": "b_delta", "s": "S"},
    "deltanet": {"w_b": "w_beta"},
    "gated_deltanet": {"w_b": "w_beta", "w_a": "w_alpha", "A_log": "a", "dt_bias": "b_alpha"},
    "rwkv7": {"k_k": "xi", "k_a": "eta"},
    "convlstm": CANDIDATE | {"x": "X", "h": "H", "c": "C"},
}


# Arrays that the catalogue gives by a word: periods of the units, and which units a unit may see.
ARRAYS = {"cwrnn": {"T": np.array([1.0, 1.0, 2.0, 3.0]), "Mask": np.triu(np.ones((4, 4)))}}
WRITTEN_OUT = {"mlstm": {"eps"}, "rwkv7": {"e"}}  # constants of the catalogue that ours write as numbers: 0 and e
LEFT_OUT = {"orthogonal_rnn": "needs the inverse of a matrix, which is none of the four kinds of equations"}


def sizes_of(fact):
    """Numbers for the catalogue's sizes; inputs and hidden differ where the cell allows it."""
    dims = {name: NUMBERS[SIZES[name]] for name in fact["dims"] if name in SIZES}
    if fact["requires_n_in_eq_n_hidden"]:
        dims["n_in"] = dims["n_hidden"]
    return dims | {name: value for name, value in fact["dims"].items() if name not in SIZES}


def shape(sizes, dims):
    return tuple(int(evaluate(str(size), dims)) for size in sizes)


def drawn(fact, dims, batch=2, time=4):
    """Random parameters, inputs ``[time, batch, …]`` and initial states ``[batch, …]`` by the catalogue's names."""
    rng = np.random.default_rng(0)
    parameters = {name: 0.7 * rng.standard_normal(shape(sizes, dims)) for name, sizes in fact["parameters"].items()}
    inputs = {name: rng.standard_normal((time, batch, *shape(sizes, dims))) for name, sizes in fact["inputs"].items()}
    states = {name: rng.uniform(0.2, 1, (batch, *shape(sizes, dims))) for name, sizes in fact["states"].items()}
    states |= {name: states[name] * np.exp(1j * states[name]) for name in fact.get("complex_states", ())}
    return parameters, inputs, states


def reals(name, value):
    """A complex value as two real ones."""
    return {f"{name}_re": value.real, f"{name}_im": value.imag} if np.iscomplexobj(value) else {name: value}


def matrix(value):
    """A kernel ``[out, in, width]`` as ``width`` matrices side by side; other parameters as they are."""
    return np.concatenate(np.moveaxis(value, 2, 0), axis=1) if value.ndim == 3 else value


def disagreement(name):
    """The largest difference between the generated forward pass and the catalogue's equations, over all states and outputs."""
    fact, module, renamed = catalogue()[name], importlib.import_module(f"numeric.cells.{name}"), RENAMED.get(name, {})
    dims, spelled = sizes_of(fact), getattr(module, "NAMES", {})
    parameters, inputs, states = drawn(fact, dims)
    constants = fact["constants"] | ARRAYS.get(name, {})

    def ours(key):
        return renamed.get(key, key)

    p = module.init(**{SIZES[key]: n for key, n in dims.items() if SIZES.get(key) in module.SIZES})
    assert sum(value.size for _, value in p.items()) == count(fact, dims), name
    for key, value in parameters.items():
        setattr(p, spelled.get(ours(key), ours(key)), matrix(value))
    for key, value in constants.items():
        if key in WRITTEN_OUT.get(name, ()):
            continue
        assert key in ARRAYS.get(name, ()) or np.all(getattr(p, ours(key)) == value), f"{name}: the usual value of {key}"
        setattr(p, ours(key), value)
    given = {ours(key): value for key, value in inputs.items()} | {ours("t"): np.arange(4.0)[:, None] * np.ones(2)}
    initial = {spelled.get(part, part): array for key, value in states.items() for part, array in reals(ours(key), value).items()}
    made = module.forward(p, *(given[key] for key in module.INPUTS), **initial)
    gaps = []
    for row in range(2):
        one = {key: value[row] for key, value in states.items()}
        steps = run(fact, parameters, {key: value[:, row] for key, value in inputs.items()}, one, constants, dims)
        for key in dict.fromkeys([*fact["states"], *fact["outputs"]]):
            for part, expected in reals(ours(key), np.array([known[key] for known in steps])).items():
                gaps.append(np.abs(getattr(made, spelled.get(part, part))[:, row] - expected).max())
    return max(gaps)


def test_every_generated_forward_pass_is_the_catalogues():
    """To 1e-12 in float64: about a hundred roundings in each of four steps, no value far from one."""
    assert {name: gap for name in cell_names() if name in catalogue() and (gap := disagreement(name)) > 1e-12} == {}


def test_a_wrong_order_of_gates_disagrees(monkeypatch):
    monkeypatch.setitem(RENAMED, "lstm", {**CANDIDATE, "W_f": "W_i", "W_i": "W_f"})
    assert disagreement("lstm") > 1e-3


def test_every_cell_of_the_catalogue_is_here():
    assert set(catalogue()) - set(cell_names()) == set(LEFT_OUT)
