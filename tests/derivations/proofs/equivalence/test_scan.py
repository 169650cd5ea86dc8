"""Scans over pairs: found where a cell is one, refused where it is not, and the composition checked by itself."""

import numpy as np
import pytest

from derivations import Cell, get_cell
from derivations.evaluate import evaluate_cell
from derivations.functions import float_functions
from derivations.notation.tree import Ref
from derivations.proofs.equivalence.affine import groups
from derivations.proofs.equivalence.scan import associative, prove_convolution, prove_scan

TURNED = """
s_{re,t} = λ ⊙ s_{re,t-1} - μ ⊙ s_{im,t-1} + B x_t
s_{im,t} = λ ⊙ s_{im,t-1} + μ ⊙ s_{re,t-1} + C x_t
y_t = D s_{re,t} - E s_{im,t} + F x_t
"""


def cell(text: str, name: str = "mine") -> Cell:
    return Cell.from_equations(text, name=name)


@pytest.mark.parametrize("name", ["t_rnn", "mingru", "minlstm", "qrnn"])
def test_linear_recurrences_are_scans(name: str) -> None:
    assert prove_scan(get_cell(name)).verdict == "proved"


@pytest.mark.parametrize("name", ["elman_rnn", "lstm", "gru_before", "ran", "atr"])
def test_cells_whose_gates_see_the_state_are_not(name: str) -> None:
    result = prove_scan(get_cell(name))
    assert result.verdict == "refuted"
    *_, one, other = result.counterexample.values()
    assert abs(one - other) > 1e-6


def test_a_state_that_turns_is_a_scan_with_four_coefficients() -> None:
    (group,) = groups(cell(TURNED))
    assert [name.id for name in group.states] == ["s_re", "s_im"]
    assert group.with_state == 4
    assert prove_scan(cell(TURNED)).verdict == "proved"


@pytest.mark.parametrize(
    ("change", "scan", "convolution"),
    [
        ((), "proved", "proved"),
        (("λ ⊙ s_{re,t-1}", "σ(W x_t) ⊙ s_{re,t-1}"), "proved", "undecided"),  # other coefficients at each step
        (("B x_t", "σ(B x_t)"), "proved", "undecided"),  # not linear in the input
        (("D s_{re,t}", "tanh(D s_{re,t})"), "proved", "undecided"),  # a read-out that is not linear
        (("λ ⊙ s_{re,t-1}", "s_{re,t-1} ⊙ s_{re,t-1}"), "refuted", "refuted"),
        (("λ ⊙ s_{re,t-1}", "λ ⊙ tanh(s_{im,t-1})"), "refuted", "refuted"),
        (("λ ⊙ s_{re,t-1}", "U s_{re,t-1}"), "undecided", "undecided"),  # affine, but entries are mixed
    ],
)
def test_each_condition_is_needed(change: tuple[str, ...], scan: str, convolution: str) -> None:
    changed = cell(TURNED.replace(*change) if change else TURNED)
    assert prove_scan(changed).verdict == scan
    assert prove_convolution(changed).verdict == convolution


def test_a_state_that_only_remembers_the_input_comes_first() -> None:
    assert [[name.id for name in group.states] for group in groups(get_cell("qrnn"))] == [["s"], ["c"]]


def test_the_composition_is_associative_in_exact_arithmetic() -> None:
    assert all(associative(states) for states in (1, 2, 3))


@pytest.mark.parametrize("name", ["t_rnn", "mingru", "minlstm"])
def test_pairs_put_together_in_any_bracketing_give_the_state(name: str) -> None:
    """The scan by numbers: pairs from values at h = 0 and h = 1, put together from the right, against the recurrence."""
    chosen, rng = get_cell(name), np.random.default_rng(0)
    parameters = {Ref(n): rng.normal(size=[3 + (s == ("inputs",)) for s in chosen.shapes[n]]) for n in chosen.parameters}
    inputs = rng.normal(size=(5, 4))

    def step(h: np.ndarray, x: np.ndarray) -> np.ndarray:
        values = {**parameters, Ref(chosen.states[0], -1): h, Ref(chosen.inputs[0], 0): x}
        return evaluate_cell(chosen.equations, values, float_functions())[Ref(chosen.states[0], 0)]

    pairs = [(step(np.ones(3), x) - step(np.zeros(3), x), step(np.zeros(3), x)) for x in inputs]
    while len(pairs) > 1:
        (a1, b1), (a2, b2) = pairs[-2:]
        pairs[-2:] = [(a2 * a1, a2 * b1 + b2)]
    state = start = rng.normal(size=3)
    for x in inputs:
        state = step(state, x)
    np.testing.assert_allclose(pairs[0][0] * start + pairs[0][1], state, rtol=1e-12)
