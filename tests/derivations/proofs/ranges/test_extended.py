"""Ranges of the whole language: what is found is true of sampled steps, constants are told apart from their usual values."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import Cell, CellError
from derivations.evaluate import evaluate_cell, evaluate_expr, evaluate_program
from derivations.notation.tree import Ref
from derivations.proofs.claims import judge_claim
from derivations.proofs.claims.read import read_claim
from derivations.proofs.ranges import find_ranges
from derivations.proofs.ranges.scalar import Scalars, usual_values
from derivations.sizes import shape_value
from tests.evaluation import FUNCTIONS, leaves, random_values, sizes_of
from tests.random_cells import more_cells

SCALES = st.sampled_from((0.1, 0.5, 5.0, 50.0))


def values_of(cell, seed, scale, usual):
    """Random values of everything that a step reads; constants at their usual values, or at any."""
    sizes, rng = sizes_of(cell), np.random.default_rng(seed)
    values = {ref: scale * value for ref, value in random_values(leaves(cell), cell.shapes, sizes, seed).items()}
    for name, value in cell.constants.items():
        shape = shape_value(cell.shapes[name], sizes)
        fixed = usual and name in usual_values(cell)
        values[Ref(name)] = np.full(shape, float(value)) if fixed else rng.uniform(-2, 2, shape)
    return values, sizes


@given(more_cells(), st.integers(0, 10**6), SCALES, st.booleans())
def test_no_value_leaves_its_interval(cell, seed, scale, usual):
    values, sizes = values_of(cell, seed, scale, usual)
    with np.errstate(all="ignore"):
        known = evaluate_program(cell.program, values, FUNCTIONS, sizes)
    scalars = Scalars(cell, usual=usual)
    for ref in (eq.target for eq in cell.program.equations):
        assert_within(scalars[ref], known[ref])


def assert_within(box, value):
    found = np.asarray(value, dtype=float)
    found = found[np.isfinite(found)]
    room = 1e-9 * (1 + np.abs(found))
    assert np.all(found >= float(box.low) - room)
    assert np.all(found <= float(box.high) + room)


def holds(claim, known, sizes):
    """Whether floats keep to a claim, up to rounding; values that are not finite say nothing."""
    inner = dict(known)
    for place, one in claim.extremes.items():
        args = [evaluate_expr(arg, inner, FUNCTIONS, sizes=sizes) for arg in one.args]
        pick = np.maximum if one.kind == "max" else np.minimum
        inner[place] = np.abs(args[0]) if one.kind == "abs" else reduce(pick, args)
    sides = [np.asarray(evaluate_expr(side, inner, FUNCTIONS, sizes=sizes), float) for side in claim.sides]
    for relation, left, right in zip(claim.relations, sides[:-1], sides[1:], strict=True):
        small, large = (right, left) if relation in (">=", ">") else (left, right)
        room = 1e-9 * (1 + np.abs(small) + np.abs(large))
        if np.any((small > large + room) & np.isfinite(small) & np.isfinite(large)):
            return False
    return True


def as_claim(cell, found):
    try:
        return read_claim(cell, found.statement.unicode)
    except CellError:  # it speaks of h_0, or of a value that the author did not name
        return None


@given(more_cells(), st.integers(0, 10**6), SCALES)
def test_no_step_breaks_a_statement(cell, seed, scale):
    ranges = [found for found in find_ranges(cell) if found.usual or not found.given]
    for usual in (True, False):
        values, sizes = values_of(cell, seed, scale, usual)
        with np.errstate(all="ignore"):
            known = evaluate_cell(cell.equations, values, FUNCTIONS, sizes=sizes)
            for found in ranges:
                claim = as_claim(cell, found) if usual or not found.usual else None
                assert claim is None or holds(claim, known, sizes), found.statement.unicode


def cell_of(equations, **data):
    return Cell.from_equations(equations, **data)


LEAKY = {"equations": "h_t = (1 - α) h_{t-1} + α tanh(W x_t)", "constants": {"alpha": 0.25}}
PHASE = """u_t = x_t - s
φ_t = u_t - floor(u_t)
k_t = where(φ_t < ρ / 2, 2 φ_t / ρ, where(φ_t < ρ, 2 - 2 φ_t / ρ, 0))
h_t = k_t ⊙ tanh(W x_t) + (1 - k_t) ⊙ h_{t-1}"""


@pytest.mark.parametrize(
    ("data", "statements"),
    [
        ({"equations": "h_t = relu(W x_t + U h_{t-1})"}, ["h_t ≥ 0"]),
        ({"equations": "a_t = abs(tanh(W x_t))\nh_t = a_t ⊙ h_{t-1}"}, ["0 ≤ a_t < 1"]),
        ({"equations": "a_t = max(tanh(W x_t), 1/2)\nb_t = min(a_t, σ(V x_t))\nh_t = b_t ⊙ h_{t-1}"}, ["1/2 ≤ a_t < 1", "0 < b_t < 1"]),
        ({"equations": "m_t = max(W x_t, m_{t-1})\ni_t = exp(W x_t - m_t)\nh_t = i_t ⊙ h_{t-1}"}, ["0 < i_t ≤ 1"]),
        ({"equations": "u_t = W x_t\ng_t = where(u_t >= 0, u_t + 1/2, σ(u_t))\nh_t = g_t ⊙ h_{t-1}"}, ["g_t > 0"]),
        ({"equations": "h_t = where(W x_t > V x_t, tanh(U h_{t-1}), h_{t-1})"}, ["|h_t| ≤ max(|h_{t-1}|, 1)"]),
        ({"equations": "y_t = softmax(W x_t)\nh_t = y_t ⊙ h_{t-1}"}, ["0 < y_t ≤ 1"]),
        ({"equations": "n_t = norm(x_t)\nh_t = tanh(W x_t) / (1 + n_t) + 0 h_{t-1}", "shapes": {"n": []}}, ["n_t ≥ 0", "|h_t| < 1"]),
        ({"equations": "a_t = σ(W x_t)\nS_t = diag(a_t) S_{t-1} + tanh(V x_t) a_tᵀ"}, ["|S_t| ≤ |S_{t-1}| + 1"]),
        ({"equations": "v_t = mean(σ(W x_t))\nh_t = v_t h_{t-1}", "shapes": {"v": []}}, ["0 < v_t < 1"]),
        (LEAKY, ["|h_t| ≤ max(|h_{t-1}|, 1) if α = 0.25", "min(h_{t-1}, s_t) ≤ h_t ≤ max(h_{t-1}, s_t) if α = 0.25"]),
        ({"equations": PHASE, "constants": {"rho": 0.5}}, ["0 ≤ φ_t < 1", "0 ≤ k_t ≤ 1 if ρ = 0.5"]),
    ],
)
def test_what_is_found(data, statements):
    found = [one.statement.unicode + (f" if {one.given.unicode}" if one.given else "") for one in find_ranges(cell_of(**data))]
    assert set(statements) <= set(found), found


@pytest.mark.parametrize(
    ("data", "untrue"),
    [
        (LEAKY | {"constants": {"alpha": 1.5}}, "max(|h_{t-1}|"),  # the weights are no shares
        ({"equations": "k_t = tanh(W x_t)\nM_t = k_t k_tᵀ\nS_t = M_t ⊙ S_{t-1}"}, "M_t ≥ 0"),  # products of different entries
        ({"equations": "a_t = logsumexp(-exp(W x_t))\nh_t = a_t h_{t-1}", "shapes": {"a": []}}, "a_t <"),  # many are more than one
        ({"equations": "a_t = log(tanh(W x_t))\nh_t = a_t ⊙ h_{t-1}"}, "a_t <"),  # not a number everywhere
        ({"equations": "h_t = m ⊙ h_{t-1} + (1 - m) ⊙ tanh(W x_t)", "constants": {"m": 1}, "shapes": {"m": ["hidden"]}}, "max(|h_{t-1}|"),
        ({"equations": "P_t = windows(σ(X_t), 3)\nS_t = P_t + 0 K S_{t-1}", "inputs": ["X"]}, "S_t > 0"),  # zeros beyond the ends
    ],
)
def test_what_is_not_true_is_not_found(data, untrue):
    assert not [one.statement.unicode for one in find_ranges(cell_of(**data)) if untrue in one.statement.unicode]


@pytest.mark.parametrize(
    ("equations", "statement", "line"),
    [
        ("u_t = W x_t\nφ_t = u_t - floor(u_t)\nh_t = φ_t ⊙ h_{t-1}", "0 ≤ φ_t < 1", ": a number without its whole part, hence"),
        (
            "m_t = max(W x_t, m_{t-1})\na_t = W x_t - m_t\nh_t = exp(a_t) ⊙ h_{t-1}",
            "a_t ≤ 0",
            "in each case of its conditions and maxima a_t ≤ 0.",
        ),
        ("h_t = where(x_t > 0, σ(W x_t), 1) ⊙ tanh(h_{t-1})", "|h_t| < 1", "⊙ |q_t|, hence |h_t| < 1."),
    ],
)
def test_the_proof_says_what_the_bound_owes_to(equations, statement, line):
    found = next(one for one in find_ranges(cell_of(equations)) if one.statement.unicode == statement)
    assert any(line in one.unicode() for one in found.proof), [one.unicode() for one in found.proof]
    assert all(one.latex().count("$") % 2 == 0 for one in found.proof)


def test_entries_of_a_row_and_of_a_column_are_not_the_same():
    cell = cell_of(
        "M_t = diag(tanh(a)) M_{t-1} - M_{t-1} diag(tanh(a)) + 0 K\nh_t = tanh(W x_t) + 0 h_{t-1}", shapes={"W": ["hidden", "inputs"]}
    )
    assert judge_claim(cell, "M_t = 0 M_{t-1}").verdict == "refuted" or judge_claim(cell, "M_t = 0 M_{t-1}").verdict == "undecided"
    outer = cell_of("k_t = tanh(W x_t)\nM_t = k_t k_tᵀ + 0 M_{t-1}")
    assert judge_claim(outer, "M_t >= 0").verdict != "proved"
    assert judge_claim(outer, "|M_t| < 1").verdict == "proved"


@pytest.mark.parametrize(
    ("data", "claim", "verdict"),
    [
        (LEAKY, "|h_t| <= max(|h_{t-1}|, 1)", "proved"),
        (LEAKY | {"constants": {"alpha": 1.5}}, "|h_t| <= max(|h_{t-1}|, 1)", "refuted"),
        ({"equations": "h_t = h_{t-1} + ε tanh(W x_t)", "constants": {"epsilon": 0.1}}, "h_{t-1} - ε <= h_t <= h_{t-1} + ε", "proved"),
        ({"equations": "h_t = h_{t-1} + ε tanh(W x_t)", "constants": {"epsilon": 0.1}}, "|h_t - h_{t-1}| < 0.09", "refuted"),
        ({"equations": "f_t = σ(W x_t)\ni_t = σ(V x_t)\nm_t = max(f_t, i_t)\nh_t = m_t ⊙ h_{t-1}"}, "m_t >= f_t", "proved"),
        ({"equations": "f_t = σ(W x_t)\ni_t = σ(V x_t)\nm_t = max(f_t, i_t)\nh_t = m_t ⊙ h_{t-1}"}, "m_t > f_t", "refuted"),
        ({"equations": "f_t = σ(W x_t)\ni_t = σ(V x_t)\nm_t = max(f_t, i_t)\nh_t = m_t ⊙ h_{t-1}"}, "max(f_t, i_t) >= f_t", "proved"),
        ({"equations": "u_t = W x_t\nh_t = relu(u_t) + 0 h_{t-1}"}, "|h_t| <= |u_t|", "proved"),
        ({"equations": "u_t = W x_t\nh_t = relu(u_t) + 0 h_{t-1}"}, "h_t >= |u_t|", "refuted"),
        ({"equations": "h_t = where(x_t > 0, h_{t-1}, tanh(h_{t-1}))"}, "|h_t| <= max(|h_{t-1}|, 1)", "proved"),
    ],
)
def test_claims_of_the_whole_language(data, claim, verdict):
    result = judge_claim(cell_of(**data), claim)
    assert result.verdict == verdict, result
    if verdict == "proved" and "constants" in data and "h_{t-1}" in data["equations"]:
        assert "as the cell file gives it" in result.reading or "epsilon" in data["constants"]
