"""Equations written out in elements: from trees and from the four kinds to polynomials with bound indices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product

from derivations.equations import Contraction, Equation, Layout, Pointwise, Reduction
from derivations.notation.tree import (
    Apply,
    Assignment,
    Choice,
    Compare,
    Concat,
    Constant,
    Diagonal,
    Dimension,
    Expr,
    Fold,
    Identity,
    MatMul,
    Name,
    Neg,
    Number,
    Ones,
    Part,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    Total,
    Transpose,
    Windows,
)
from derivations.proofs.gradients.blocks import Block, Blocks, Misfit, Split, in_blocks
from derivations.proofs.gradients.elements import Algebra, Index, Poly, add, constant, delta, element, extent, scale
from derivations.sizes import Shape


def label(ref: Ref) -> str:
    """The label of an array: its spelling, part by part, and its time."""
    name = ref.name
    return "|".join([name.base, ".".join(name.accents), name.sub, name.sup, ".".join(name.marks), str(ref.time)])


class Expansion(Blocks):
    """The elements of everything that a list of equations computes; what it does not compute is an array of its own."""

    def __init__(self, algebra: Algebra, equations: Iterable[Assignment | Equation], shapes: Mapping[Name, Shape]) -> None:
        super().__init__(equations, shapes)
        self.algebra = algebra
        self.known: dict[tuple[Ref, tuple[Block, ...]], Poly] = {}

    def holding(self, ref: Ref) -> Expansion:
        """The same equations with one value held fixed, as an array of its own, in the blocks in which it is computed."""
        held = Expansion(self.algebra, [eq for eq in self.definition.values() if eq.target != ref], self.shapes)
        held.splits = self.splits
        held.given = {(ref, axis): split for axis in range(len(self.shapes[ref.name])) if (split := self.split_of_value(ref, axis))}
        return held

    def value(self, ref: Ref, indices: tuple[Index, ...]) -> Poly:
        """One element of a variable; a scalar is the same at every index."""
        if not self.shapes[ref.name]:
            indices = ()
        key = (ref, tuple((size, at) for _, size, at in indices))
        if key not in self.known:
            formal = tuple((-1 - k, i[1], i[2]) for k, i in enumerate(indices))
            eq = self.definition.get(ref)
            self.known[key] = element(label(ref), formal) if eq is None else self.right_side(eq, formal)
        return self.algebra.rename(self.known[key], {-1 - k: i[0] for k, i in enumerate(indices)})

    def right_side(self, eq: Assignment | Equation, indices: tuple[Index, ...]) -> Poly:
        """One element of what an equation computes."""
        match eq:
            case Assignment() | Pointwise():
                return self.element(eq.expr, indices)
            case Contraction():
                return self.contraction(eq, indices)
            case Reduction():
                return self.total(eq.operand, eq.op)
            case Layout(op="windows"):
                return self.shifted(Windows(eq.operands[0], eq.index), indices)
            case Layout(op="fold"):
                return self.shifted(Fold(eq.operands[0], eq.index), indices)
            case Layout(op="concat"):
                return self.stacked(eq.operands, indices[0])
            case Layout(op="part"):
                return self.part(eq.operands[0], eq.split, eq.index, indices[0])
            case Layout():
                return self.value(eq.operands[0], indices[::-1])

    def element(self, expr: Expr, indices: tuple[Index, ...]) -> Poly:
        """One element of an expression; what is a scalar in it broadcasts."""
        if indices and self.axes(expr) == (None, None):
            indices = ()
        match expr:
            case Ref():
                return self.value(expr, indices)
            case Number():
                return constant(expr.value.numerator if expr.value.denominator == 1 else expr.value)
            case Sum():
                return add(*(self.element(term, indices) for term in expr.terms))
            case Neg():
                return scale(self.element(expr.arg, indices), -1)
            case Product():
                return self.algebra.multiply(*(self.element(factor, indices) for factor in expr.factors))
            case Quotient():
                return self.algebra.multiply(self.element(expr.num, indices), self.power(expr.den, Fraction(-1), indices))
            case Power():
                return self.power(expr.base, expr.exponent, indices)
            case Apply():
                return self.algebra.opaque(expr.fn, self.element(expr.arg, indices), indices)
            case Compare():
                return self.comparison(expr, indices)
            case Choice():
                return self.choice(expr, indices)
            case _:
                return self.arranged(expr, indices)

    def comparison(self, expr: Compare, indices: tuple[Index, ...]) -> Poly:
        """1 where a comparison of elements holds and 0 elsewhere, by steps of their differences."""
        left, right = self.element(expr.left, indices), self.element(expr.right, indices)
        above, below = (self.algebra.opaque("step", add(a, scale(b, -1)), indices) for a, b in ((left, right), (right, left)))
        match expr.op:
            case ">":
                return above
            case "<":
                return below
            case "≥":
                return add(constant(1), scale(below, -1))
            case "≤":
                return add(constant(1), scale(above, -1))
            case _:
                return add(constant(1), scale(above, -1), scale(below, -1))

    def choice(self, expr: Choice, indices: tuple[Index, ...]) -> Poly:
        """One element of one of two values."""
        yes, no = (self.element(arg, indices) for arg in expr.args[-2:])
        greater = Compare(expr.args[-2], "≥" if expr.fn == "max" else "≤", expr.args[-1])
        first = self.element(expr.args[0] if expr.fn == "where" else greater, indices)
        return add(self.algebra.multiply(first, yes), self.algebra.multiply(add(constant(1), scale(first, -1)), no))

    def power(self, base: Expr, exponent: Fraction, indices: tuple[Index, ...]) -> Poly:
        """One element of a power; a whole exponent goes to the factors, so that u/v² and u v⁻² have one form."""
        if indices and self.axes(base) == (None, None):
            indices = ()
        whole = exponent.denominator == 1
        match base:
            case Power() if whole:
                return self.power(base.base, base.exponent * exponent, indices)
            case Product() if whole:
                return self.algebra.multiply(*(self.power(factor, exponent, indices) for factor in base.factors))
            case _:
                return self.algebra.power(self.element(base, indices), exponent, indices)

    def arranged(self, expr: Expr, indices: tuple[Index, ...]) -> Poly:
        """One element of an expression that is not entrywise."""
        match expr:
            case Constant():
                return element(f"constant|{expr.name.id}", indices[: len(self.shapes[expr.name])])
            case Dimension():
                return add(*(extent(atom) for atom in expr.size))
            case Identity():
                return self.algebra.multiply(delta(*indices)) if indices[0][1:] == indices[1][1:] else {}
            case Ones():
                return constant(1)
            case MatMul():
                return self.matmul(expr, indices)
            case Windows() | Fold():
                return self.shifted(expr, indices)
            case Transpose():
                return self.element(expr.arg, indices[::-1])
            case Concat():
                return self.stacked(expr.parts, indices[0])
            case Part():
                return self.part(expr.arg, expr.split, expr.index, indices[0])
            case Total():
                return self.total(expr.arg, expr.op)
            case _:
                raise Misfit(f"{type(expr).__name__} has no elements")

    def matmul(self, expr: MatMul, indices: tuple[Index, ...]) -> Poly:
        """Σⱼ left[i, j] right[j, k], without the indices that one of the two has not."""
        if isinstance(expr.left, Diagonal):
            return self.algebra.multiply(self.element(expr.left.arg, indices[:1]), self.element(expr.right, indices))
        if isinstance(expr.right, Diagonal):
            return self.algebra.multiply(self.element(expr.left, indices), self.element(expr.right.arg, indices[1:]))
        rows = indices[:1] if self.axes(expr.left)[0] is not None else ()
        columns = indices[len(rows) :]
        inner = self.axes(expr.left)[1]
        if inner is None:
            return self.algebra.multiply(self.element(expr.left, rows), self.element(expr.right, columns))
        split = self.split_of(expr.left, 1) or self.split_of(expr.right, 0) or self.any_split(inner)

        def summand(j: tuple[Index, ...]) -> Poly:
            return self.algebra.multiply(self.element(expr.left, rows + j), self.element(expr.right, j + columns))

        return self.summed([split], summand)

    def contraction(self, eq: Contraction, indices: tuple[Index, ...]) -> Poly:
        """The sum of left × right over the index letters that the result has not."""
        left, right, result = eq.indices
        letters = sorted(set(left + right) - set(result))

        def summand(bound: tuple[Index, ...]) -> Poly:
            at = dict(zip((*result, *letters), indices + bound, strict=True))
            return self.algebra.multiply(self.value(eq.left, tuple(at[c] for c in left)), self.value(eq.right, tuple(at[c] for c in right)))

        return self.summed([self.split_of_letter(eq, letter) for letter in letters], summand)

    def total(self, expr: Expr, op: str = "sum") -> Poly:
        """The sum of all elements, or the logarithm of the sum of their exponentials."""
        if op == "logsumexp":
            return self.algebra.opaque("log", self.total(Apply("exp", expr)), ())
        splits = [self.split_of(expr, k) or self.any_split(size) for k, size in enumerate(self.axes(expr)) if size is not None]
        return self.summed(splits, lambda indices: self.element(expr, indices))

    def summed(self, splits: Sequence[Split], summand: Callable[[tuple[Index, ...]], Poly]) -> Poly:
        """The sum of ``summand`` over indices whose axes are split as given."""
        out: Poly = {}
        for choice in product(*map(in_blocks, splits)):
            indices = tuple((next(self.algebra.fresh), *block) for block in choice)
            found = summand(indices)
            for variable, size, _ in indices:
                found = self.algebra.bind(found, variable, size)
            out = add(out, found)
        return out

    def shifted(self, expr: Windows | Fold, indices: tuple[Index, ...]) -> Poly:
        """An element of windows of a matrix, or of their adjoint.

        A shift by d columns is a product with the constant matrix that has ones d columns off its diagonal.
        """
        row, column = indices
        size, half = self.axes(expr.arg)[1], expr.width // 2
        if size is None or len(size) != 1 or self.axes(expr.arg)[0] != (row[1],) * (expr.width if isinstance(expr, Fold) else 1):
            raise Misfit("windows of a matrix whose rows or columns are several sizes")
        if isinstance(expr, Windows):
            return self.moved(expr.arg, (row[0], row[1], ()), column, len(row[2]) - half)
        blocks = (self.moved(expr.arg, (row[0], row[1], (row[1],) * k), column, half - k) for k in range(expr.width))
        return add(*blocks)

    def moved(self, expr: Expr, row: Index, column: Index, shift: int) -> Poly:
        """The element ``shift`` columns to the right, 0 beyond the ends."""
        if not shift:
            return self.element(expr, (row, column))

        def summand(other: tuple[Index, ...]) -> Poly:
            pair = (column, *other) if shift > 0 else (*other, column)
            return self.algebra.multiply(element(f"constant|shift {abs(shift)}", pair), self.element(expr, (row, *other)))

        return self.summed([(column[1],)], summand)

    def stacked(self, parts: Sequence[Expr], index: Index) -> Poly:
        """An element of a concatenation: of the part in which the index lies for every size."""
        variable, size, offset = index
        start: Counter[str] = Counter()
        for part in parts:
            length = Counter(self.axes(part)[0])
            inside = Counter(offset) - start
            if start <= Counter(offset) and inside + Counter([size]) <= length:
                return self.element(part, ((variable, size, tuple(sorted(inside.elements()))),))
            start += length
        raise Misfit(f"a concatenation of {len(parts)} parts has no part of size {size} after {' + '.join(offset) or 'nothing'}")

    def part(self, expr: Expr, split: Shape, position: int, index: Index) -> Poly:
        """An element of one block of a stacked vector."""
        variable, size, offset = index
        before = [atom for block in split[:position] for atom in block]
        return self.element(expr, ((variable, size, tuple(sorted((*before, *offset)))),))
