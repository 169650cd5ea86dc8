"""Adjoints and tangents proved one equation at a time, for every size: what a value sends and gets through its direct uses.

The adjoint of a value is Σ over its uses u of (adjoint of u) × ∂u/∂value, by the chain rule; adjoints and tangents of other
values stand for themselves, as arrays of their own. Where all steps are proved, induction over the order of the equations
gives the derivative of the loss. The polynomials stay as small as the equations are, however long the cell is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from derivations.equations import Contraction, Equation, Pointwise, Program
from derivations.notation.tree import Apply, Name, Number, Ref, refs
from derivations.proofs.gradients.blocks import Split
from derivations.proofs.gradients.contraction import by_element
from derivations.proofs.gradients.differential import Differential, Substitution
from derivations.proofs.gradients.elements import Algebra, Index, Poly, add, element
from derivations.proofs.gradients.expansion import Expansion, label

DEEPEST = 4  # how many equations back the values in a formula are written out, if the formula does not agree before


class OneEquation:
    """The equations of a program and of its adjoints or tangents, with everything that a reader sees held fixed."""

    def __init__(self, given: Program, derived: Program) -> None:
        equations = (*given.equations, *derived.equations)
        self.given, self.derived, self.inline = given, derived, given.inline | derived.inline
        self.whole = Program(equations, {**given.shapes, **derived.shapes}, self.inline)
        self.algebra = Algebra()
        self.full = Expansion(self.algebra, equations, self.whole.shapes)
        self.dictated = dict(reversed([(place, split) for place, split in self.orders() if len(split) > 1]))

    def held(self, opened: Iterable[Ref]) -> Expansion:
        """The equations with every value held fixed that is shown and not ``opened``."""
        wanted = set(opened)
        own = [eq for eq in self.whole.equations if eq.target in wanted or eq.target.name in self.inline]
        found = Expansion(self.algebra, own, self.whole.shapes)
        found.splits = self.full.splits
        everything = dict.fromkeys(ref for eq in self.whole.equations for ref in (eq.target, *eq.operands))
        fixed = (ref for ref in everything if ref not in found.definition)
        places = ((ref, axis) for ref in fixed for axis in range(len(self.whole.shapes[ref.name])))
        found.given = {(ref, axis): split for ref, axis in places if (split := self.order(ref, axis))}
        return found

    def order(self, ref: Ref, axis: int) -> Split | None:
        """The order of blocks along an axis: what the equations dictate; an adjoint or tangent has that of its variable."""
        return self.dictated.get((ref.name.unmarked, axis)) or self.full.split_of_value(ref, axis)

    def orders(self) -> Iterator[tuple[tuple[Name, int], Split]]:
        """The orders of blocks that products dictate for the axes of what they multiply."""
        for eq in self.given.equations:
            if isinstance(eq, Contraction):
                for ref, letters in zip((eq.left, eq.right, eq.target), eq.indices, strict=True):
                    for axis, letter in enumerate(letters):
                        yield (ref.name.unmarked, axis), self.full.split_of_letter(eq, letter)

    def functions_of(self, argument: Ref) -> set[Ref]:
        """The values of functions at an argument: slopes are written in these."""
        return {eq.target for eq in self.whole.equations if isinstance(eq, Pointwise) and eq.expr == Apply(eq.function or "", argument)}

    def adjoint(self, of: Ref, seeds: Iterable[Ref], adjoints: Mapping[Ref, Ref], indices: tuple[Index, ...]) -> Poly:
        """Σ (adjoint of a use) × (what it computes) + Σ seed × value, differentiated by one element of the value."""
        expansion = self.held(())
        terms = [self.weighted(expansion, adjoints[eq.target], eq) for eq in self.uses(of)]
        terms += [self.product(expansion, seed, of) for seed in seeds]
        return Differential(self.algebra, by_element(label(of), indices))(add(*terms))

    def uses(self, of: Ref) -> Iterator[Equation]:
        """The shown equations in which a value stands."""
        return (eq for eq in self.given.shown if of in set(refs(self.given.written(eq))))

    def weighted(self, expansion: Expansion, adjoint: Ref, eq: Equation) -> Poly:
        def summand(indices: tuple[Index, ...]) -> Poly:
            return self.algebra.multiply(expansion.value(adjoint, indices), expansion.right_side(eq, indices))

        return expansion.summed(self.splits(eq.target), summand)

    def product(self, expansion: Expansion, seed: Ref, of: Ref) -> Poly:
        def summand(indices: tuple[Index, ...]) -> Poly:
            return self.algebra.multiply(expansion.value(seed, indices), expansion.value(of, indices))

        return expansion.summed(self.splits(of), summand)

    def splits(self, ref: Ref) -> list[tuple[str, ...]]:
        return [self.order(ref, axis) or self.full.any_split(size) for axis, size in enumerate(self.whole.shapes[ref.name])]

    def tangent(self, of: Ref, indices: tuple[Index, ...]) -> Poly:
        """The derivative of what one equation computes in the direction of the tangents of what it reads."""
        computed = self.given.definition[of]
        moving = {label(ref): label(dotted(ref)) for ref in refs(self.given.written(computed)) if not self.fixed(ref)}
        along = Differential(self.algebra, lambda name, formal: element(moving[name], formal) if name in moving else {})
        return along(self.held(()).right_side(computed, indices))

    def fixed(self, ref: Ref) -> bool:
        """Whether a value is said to have no tangent: that statement has a proof of its own."""
        said = self.derived.definition.get(dotted(ref))
        return isinstance(said, Pointwise) and said.expr == Number(Fraction(0))

    def sides(self, truth: Poly, target: Ref, indices: tuple[Index, ...], opened: set[Ref]) -> tuple[Poly, ...]:
        """The truth and the derived formula with values written out further and further back, until they agree."""
        for _ in range(DEEPEST):
            expansion = self.held(opened)
            found = self.opened(truth, expansion, opened), expansion.right_side(self.derived.definition[target], indices)
            if found[0] == found[1]:
                break
            opened = opened | self.read_by((target, *opened))
        return found

    def opened(self, poly: Poly, expansion: Expansion, opened: Iterable[Ref]) -> Poly:
        """A polynomial with the definitions of values in their place."""
        for ref in opened:
            poly = Substitution(self.algebra, label(ref), lambda indices, ref=ref: expansion.value(ref, indices))(poly)  # type: ignore[misc]
        return poly

    def read_by(self, targets: Iterable[Ref]) -> set[Ref]:
        """The values of the given program that stand in the formulas of some values."""
        written = (self.whole.written(self.whole.definition[target]) for target in targets)
        return {ref for expr in written for ref in refs(expr) if ref in self.given.definition and ref.name not in self.inline}


def dotted(ref: Ref) -> Ref:
    """The tangent of a value."""
    name: Name = ref.name.marked("dot")
    return Ref(name, ref.time)
