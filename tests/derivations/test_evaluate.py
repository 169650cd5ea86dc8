"""The evaluator that checks rest on, against NumPy's einsum and against hand-written formulas."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from evaluation import FUNCTIONS
from hypothesis import given
from hypothesis import strategies as st

from derivations import Cell
from derivations.evaluate import contract, evaluate_cell
from derivations.notation.tree import Name, Ref


@pytest.mark.parametrize("spec", ["ij,j->i", "ij,i->j", "i,j->ij", "i,i->", "ij,jk->ik", "ij,kj->ik"])
@given(seed=st.integers(0, 100))
def test_contract_is_einsum(spec: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    length = {"i": 2, "j": 3, "k": 4}
    left, right = (rng.standard_normal([length[c] for c in part]) for part in spec.split("->")[0].split(","))
    np.testing.assert_allclose(contract(spec, left, right), np.einsum(spec, left, right))
    exact = contract(spec, *(np.vectorize(Fraction, otypes=[object])(a) for a in (left, right)))
    np.testing.assert_allclose(np.asarray(exact, dtype=float), np.einsum(spec, left, right))


def values(**arrays):
    times = {"x": 0, "h_prev": -1, "c_prev": -1}
    found = {}
    for key, array in arrays.items():
        base, _, sub = key.removesuffix("_prev").partition("_")
        found[Ref(Name(base, sub=sub), times.get(key))] = np.asarray(array, dtype=float)
    return found


def test_a_step_written_by_hand() -> None:
    cell = Cell.from_equations("f_t = σ(W_f [h_{t-1}, x_t] + b_f)\nh_t = 2 f_t ⊙ h_{t-1} - f_t ⊙ f_t / (1 + exp(b_f))")
    w, b, x, h = np.array([[1.0, 2, 3], [0.5, -1, 2]]), np.array([0.1, -0.2]), np.array([0.3]), np.array([0.7, -0.4])
    known = evaluate_cell(cell.equations, values(W_f=w, b_f=b, x=x, h_prev=h), FUNCTIONS)
    f = 1 / (1 + np.exp(-(w @ np.concatenate([h, x]) + b)))
    np.testing.assert_allclose(known[Ref(Name("f"), 0)], f)
    np.testing.assert_allclose(known[Ref(Name("h"), 0)], 2 * f * h - f * f / (1 + np.exp(b)))


def test_other_kinds_of_number() -> None:
    """The same code evaluates in fifty digits."""
    cell = Cell.from_equations("h_t = tanh(W x_t + U h_{t-1}) / 3")
    numbers = {
        ref: np.vectorize(mpmath.mpf, otypes=[object])(array) for ref, array in values(W=[[2]], U=[[1]], x=[0.5], h_prev=[0.25]).items()
    }
    with mpmath.workdps(50):
        known = evaluate_cell(
            cell.equations, numbers, {"tanh": np.vectorize(mpmath.tanh, otypes=[object])}, lambda q: mpmath.mpf(q.numerator) / q.denominator
        )
        assert abs(known[Ref(Name("h"), 0)][0] - mpmath.tanh(mpmath.mpf("1.25")) / 3) < mpmath.mpf(10) ** -48
