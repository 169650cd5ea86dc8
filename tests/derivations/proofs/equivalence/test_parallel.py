"""Parallel forms: equal to the recurrence where they are, refuted where one term of them is changed."""

from dataclasses import replace

import pytest

from derivations import Cell, CellError, compare, get_cell
from derivations.form import Form, forms, read_form
from derivations.proofs.equivalence.parallel import judge_form

SHAPES = {"q": ["key"], "k": ["key"], "v": ["value"], "S": ["key", "value"], "β": []}
PROJECTED = "q_t = W_q x_t / sqrt(key)\nk_t = W_k x_t\nv_t = W_v x_t\n"
PLAIN = {
    "linear_attention": PROJECTED + "S_t = S_{t-1} + k_t v_tᵀ\no_t = S_tᵀ q_t",
    "retnet": PROJECTED + "S_t = γ S_{t-1} + k_t v_tᵀ\no_t = S_tᵀ q_t",
    "gla": PROJECTED + "a_t = σ(W_a x_t + b_a)\nS_t = diag(a_t) S_{t-1} + k_t v_tᵀ\no_t = S_tᵀ q_t",
    "deltanet": PROJECTED + "k̂_t = k_t / norm(k_t)\nβ_t = σ(wᵀ x_t)\nS_t = S_{t-1} + β_t k̂_t (v_t - S_{t-1}ᵀ k̂_t)ᵀ\no_t = S_tᵀ q_t",
}
FORMS = {form.cell: form for form in forms() if form.cell in PLAIN}


def cell(name: str) -> Cell:
    shapes = {key: shape for key, shape in SHAPES.items() if key != "β" or name == "deltanet"}
    constants = {"gamma": 0.96875} if name == "retnet" else {}
    named = {"beta" if key == "β" else key: shape for key, shape in shapes.items()}
    return Cell.from_equations(PLAIN[name], name=name, shapes=named, constants=constants)


def verdicts(form: Form, name: str) -> set[str]:
    return {result.verdict for result in judge_form(form, cell(name))}


@pytest.mark.parametrize("name", PLAIN)
def test_a_chunk_equals_its_steps(name: str) -> None:
    results = judge_form(FORMS[name], cell(name))
    assert [result.verdict for result in results] == ["proved"] * len(FORMS[name].lengths)
    assert {f"{n} steps of {name} = {FORMS[name].title}" for n in FORMS[name].lengths} == {r.statement for r in results}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("linear_attention", "j <= i", "j < i"),
        ("linear_attention", "S_0ᵀ q_i +", "2 S_0ᵀ q_i +"),
        ("linear_attention", "(k_jᵀ q_i) v_j", "(k_iᵀ q_j) v_j"),
        ("retnet", "prod{j < l <= i}", "prod{j <= l <= i}"),
        ("retnet", "prod{l <= C}(γ) S_0", "S_0"),
        ("gla", "k_j / b_j", "k_j / b_i"),
        ("gla", "diag(b_C) S_0", "S_0"),
        ("deltanet", "m_ij = -sum", "m_ij = sum"),
        ("deltanet", "n_i = z_i - S_0ᵀ w_i", "n_i = z_i"),
        ("deltanet", "β_j v_j", "v_j"),
    ],
)
def test_a_changed_form_is_refuted(name: str, old: str, new: str) -> None:
    form = replace(FORMS[name], lengths=(2,))
    assert old in form.equations
    (result,) = judge_form(replace(form, equations=form.equations.replace(old, new)), cell(name))
    assert result.verdict == "refuted"
    *_, step_by_step, of_the_form = result.counterexample.values()
    assert abs(step_by_step - of_the_form) > 1e-6


def test_a_value_that_may_be_anything_is_left_out_of_the_equations() -> None:
    scaled = Cell.from_equations("m_t = tanh(W x_t + m_{t-1})\ns_t = exp(m_{t-1} - m_t) ⊙ s_{t-1} + exp(-m_t) ⊙ (V x_t)", name="scaled")
    text = 'cell = "scaled"\ntitle = "sums"\nlengths = [2]\n{}equations = "s_C = exp(-m_C) ⊙ (exp(m_0) ⊙ s_0 + V x_1 + V x_2)"\n'
    with pytest.raises(CellError, match="depends on the state"):
        judge_form(read_form(text.format(""), "sums"), scaled)
    (result,) = judge_form(read_form(text.format('any = ["m"]\n'), "sums"), scaled)
    assert result.verdict == "proved"
    with pytest.raises(CellError, match="k is not computed"):
        judge_form(read_form(text.format('any = ["k"]\n'), "sums"), scaled)


def test_the_lines_of_a_form_may_stand_in_any_order() -> None:
    lines = FORMS["deltanet"].equations.strip().splitlines()
    turned = replace(FORMS["deltanet"], lengths=(2,), equations="\n".join(reversed(lines)))
    assert verdicts(turned, "deltanet") == {"proved"}


@pytest.mark.parametrize(
    ("equations", "found"),
    [
        ("o_i = S_0ᵀ q_i", "ends without a state"),
        ("S_C = S_1", "depends on the state"),
        ("S_C = S_0 + z_1 k_1ᵀ", "no value of linear_attention"),
        ("S_C = S_0 + k_0 v_1ᵀ", "only states"),
        ("S_C = S_0 + k_9 v_1ᵀ", "no value of linear_attention"),
        ("S_C = S_0 +", "form mine"),
        ("S_C = y_1\ny_i = S_C", "a circle"),
        ("S_C = S_0\nS_C = S_0", "defined twice"),
    ],
)
def test_a_form_that_uses_what_it_may_not_is_an_error(equations: str, found: str) -> None:
    form = Form("mine", "mine", "", "linear_attention", (2,), equations)
    with pytest.raises(CellError, match=found):
        judge_form(form, cell("linear_attention"))


def test_a_recurrence_is_compared_under_its_substitution_and_may_differ() -> None:
    text = 'cell = "elman_rnn"\ntitle = "two biases"\nwhere = "b = v + d"\n{}equations = "h_t = tanh(W x_t + v + U h_{{t-1}} {} d)"\n'
    rnn = get_cell("elman_rnn")

    def verdict(sign: str, differs: str = "") -> tuple[str, str]:
        (result,) = judge_form(read_form(text.format(differs, sign), "biases"), rnn)
        return result.subject, result.verdict

    assert verdict("+") == ("elman_rnn", "proved")
    assert verdict("-") == ("elman_rnn", "refuted")
    assert verdict("+", "differs = true\n") == ("elman_rnn", "refuted")
    assert verdict("-", "differs = true\n") == ("elman_rnn", "proved")


STABILISED = """
e_t = logsigmoid(w_fᵀ x_t) + m_{t-1}
m_t = max(e_t, w_iᵀ x_t)
C_t = exp(e_t - m_t) C_{t-1} + exp(w_iᵀ x_t - m_t) (W_k x_t) (W_v x_t)ᵀ
n_t = exp(e_t - m_t) n_{t-1} + exp(w_iᵀ x_t - m_t) (W_k x_t)
h_t = C_tᵀ (W_q x_t) / max(abs(n_tᵀ (W_q x_t)), exp(-m_t))
"""
PAPER = """
f_t = σ(w_fᵀ x_t)
i_t = exp(w_iᵀ x_t)
C_t = f_t C_{t-1} + i_t (W_k x_t) (W_v x_t)ᵀ
n_t = f_t n_{t-1} + i_t (W_k x_t)
h_t = C_tᵀ (W_q x_t) / max(abs(n_tᵀ (W_q x_t)), 1)
"""


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("", "", "proved"),
        ("exp(-m_t))", "1)", "refuted"),  # the floor is not that of the paper
        ("logsigmoid(w_fᵀ x_t)", "logsigmoid(-(w_fᵀ x_t))", "refuted"),
        ("C_t = exp(e_t - m_t)", "C_t = exp(e_t)", "refuted"),
    ],
)
def test_a_stabiliser_cancels(old: str, new: str, verdict: str) -> None:
    shapes = {"e": [], "m": []}, {"f": [], "i": []}
    stabilised = Cell.from_equations(STABILISED.replace(old, new), name="stabilised", shapes=shapes[0])
    paper = Cell.from_equations(PAPER, name="paper", shapes=shapes[1])
    (result,) = compare(paper, stabilised, "C_t = exp(m_t) C_t; n_t = exp(m_t) n_t")
    assert result.verdict == verdict
