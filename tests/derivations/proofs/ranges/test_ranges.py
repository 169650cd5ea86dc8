"""Ranges found from equations alone: what is found, that it is true of random cells, and that errors change it."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from chosen_cells import CHOSEN
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations import Cell, CellError, get_cell
from derivations.evaluate import evaluate_program
from derivations.notation.tree import Neg, Number, Sum
from derivations.proofs.claims import judge_claims
from derivations.proofs.claims.read import read_claim
from derivations.proofs.claims.refute import refute
from derivations.proofs.ranges import find_ranges, prove_ranges
from derivations.proofs.ranges.scalar import Scalars
from tests.evaluation import FUNCTIONS, leaves, random_values, sizes_of
from tests.random_cells import cells

GATED = {
    "lstm": ("0 < f_t < 1", "0 < i_t < 1", "0 < o_t < 1", "−1 < g_t < 1", "|c_t| ≤ |c_{t-1}| + 1", "|c_t| ≤ |c_0| + t",
             "|c_t| ≤ φᵗ |c_0| + (1 − φᵗ)/(1 − φ) if f_t ≤ φ < 1", "−1 < s_t < 1", "|h_t| < 1"),
    "elman_rnn": ("|h_t| < 1",),
    "gru_before": ("0 < z_t < 1", "0 < r_t < 1", "−1 < h̃_t < 1", "min(h_{t-1}, h̃_t) ≤ h_t ≤ max(h_{t-1}, h̃_t)",
                   "|h_t| ≤ max(|h_{t-1}|, 1)", "|h_t| ≤ max(|h_0|, 1)"),
}  # fmt: skip
SAME = {name: name for name in GATED} | {"lstm_concat": "lstm", "gru_after": "gru_before", "gru_seed": "gru_before"}


@pytest.mark.parametrize("name", sorted(SAME))
def test_what_is_found_for_the_six_cells(name):
    results = prove_ranges(get_cell(name))
    assert tuple(r.statement for r in results) == GATED[SAME[name]]
    assert all(r.verdict == "proved" and r.kind == "invariant" and r.method and r.proof for r in results)


@pytest.mark.parametrize("name", CHOSEN)
def test_every_line_of_a_proof_names_an_equation_or_an_earlier_statement(name):
    for found in find_ranges(get_cell(name)):
        assert any(line.on for line in found.proof) or found.method == "induction"
        for line in found.proof:
            assert line.unicode(lambda ref: "(7)")
            assert line.latex().count("$") % 2 == 0


def test_the_vertex_argument_keeps_the_authors_order():
    proof = next(r for r in prove_ranges(get_cell("lstm")) if r.statement == "|c_t| ≤ |c_{t-1}| + 1").proof
    assert "At (f_t, i_t) = (0, 0), (0, 1), (1, 0), (1, 1) it is 0, g_t, c_{t-1}, c_{t-1} + g_t, with |g_t| ≤ 1." in proof


def found_in(text):
    return [r.statement for r in prove_ranges(Cell.from_equations(text))]


@pytest.mark.parametrize(
    ("equations", "statement"),
    [
        ("a_t = 1 + tanh(W x_t)\nh_t = σ(h_{t-1}) ⊙ a_t", "0 < a_t < 2"),
        ("f_t = σ(W x_t)\ni_t = σ(V x_t)\nn_t = f_t / (f_t + i_t)\nh_t = n_t ⊙ h_{t-1}", "0 < n_t < 1"),
        (
            "f_t = σ(W x_t)\ni_t = σ(V x_t)\nu_t = U x_t\nh_t = f_t / (f_t + i_t) ⊙ h_{t-1} + i_t / (f_t + i_t) ⊙ u_t",
            "min(h_{t-1}, u_t) ≤ h_t ≤ max(h_{t-1}, u_t)",
        ),
        ("h_t = 0.7 h_{t-1} + 0.3 tanh(W x_t)", "|h_t| ≤ max(|h_{t-1}|, 1)"),
        ("h_t = 0.5 h_{t-1} + 3 tanh(W x_t)", "|h_t| ≤ 1/2 |h_{t-1}| + 3"),
        ("c_t = tanh(W c_{t-1} + V x_t)\nh_t = tanh(c_t) + 0 h_{t-1}", "|h_t| < tanh(1)"),
        ("g_t = tanh(W x_t)\nh_t = 1 - g_t^2 + 0 h_{t-1}", "0 < h_t ≤ 1"),
        ("d_t = softplus(W x_t)\nh_t = exp(-d_t) ⊙ tanh(h_{t-1})", "0 < s_t < 1"),
    ],
)
def test_ranges_of_other_cells(equations, statement):
    assert statement in found_in(equations)


@pytest.mark.parametrize(
    "equations",
    [
        "h_t = W x_t + U h_{t-1}",
        "h_t = tanh(W x_t) / h_{t-1}",
        "h_t = h_{t-1} / h_{t-1} + 0 x_t",
        "h_t = 2 h_{t-1} ⊙ x_t",
        "h_t = x_t ⊙ h_{t-1} + (1 - x_t) ⊙ tanh(W x_t)",
    ],
)
def test_nothing_is_found_where_nothing_is_known(equations):
    assert not any("h_t" in statement for statement in found_in(equations))


SLACK = Number(Fraction(1, 100))


def is_sharp(cell, found):
    """Whether some step comes within 1/100 of each bound of a range; None for a range that is not about one step."""
    claim = None if found.given else _as_claim(cell, found)
    return claim and all(refute(cell, _tightened(claim, index)) for index in range(len(claim.relations)))


def _tightened(claim, index):
    """One comparison with its larger side made smaller by ``SLACK``."""
    small, large = claim.sides[index : index + 2]
    if claim.relations[index] in (">=", ">"):
        small, large = large, small
    return replace(claim, sides=(small, Sum((large, Neg(SLACK)))), relations=("<=",))


@pytest.mark.parametrize("name", ["lstm", "gru_after"])
def test_the_ranges_of_gated_cells_are_sharp(name):
    cell = get_cell(name)
    assert all(is_sharp(cell, found) is not False for found in find_ranges(cell))
    assert any(is_sharp(cell, found) for found in find_ranges(cell))


def test_a_wide_range_is_not_sharp():
    cell = Cell.from_equations("f_t = σ(W x_t)\ng_t = f_t ⊙ (1 - f_t)\nh_t = tanh(h_{t-1}) ⊙ g_t")
    assert is_sharp(cell, next(r for r in find_ranges(cell) if r.value.name.base == "g" and r.interval)) is False


@given(cells(), st.integers(0, 10**6), st.sampled_from((0.5, 5.0, 50.0)))
def test_no_value_of_a_random_cell_leaves_its_interval(cell, seed, scale):
    sizes = sizes_of(cell)
    values = {ref: scale * value for ref, value in random_values(leaves(cell), cell.shapes, sizes, seed).items()}
    with np.errstate(all="ignore"):
        known = evaluate_program(cell.program, values, FUNCTIONS, sizes)
    scalars = Scalars(cell)
    for ref in (eq.target for eq in cell.program.shown):
        box, found = scalars[ref], np.asarray(known[ref], dtype=float)
        found = found[np.isfinite(found)]
        room = 1e-9 * (1 + np.abs(found))
        assert np.all(found >= float(box.low) - room)
        assert np.all(found <= float(box.high) + room)


@settings(max_examples=12)
@given(cells())
def test_the_search_for_counterexamples_breaks_no_found_range(cell):
    for claim in filter(None, (_as_claim(cell, found) for found in find_ranges(cell))):
        assert refute(cell, claim) is None


def _as_claim(cell, found):
    """A found range as a claim; None if it speaks of h_0, of a value that the author did not name, or of a number such as log 2."""
    try:
        return read_claim(cell, found.statement.unicode)
    except CellError:
        return None


@pytest.mark.parametrize("name", CHOSEN)
def test_found_ranges_are_claims_that_are_proved(name):
    cell = get_cell(name)
    claims = tuple(found.statement.unicode for found in find_ranges(cell) if _as_claim(cell, found))
    assert claims or not find_ranges(cell)
    assert {r.verdict for r in judge_claims(replace(cell, claims=claims))} <= {"proved"}
