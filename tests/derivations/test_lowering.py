"""Lowering keeps the meaning: the program of the four kinds computes what the author's equations say."""

import numpy as np
import pytest
from evaluation import FUNCTIONS, constants_of, leaves, random_values, sizes_of
from hypothesis import given
from hypothesis import strategies as st
from random_cells import cells

from derivations import Cell, cell_names, get_cell
from derivations.equations import Pointwise
from derivations.evaluate import evaluate_cell, evaluate_program
from derivations.notation import unicode
from derivations.notation.tree import Apply, MatMul, refs


def check_same_values(cell: Cell, seed: int) -> None:
    sizes = sizes_of(cell)
    values = random_values(leaves(cell), cell.shapes, sizes, seed) | constants_of(cell, sizes, seed)
    written = evaluate_cell(cell.equations, values, FUNCTIONS, sizes=sizes)
    lowered = evaluate_program(cell.program, values, FUNCTIONS, sizes)
    for ref, value in written.items():
        np.testing.assert_allclose(lowered[ref], np.broadcast_to(value, lowered[ref].shape), rtol=1e-12, atol=1e-12, err_msg=unicode(ref))


@pytest.mark.parametrize("name", cell_names())
def test_the_catalogue_keeps_its_meaning(name: str) -> None:
    check_same_values(get_cell(name), seed=0)


@given(cell=cells(), seed=st.integers(0, 1000))
def test_any_cell_keeps_its_meaning(cell: Cell, seed: int) -> None:
    check_same_values(cell, seed)


@given(cell=cells())
def test_a_program_is_a_program(cell: Cell) -> None:
    """Values are defined once and before their use, functions have names as arguments, no product hides in a pointwise one."""
    program = cell.program
    known = set(leaves(cell))
    for eq in program.equations:
        assert eq.target not in known
        assert set(eq.operands) <= known
        known.add(eq.target)
        if isinstance(eq, Pointwise):
            assert not any(isinstance(node, MatMul) for node in _nodes(eq.expr))
            assert not any(isinstance(node, Apply) for node in _nodes(eq.expr)) or eq.function
    assert all(ref in known for eq in program.shown for ref in refs(program.written(eq)))


def _nodes(expr):
    from derivations.notation.tree import children

    yield expr
    for child in children(expr):
        yield from _nodes(child)


def test_names_follow_the_gates() -> None:
    lines = {unicode(eq.target): unicode(get_cell("lstm").program.written(eq)) for eq in get_cell("lstm").program.shown}
    assert lines["a_{f,t}"] == "W_f x_t + U_f h_{t-1} + b_f"
    assert lines["f_t"] == "σ(a_{f,t})"
    assert lines["s_t"] == "tanh(c_t)"
    assert lines["h_t"] == "o_t ⊙ s_t"


def test_an_author_may_use_the_name_of_values_that_nobody_sees() -> None:
    check_same_values(Cell.from_equations("h_t = tanh(W x_t + U h_{t-1} + inline_1)"), seed=0)


def test_equal_expressions_share_one_value() -> None:
    cell = Cell.from_equations("c_t = tanh(W x_t + U h_{t-1})\nh_t = tanh(c_t) ⊙ c_t + tanh(c_t)")
    assert sum(isinstance(eq, Pointwise) and eq.function == "tanh" for eq in cell.program.equations) == 2
