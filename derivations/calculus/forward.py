"""Forward mode: from a program to the program of its tangents."""

from __future__ import annotations

from fractions import Fraction

from derivations.calculus.building import Building
from derivations.calculus.local import partial
from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction
from derivations.notation.tree import Expr, Neg, Number, Product, Ref, Sum

ZERO = Number(Fraction(0))


def tangent_ref(ref: Ref) -> Ref:
    """The tangent of a value."""
    return Ref(ref.name.marked("dot"), ref.time)


def forward(program: Program) -> Program:
    """The tangent of every value of ``program``, in the order of computation; every leaf has a tangent of its own."""
    tangents = _Tangents(program)
    for eq in program.equations:
        tangents.collect(eq)
    return tangents.program()


class _Tangents(Building):
    def __init__(self, program: Program) -> None:
        super().__init__(program, "d")
        self.inline |= {name.marked("dot") for name in program.inline}
        self.shapes |= {name.marked("dot"): shape for name, shape in program.shapes.items()}
        self.fixed: set[Ref] = set()  # values that depend on nothing that moves

    def collect(self, eq: Equation) -> None:
        target = tangent_ref(eq.target)
        match eq:
            case Pointwise():
                slopes = [(u, partial(eq, u, self.function_value)) for u in eq.operands if u not in self.fixed]
                terms = [_times(slope, tangent_ref(u)) for u, slope in slopes if slope != ZERO]
                self.collected(eq, target, terms)
            case Contraction(left=left, right=right):
                terms = [] if left in self.fixed else [self.contraction(eq, tangent_ref(left), right)]
                terms += [] if right in self.fixed else [self.contraction(eq, left, tangent_ref(right))]
                self.collected(eq, target, terms)
            case Reduction(op="logsumexp"):
                weight = self.function_value("exp", self.difference(eq.operand, eq.target))
                product = self.temporary(self.given.shapes[eq.operand.name], eq.target.time)
                self.out.append(Pointwise(product, Product((weight, tangent_ref(eq.operand)))))
                self.out.append(Reduction(target, product))
            case Reduction():
                self.out.append(Reduction(target, self.moving(eq.operand)))
            case Layout():
                self.out.append(Layout(target, eq.op, tuple(self.moving(u) for u in eq.operands), eq.split, eq.index))

    def moving(self, ref: Ref) -> Ref:
        """The tangent of a value, also of one that does not move and that no reader sees: zeros."""
        if ref in self.fixed and ref.name in self.given.inline:
            self.fixed.discard(ref)
            self.out.append(Pointwise(tangent_ref(ref), ZERO))
        return tangent_ref(ref)

    def collected(self, eq: Equation, target: Ref, terms: list[Expr]) -> None:
        """The sum of the terms; of nothing, for a value that no reader sees, no equation."""
        if not terms:
            self.fixed.add(eq.target)
        if terms or eq.target.name not in self.given.inline:
            self.out.append(Pointwise(target, _total(terms)))

    def contraction(self, eq: Contraction, left: Ref, right: Ref) -> Expr:
        target = self.temporary(self.given.shapes[eq.target.name], eq.target.time)
        self.out.append(Contraction(target, left, right, eq.spec))
        return target


def _times(factor: Expr, tangent: Ref) -> Expr:
    """The factors of the derivative, then the tangent."""
    match factor:
        case Number(value=value) if value == 1:
            return tangent
        case Neg():
            return Neg(_times(factor.arg, tangent))
        case Product():
            return Product((*factor.factors, tangent))
        case _:
            return Product((factor, tangent))


def _total(terms: list[Expr]) -> Expr:
    return Sum(tuple(terms)) if len(terms) > 1 else terms[0] if terms else Number(Fraction(0))
