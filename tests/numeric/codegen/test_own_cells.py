"""Cells that no catalogue has, each with a feature of its own, and random cells: generated code against plain evaluation."""

import numpy as np
import pytest
from chosen_cells import CHOSEN
from hypothesis import assume, given, settings
from random_cells import cells, more_cells

from derivations import Cell, get_cell
from numeric import load

GATES = """
{0}_t = σ(W_{0} x_t + U_{0} h_{{t-1}} + b_{0})
{1}_t = {4}(W_{1} x_t + U_{1} h_{{t-1}} + b_{1})
{2}_t = σ(W_{2} x_t + U_{2} h_{{t-1}} + b_{2})
{3}_t = σ(W_{3} x_t + U_{3} h_{{t-1}} + b_{3})
c_t = f_t ⊙ c_{{t-1}} + i_t ⊙ g_t
h_t = o_t ⊙ tanh(c_t)
"""

OWN = {
    "other order of gates": (GATES.format("i", "g", "f", "o", "tanh"), {}),
    "peepholes": (
        """
        f_t = σ(W_f x_t + U_f h_{t-1} + p_f ⊙ c_{t-1} + b_f)
        i_t = σ(W_i x_t + U_i h_{t-1} + p_i ⊙ c_{t-1} + b_i)
        g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
        c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
        o_t = σ(W_o x_t + U_o h_{t-1} + p_o ⊙ c_t + b_o)
        h_t = o_t ⊙ tanh(c_t)
        """,
        {},
    ),
    "scalars, softplus, exp, quotient": (
        """
        a_t = alpha ⊙ (W x_t) + U h_{t-1} + beta
        s_t = softplus(a_t)
        h_t = s_t / (1 + exp(b) + s_t ⊙ s_t) + gamma h_{t-1}
        """,
        {"shapes": {"alpha": [], "beta": [], "gamma": []}},
    ),
    "concatenations of three": (
        """
        z_t = σ(W_z [x_t, h_{t-1}, c_{t-1}] + b_z)
        r_t = σ(W_r [x_t, h_{t-1}, c_{t-1}] + b_r)
        c_t = tanh(V [h_{t-1}, z_t])
        h_t = r_t ⊙ h_{t-1} + (1 - r_t) ⊙ (P c_t)
        """,
        {"shapes": {"c": ["memory"], "h": ["hidden"], "z": ["hidden"]}},
    ),
    "one matrix, two orders": ("h_t = σ(V [h_{t-1}, x_t]) ⊙ σ(V [x_t, h_{t-1}] + b)", {}),
    "concatenation entry by entry": ("v_t = [h_{t-1}, x_t] ⊙ w\nh_t = tanh(W v_t + b)", {}),
    "transpose": ("h_t = tanh(W x_t + Uᵀ h_{t-1} + b)", {}),
    "tied weights": ("c_t = tanh(W x_t + U c_{t-1} + b)\nh_t = tanh(U h_{t-1} + V c_t + b)", {}),
    "antisymmetric": ("A = U - Uᵀ\nh_t = h_{t-1} + 0.1 tanh(A h_{t-1} + W x_t + b)", {}),
    "outputs that are not states": ("h_t = tanh(W x_t + U h_{t-1} + b)\ny_t = V h_t + d\nq_t = σ(R x_t)", {"shapes": {"y": ["outputs"]}}),
    "two inputs": ("h_t = tanh(W x_t + V u_t + U h_{t-1} + b)", {"inputs": ("u",), "shapes": {"u": ["controls"]}}),
    "names of Python and of the module": (
        """
        np_t = σ(W_{np} x_t + U_{np} h_{t-1} + lambda)
        rows_t = tanh(W_r eval_t + U_r h_{t-1} + add)
        p_t = np_t ⊙ h_{t-1}
        h_t = np_t ⊙ rows_t + p_t
        """,
        {"inputs": ("eval",)},
    ),
    "a name that values nobody sees have": ("inline_t = σ(V x_t)\nh_t = tanh(W x_t + U h_{t-1} + inline_1 ⊙ inline_t + inline_{bar5})", {}),
    "states that remember": ("s_t = V x_t\nk_t = tanh(b)\nh_t = tanh(W s_{t-1} + U h_{t-1} + R k_{t-1})", {}),
    "product of two products": ("h_t = tanh((W x_t) ⊙ (U h_{t-1}) + (U h_{t-1}) ⊙ b)", {}),
    "a state of the same step": ("h_t = tanh(U c_t + b)\nc_t = σ(W x_t + U h_{t-1})", {}),
    "powers": (
        """
        g_t = σ(W_g x_t + U_g h_{t-1} + b_g)
        c_t = tanh(W_c x_t + U_c h_{t-1} + b_c)
        h_t = g_t^2 ⊙ h_{t-1} + (1 - g_t^2)^{1/2} ⊙ c_t - h_{t-1}^3 / 3
        """,
        {},
    ),
    "a matrix as a state": ("S_t = G ⊙ S_{t-1} + A S_{t-1} + B\nh_t = tanh(S_t (W x_t) + U h_{t-1})", {}),
    "a vector as the recurrent weight": ("h_t = tanh(W x_t + u ⊙ h_{t-1} + b)", {}),
    "values without time": (
        "d_t = σ(alpha)\nh_t = exp(-softplus(lambda)) ⊙ h_{t-1} + σ(alpha) ⊙ (W x_t)",
        {"shapes": {"alpha": [], "d": []}},
    ),
    "matrices of every kind": (
        """
        k_t = K x_t
        v_t = V x_t
        S_t = S_{t-1} diag(a) + diag(k_t) B - B diag(v_t) + tanh(Aᵀ S_{t-1} + k_t v_tᵀ)
        R_t = 0.1 S_tᵀ S_t + 0.1 S_t S_tᵀ + Aᵀ S_tᵀ + S_tᵀ Bᵀ
        s_t = k_tᵀ (S_t v_t)
        o_t = (S_t ones) ⊙ (k_tᵀ v_t) + S_tᵀ c
        """,
        {"shapes": {"S": ["hidden", "hidden"], "s": []}},
    ),
    "an identity matrix in every step": (
        """
        k_t = K x_t
        S_t = (I - β k_t k_tᵀ) S_{t-1} + k_t (V x_t)ᵀ
        o_t = (ones - k_t) ⊙ (S_t b)
        """,
        {"shapes": {"V": ["value", "inputs"], "beta": []}},
    ),
    "what depends on parameters only": (
        """
        A = exp(B - Bᵀ) + diag(d) B - γ I
        h_t = tanh(A h_{t-1} + W x_t + sum(b) c + (bᵀ c) b + softmax(c) norm(b) + chunk(e, 3, 2) + m ⊙ b)
        k_t = chunk(e, 3, 1)
        """,
        {"shapes": {"k": ["hidden"], "m": ["hidden"]}, "constants": {"gamma": 0.5, "m": 1}},
    ),
    "parts of one vector": (
        """
        v_t = W x_t + U h_{t-1}
        u_t = V x_t
        h_t = tanh(chunk(v_t, 2, 1)) ⊙ σ(chunk(u_t, 3, 1)) + chunk(v_t, 2, 2) ⊙ σ(chunk(u_t, 3, 3))
        """,
        {"shapes": {"h": ["hidden"], "v": ["hidden + hidden"], "u": ["hidden + hidden + hidden"]}},
    ),
    "a convolution": (
        """
        Z_t = σ(W_z windows(X_t, 3) + U_z windows(H_{t-1}, 5) + b_z onesᵀ)
        N_t = tanh(W_n windows(X_t, 3) + U_n windows(H_{t-1}, 5) + b_n onesᵀ)
        H_t = Z_t ⊙ H_{t-1} + (1 - Z_t) ⊙ N_t
        """,
        {"inputs": ("X",), "shapes": {"X": ["channels", "length"], "H": ["hidden", "length"]}},
    ),
    "choices": (
        """
        g_t = where(k_t - T ⊙ floor(k_t / T) >= 1, σ(W x_t), h_{t-1})
        h_t = where(x_t > 0, where(h_{t-1} > 0, h_{t-1}, 1 / h_{t-1}), max(min(g_t, 1), -1)) + relu(U h_{t-1}) abs(k_t)
        """,
        {"inputs": ("k",), "shapes": {"k": [], "T": ["hidden"], "h": ["hidden"], "x": ["hidden"]}, "constants": {"T": 1}},
    ),
    "numbers that weigh vectors": (
        """
        β_t = σ(wᵀ x_t + u)
        h_t = β_t h_{t-1} + (1 - β_t) tanh(W x_t) + logsumexp(U h_{t-1})
        y_t = mean(h_t)
        z_t = sum(h_t) + h_tᵀ h_t
        """,
        {"shapes": {"beta": [], "u": [], "y": ["outputs"], "z": []}},
    ),
    "the same term twice": ("u_t = W x_t\nh_t = u_t ⊙ u_t + (u_tᵀ u_t) u_t + norm(u_t) h_{t-1}", {}),
    "a constant matrix": (
        "h_t = tanh(W x_t + M h_{t-1}) + m ⊙ h_{t-1}",
        {"constants": {"M": 0.5, "m": 1}, "shapes": {"M": ["hidden", "hidden"], "m": ["hidden"]}},
    ),
    "slopes in a tail": ("h_t = logsigmoid(W x_t + U h_{t-1}) + log(1 + exp(V x_t)) + abs(U h_{t-1})", {}),
    "an output that no state needs": ("f_t = σ(W_f x_t + U_f h_{t-1} + b_f)\nh_t = tanh(W_h x_t + U_h h_{t-1} + b_h)", {}),
}


def own_cell(key: str) -> Cell:
    text, data = OWN[key]
    return Cell.from_equations("\n".join(line.strip() for line in text.strip().splitlines()), **data)


@pytest.mark.parametrize("key", OWN)
def test_own_cell(key, case, checks):
    made = case(own_cell(key))
    for check in checks:
        check(made)


@pytest.mark.parametrize("name", CHOSEN)
@pytest.mark.parametrize(("time", "batch", "size"), [(3, 2, 2), (1, 1, 2), (4, 1, 3)])
def test_cell_of_the_catalogue(name, time, batch, size, case, checks):
    made = case(get_cell(name), time=time, batch=batch, first_size=size)
    for check in checks:
        check(made)


def stays_small(made):
    """Whether plain evaluation is good for a comparison: some random cells multiply their state by itself in every step."""
    with np.errstate(over="raise"):
        try:
            return all(np.abs(value).max() < 1e6 for value in made.plain(made.values).values())
        except FloatingPointError:
            return False


@settings(max_examples=12)
@given(cells())
def test_random_cell(case, checks, cell):
    made = case(cell, time=2)
    assume(stays_small(made))
    for check in checks:
        check(made)


@settings(max_examples=12)
@given(more_cells())
def test_random_cell_with_every_construct(case, checks, cell):
    made = case(cell, time=2)
    assume(stays_small(made))
    for check in checks:
        check(made)


def test_names_that_clash_get_an_underscore():
    module = load(own_cell("names of Python and of the module"))
    assert module.INPUTS == ("x", "eval_")
    assert "lambda_" in module.PARAMETERS
    assert "W_np" in module.PARAMETERS
