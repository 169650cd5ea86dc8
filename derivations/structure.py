"""Whether a recurrence can be computed in parallel over time: read off the equations, not from a name or a paper.

A state that is affine in the states before it, with coefficients that are free of them, is a composition of affine maps,
and maps compose in any grouping: a scan over time computes it in parallel. So are maps ``max(a + m, b)``, entry by entry,
which keep the stabiliser of an exponential gate. States may be reached in stages: one that is known for every step is an
input to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from derivations.cell import Cell
from derivations.notation.tree import (
    Choice,
    Concat,
    Diagonal,
    Expr,
    Fold,
    MatMul,
    Name,
    Neg,
    Part,
    Product,
    Quotient,
    Ref,
    Sum,
    Total,
    Transpose,
    Windows,
    children,
)

Kind = Literal["parallel scan", "elementwise", "sequential"]


class Degree(IntEnum):
    """How a value depends on the states before it."""

    FREE = 0
    SHIFT = 1  # a state plus what is free of states
    LARGEST = 2  # the largest of such sums
    AFFINE = 3
    OTHER = 4


@dataclass(frozen=True, slots=True)
class Dependence:
    """The degree of a value, and whether entries of the states are mixed in it."""

    degree: Degree = Degree.FREE
    mixes: bool = False


@dataclass(frozen=True, slots=True)
class Recurrence:
    """What kind of recurrence a cell is.

    "parallel scan": every state is affine in the states before it (or the largest of sums with its own earlier value),
    with coefficients that are free of them, perhaps in ``stages``. "elementwise": it is not, but no entry of a state depends
    on another entry, so the units run beside each other. "sequential": the rest. ``gates`` are the values that depend on the
    states before them in another way than affinely, in the order of computation.
    """

    kind: Kind
    stages: tuple[tuple[Name, ...], ...]
    gates: tuple[Name, ...]


def recurrence(cell: Cell) -> Recurrence:
    """The kind of a cell's recurrence."""
    stages: list[tuple[Name, ...]] = []
    waiting = list(cell.states)
    found = dependences(cell, waiting)
    while waiting:
        stage = _scannable(cell, waiting, found)
        if not stage:
            break
        stages.append(stage)
        waiting = [name for name in waiting if name not in stage]
        found = dependences(cell, waiting)
    if not waiting:
        return Recurrence("parallel scan", tuple(stages), ())
    gates = tuple(name for name in cell.assigned if found[name].degree is Degree.OTHER and name not in cell.states)
    mixing = any(found[name].mixes for name in waiting)
    return Recurrence("sequential" if mixing else "elementwise", tuple(stages), gates)


def _scannable(cell: Cell, waiting: Collection[Name], found: Mapping[Name, Dependence]) -> tuple[Name, ...]:
    """The states that are affine in each other and read no other state: all that one more scan gives."""
    largest = tuple(name for name in waiting if found[name].degree is Degree.LARGEST)
    alone = next((name for name in largest if dependences(cell, [n for n in waiting if n != name])[name].degree is Degree.FREE), None)
    if alone is not None:
        return (alone,)
    stage = [name for name in waiting if found[name].degree not in (Degree.LARGEST, Degree.OTHER)]
    while True:
        others = [name for name in waiting if name not in stage]
        reads = dependences(cell, others)
        kept = [name for name in stage if reads[name].degree is Degree.FREE]
        if kept == stage:
            return tuple(stage)
        stage = kept


def dependences(cell: Cell, states: Collection[Name]) -> dict[Name, Dependence]:
    """How every value of a step depends on some of the states before it; the other states count as inputs."""
    found: dict[Name, Dependence] = {}
    for eq in cell.equations:
        found[eq.target.name] = _of(eq.expr, found, states)
    return found


def _of(expr: Expr, known: Mapping[Name, Dependence], states: Collection[Name]) -> Dependence:
    if isinstance(expr, Ref):
        if expr.time == -1:
            return Dependence(Degree.SHIFT if expr.name in states else Degree.FREE)
        return known.get(expr.name, Dependence()) if expr.time == 0 else Dependence()
    parts = [_of(child, known, states) for child in children(expr)]
    degree = _degree(expr, [part.degree for part in parts])
    mixes = any(part.mixes for part in parts) or (degree is not Degree.FREE and isinstance(expr, _MIXING))
    return Dependence(degree, mixes and degree is not Degree.FREE)


def _degree(expr: Expr, parts: list[Degree]) -> Degree:
    highest = max(parts, default=Degree.FREE)
    if highest is Degree.FREE:
        return Degree.FREE
    read = [part for part in parts if part is not Degree.FREE]
    linear = Degree.OTHER if highest in (Degree.LARGEST, Degree.OTHER) else Degree.AFFINE
    match expr:
        case Sum() if len(read) == 1:
            return highest
        case Sum() | Neg() | Concat() | Transpose() | Part() | Diagonal() | Windows() | Fold() | Total(op="sum"):
            return linear
        case Product() | MatMul():
            return linear if len(read) == 1 else Degree.OTHER
        case Quotient():
            return linear if parts[1] is Degree.FREE else Degree.OTHER
        case Choice(fn="max"):
            return Degree.LARGEST if highest in (Degree.SHIFT, Degree.LARGEST) else Degree.OTHER
        case _:
            return Degree.OTHER


_MIXING = (MatMul, Concat, Part, Total, Transpose, Windows, Fold)
