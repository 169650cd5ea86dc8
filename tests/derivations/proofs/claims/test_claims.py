"""Claims of cell files: true ones are proved, wrong ones are refuted by a step that plain NumPy repeats."""

from dataclasses import replace

import numpy as np
import pytest

from derivations import Cell, CellError, cell_names, get_cell
from derivations.proofs.claims import judge_claim, judge_claims


def verdict(name, claim):
    return judge_claim(get_cell(name), claim)


@pytest.mark.parametrize("name", cell_names())
def test_the_claims_of_the_catalogue_are_proved(name):
    results = judge_claims(get_cell(name))
    assert len(results) == len(get_cell(name).claims)
    assert all(r.verdict == "proved" and r.kind == "claim" and r.proof for r in results)


TRUE = [
    ("lstm", "|h_t| < 1"),
    ("lstm", "f_t < 1"),
    ("lstm", "0 <= f_t <= 1"),
    ("lstm", "f_t + i_t <= 2"),
    ("lstm", "c_t <= |c_{t-1}| + 1"),
    ("lstm", "|c_t - f_t ⊙ c_{t-1}| < 1"),
    ("lstm", "max(|c_t|, 1) <= |c_{t-1}| + 1"),
    ("lstm", "||c_t| - 2| <= |c_{t-1}| + 3"),
    ("lstm", "h_t = o_t ⊙ tanh(c_t)"),
    ("lstm", "|h_t| <= |tanh(c_t)|"),
    ("lstm", "f_t ⊙ (1 - f_t) <= 1"),
    ("gru_seed", "min(h_{t-1}, h̃_t) <= h_t <= max(h_{t-1}, h̃_t)"),
    ("gru_seed", "h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ h̃_t"),
    ("gru_seed", "h_t - h_{t-1} = z_t ⊙ (h̃_t - h_{t-1})"),
    ("gru_after", "|h_t - h_{t-1}| <= |h_{t-1}| + 1"),
]
SPELLINGS = [
    r"|c_t| \le |c_{t-1}| + 1", "|c_t| ≤ |c_{t-1}| + 1", r"\lvert c_t \rvert \leq \lvert c_{t-1} \rvert + 1", "abs(c) <= abs(c_prev) + 1",
    r"$\left|c_t\right| \leqslant \left|c_{t-1}\right| + 1$", "|c_{t-1}| + 1 >= |c_t|", r"|c_{t-1}| + 1 \ge \max(c_t, -c_t)",
]  # fmt: skip


@pytest.mark.parametrize(("name", "claim"), TRUE)
def test_true_claims_are_proved(name, claim):
    result = verdict(name, claim)
    assert result.verdict == "proved", result
    assert result.proof


@pytest.mark.parametrize("claim", SPELLINGS)
def test_spellings_of_one_claim(claim):
    assert verdict("lstm", claim).verdict == "proved"
    assert verdict("lstm", claim.replace("1", "0.9").replace("t-0.9", "t-1")).verdict == "refuted"


def sigmoid(u):
    return 1 / (1 + np.exp(-u))


def lstm_by_hand(v):
    a = {k: v(f"W_{k}") * v("x_t") + v(f"U_{k}") * v("h_{t-1}") + v(f"b_{k}") for k in "fiog"}
    f, i, o, g = sigmoid(a["f"]), sigmoid(a["i"]), sigmoid(a["o"]), np.tanh(a["g"])
    c = f * v("c_{t-1}") + i * g
    return {"f_t": f, "i_t": i, "o_t": o, "g_t": g, "c_t": c, "h_t": o * np.tanh(c)}


WRONG = [
    ("h_t >= 0", lambda s, v: s["h_t"] >= 0),
    ("|c_t| <= 1", lambda s, v: abs(s["c_t"]) <= 1),
    ("|h_t| < 0.9", lambda s, v: abs(s["h_t"]) < 0.9),
    ("f_t <= 0.999", lambda s, v: s["f_t"] <= 0.999),
    ("f_t >= 0.001", lambda s, v: s["f_t"] >= 0.001),
    ("|c_t| < |c_{t-1}| + 0.99", lambda s, v: abs(s["c_t"]) < abs(v("c_{t-1}")) + 0.99),
    ("c_t < c_{t-1}", lambda s, v: s["c_t"] < v("c_{t-1}")),
    ("h_t = o_t ⊙ c_t", lambda s, v: s["h_t"] == s["o_t"] * s["c_t"]),
    ("|h_t| < |tanh(c_t)|", lambda s, v: abs(s["h_t"]) < abs(np.tanh(s["c_t"]))),
    ("0 <= g_t <= 1", lambda s, v: 0 <= s["g_t"] <= 1),
    ("max(f_t, i_t) <= 0.75", lambda s, v: max(s["f_t"], s["i_t"]) <= 0.75),
    ("f_t + i_t = 1", lambda s, v: s["f_t"] + s["i_t"] == 1),
]


@pytest.mark.parametrize(("claim", "holds"), WRONG)
def test_wrong_claims_are_refuted_by_a_step_that_numpy_repeats(claim, holds):
    result = verdict("lstm", claim)
    assert result.verdict == "refuted"
    shown = result.counterexample
    by_hand = lstm_by_hand(lambda name: shown.get(name, 0.0))
    for name, value in by_hand.items():
        assert shown[name] == pytest.approx(value, abs=1e-11)
    assert not holds(by_hand, lambda name: shown.get(name, 0.0))


def test_counterexamples_are_small():
    shown = verdict("lstm", "h_t >= 0").counterexample
    given = [name for name in shown if name[0] in "WUbx" or name.endswith("{t-1}")]
    assert len(given) == 1
    assert shown["every other parameter, input and state"] == 0
    assert shown["left"] < shown["right"] == 0
    assert shown["fails"] == "h_t >= 0"


def test_the_comparison_that_fails_is_named():
    assert verdict("lstm", "0 <= f_t <= 0.4").counterexample["fails"] == "f_t <= 0.4"
    assert verdict("lstm", "|h_t| <= max(|c_t|, 1) - 1").counterexample["fails"] == "|h_t| <= max(|c_t|, 1) − 1"


def test_bounds_next_to_a_limit_are_told_apart():
    assert verdict("lstm", "f_t < 1").verdict == "proved"
    assert verdict("lstm", "f_t <= 0.99999999999999999999").verdict == "refuted"


def test_what_holds_only_from_a_start_on_is_said():
    result = verdict("gru_before", "|h_t| <= 1")
    assert result.verdict == "refuted"
    assert result.why.startswith("it holds for every t if |h_0| ≤ 1")
    assert verdict("gru_before", "|h_t| <= 0.5").why == ""
    assert "−2 ≤ h_0 ≤ 3" in verdict("gru_before", "-2 <= h_t <= 3").why


def test_what_is_neither_proved_nor_broken_is_not_decided():
    result = verdict("lstm", "|h_t| <= |c_t|")
    assert result.verdict == "undecided"
    assert result.why


def planted(name, old, new):
    cell = get_cell(name)
    text = cell.text
    assert old in text
    return Cell.from_toml(text.replace(old, new), name=name)


@pytest.mark.parametrize(
    ("name", "old", "new", "claim"),
    [
        ("lstm", "i_t ⊙ g_t", "2 i_t ⊙ g_t", "|c_t| <= |c_{t-1}| + 1"),
        ("lstm", "+ i_t ⊙ g_t", "+ i_t ⊙ g_t + 0.01", "|c_t| <= |c_{t-1}| + 1"),
        ("lstm", "o_t ⊙ tanh(c_t)", "o_t ⊙ c_t", "|h_t| < 1"),
        ("lstm", "o_t ⊙ tanh(c_t)", "o_t + tanh(c_t)", "|h_t| < 1"),
        ("gru_before", "(1 - z_t)", "(1 + z_t)", "|h_t| <= max(|h_{t-1}|, 1)"),
        ("gru_after", "z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t", "z_t ⊙ h_{t-1} + h̃_t", "|h_t| <= max(|h_{t-1}|, 1)"),
        ("elman_rnn", "tanh(W x_t + U h_{t-1} + b)", "1.001 tanh(W x_t + U h_{t-1} + b)", "|h_t| < 1"),
    ],
)
def test_a_planted_error_breaks_the_claim(name, old, new, claim):
    found = {r.statement: r for r in judge_claims(planted(name, old, new))}
    assert found[claim].verdict == "refuted"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("h_t", "no comparison"),
        ("h_t <", "a side of the comparison is missing"),
        ("h_t << 1", "a side of the comparison is missing"),
        ("q_t < 1", "q_t is not a name of the cell"),
        ("f_{t-1} < 1", "f_{t-1} is not a value of a step"),
        ("x_{t-1} < 1", "x_{t-1} is not a value of a step"),
        ("|h_t < 1", "a bar | is not closed"),
        ("h_t < max(1", "a bracket is not closed"),
        ("abs(h_t, c_t) < 1", "abs has one argument"),
        ("W_f < h_t", "shapes clash"),
        ("gelu(h_t) < 1", "unknown function 'gelu'"),
        ("__import__('os') < 1", "a name cannot begin with '_'"),
        ("(" * 1500 + "h_t < 1", "nested"),
        ("|" * 300 + "h_t" + "|" * 300 + " < 1", ""),
        ("1 < " + "h_t + " * 1000 + "1", "has"),
    ],
)
def test_claims_that_cannot_be_read(claim, message):
    cell = replace(get_cell("lstm"), claims=("|h_t| < 1", claim))
    with pytest.raises(CellError) as error:
        judge_claims(cell)
    assert message in str(error.value)
    assert "claim" in str(error.value)
    assert claim[:20] in str(error.value)


DELTA = Cell.from_equations("k_t = W_k x_t\nv_t = W_v x_t\nS_t = S_{t-1} + k_t (v_t - S_{t-1}ᵀ k_t)ᵀ")
TURNED = Cell.from_equations("A_t = U - Uᵀ - δ I\nh_t = h_{t-1} + tanh(W x_t + A_t h_{t-1})", constants={"delta": 0.05})
MEANS = Cell.from_equations("a_t = W x_t\nμ_t = mean(a_t)\nh_t = h_{t-1} ⊙ a_t + μ_t", shapes={"mu": []})

ARRAYS = [
    (DELTA, "S_t = (I - k_t k_tᵀ) S_{t-1} + k_t v_tᵀ", "proved"),
    (DELTA, "S_tᵀ k_t = S_{t-1}ᵀ k_t + (v_t - S_{t-1}ᵀ k_t) (k_tᵀ k_t)", "proved"),
    (DELTA, "S_t = S_{t-1} + k_t v_tᵀ", "refuted"),
    (TURNED, "A_t + A_tᵀ = -2 δ I", "proved"),
    (TURNED, "A_t + A_tᵀ = -3 δ I", "refuted"),
    (MEANS, "sum(a_t - μ_t) = 0", "proved"),
    (MEANS, "sum(a_t) = hidden μ_t", "proved"),
]


@pytest.mark.parametrize(("cell", "claim", "expected"), ARRAYS)
def test_equalities_of_arrays(cell, claim, expected):
    result = judge_claim(cell, claim)
    assert result.verdict == expected, result
    assert result.proof if expected == "proved" else result.counterexample


def test_between_stands_for_two_comparisons():
    assert verdict("gru_before", "h_t between h_{t-1} and h̃_t").verdict == "proved"
    assert verdict("gru_before", "h_t lies between 0 and h̃_t").verdict == "refuted"
    assert verdict("lstm", "h_t between 0 and tanh(c_t)").verdict == "proved"
    with pytest.raises(CellError, match="no comparison"):
        verdict("lstm", "h_t between 0")
