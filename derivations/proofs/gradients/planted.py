"""Planted errors: every derived gradient equation changed in one place, in every way that people get gradients wrong.

Signs, dropped terms and factors, 1 − f for f, coefficients, exponents, operands, the time of a state, transposed matrices, blocks of
a concatenation. Each mutant has to be refuted, or be proved to be no error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction, inline_name
from derivations.notation import unicode
from derivations.notation.tree import Expr, Neg, Number, Power, Product, Quotient, Ref, Sum, children, rebuild
from derivations.proofs.gradients.comparison import Gradient
from derivations.proofs.gradients.contraction import claims, products_if_equal, truth
from derivations.proofs.gradients.counterexample import differ
from derivations.proofs.gradients.elements import Index, Poly, Unwritten
from derivations.proofs.gradients.every_size import outer_seeds
from derivations.proofs.gradients.expansion import Expansion
from derivations.proofs.gradients.one_equation import OneEquation

if TYPE_CHECKING:
    from derivations.calculus import Derivation
    from derivations.calculus.reverse import Adjoint

TWO = Number(Fraction(2))
PLANTED = inline_name("planted")  # what an equation computed before a factor was planted


@dataclass(frozen=True, slots=True)
class Score:
    """How many planted errors there were, and what became of them."""

    refuted: int
    equivalent: tuple[str, ...]  # proved to be no error
    missed: tuple[str, ...]

    def __str__(self) -> str:
        planted = self.refuted + len(self.missed)
        return f"{self.refuted} of {planted} planted errors refuted; {len(self.equivalent)} more changes proved to change nothing"


def mutants(derivation: Derivation) -> Iterator[tuple[str, Derivation]]:
    """Every derivation with one change in one equation, with a description of the change."""
    program = derivation.backward
    for at, eq in enumerate(program.equations):
        for wrong in dict.fromkeys(changed(eq, program, derivation.forward)):
            if wrong == (eq,):
                continue
            equations = (*program.equations[:at], *wrong, *program.equations[at + 1 :])
            shapes = {**program.shapes, PLANTED: program.shapes[eq.target.name]}
            planted = Program(equations, shapes, program.inline | {PLANTED})
            description = f"{shown(program, eq.target)}  →  {shown(planted, eq.target)}"
            yield description, replace(derivation, reverse=replace(derivation.reverse, program=planted))


def shown(program: Program, target: Ref) -> str:
    """The equation of a value as a reader sees it; for an inline value, the one in which it stands."""
    while target.name in program.inline:
        target = program.uses(target)[0].target
    return f"{unicode(target)} = {unicode(program.written(program.definition[target]))}"


def changed(eq: Equation, backward: Program, forward: Program) -> Iterator[tuple[Equation, ...]]:
    """An equation with one change; a product of matrices that gets a factor becomes two equations."""
    other = Operands(eq, backward, forward)
    if isinstance(eq, Pointwise):
        for expr in (Neg(eq.expr), Product((TWO, eq.expr)), *expressions(eq.expr, other)):
            yield (replace(eq, expr=expr),)
        return
    value = Ref(PLANTED, eq.target.time)
    for expr in (Neg(value), Product((TWO, value))):
        yield replace(eq, target=value), Pointwise(eq.target, expr)
    yield from ((wrong,) for wrong in rearranged(eq, other))


def rearranged(eq: Contraction | Reduction | Layout, other: Operands) -> Iterator[Equation]:
    """An equation that is not pointwise with another operand, a transposed matrix or another block."""
    match eq:
        case Contraction():
            yield from (replace(eq, left=ref) for ref in other.like(eq.left))
            yield from (replace(eq, right=ref) for ref in other.like(eq.right))
            yield from transposed(eq, other)
        case Reduction():
            yield from (replace(eq, operand=ref) for ref in other.like(eq.operand))
        case Layout():
            for k, operand in enumerate(eq.operands):
                yield from (replace(eq, operands=(*eq.operands[:k], ref, *eq.operands[k + 1 :])) for ref in other.like(operand))
            if eq.op == "part":
                same = (k for k, size in enumerate(eq.split) if size == eq.split[eq.index] and k != eq.index)
                yield from (replace(eq, index=k) for k in same)


def transposed(eq: Contraction, other: Operands) -> Iterator[Contraction]:
    """A square matrix transposed, among the operands or as the result."""
    left, right, result = eq.indices
    if other.square(eq.left):
        yield replace(eq, spec=f"{left[::-1]},{right}->{result}")
    if other.square(eq.right):
        yield replace(eq, spec=f"{left},{right[::-1]}->{result}")
    if other.square(eq.target):
        yield replace(eq, spec=f"{left},{right}->{result[::-1]}")


def expressions(expr: Expr, other: Operands) -> Iterator[Expr]:
    """A pointwise expression with one change at its top or somewhere within."""
    match expr:
        case Ref():
            yield from other.like(expr)
        case Number():
            yield Number(expr.value + 1)
        case Sum(terms=(Number(), Neg(arg=arg))):  # 1 − f
            yield arg
            yield expr.terms[1]
            yield Sum((expr.terms[0], arg))
        case Sum(terms=terms):
            for k, term in enumerate(terms):
                before, after = terms[:k], terms[k + 1 :]
                yield Sum((*before, term.arg if isinstance(term, Neg) else Neg(term), *after))
                yield Sum((*before, Product((TWO, term)), *after))
                yield before[0] if len(before + after) == 1 and before else after[0] if len(before + after) == 1 else Sum(before + after)
        case Product(factors=factors):
            for k in range(len(factors)):
                rest = factors[:k] + factors[k + 1 :]
                yield rest[0] if len(rest) == 1 else Product(rest)
        case Power(base=base, exponent=exponent):
            yield base
            yield Power(base, exponent + 1)
        case Quotient(num=num):
            yield num
        case Neg(arg=arg):
            yield arg
    for k, child in enumerate(children(expr)):
        for wrong in expressions(child, other):
            yield with_child(expr, k, wrong)


def with_child(expr: Expr, position: int, child: Expr) -> Expr:
    """An expression with one direct subexpression replaced."""
    new = iter([child if k == position else old for k, old in enumerate(children(expr))])
    return rebuild(expr, lambda _: next(new))


class Operands:
    """What could stand by mistake in the place of an operand."""

    def __init__(self, eq: Equation, backward: Program, forward: Program) -> None:
        computed = [e.target for e in (*forward.equations, *backward.equations)]
        self.known = computed[: computed.index(eq.target)]
        self.known += [ref for e in (*forward.equations, *backward.equations) for ref in e.operands if ref not in computed]
        self.known = [ref for ref in dict.fromkeys(self.known) if ref.name not in backward.inline]
        self.shapes = backward.shapes

    def like(self, ref: Ref) -> tuple[Ref, ...]:
        """The same name at another time, and the next value of the same shape."""
        alike = [other for other in self.known if self.shapes[other.name] == self.shapes[ref.name] and other != ref]
        later = [other for other in alike if ref in self.known and self.known.index(other) > self.known.index(ref)]
        other_time = [other for other in alike if other.name == ref.name]
        return tuple(dict.fromkeys((*other_time, *(later or alike)[:1])))

    def square(self, ref: Ref) -> bool:
        """Whether a matrix can be transposed without a clash of shapes."""
        shape = self.shapes[ref.name]
        return len(shape) == 2 and shape[0] == shape[1]


def first_wrong(mutant: Derivation) -> Gradient | None:
    """The first gradient that a mutant gets wrong, by its elements; None if it is proved to get all right."""
    whole, single = claims(mutant, mutant.backward), OneEquation(mutant.forward, mutant.backward)
    for adjoint in mutant.reverse.adjoints:
        if not (_right_in_the_loss(mutant, adjoint, whole) or _right_by_its_uses(mutant, adjoint, single)):
            return Gradient(mutant, adjoint.of, adjoint.target)
    return None


def _right_in_the_loss(mutant: Derivation, adjoint: Adjoint, whole: Expansion) -> bool:
    known = truth(mutant.cell)
    ways = known.elements(mutant.backward.shapes[adjoint.target.name])
    try:
        return products_if_equal(ways, lambda i: (known.gradient(adjoint.of, i), whole.value(adjoint.target, i))) is not None
    except Unwritten:
        return False


def _right_by_its_uses(mutant: Derivation, adjoint: Adjoint, single: OneEquation) -> bool:
    """Whether an adjoint is right if all those before it are, as it is for a cell that is too long for the loss."""
    targets = {other.of: other.target for other in mutant.reverse.adjoints}
    ways = truth(mutant.cell).elements(mutant.backward.shapes[adjoint.target.name])
    seeds = outer_seeds(mutant.cell, adjoint.of)

    def sides(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        true = single.adjoint(adjoint.of, seeds, targets, indices)
        return single.sides(true, adjoint.target, indices, single.functions_of(adjoint.of))

    try:
        return products_if_equal(ways, sides) is not None
    except Unwritten:
        return False


def score(derivation: Derivation) -> Score:
    """Plant every error, and see which are refuted: by the forms of the elements, and by numbers on which both sides differ."""
    refuted, equivalent, missed = 0, [], []
    for description, mutant in mutants(derivation):
        wrong = first_wrong(mutant)
        if wrong is None:
            equivalent.append(description)
        elif differ(wrong):
            refuted += 1
        else:
            missed.append(description)
    return Score(refuted, tuple(equivalent), tuple(missed))
