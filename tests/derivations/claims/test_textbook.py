"""Claims of textbooks: recorded verdicts, and wrong versions that must not be proved."""

from dataclasses import replace

import numpy as np
import pytest

from derivations.claims import ARGUMENTS, FOLDER, judge, read_claim, read_folder
from derivations.errors import CellError

CLAIMS = {claim.name: claim for claim in read_folder(FOLDER)}


@pytest.mark.parametrize("name", CLAIMS)
def test_each_claim_has_the_recorded_verdict(name):
    judgement = judge(CLAIMS[name])
    assert judgement.as_recorded, judgement.result
    result = judgement.result
    if result.verdict == "proved":
        assert result.proof
    if result.verdict == "refuted":
        assert result.counterexample
        assert judgement.claim.true_form
    if result.verdict == "undecided":
        assert judgement.claim.kind == "empirical"
        assert result.why


def test_no_claim_is_an_argument_of_its_own_verdict():
    used = {claim.argument for claim in CLAIMS.values() if claim.argument}
    assert used == set(ARGUMENTS)
    assert all("verdict" not in claim.given for claim in CLAIMS.values())


def test_every_argument_by_steps_checks_something():
    for claim in CLAIMS.values():
        steps = claim.given.get("steps")
        if isinstance(steps, list):
            assert any(kind != "says" for step in steps for kind in step), claim.name


def planted(name, **given):
    claim = CLAIMS[name]
    return judge(replace(claim, given={**claim.given, **given})).result


REFUTED = [
    ("sigmoid-slope", {"bound": "1/5"}),
    ("sigmoid-slope", {"bound": "1/3"}),
    ("tanh-slope", {"bound": "1/2"}),
    ("tanh-is-a-sigmoid", {"equalities": ["tanh(a) = 2 σ(a) - 1"]}),
    ("rnn-jacobian", {"newest": "right"}),
    ("rnn-jacobian", {"formula": "U^T ((1 - h_t^2) ⊙ v)"}),
    ("vanishing-bound", {"shift": -1}),
    ("vanishing-bound", {"shift": 1}),
    ("vanishing-bound-logistic", {"bound": "1/5"}),
    ("direct-path", {"formula": "i_t ⊙ v"}),
    ("direct-path", {"formula": "0.5 f_t ⊙ v"}),
    ("complete-lstm-jacobian", {"formula": "f_t ⊙ v + (i_t ⊙ (1 - g_t^2)) ⊙ (U_g w)"}),
    ("complete-lstm-jacobian", {"let": {"w": "q ⊙ (1 - c_{t-1}^2) ⊙ v"}}),
    ("gru-jacobian-before", {"formula": "z_t ⊙ v + ((1 - z_t) ⊙ (1 - h̃_t^2)) ⊙ (U_h (r_t ⊙ v))"}),
    ("lstm-bounds", {"says": ["|c_t| <= 1"]}),
    ("gru-interpolation", {"says": ["|h_t| <= 1"]}),
    ("gru-is-cheaper", {"ratio": "2/3"}),
    ("gru-has-three-quarters-in-torch", {"biases": [6, 4]}),
    ("hard-sigmoids", {"to_sigma": ["0.0758", "0.0692"]}),
    ("hard-sigmoids", {"to_each_other": "1/13"}),
    ("forget-bias", {"kept": {"1": "3.5e-14"}}),
    ("gates", {"gates": [{"value": "c_{t-1}", "gate": "i_t", "in": "c_t"}]}),
    ("gates", {"gates": [{"value": "c_{t-1}", "gate": "f_t", "in": "c_t", "keeps": "0"}]}),
    ("constant-error-carousel", {"formula": "0.9 v"}),
    ("peephole-complete-direct-path", {"formula": "(f_t + f_t ⊙ (1 - f_t) ⊙ p_f ⊙ c_{t-1}) ⊙ v"}),
    ("mingru-jacobian", {"formula": "z_t ⊙ v"}),
    ("orthogonal-recurrence", {"steps": [{"same": "(Q v)ᵀ (Q v) = vᵀ ((Q Q) v)"}]}),
    ("antisymmetric-spectrum", {"steps": [{"same": "vᵀ ((U + Uᵀ) v) = 0"}]}),
    ("delta-rule", {"steps": [{"same": "((I - β k kᵀ) v)ᵀ ((I - β k kᵀ) v) = vᵀ v - 2 β (kᵀ v)^2 + β^2 (kᵀ v)^2"}]}),
    ("delta-rule", {"steps": [{"scalar": "(1 - β)^2 = 1 - β^2"}]}),
    ("slstm-stabiliser", {"equalities": ["exp(f + m - p) * (c * exp(-m)) = exp(f) * c * exp(p)"]}),
    ("parallel-cells", {"kinds": {"lstm": "parallel scan"}}),
    ("parallel-cells", {"kinds": {"mingru": "sequential"}}),
    ("parallel-cells", {"kinds": {"sru": "parallel scan"}}),
    ("unicornn-volume", {"determinant": "2"}),
    ("antisymmetric-diffusion", {"says": ["A + Aᵀ = -3 γ I"]}),
]


@pytest.mark.parametrize(("name", "given"), REFUTED)
def test_a_wrong_version_is_refuted(name, given):
    result = planted(name, **given)
    assert result.verdict == "refuted"
    assert result.counterexample


NOT_SHOWN = [
    ("vanishing-bound", {"slope": "1 - h_t"}),
    ("explosion-needs-a-large-norm", {"bound": "1/2"}),
    ("large-norm-explodes", {"gain": "1/2"}),
    ("large-norm-explodes", {"gain": "3", "start": "0"}),
    ("spectral-radius", {"matrix": [["0.9", "0"], ["0", "0.9"]]}),
    ("spectral-radius", {"matrix": [["1.1", "5"], ["0", "0.9"]]}),
    ("latching", {"gain": "1/2"}),
    ("latching", {"input": "1"}),
    ("lstm-bounds", {"found": ["|c_t| ≤ |c_0| + t/2"]}),
    ("lstm-bounds-are-sharp", {"bias": 1}),
    ("no-vanishing-in-lstms", {"more_than": "1e60"}),
    ("antisymmetric-euler", {"epsilon": "0"}),
    ("delta-rule-corrects", {"says": ["S_t = (I + β_t k̂_t k̂_tᵀ) S_{t-1} + β_t k̂_t v_tᵀ"]}),
    ("antisymmetric-euler", {"matrix": [["0", "1"], ["1", "0"]]}),
    ("unicornn-volume", {"formulas": {"y": "v + r ⊙ (u - p ⊙ v)", "z": "u + p ⊙ v"}}),
]


@pytest.mark.parametrize(("name", "given"), NOT_SHOWN)
def test_what_does_not_follow_is_not_decided(name, given):
    result = planted(name, **given)
    assert result.verdict == "undecided"
    assert result.why


def test_the_total_jacobian_is_not_the_forget_gate_for_the_shown_numbers():
    """The counterexample is worked out by hand with numpy: one unit, everything 0 except what is shown."""
    shown = judge(CLAIMS["cell-jacobian-is-the-forget-gate"]).result.counterexample
    (u_g,), (q,), (v,) = shown["U_g"][0], shown["q"], shown["v"]
    assert set(shown) == {"inputs", "hidden", "U_g", "q", "v", "entry", "stated", "true", "everything else"}

    def cell(c_before):
        h_before = q * np.tanh(c_before)
        return 0.5 * c_before + 0.5 * np.tanh(u_g * h_before)

    step = 1e-6
    assert (cell(step) - cell(-step)) / (2 * step) * v == pytest.approx(shown["true"], rel=1e-9)
    assert shown["stated"] == 0.5


def test_the_exploding_cell_explodes_in_numpy():
    shown = judge(CLAIMS["no-vanishing-in-lstms"]).result.counterexample
    assert shown["explodes: U_g = 8, all else 0, ∂c_20/∂c_0"] == pytest.approx(0.5 * 2.5**19, rel=1e-12)
    assert shown["vanishes: all parameters 0, ∂c_100/∂c_0"] == pytest.approx(0.5**100, rel=1e-12)


def test_the_saturated_network_vanishes_in_numpy():
    shown = judge(CLAIMS["large-norm-explodes"]).result.counterexample
    h, product = 0.5, 1.0
    for _ in range(30):
        h = np.tanh(3 * h)
        product *= 3 * (1 - h**2)
    assert shown["‖∂h_T/∂h_0‖"] == pytest.approx(product, rel=1e-9)


GOOD = """
order = 1
topic = "t"
sentence = "s"
statement = "x ≤ $bound"
source = "s"
kind = "mathematical"
expected = "proved"
argument = "largest slope"
[given]
bound = "1/4"
"""


def test_a_step_that_is_no_step_is_refused():
    claim = CLAIMS["delta-rule"]
    with pytest.raises(CellError, match="a step 'trust'"):
        judge(replace(claim, given={**claim.given, "steps": [{"trust": "me"}]}))


def test_what_is_given_is_in_the_statement():
    assert read_claim(GOOD, name="c").statement == "x ≤ 1/4"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('source = "s"\n', "", "source is missing"),
        ("order = 1", 'order = "1"', "order is missing or no int"),
        ("order = 1", "order = 1\nverdict = 'proved'", "unknown key 'verdict'"),
        ('"proved"', '"true"', "expected = 'true'"),
        ('"mathematical"', '"vague"', "kind = 'vague'"),
        ('argument = "largest slope"\n', "", "any other claim has one"),
        ("$bound", "$limit", "which is not given"),
        ("order = 1", "order = ", "not a TOML file"),
    ],
)
def test_a_claim_that_cannot_be_read(old, new, message):
    assert old in GOOD
    with pytest.raises(CellError, match=message.replace("$", r"\$")):
        read_claim(GOOD.replace(old, new, 1), name="c", file="c.toml")


def test_an_unknown_argument_and_a_missing_number_are_refused():
    claim = read_claim(GOOD, name="c")
    with pytest.raises(CellError, match="gives no 'function'"):
        judge(claim)
    with pytest.raises(CellError, match="no argument 'guess'"):
        judge(replace(claim, argument="guess"))


@pytest.mark.parametrize(
    ("name", "cell"), [("lstm-bounds-are-sharp", "lstm_noaf"), ("direct-path", "lstm_peephole"), ("mingru-jacobian", "gru_before")]
)
def test_an_argument_about_another_cell_is_not_taken_over(name, cell):
    assert judge(replace(CLAIMS[name], cells=(cell,))).result.verdict in ("refuted", "undecided")
