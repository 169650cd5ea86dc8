"""When a value is computed: once, before the loop over time, in a step of it, or after it."""

from __future__ import annotations

from derivations.notation.tree import Ref
from numeric.codegen.task import Task

ONCE, BEFORE, STEP, AFTER = range(4)
LEVEL = ("once", "before the loop", "in each step", "after the loop")


def levels(task: Task) -> dict[Ref, int]:
    """The level of every value that the task computes or reads.

    ``ONCE`` depends on parameters only and has no time axis. ``BEFORE`` depends on what is known of all steps.
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
    return {ref: AFTER if level == STEP and ref not in needed and ref not in task.carried else level for ref, level in found.items()}


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
