"""Reverse mode, forward mode and second order, against complex step on the author's equations."""

import numpy as np
import pytest
from chosen_cells import CHOSEN
from evaluation import FUNCTIONS, STEP, complex_step, constants_of, leaves, random_values, sizes_of, step_loss
from hypothesis import given
from hypothesis import strategies as st
from language_cells import LANGUAGE_CELLS
from random_cells import cells

from derivations import Cell, derive, get_cell
from derivations.evaluate import evaluate_cell, evaluate_program
from derivations.notation import unicode
from derivations.notation.tree import Ref
from derivations.proofs import prove_gradients

CLOSE = {"rtol": 1e-9, "atol": 1e-11}  # about 1e4 roundings: a handful of operations on numbers of size one


def seeds(cell: Cell, sizes, seed):
    """Random upstream gradients; what arrives is folded into the direct part and also given by itself."""
    outputs = [Ref(name, 0) for name in cell.outputs]
    weights = random_values(outputs, cell.program.shapes, sizes, seed + 1)
    given_values = {}
    for ref, weight in weights.items():
        share = 0.25 if ref.name in cell.states else 1.0
        given_values[Ref(ref.name.marked("direct"), 0)] = share * weight
        given_values[Ref(ref.name.marked("from"), 0)] = (1 - share) * weight
    return weights, given_values


def check_gradients(cell: Cell, seed: int) -> None:
    sizes = sizes_of(cell)
    derivation = derive(cell)
    values = random_values(leaves(cell), cell.shapes, sizes, seed) | constants_of(cell, sizes, seed)
    weights, upstream = seeds(cell, sizes, seed)
    forward = evaluate_program(cell.program, values, FUNCTIONS, sizes)
    found = evaluate_program(derivation.backward, {**forward, **upstream}, FUNCTIONS, sizes)
    loss = step_loss(cell, weights, sizes)
    for adjoint in derivation.reverse.adjoints:
        if adjoint.of in cell.program.definition:
            continue
        np.testing.assert_allclose(found[adjoint.target], complex_step(loss, values, adjoint.of), **CLOSE, err_msg=unicode(adjoint.target))


def check_tangents(cell: Cell, seed: int) -> None:
    sizes = sizes_of(cell)
    derivation = derive(cell)
    values = random_values(leaves(cell), cell.shapes, sizes, seed) | constants_of(cell, sizes, seed)
    directions = random_values(leaves(cell), cell.shapes, sizes, seed + 7)
    dots = {Ref(ref.name.marked("dot"), ref.time): v for ref, v in directions.items()}
    forward = evaluate_program(cell.program, values, FUNCTIONS, sizes)
    found = evaluate_program(derivation.tangent, {**forward, **dots}, FUNCTIONS, sizes)
    moved = evaluate_cell(
        cell.equations, {**values, **{ref: values[ref] + 1j * STEP * v for ref, v in directions.items()}}, FUNCTIONS, sizes=sizes
    )
    for name in cell.assigned:
        ref = Ref(name, 0)
        true = np.broadcast_to(np.imag(moved[ref]) / STEP, forward[ref].shape)
        np.testing.assert_allclose(found[Ref(name.marked("dot"), 0)], true, **CLOSE, err_msg=unicode(ref))


@pytest.mark.parametrize("cell", LANGUAGE_CELLS, ids=lambda cell: cell.name)
def test_gradients_of_every_construct(cell: Cell) -> None:
    check_gradients(cell, seed=3)


@pytest.mark.parametrize("name", CHOSEN)
def test_gradients_of_the_catalogue(name: str) -> None:
    check_gradients(get_cell(name), seed=3)


@given(cell=cells(), seed=st.integers(0, 1000))
def test_gradients_of_any_cell(cell: Cell, seed: int) -> None:
    check_gradients(cell, seed)


@pytest.mark.parametrize("cell", LANGUAGE_CELLS, ids=lambda cell: cell.name)
def test_tangents_of_every_construct(cell: Cell) -> None:
    check_tangents(cell, seed=3)


@pytest.mark.parametrize("name", CHOSEN)
def test_tangents_of_the_catalogue(name: str) -> None:
    check_tangents(get_cell(name), seed=3)


@given(cell=cells(), seed=st.integers(0, 1000))
def test_tangents_of_any_cell(cell: Cell, seed: int) -> None:
    check_tangents(cell, seed)


def check_second_order(cell: Cell, seed: int) -> None:
    """The adjoint program of the adjoint program, against complex step on the gradient formulas."""
    sizes = sizes_of(cell, 1)
    derivation = derive(cell)
    shapes = derivation.second.program.shapes
    values = random_values(leaves(cell), cell.shapes, sizes, seed) | constants_of(cell, sizes, seed)
    values |= seeds(cell, sizes, seed)[1]
    returned = [a.target for a in derivation.reverse.adjoints if a.of not in cell.program.definition]
    weights = random_values(returned, shapes, sizes, seed + 5)

    def loss(at):
        known = evaluate_program(derivation.backward, evaluate_program(cell.program, at, FUNCTIONS, sizes), FUNCTIONS, sizes)
        return sum(np.sum(weight * known[ref]) for ref, weight in weights.items())

    known = evaluate_program(derivation.backward, evaluate_program(cell.program, values, FUNCTIONS, sizes), FUNCTIONS, sizes)
    known |= {Ref(ref.name.marked("direct"), ref.time): weight for ref, weight in weights.items()}
    found = evaluate_program(derivation.second.program, known, FUNCTIONS, sizes)
    checked = 0
    for adjoint in derivation.second.adjoints:
        if adjoint.of in values:
            np.testing.assert_allclose(found[adjoint.target], complex_step(loss, values, adjoint.of), **CLOSE, err_msg=unicode(adjoint.of))
            checked += 1
    assert checked >= len(cell.parameters)


@pytest.mark.parametrize("cell", LANGUAGE_CELLS, ids=lambda cell: cell.name)
def test_second_order_of_every_construct(cell: Cell) -> None:
    check_second_order(cell, seed=3)


@pytest.mark.parametrize("name", CHOSEN)
def test_second_order_of_the_catalogue(name: str) -> None:
    check_second_order(get_cell(name), seed=3)


@given(cell=cells(), seed=st.integers(0, 1000))
def test_second_order_of_any_cell(cell: Cell, seed: int) -> None:
    check_second_order(cell, seed)


@pytest.mark.parametrize("right", ["softmax(chunk(v_t, 2, 1)) + chunk(v_t, 2, 2)", "chunk(v_t, 2, 1) ⊙ softmax(chunk(v_t, 2, 1))"])
def test_a_part_that_is_used_as_a_term_and_as_a_value(right: str) -> None:
    """Every use of the same part sends to the same block, in first and in second order."""
    found = prove_gradients(derive(Cell.from_equations(f"v_t = W x_t + b\nh_t = {right} + h_{{t-1}}")))
    assert {result.verdict for result in found} <= {"proved", "proved_at"}
