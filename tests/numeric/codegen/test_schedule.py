"""Laws of the schedule: nothing is kept in vain, and the loop holds no product that could stand outside of it."""

import pytest
from chosen_cells import CHOSEN
from hypothesis import given, settings
from random_cells import cells, more_cells

from derivations import derive, get_cell
from derivations.equations import Contraction
from numeric.codegen import schedule
from numeric.codegen.levels import AFTER, BLOCK, STEP, leaf_level, levels
from numeric.codegen.schedule import Pass
from numeric.codegen.task import Gather


def plan(name):
    return schedule(derive(get_cell(name)))


def products(one: Pass, level: int) -> int:
    return sum(isinstance(op.equations[0], Contraction | Gather) for op in one.at(level))


# In the loop: one product for each operand that depends on a state. Outside: one for x, one for each packed gradient.
@pytest.mark.parametrize(
    ("name", "forward", "backward", "after"),
    [
        ("elman_rnn", 1, 1, 3),
        ("lstm", 1, 1, 3),
        ("gru_after", 1, 2, 4),
        ("gru_before", 2, 2, 4),
    ],
)
def test_products(name, forward, backward, after):
    found = plan(name)
    assert products(found.forward, STEP) == forward
    assert products(found.forward, BLOCK) == 1
    assert products(found.backward, STEP) == backward
    assert products(found.backward, AFTER) == after
    assert products(found.tangent, STEP) == forward


@pytest.mark.parametrize("name", ["lstm_concat", "gru_seed"])
def test_the_part_of_a_concatenation_that_is_an_input_leaves_the_loop(name):
    found = plan(name)
    assert products(found.forward, BLOCK) == 1
    operands = {op.equations[0].right for op in found.forward.at(STEP) if isinstance(op.equations[0], Contraction)}
    assert products(found.forward, STEP) == len(operands)


def test_gates_share_one_array():
    assert [tuple(ref.name.id for ref in pack) for pack in plan("lstm").parameters] == [
        ("W_f", "W_i", "W_o", "W_g"),
        ("U_f", "U_i", "U_o", "U_g"),
        ("b_f", "b_i", "b_o", "b_g"),
    ]


def specs(one: Pass, level: int) -> list[str]:
    return [op.equations[0].spec for op in one.at(level) if isinstance(op.equations[0], Contraction)]


def test_only_the_recurrence_of_a_matrix_memory_is_in_the_loop():
    """S_t = diag(a_t) S_{t-1} + k_t v_tᵀ: the outer products are formed ahead, the memory is read after the loop."""
    found = plan("gla")
    assert specs(found.forward, STEP) == ["i,ij->ij"]
    assert specs(found.forward, BLOCK) == ["i,j->ij"]
    assert specs(found.forward, AFTER) == ["ij,i->j"]
    assert specs(found.backward, STEP) == ["ij,i->ij"]


def test_kernels_that_multiply_the_same_windows_are_one_matrix():
    found = plan("convlstm")
    assert [[ref.name.id for ref in pack] for pack in found.parameters] == [[f"{word}_{gate}" for gate in "fiog"] for word in "WUb"]
    assert specs(found.forward, STEP) == specs(found.forward, BLOCK) == ["ij,jk->ik"]
    assert products(found.backward, STEP) == 1


def laws(found):
    """What holds of the schedule of every cell."""
    assert set(found.kept) <= {*found.backward.given, *found.tangent.given}, "kept, but not read"
    forward = {*found.forward.task.definition, *found.forward.task.carried}
    read = {ref for ref in (*found.backward.given, *found.tangent.given) if ref in forward}
    assert read <= set(found.kept), "read, but not kept"
    for one in (found.forward, found.backward, found.tangent):
        in_order(one)
        loop_is_needed(one)


def in_order(one):
    known = {*one.given, *one.task.carried}
    for op in one.ops:
        assert set(op.operands) <= known, "used before it is computed"
        known.update(op.targets)
    assert set(one.task.results) <= known


def loop_is_needed(one):
    """Every operation of a step depends on its neighbour."""
    depends = set(one.task.carried)
    for op in one.ops:
        if op.level == STEP:
            assert not depends.isdisjoint(op.operands) or not set(op.targets).isdisjoint(one.task.carried.values())
            depends.update(op.targets)


@pytest.mark.parametrize("name", CHOSEN)
def test_laws(name):
    laws(plan(name))


@settings(max_examples=30)
@given(cells() | more_cells())
def test_laws_of_random_cells(cell):
    laws(schedule(derive(cell)))


@pytest.mark.parametrize("name", CHOSEN)
def test_backward_reads_what_it_keeps(name):
    """For the six cells forward mode needs nothing beyond what the backward pass needs."""
    found = plan(name)
    assert set(found.kept) <= set(found.backward.given)


def test_a_schedule_can_be_read():
    text = str(plan("lstm"))
    assert "f[t], i[t], o[t] <- a_f[t], a_i[t], a_o[t]" in text
    for word in ("packed parameters", "kept", "ahead for a block of steps", "in each step", "after the loop"):
        assert word in text


def test_levels_of_what_is_given():
    task = plan("lstm").backward.task
    level = levels(task)
    for ref in plan("lstm").backward.given:
        assert level[ref] == leaf_level(task, ref)
