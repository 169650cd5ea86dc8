"""Forward mode: from a program to the program of its tangents."""

from __future__ import annotations

from fractions import Fraction

from derivations.calculus.building import Building
from derivations.calculus.local import partial
from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction
from derivations.notation.tree import Expr, Neg, Number, Product, Ref, Sum


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

    def collect(self, eq: Equation) -> None:
        target = tangent_ref(eq.target)
        match eq:
            case Pointwise():
                terms = [_times(partial(eq, u, self.function_value), tangent_ref(u)) for u in eq.operands]
                self.out.append(Pointwise(target, _total(terms)))
            case Contraction(left=left, right=right):
                terms = [self.contraction(eq, tangent_ref(left), right), self.contraction(eq, left, tangent_ref(right))]
                self.out.append(Pointwise(target, _total(terms)))
            case Reduction():
                self.out.append(Reduction(target, tangent_ref(eq.operand)))
            case Layout():
                self.out.append(Layout(target, eq.op, tuple(tangent_ref(u) for u in eq.operands), eq.split, eq.index))

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
