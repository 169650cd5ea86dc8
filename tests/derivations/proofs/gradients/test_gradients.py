"""Gradients are proved for the catalogue's cells and for cells that nobody has; wrong ones are refuted by numbers."""

from collections import Counter
from dataclasses import replace
from unicodedata import normalize

import numpy as np
import pytest

from derivations import Cell, derive, get_cell
from derivations.equations import Pointwise, Program
from derivations.evaluate import evaluate_cell, evaluate_program
from derivations.notation import unicode
from derivations.notation.tree import Name, Neg, Ref, refs
from derivations.proofs import prove_gradients
from derivations.proofs.gradients.every_size import prove_lowering, prove_steps, prove_tangents
from derivations.proofs.gradients.planted import mutants, score
from derivations.proofs.gradients.scalars import prove_at_small_sizes
from derivations.proofs.gradients.second_order import prove_second
from derivations.proofs.gradients.through_time import prove_composition, prove_unrolled

OWN = {
    "softplus and exp": "a_t = softplus(V [x_t, h_{t-1}] + b)\nh_t = exp(-a_t) ⊙ h_{t-1} + tanh(a_t) ⊙ σ(U (a_t ⊙ h_{t-1}))",
    "two sizes": "z_t = σ(A m_{t-1} + B x_t)\nm_t = tanh(C [x_t, h_{t-1}, m_{t-1}] + d)\n"
    "h_t = h_{t-1} ⊙ (E (z_t ⊙ m_t)) - 2 * tanh(h_{t-1})^2",
    "transposed": "a_t = tanh(Wᵀ x_t + U h_{t-1} + Uᵀ h_{t-1} + b)\nh_t = a_t ⊙ a_t / (1 + a_t^2 + exp(b))",
    "both orders": "a_t = tanh(W [h_{t-1}, x_t])\nb_t = σ(V [x_t, h_{t-1}])\nh_t = a_t ⊙ b_t",
    "nested blocks": "v_t = [h_{t-1}, x_t]\nc_t = tanh(V [v_t, c_{t-1}] + b)\nh_t = σ(U c_t)",
    "vector of blocks": "h_t = tanh(V [h_{t-1}, x_t])\nc_t = [h_t, x_t] ⊙ σ(c_{t-1}) + c_{t-1}",
    "root": "a_t = W x_t + U h_{t-1}\nh_t = a_t / (1 + a_t^2)^{1/2}",
    "matrix from a parameter": "A = tanh(W)\nh_t = tanh(A h_{t-1} + U x_t)",
    "second output": "h_t = tanh(W x_t + U h_{t-1})\ny_t = V h_t + c",
    "output written out again": "y_t = tanh(W h_{t-1} + b)\nh_t = tanh(W h_{t-1} + b) ⊙ (V x_t) + h_{t-1}",
    "derivative by another function": "h_t = tanh(U h_{t-1} + b)\nq_t = softplus(x_t)",
    "product in two sums": "z_t = σ(W x_t + U h_{t-1})\nh_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ tanh(W x_t + r ⊙ (U h_{t-1}))",
}
FUNCTIONS = {"sigmoid": lambda u: 1 / (1 + np.exp(-u)), "tanh": np.tanh, "exp": np.exp, "softplus": lambda u: np.log1p(np.exp(u))}
SCALAR = Cell.from_equations("a_t = tanh(W x_t + U h_{t-1})\nh_t = p * h_{t-1} + σ(q) * a_t", name="scalars", shapes={"p": [], "q": []})
# Quick to prove; constructs beyond these are proved in test_language.py and by gateproof verify.
PROVED = ("elman_rnn", "jordan_rnn", "lstm", "gru_before", "gru_after", "gru3", "augru", "fastgrnn", "qrnn", "minlstm")
CELLS = [
    *(get_cell(name) for name in PROVED),
    *(Cell.from_equations(text, name=name) for name, text in OWN.items()),
    SCALAR,
]


def named(cell):
    return cell.name


def planted(name, text):
    """The mutant of a catalogue cell with this change."""
    return next(mutant for change, mutant in mutants(derive(get_cell(name))) if normalize("NFC", change) == normalize("NFC", text))


def some(items, count):
    """A few of many, spread over all of them."""
    items = list(items)
    return items[len(items) // (2 * count) :: len(items) // count]


def loss(cell, values):
    """Σ (seed × output) of one step, in plain NumPy."""
    known = evaluate_cell(cell.equations, values, FUNCTIONS)
    marks = {name: ("direct", "from") if name in cell.states else ("direct",) for name in cell.outputs}
    return sum(np.sum(values[Ref(name.marked(mark), 0)] * known[Ref(name, 0)]) for name in cell.outputs for mark in marks[name])


def both_sides(mutant, step, counterexample):
    """The true and the derived value of the entry that a counterexample is about, in plain NumPy; the true one by complex step."""
    of = step.adjoint.of
    _, bracket, indices = counterexample["entry"].rpartition("[")
    place = tuple(int(k) - 1 for k in indices.rstrip("]").split(",")) if bracket else ()
    program = Program(mutant.forward.equations + mutant.backward.equations, mutant.backward.shapes)
    sizes = {name: counterexample[name] for name in mutant.cell.sizes}
    used = {ref for eq in program.equations for ref in eq.operands} | {ref for eq in mutant.cell.equations for ref in refs(eq.expr)}
    seeds = {Ref(n.marked(mark), 0) for n in mutant.cell.outputs for mark in ("direct", "from")}
    values = {ref: np.array(counterexample[unicode(ref)], dtype=complex) for ref in used | seeds if unicode(ref) in counterexample}
    derived = np.asarray(evaluate_program(program, values, FUNCTIONS, sizes)[step.target])[place].real
    values[of][place] += 1e-30j
    return loss(mutant.cell, values).imag / 1e-30, derived


@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_every_gradient_is_proved(cell):
    results = prove_gradients(derive(cell))
    assert {r.statement: (r.verdict, r.why) for r in results if r.verdict not in ("proved", "proved_at")} == {}
    methods = Counter((r.method, r.verdict) for r in results)
    steps = len(derive(cell).steps)
    read = len(cell.inputs) + len(cell.states) + len(cell.parameters)
    assert methods["scalars", "proved_at"] == steps
    assert methods["chain rule", "proved"] == methods["unrolled scalars", "proved_at"] == read
    assert methods["index contraction", "proved"] >= len(cell.equations) + steps + read
    for result in results:
        if result.method == "scalars":
            assert len(set(result.at.values())) == len(cell.sizes)
        if result.method == "unrolled scalars":
            assert result.at["T"] == 3


@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_every_planted_error_is_refuted_by_numbers(cell):
    found = score(derive(cell))
    assert found.missed == ()
    assert found.refuted > 4 * len(derive(cell).steps)
    assert len(found.equivalent) <= 3, "what passes through a sum, so that two adjoints are the same value"


@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_the_other_methods_refute_planted_errors_too(cell):
    for description, mutant in some(mutants(derive(cell)), 1):
        scalars = {r.verdict for r in prove_at_small_sizes(mutant)}
        contraction = {r.verdict for r in prove_steps(mutant)}
        assert "refuted" in scalars, description
        assert scalars <= {"proved_at", "refuted"}, description
        assert contraction == ({"refuted"} if len(contraction) == 1 else {"refuted", "proved"}), description


@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_counterexamples_hold_in_plain_numpy(cell):
    checked = 0
    for _, mutant in some(mutants(derive(cell)), 4):
        for step, result in zip(mutant.steps, prove_steps(mutant), strict=True):
            if result.verdict == "refuted" and step.kind != "adjoint":
                true, derived = both_sides(mutant, step, result.counterexample)
                assert true == pytest.approx(result.counterexample["true"], rel=1e-9, abs=1e-12)
                assert derived == pytest.approx(result.counterexample["derived"], rel=1e-9, abs=1e-12)
                assert abs(true - derived) > 1e-9
                checked += 1
                break
    assert checked >= 2


def test_a_counterexample_is_small_enough_to_check_by_hand():
    mutant = planted("lstm", "b̄_g = ā_{g,t}  →  b̄_g = −ā_{g,t}")
    (result,) = [r for r in prove_steps(mutant) if r.verdict == "refuted"]
    numbers = np.concatenate([np.ravel(v) for v in result.counterexample.values() if isinstance(v, list)])
    assert result.counterexample["inputs"] == result.counterexample["hidden"] == 1
    assert np.count_nonzero(numbers) == 1  # what reaches c_t from step t + 1: b_g is half of it, since σ(0) = 1/2
    assert (result.counterexample["derived"], result.counterexample["true"]) == (-0.5, 0.5)


def test_a_transposed_matrix_needs_sizes_above_one():
    mutant = planted("elman_rnn", "h̄←_{t-1} = Uᵀ ā_t  →  h̄←_{t-1} = U ā_t")
    (result,) = [r for r in prove_steps(mutant) if r.verdict == "refuted"]
    assert result.counterexample["hidden"] == 2


def test_a_wrong_step_takes_the_proof_through_time_with_it():
    for text, mutant in some(mutants(derive(get_cell("elman_rnn"))), 8):
        composed = prove_composition(mutant, prove_steps(mutant))
        assert {r.verdict for r in composed} == {"undecided"}, text
        assert all("is not proved" in r.why for r in composed)


def test_the_recursion_through_time_is_refuted_exactly():
    mutant = planted("lstm", "c̄←_{t-1} = c̄_t ⊙ f_t  →  c̄←_{t-1} = c̄_t")
    verdicts = {r.statement.partition(" = ")[0]: r.verdict for r in prove_unrolled(mutant)}
    assert verdicts["∂L/∂c_0"] == "refuted"
    assert verdicts["∂L/∂W_f"] == "undecided"  # each step's W̄_f is right, but not with what the later steps send
    assert "proved_at" not in verdicts.values()


def test_a_recursion_that_sends_nothing_is_not_composed():
    rnn = derive(get_cell("elman_rnn"))
    adjoints = tuple(a for a in rnn.reverse.adjoints if a.of.time != -1)
    without = replace(rnn, reverse=replace(rnn.reverse, adjoints=adjoints))
    assert {r.why for r in prove_composition(without, ())} == {"the recursion does not send h̄←_t"}


def test_a_wrong_lowering_is_refuted():
    cell = get_cell("gru_before")
    changed = Cell.from_equations(cell.text.partition('"""')[2].partition('"""')[0].replace("(1 - z_t) ⊙ h̃_t", "z_t ⊙ h̃_t"), name="changed")
    mixed = replace(cell)  # a cell of its own: proofs are kept by cell
    object.__setattr__(mixed, "program", changed.program)
    verdicts = {r.statement.partition(" = ")[0]: r for r in prove_lowering(derive(mixed))}
    assert verdicts["h_t"].verdict == "refuted"
    assert verdicts["h_t"].counterexample["derived"] != verdicts["h_t"].counterexample["true"]
    assert {name for name, r in verdicts.items() if r.verdict == "proved"} == {"z_t", "r_t", "h̃_t"}


@pytest.mark.parametrize("prove", [prove_tangents, prove_second])
def test_wrong_tangents_and_second_derivatives_are_refuted(prove):
    derivation = derive(get_cell("elman_rnn"))
    program, key = (derivation.tangent, "tangent") if prove is prove_tangents else (derivation.second.program, "second")
    marks = ("dot",) if prove is prove_tangents else ("check",)
    at = next(k for k, eq in enumerate(program.equations) if isinstance(eq, Pointwise) and eq.target.name == Name("a", marks=marks))
    eq = program.equations[at]
    wrong = replace(program, equations=(*program.equations[:at], replace(eq, expr=Neg(eq.expr)), *program.equations[at + 1 :]))
    mutant = replace(derivation)
    object.__setattr__(mutant, key, wrong if key == "tangent" else replace(derivation.second, program=wrong))
    refuted = [r for r in prove(mutant) if r.verdict == "refuted"]
    assert refuted
    for result in refuted:
        assert abs(result.counterexample["derived"] - result.counterexample["true"]) > 1e-9


def test_a_matrix_in_two_orders_is_proved_one_equation_at_a_time():
    cell = Cell.from_equations("a_t = tanh(W [h_{t-1}, x_t])\nh_t = a_t ⊙ σ(W [x_t, h_{t-1}])", name="one matrix, two orders")
    by_step = {str(step.target.name): r for step, r in zip(derive(cell).steps, prove_steps(derive(cell)), strict=True)}
    assert by_step["bar_W"].verdict == "proved"
    assert "chain rule" in by_step["bar_W"].proof[0]
    assert {r.verdict for r in prove_at_small_sizes(derive(cell))} == {"proved_at"}


def test_results_say_how_and_what_they_do_not_use():
    for result in prove_gradients(derive(get_cell("elman_rnn"))):
        assert result.proof
        assert result.independent_of
        assert result.seconds is not None
        assert result.subject == "elman_rnn"
