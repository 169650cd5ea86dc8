"""Which cases are judged: those next to a kink and those without finite values are passed over, counted, and never tested."""

from types import SimpleNamespace

import numpy as np
import pytest

from derivations import Cell
from derivations.evaluate import evaluate_cell
from derivations.notation.tree import Ref
from numeric import load
from numeric.checks import Subject, all_checks, draw_case, judge, run_checks
from numeric.checks.case import Case, equated, usual_constants
from numeric.checks.complex_step import gradients
from numeric.checks.fitness import INFINITE, NEAR, unfit, unfit_float32
from numeric.checks.plain import floats, unroll

RELU = Cell.from_equations("h_t = relu(W x_t + U h_{t-1} + b)", name="rectified")
ROOT = Cell.from_equations("h_t = sqrt(s) tanh(W x_t + U h_{t-1})", name="root", shapes={"s": []})
COPIED = """
equations = "h_t = where(k_t - T ⊙ floor(k_t / T) = 0, tanh(W x_t + (M ⊙ U) h_{t-1} + b), h_{t-1})"
inputs = ["k"]
[shapes]
k = []
T = ["hidden"]
M = ["hidden", "hidden"]
[constants]
T = 1
M = 1
"""
CLOCK = Cell.from_toml(COPIED, name="clock")
MATRIX = Cell.from_toml(
    '''
equations = """
k_t = W_k x_t / sqrt(key)
n_t = max(abs(w^T x_t), gamma)
S_t = diag(sigmoid(a)) S_{t-1} + (k_t / norm(k_t)) (W_v x_t)^T + gamma I S_{t-1} - mean(k_t) S_{t-1}
o_t = S_t^T k_t / n_t
p_t = softmax(o_t) - min(o_t, k_t)
"""
[shapes]
W_k = ["key", "inputs"]
S = ["key", "key"]
W_v = ["key", "inputs"]
n = []
[constants]
gamma = 0.25
''',
    name="matrix",
)
PLANES = Cell.from_toml(
    """
equations = '''
H_t = tanh(K windows(X_t, 3) + R windows(H_{t-1}, 3) + b ones^T) + min(chunk(v, 2, 1), chunk(v, 2, 2)) ones^T
y_t = H_t ones
'''
inputs = ["X"]
[shapes]
X = ["channels", "length"]
H = ["hidden", "length"]
v = ["hidden + hidden"]
""",
    name="planes",
)


@pytest.mark.parametrize("cell", [RELU, CLOCK, MATRIX, PLANES], ids=lambda cell: cell.name)
def test_both_evaluations_agree_on_the_extended_language(cell):
    """With axes in front, and one column at a time by the proofs' evaluator."""
    for seed in range(3):
        case = draw_case(cell, np.random.default_rng(seed))
        outputs, functions = unroll(case, floats()), floats().functions
        for row in range(case.sizes["batch"]):
            state = {n: case.states[n.id][row] for n in cell.states}
            for t in range(case.sizes["time"]):
                known = {Ref(n): case.p[n.id] for n in cell.parameters} | {Ref(n): case.constants[n.id] for n in cell.constants}
                known |= {Ref(n, -1): v for n, v in state.items()} | {Ref(n, 0): case.inputs[n.id][t, row] for n in cell.inputs}
                known = evaluate_cell(cell.equations, known, functions, sizes=case.sizes)
                state = {n: known[Ref(n, 0)] for n in cell.states}
                for n in cell.outputs:
                    np.testing.assert_allclose(outputs[n.id][t, row], known[Ref(n, 0)], rtol=1e-12, atol=1e-14)


def at(cell, **values):
    return Case.build(cell, **values)


def relu_case(bias):
    return at(RELU, p={"W": [[1.0]], "U": [[1.0]], "b": [bias]}, x=[[[0.5]]], h=[[0.25]], dh=[[[1.0]]])


@pytest.mark.parametrize(
    ("bias", "near", "near32"), [(1.0, "", ""), (-0.75, NEAR, NEAR), (-0.75 + 1e-4, "", NEAR), (-0.75 - 1e-10, NEAR, NEAR)]
)
def test_nearness_to_a_kink_is_measured_by_what_rounding_does(bias, near, near32):
    assert (unfit(relu_case(bias)), unfit_float32(relu_case(bias))) == (near, near32)


def test_the_complex_step_keeps_to_the_convention_at_a_kink():
    assert gradients(relu_case(-0.75))["b"] == [0.0]
    assert gradients(relu_case(-0.5))["b"] == [1.0]


def test_values_that_are_not_finite_are_passed_over():
    values = {"x": [[[1.0]]], "h": [[0.5]], "dh": [[[1.0]]]}
    assert unfit(at(ROOT, p={"s": -1.0, "W": [[1.0]], "U": [[1.0]]}, **values)) == INFINITE
    assert unfit(at(ROOT, p={"s": 1.0, "W": [[1.0]], "U": [[1.0]]}, **values)) == ""


def test_what_an_equality_reads_is_whole_in_some_cases_and_is_held():
    assert {name.id for name in equated(CLOCK)} == {"k"}
    drawn = [draw_case(CLOCK, np.random.default_rng(seed)) for seed in range(20)]
    whole = [case for case in drawn if "k" in case.held]
    assert 0 < len(whole) < len(drawn)
    for case in whole:
        assert unfit(case) == ""
    periods = {float(n) for case in drawn for n in case.constants["T"].ravel()}
    assert periods == {1.0, 2.0, 3.0, 4.0}
    updated = [np.any(gradients(case)["W"]) for case in whole]
    assert any(updated), "random numbers are never equal: the branch of the equality would go untested"


def test_the_branch_of_an_equality_with_zero_is_judged():
    """From zero initial states only: a module without the branch agrees everywhere else."""
    text = "n_t = where(n_{t-1} = 0, 1, tanh(W x_t)) ⊙ n_{t-1} + σ(V x_t)\nm_t = where(n_{t-1} = 0, W x_t, max(W x_t, m_{t-1}))"
    cell = Cell.from_equations(text, name="started")
    other = Cell.from_equations(text.replace("where(n_{t-1} = 0, W x_t, max(W x_t, m_{t-1}))", "max(W x_t, m_{t-1})"), name="started")
    right, wrong = Subject(cell, load(cell)), Subject(cell, load(other))
    for statement in ("forward pass, float64", "every gradient, float64"):
        assert judge(named(right, statement), right, 10, 0).verdict == "tested"
        assert judge(named(wrong, statement), wrong, 10, 0).verdict == "refuted"


def test_constants_vary_and_can_be_the_usual_ones():
    drawn = {float(draw_case(MATRIX, np.random.default_rng(seed)).constants["gamma"]) for seed in range(20)}
    assert 0.25 in drawn
    assert len(drawn) > 5
    case = draw_case(MATRIX, np.random.default_rng(0), usual=True)
    assert case.constants == usual_constants(MATRIX, case.sizes) == {"gamma": 0.25}
    assert eval(repr(case).replace('"matrix"', "MATRIX"), {"Case": Case, "MATRIX": MATRIX}) == case


@pytest.mark.parametrize("cell", [RELU, CLOCK, MATRIX, PLANES], ids=lambda cell: cell.name)
def test_generated_code_of_the_extended_language_passes_every_check(cell):
    results = list(run_checks(Subject(cell, load(cell)), examples=2, seed=0, claims=()))
    assert {r.statement: r.counterexample for r in results if r.verdict == "refuted"} == {}
    undecided = {r.statement for r in results if r.verdict == "undecided"}
    assert undecided <= {"the numbering of the units does not matter"}


def named(subject, statement):
    return next(check for check in all_checks(subject, claims=()) if check.statement == statement)


def test_passed_over_draws_are_counted_and_nothing_is_tested_without_a_case():
    subject = Subject(ROOT, load(ROOT))
    found = judge(named(subject, "every gradient, float64"), subject, 4, 0)
    assert (found.verdict, found.examples) == ("tested", 4)
    assert INFINITE in found.reading
    never = Cell.from_equations("h_t = sqrt(-exp(W x_t)) ⊙ tanh(U h_{t-1})", name="never")
    found = judge(named(Subject(never, None), "every gradient, float64"), Subject(never, None), 4, 0)
    assert found.verdict == "undecided"
    assert "100 draws were passed over" in found.why


def wrong_at(cell, **changes):
    """The generated module of a cell with some functions wrapped."""
    module = load(cell)
    return SimpleNamespace(**{**vars(module), **{name: change(getattr(module, name)) for name, change in changes.items()}})


def with_slope_of_both_sides(backward):
    """A backward pass whose rectifier has slope 1 everywhere: the sum over the batch of what reaches the bias."""

    def wrong(p, run, dh=None):
        grads = backward(p, run, dh)
        grads.b[...] = np.asarray(dh).sum(axis=(0, 1))
        return grads

    return wrong


@pytest.mark.parametrize("statement", ["every gradient, float64", "backward pass fits the forward pass, float64"])
def test_a_wrong_slope_beside_a_kink_is_refuted(statement):
    subject = Subject(RELU, wrong_at(RELU, backward=with_slope_of_both_sides))
    assert judge(named(subject, statement), subject, 4, 0).verdict == "refuted"


def test_nan_where_the_equations_are_finite_is_an_error_of_the_code():
    def with_nan(forward):
        def wrong(*args, **kwargs):
            run = forward(*args, **kwargs)
            run.h[..., 0] = np.where(run.h[..., 0] > 0.5, np.nan, run.h[..., 0])
            return run

        return wrong

    subject = Subject(RELU, wrong_at(RELU, forward=with_nan))
    assert judge(named(subject, "forward pass, float64"), subject, 20, 0).verdict == "refuted"


def test_a_constant_that_is_built_in_is_refuted():
    def deaf(forward):
        def wrong(p, *args, **kwargs):
            p.gamma = 0.25
            return forward(p, *args, **kwargs)

        return wrong

    subject = Subject(MATRIX, wrong_at(MATRIX, forward=deaf))
    assert judge(named(subject, "forward pass, float64"), subject, 20, 0).verdict == "refuted"


def test_renamed_words_are_asked_of_the_module():
    own = Cell.from_equations("lambda_t = σ(W x_t)\nh_t = lambda_t ⊙ h_{t-1} + (1 - lambda_t) ⊙ tanh(W x_t)", name="renamed")
    results = list(run_checks(Subject(own, load(own)), examples=1, seed=0, claims=()))
    assert {r.verdict for r in results} == {"tested"}
