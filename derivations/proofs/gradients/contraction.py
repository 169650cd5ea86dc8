"""Gradients proved for every size: the loss in elements, differentiated by an element, deltas contracted.

The truth is Σ (what reaches an output from outside) × (output), summed over all elements of all outputs, written out from
the author's equations. Adjoints are linear in what reaches the outputs, so this loss stands for every loss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from derivations.cell import Cell
from derivations.equations import Program
from derivations.notation.tree import Name, Ref
from derivations.proofs.gradients.blocks import Misfit, in_blocks
from derivations.proofs.gradients.differential import Differential, Substitution
from derivations.proofs.gradients.elements import Algebra, Index, Poly, add, constant, delta, element
from derivations.proofs.gradients.expansion import Expansion, label
from derivations.proofs.step import leaves, seeds
from derivations.sizes import Shape

if TYPE_CHECKING:
    from derivations.calculus import Derivation

Elements: TypeAlias = tuple[tuple[Index, ...], ...]

MOST_FORMED = 10_000  # products formed for one gradient, less than a second; all of an LSTM take 7,000
FIRST_INDEX = -101  # the free indices of the element by which is differentiated: -101, -102


class Truth:
    """What the author's equations say, in elements; every derivation of the cell is judged by it."""

    def __init__(self, cell: Cell) -> None:
        self.cell, self.algebra = cell, Algebra(most=MOST_FORMED)
        self.shapes = dict(cell.program.shapes)
        for name in cell.outputs:
            self.shapes |= {seed.name: cell.shapes[name] for seed in seeds(cell, name)}
        self.author = Expansion(self.algebra, cell.equations, self.shapes)
        self.lowered = Expansion(self.algebra, cell.program.equations, self.shapes)
        self.gradients: dict[tuple[Ref, tuple[Index, ...]], Poly] = {}

    def with_the_others_held(self, target: Ref) -> tuple[Expansion, Expansion]:
        """The author's equations and the lowered ones, with every value that the author names but ``target`` held fixed."""
        own = Algebra()
        held = {eq.target for eq in self.cell.equations} - {target}
        found = []
        for full in (self.author, self.lowered):
            one = Expansion(own, [eq for eq in full.definition.values() if eq.target not in held], self.shapes)
            one.splits = full.splits
            places = ((ref, axis) for ref in held for axis in range(len(self.shapes[ref.name])))
            one.given = {(ref, axis): split for ref, axis in places if (split := self.author.split_of_value(ref, axis))}
            found.append(one)
        return found[0], found[1]

    def loss(self, expansion: Expansion) -> Poly:
        """Σ seed × output over all elements of all outputs."""
        terms = []
        for name in self.cell.outputs:
            axes = [expansion.split_of(Ref(name, 0), axis) or size for axis, size in enumerate(self.shapes[name])]
            for seed in seeds(self.cell, name):
                terms.append(expansion.summed(axes, lambda i, n=name, s=seed: self.weighted(expansion, n, s, i)))  # type: ignore[misc]
        return add(*terms)

    def weighted(self, expansion: Expansion, name: Name, seed: Ref, indices: tuple[Index, ...]) -> Poly:
        return self.algebra.multiply(expansion.value(seed, indices), expansion.value(Ref(name, 0), indices))

    def gradient(self, ref: Ref, indices: tuple[Index, ...]) -> Poly:
        """The derivative of the loss by one element of a variable.

        A value that is computed is first held fixed, so that only its uses count, and put in afterwards. The values
        that the lowering names have no other definition than in the lowered equations.
        """
        if (ref, indices) not in self.gradients:
            full = self.author if ref in self.author.definition or ref not in self.lowered.definition else self.lowered
            free = full.holding(ref) if ref in full.definition else full
            found = Differential(self.algebra, by_element(label(ref), indices))(self.loss(free))
            self.gradients[ref, indices] = found if free is full else self.put_back(found, ref, full)
        return self.gradients[ref, indices]

    def tangent(self, ref: Ref, indices: tuple[Index, ...]) -> Poly:
        """The derivative of a value in the direction of the tangents of everything that the step reads: Σ ∂v/∂u · u̇."""
        moving = {label(read): label(Ref(read.name.marked("dot"), read.time)) for read in leaves(self.cell)}
        expansion = self.author if ref in self.author.definition else self.lowered
        along = Differential(self.algebra, lambda name, formal: element(moving[name], formal) if name in moving else {})
        return along(expansion.value(ref, indices))

    def put_back(self, poly: Poly, ref: Ref, full: Expansion) -> Poly:
        """The definition of a value in the place of the value that was held fixed."""
        return Substitution(self.algebra, label(ref), lambda indices: full.value(ref, indices))(poly)

    def elements(self, shape: Shape) -> Iterator[Elements]:
        """The indices of an array, one for each combination of blocks, for each way to split its axes that occurs in the cell."""
        ways = [[split for split in (*self.author.splits, size) if tuple(sorted(split)) == size] for size in shape]
        for splits in product(*map(dict.fromkeys, ways)):
            choices = product(*map(in_blocks, splits))
            yield tuple(tuple((FIRST_INDEX - axis, *block) for axis, block in enumerate(choice)) for choice in choices)


def by_element(name: str, indices: tuple[Index, ...]) -> Callable[[str, tuple[Index, ...]], Poly]:
    """The derivative of the elements of arrays by one element of the array ``name``: a product of deltas, or 0."""

    def of_element(other: str, formal: tuple[Index, ...]) -> Poly:
        if other != name or any(_disjoint(i, j) for i, j in zip(formal, indices, strict=True)):
            return {}
        if any(i[1:] != j[1:] for i, j in zip(formal, indices, strict=True)):
            raise Misfit(f"{name.split('|')[0]} is split into blocks in two ways")
        found = constant(1)
        for i, j in zip(formal, indices, strict=True):
            found = {((), next(iter(found))[1] + next(iter(delta(i, j)))[1]): 1}
        return found

    return of_element


def _disjoint(i: Index, j: Index) -> bool:
    """Whether two blocks of an axis have no entry in common, for every size."""
    return any(not Counter([*a[2], a[1]]) - Counter(b[2]) for a, b in ((i, j), (j, i)))


def truth(cell: Cell) -> Truth:
    """The author's equations of a cell in elements, with leave to form as many products as one proof may."""
    found = _truth(cell)
    if found.algebra.spent < MOST_FORMED:  # else the cell is too long for it: no later proof tries again
        found.algebra.spent = 0
    return found


@lru_cache(maxsize=64)
def _truth(cell: Cell) -> Truth:
    return Truth(cell)


def claims(derivation: Derivation, *programs: Program) -> Expansion:
    """What derived equations compute, in the elements of the truth about their cell."""
    known = truth(derivation.cell)
    equations = [eq for program in (derivation.forward, *programs) for eq in program.equations]
    shapes = {name: shape for program in programs for name, shape in program.shapes.items()}
    return Expansion(known.algebra, equations, {**known.shapes, **shapes})


def products_if_equal(ways: Iterable[Elements], sides: Callable[[tuple[Index, ...]], tuple[Poly, ...]]) -> int | None:
    """How many products equal arrays have in their elements; None if two of the sides differ.

    ``ways`` are the ways to split the axes into blocks; raises ``Misfit`` if no way fits all sides.
    """
    misfit = Misfit("no elements")
    for elements in ways:
        try:
            found = [sides(indices) for indices in elements]
        except Misfit as error:
            misfit = error
            continue
        return sum(len(first) for first, *_ in found) if all(first == other for first, *rest in found for other in rest) else None
    raise misfit
