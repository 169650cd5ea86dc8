"""Kinds of recurrence, beside a law: what is affine has no second difference."""

import numpy as np
import pytest

from derivations import Cell, get_cell
from derivations.evaluate import evaluate_cell
from derivations.notation.tree import Ref
from derivations.proofs.step import leaves
from derivations.sizes import shape_value
from derivations.structure import recurrence

FLOATS = {"sigmoid": lambda u: 1 / (1 + np.exp(-u)), "tanh": np.tanh}

KINDS = [
    ("h_t = A h_{t-1} + B x_t", "parallel scan"),
    ("z_t = σ(W x_t)\nh_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ tanh(V x_t)", "parallel scan"),
    ("k_t = K x_t\nS_t = S_{t-1} - k_t (k_tᵀ S_{t-1}) + k_t (V x_t)ᵀ", "parallel scan"),
    ("z_t = σ(W x_t + U h_{t-1})\nh_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ x_t", "sequential"),
    ("h_t = tanh(W x_t + U h_{t-1})", "sequential"),
    ("h_t = x_t / (1 + W h_{t-1})", "sequential"),
    ("h_t = h_{t-1} ⊙ (U h_{t-1}) + x_t", "sequential"),
    ("f_t = σ(W x_t + v ⊙ c_{t-1})\nc_t = f_t ⊙ c_{t-1} + (1 - f_t) ⊙ x_t", "elementwise"),
    ("h_t = h_{t-1}^2 + x_t", "elementwise"),
    ("m_t = max(m_{t-1} + V x_t, x_t)\nh_t = exp(m_t) ⊙ h_{t-1} + x_t", "parallel scan"),
    ("h_t = max(0.5 h_{t-1}, x_t)", "elementwise"),
    ("h_t = min(max(h_{t-1}, x_t), 2 x_t)", "elementwise"),
    ("h_t = max(U h_{t-1}, x_t)", "sequential"),
    ("h_t = x_t ⊙ sum(h_{t-1}^2)", "sequential"),
]


@pytest.mark.parametrize(("equations", "kind"), KINDS)
def test_kinds(equations, kind):
    assert recurrence(Cell.from_equations(equations)).kind == kind


def test_a_state_that_is_known_for_every_step_is_an_input_to_the_next_stage():
    found = recurrence(Cell.from_equations("s_t = x_t\nf_t = σ(V s_{t-1})\nc_t = f_t ⊙ c_{t-1} + x_t\nd_t = tanh(c_t) ⊙ d_{t-1}"))
    assert found.kind == "parallel scan"
    assert [[str(name) for name in stage] for stage in found.stages] == [["s"], ["c"], ["d"]]


def test_two_states_that_need_each_other_are_one_stage():
    found = recurrence(Cell.from_equations("a_t = A b_{t-1} + x_t\nb_t = B a_{t-1} - x_t"))
    assert found.stages == ((*found.stages[0],),)
    assert len(found.stages[0]) == 2


def test_what_is_not_affine_is_named():
    assert [str(name) for name in recurrence(get_cell("lstm")).gates] == ["f", "i", "o", "g"]
    assert recurrence(get_cell("mingru")).gates == ()


@pytest.mark.parametrize("name", ["mingru", "minlstm", "t_rnn", "lstm", "gru_before", "elman_rnn", "lstm_1997", "ran"])
def test_affine_in_the_states_means_no_second_difference(name):
    cell, random = get_cell(name), np.random.default_rng(0)
    sizes = {size: k for k, size in enumerate(cell.sizes, 2)}
    values = {ref: random.normal(size=shape_value(cell.shapes[ref.name], sizes)) for ref in leaves(cell)}
    moves = [{ref: random.normal(size=value.shape) for ref, value in values.items() if ref.time == -1} for _ in range(2)]

    def states(*directions):
        moved = {ref: value + sum(d.get(ref, 0) for d in directions) for ref, value in values.items()}
        known = evaluate_cell(cell.equations, moved, FLOATS)
        return np.concatenate([np.ravel(known[Ref(state, 0)]) for state in cell.states])

    bend = np.abs(states(*moves) - states(moves[0]) - states(moves[1]) + states()).max()
    assert (bend < 1e-12) == (recurrence(cell).kind == "parallel scan")
