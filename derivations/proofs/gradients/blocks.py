"""How the axes of arrays are split into blocks, so that every index runs over one named size.

An axis whose size is a sum, as the columns of ``W`` in ``W [h, x]``, is split in the order that the equations dictate.
Where blocks do not fit onto each other for every size, ``Misfit`` is raised: then nothing is proved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from derivations.equations import Contraction, Equation, Layout, Pointwise
from derivations.notation.tree import (
    Assignment,
    Concat,
    Constant,
    Diagonal,
    Dimension,
    Expr,
    Fold,
    Identity,
    MatMul,
    Name,
    Ones,
    Part,
    Ref,
    Total,
    Transpose,
    Windows,
    children,
)
from derivations.proofs.gradients.elements import Unwritten
from derivations.sizes import Shape, Size

Block: TypeAlias = tuple[str, tuple[str, ...]]  # a named size and the offset at which it begins
Split: TypeAlias = tuple[str, ...]  # the named sizes of an axis in the order of its blocks
Axes: TypeAlias = tuple[Size | None, Size | None]  # rows and columns; a vector has no columns, its transpose no rows


class Misfit(Unwritten):
    """Blocks of an axis that do not fit onto each other, or an expression that has no elements."""


def in_blocks(split: Split) -> tuple[Block, ...]:
    """Named sizes one after the other, each with its offset."""
    found: list[Block] = []
    before: tuple[str, ...] = ()
    for size in split:
        found.append((size, before))
        before = tuple(sorted((*before, size)))
    return tuple(found)


class Blocks:
    """The axes of everything that a list of equations computes, and of the arrays that it is given."""

    def __init__(self, equations: Iterable[Assignment | Equation], shapes: Mapping[Name, Shape]) -> None:
        self.shapes = shapes
        self.definition = {eq.target: eq for eq in equations}
        self.given: dict[tuple[Ref, int], Split] = {}  # orders of blocks of arrays that are not computed here
        self.splits: tuple[Split, ...] = ()  # orders of blocks that occur in the equations
        self.splits = tuple(dict.fromkeys(split for eq in self.definition.values() for split in self.concatenations(eq)))

    def axes(self, expr: Expr) -> Axes:
        """Rows and columns of an expression."""
        match expr:
            case Ref():
                shape: tuple[Size | None, ...] = (*self.shapes[expr.name], None, None)
                return shape[0], shape[1]
            case Constant():
                shape = (*self.shapes[expr.name], None, None)
                return shape[0], shape[1]
            case Identity():
                return expr.size, expr.size
            case Ones():
                return expr.size, None
            case Diagonal():
                return self.axes(expr.arg)[0], self.axes(expr.arg)[0]
            case Windows() | Fold():
                return self.windowed(expr)
            case Transpose():
                return self.axes(expr.arg)[::-1]
            case MatMul():
                return self.axes(expr.left)[0], self.axes(expr.right)[1]
            case Concat():
                return tuple(sorted(atom for part in expr.parts for atom in self.axes(part)[0] or ())), None
            case Part():
                return expr.split[expr.index], None
            case Total():
                return None, None
            case _:
                return max((self.axes(child) for child in children(expr)), key=_rank, default=(None, None))

    def windowed(self, expr: Windows | Fold) -> Axes:
        rows, columns = self.axes(expr.arg)
        assert rows is not None
        if isinstance(expr, Windows):
            return tuple(sorted(rows * expr.width)), columns
        return tuple(atom for atom, n in sorted(Counter(rows).items()) for _ in range(n // expr.width)), columns

    def any_split(self, size: Size) -> Split:
        """Some order of the named sizes of an axis; one that a concatenation of the cell has, if there is one."""
        return next((split for split in self.splits if tuple(sorted(split)) == size), size)

    def split_of(self, expr: Expr, axis: int) -> Split | None:
        """The order of blocks along rows (0) or columns (1) that an expression dictates."""
        match expr:
            case Ref():
                return self.split_of_value(expr, axis)
            case Concat():
                parts = [self.split_of(part, 0) or self.axes(part)[0] or () for part in expr.parts]
                return tuple(atom for part in parts for atom in part)
            case Transpose():
                return self.split_of(expr.arg, 1 - axis)
            case MatMul():
                return self.split_of(expr.right if axis else expr.left, axis)
            case Part() | Total() | Windows() | Fold() | Constant() | Dimension() | Identity() | Ones():
                return None
            case Diagonal():
                return self.split_of(expr.arg, 0)
            case _:
                return next((found for child in children(expr) if (found := self.split_of(child, axis))), None)

    def split_of_value(self, ref: Ref, axis: int) -> Split | None:
        size = self.axes(ref)[axis]
        if size is not None and len(size) == 1:
            return size
        match self.definition.get(ref):
            case Assignment(expr=expr) | Pointwise(expr=expr):
                return self.split_of(expr, axis)
            case Contraction() as eq:
                return self.split_of_letter(eq, eq.indices[2][axis])
            case Layout(op="concat", operands=operands):
                return self.split_of(Concat(operands), 0)
            case Layout(op="transpose", operands=(operand,)):
                return self.split_of(operand, 1 - axis)
            case _:
                return self.given.get((ref, axis))

    def split_of_letter(self, eq: Contraction, letter: str) -> Split:
        """The order of blocks along an index letter of a contraction."""
        operands = zip((eq.left, eq.right), eq.indices[:2], strict=True)
        places = [(ref, letters.index(letter)) for ref, letters in operands if letter in letters]
        found = next((split for ref, axis in places if (split := self.split_of(ref, axis))), None)
        return found or self.any_split(self.shapes[places[0][0].name][places[0][1]])

    def concatenations(self, eq: Assignment | Equation) -> Iterable[Split]:
        """The orders of blocks of all concatenations within an equation."""
        expr = Concat(eq.operands) if isinstance(eq, Layout) and eq.op == "concat" else getattr(eq, "expr", None)
        waiting = [expr] if expr is not None else []
        while waiting:
            node = waiting.pop()
            waiting.extend(children(node))
            if isinstance(node, Concat) and (split := self.split_of(node, 0)):
                yield split


def _rank(axes: Axes) -> int:
    return sum(size is not None for size in axes)
