"""When a value is computed: once, before the loop over time, ahead for a block of steps, in a step, or after the loop."""

from __future__ import annotations

from derivations.notation.tree import Ref
from numeric.codegen.task import Task

ONCE, BEFORE, BLOCK, STEP, AFTER = range(5)
LEVEL = ("once", "before the loop", "ahead for a block of steps", "in each step", "after the loop")


def levels(task: Task) -> dict[Ref, int]:
    """The level of every value that the task computes or reads.

    ``ONCE`` depends on parameters only and has no time axis. ``BEFORE`` depends on what is known of all steps; what of
    it is read by steps only is computed in a ``BLOCK``, a number of steps ahead that fits the cache.
    ``STEP`` depends on what a step takes from its neighbour and is needed by what it hands on. The rest is ``AFTER``.
    """
    found: dict[Ref, int] = {}
    for eq in task.equations:
        for ref in eq.operands:
            found.setdefault(ref, leaf_level(task, ref))
        level = max((found[ref] for ref in eq.operands), default=ONCE)
        found[eq.target] = AFTER if level > ONCE and eq.target.time is None else max(level, _least(task, eq.target))
    arriving = {ref for ref in task.carried if arrives(ref)}  # known within its step only
    needed = _needed(task, (*task.carried.values(), *(eq.target for eq in task.equations if not arriving.isdisjoint(eq.operands))))
    late = {ref: AFTER if level == STEP and ref not in needed and ref not in task.carried else level for ref, level in found.items()}
    return {**late, **_in_blocks(task, late)}


def _in_blocks(task: Task, level: dict[Ref, int]) -> dict[Ref, int]:
    """The values that are known before the loop and read within it only."""
    found: dict[Ref, int] = {}
    lasting = {*task.results, *task.carried.values(), *task.kept}
    users = task.users()
    for eq in reversed(task.equations):
        early = level[eq.target] == BEFORE and eq.target not in lasting
        if early and all(level[user.target] == STEP or user.target in found for user in users[eq.target]):
            found[eq.target] = BLOCK
    return found


def _least(task: Task, target: Ref) -> int:
    """What a cell returns for each step has a time axis, even if it is the same at all times; what arrives has none."""
    if target in task.carried.values() and arrives(target):
        return STEP
    return BEFORE if target.time is not None and (target in task.results or target in task.carried.values()) else ONCE


def arrives(ref: Ref) -> bool:
    """Whether a value is the part of an adjoint that one step sends to the step before it: it has no array over time."""
    return ref.name.marks == ("from",)


def leaf_level(task: Task, ref: Ref) -> int:
    """The level of what a task is given."""
    if ref in task.carried:
        return STEP
    return ONCE if ref.time is None else BEFORE


def _needed(task: Task, wanted: tuple[Ref, ...]) -> set[Ref]:
    """``wanted`` and everything that it is computed from."""
    needed = set(wanted)
    for eq in reversed(task.equations):
        if eq.target in needed:
            needed.update(eq.operands)
    return needed


def without_unused(task: Task) -> Task:
    """The task without equations that nothing reads."""
    needed = _needed(task, (*task.results, *task.carried.values()))
    return task.having(tuple(eq for eq in task.equations if eq.target in needed), {})
