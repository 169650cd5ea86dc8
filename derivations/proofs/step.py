"""What one step of a cell reads, and what reaches the adjoints of its outputs from outside."""

from __future__ import annotations

from derivations.cell import Cell
from derivations.notation.tree import Name, Ref


def leaves(cell: Cell) -> tuple[Ref, ...]:
    """Everything that a step reads and does not compute: inputs, states of the step before, parameters."""
    return (*(Ref(n, 0) for n in cell.inputs), *(Ref(n, -1) for n in cell.states), *(Ref(n) for n in cell.parameters))


def seeds(cell: Cell, name: Name) -> tuple[Ref, ...]:
    """What reaches the adjoint of an output: the loss itself and, for a state, the step after."""
    marks = ("direct", "from") if name in cell.states else ("direct",)
    return tuple(Ref(name.marked(mark), 0) for mark in marks)
