"""Two cells proved equal for every size: their equations, side by side, written out in elements and brought to one form.

What is matched stands before the equations of the cells. Equal states before a step and equal inputs give equal states
after it, hence, by induction, equal states and outputs after every number of steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from derivations.notation.tree import Choice, Concat, Expr
from derivations.proofs.equivalence.identities import Identities
from derivations.proofs.equivalence.system import Goal, System
from derivations.proofs.gradients.blocks import Axes, Misfit, Split, in_blocks
from derivations.proofs.gradients.contraction import FIRST_INDEX
from derivations.proofs.gradients.elements import Index, Poly, add, scale
from derivations.proofs.gradients.expansion import Expansion
from derivations.sizes import Shape


class Elements(Expansion):
    """An expansion in which matrices can stand below each other, too, and sizes can be 1."""

    single: frozenset[str] = frozenset()

    def moved(self, expr: Expr, row: Index, column: Index, shift: int) -> Poly:
        """The element ``shift`` columns to the right, 0 beyond the ends: a matrix of one column has no other one."""
        return {} if shift and column[1] in self.single else super().moved(expr, row, column, shift)

    def axes(self, expr: Expr) -> Axes:
        """Rows and columns of an expression."""
        rows, columns = super().axes(expr)
        return rows, self.axes(expr.parts[0])[1] if isinstance(expr, Concat) else columns

    def split_of(self, expr: Expr, axis: int) -> Split | None:
        """The order of blocks along rows (0) or columns (1) that an expression dictates."""
        if isinstance(expr, Concat) and axis == 1:
            return next((found for part in expr.parts if (found := self.split_of(part, 1))), None)
        return super().split_of(expr, axis)

    def choice(self, expr: Choice, indices: tuple[Index, ...]) -> Poly:
        """One element of one of two values; max(a, b) = b + relu(a − b), min(a, b) = b − relu(b − a)."""
        if expr.fn == "where":
            return super().choice(expr, indices)
        one, other = (self.element(arg, indices) for arg in expr.args)
        sign = 1 if expr.fn == "max" else -1
        return add(other, scale(self.algebra.opaque("relu", scale(add(one, scale(other, -1)), sign), indices), sign))

    def arranged(self, expr: Expr, indices: tuple[Index, ...]) -> Poly:
        """One element of an expression that is not entrywise."""
        if isinstance(expr, Concat) and len(indices) == 2:
            return self.beside(expr, *indices)
        return super().arranged(expr, indices)

    def beside(self, expr: Concat, row: Index, column: Index) -> Poly:
        """An element of matrices below each other."""
        before: tuple[str, ...] = ()
        for part in expr.parts:
            for size, inner in in_blocks(self.split_of(part, 0) or self.axes(part)[0] or ()):
                if (size, tuple(sorted((*before, *inner)))) == row[1:]:
                    return self.element(part, ((row[0], size, inner), column))
            before += self.axes(part)[0] or ()
        raise Misfit("blocks of rows that do not fit")


def products_if_equal(pair: System, goal: Goal, algebra: Identities) -> int | None:
    """How many products a value has in its elements if both sides are equal; None if their forms differ.

    Raises ``Misfit`` if the axes cannot be split into blocks that fit both sides.
    """
    expansion = Elements(algebra, pair.equations, pair.shapes)
    expansion.single = pair.single
    misfit = Misfit("no elements")
    for elements in ways(expansion, pair.shapes[goal.value.name]):
        try:
            sides = [(expansion.value(goal.value, at), expansion.element(goal.expr, at)) for at in elements]
        except Misfit as error:
            misfit = error
            continue
        equal = all(algebra.vanishes(add(left, scale(right, -1))) for left, right in sides)
        return sum(len(left) for left, _ in sides) if equal else None
    raise misfit


def ways(expansion: Elements, shape: Shape) -> Iterator[list[tuple[Index, ...]]]:
    """The indices of an array, one for each combination of blocks, for each way to split its axes that occurs."""
    ways = [[split for split in (*expansion.splits, size) if tuple(sorted(split)) == size] for size in shape]
    for splits in product(*map(dict.fromkeys, ways)):
        choices = product(*map(in_blocks, splits))
        yield [tuple((FIRST_INDEX - axis, *block) for axis, block in enumerate(choice)) for choice in choices]
