"""The four kinds of equation, and lists of them.

A list of equations is closed under differentiation: gradients, tangents and second derivatives are lists of the same
four kinds (``derivations.calculus``), so one machine differentiates, prints, proves and generates code for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from derivations.notation.tree import (
    Apply,
    Concat,
    Diagonal,
    Expr,
    Fold,
    MatMul,
    Name,
    Ones,
    Part,
    Product,
    Ref,
    Sum,
    Total,
    Transpose,
    Windows,
    rebuild,
    refs,
)
from derivations.sizes import Shape


@dataclass(frozen=True, slots=True)
class Pointwise:
    """One scalar expression applied to every entry; scalar operands broadcast."""

    target: Ref
    expr: Expr

    @property
    def operands(self) -> tuple[Ref, ...]:
        """The operands, each once, in the order of first use."""
        return tuple(dict.fromkeys(refs(self.expr)))

    @property
    def function(self) -> str | None:
        """The name of the function, if the equation is one function of one operand."""
        return self.expr.fn if isinstance(self.expr, Apply) else None


@dataclass(frozen=True, slots=True)
class Contraction:
    """A product of two operands, summed over the indices that the result has not; ``spec`` as in einsum: ``ij,j->i``."""

    target: Ref
    left: Ref
    right: Ref
    spec: str

    @property
    def operands(self) -> tuple[Ref, ...]:
        return (self.left, self.right)

    @property
    def indices(self) -> tuple[str, str, str]:
        """Index letters of the left operand, the right operand and the result."""
        operands, result = self.spec.split("->")
        left, right = operands.split(",")
        return left, right, result


@dataclass(frozen=True, slots=True)
class Reduction:
    """All entries brought down to one number: their sum, the adjoint of broadcasting, or the log of the sum of their exponentials."""

    target: Ref
    operand: Ref
    op: Literal["sum", "logsumexp"] = "sum"

    @property
    def operands(self) -> tuple[Ref, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Layout:
    """Relabelling without arithmetic.

    ``concat``: the operands below each other; ``part``: the entries of the operand that come from operand ``index`` of
    a concatenation of vectors of the sizes ``split``; ``transpose``; ``windows``: the columns of a matrix and their
    neighbours, ``index`` of them, below each other, 0 beyond the ends; ``fold``: its adjoint.
    """

    target: Ref
    op: Literal["concat", "part", "transpose", "windows", "fold"]
    operands: tuple[Ref, ...]
    split: Shape = ()
    index: int = 0


Equation: TypeAlias = Pointwise | Contraction | Reduction | Layout


@dataclass(frozen=True)
class Program:
    """Equations in the order of computation, with the shape of every name.

    ``inline`` names values that are never shown: printers put their defining expression in their place.
    """

    equations: tuple[Equation, ...]
    shapes: Mapping[Name, Shape]
    inline: frozenset[Name] = frozenset()

    @cached_property
    def definition(self) -> dict[Ref, Equation]:
        """The equation that gives each value."""
        return {eq.target: eq for eq in self.equations}

    @property
    def shown(self) -> Iterator[Equation]:
        """The equations that a reader sees."""
        return (eq for eq in self.equations if eq.target.name not in self.inline)

    def uses(self, ref: Ref) -> tuple[Equation, ...]:
        """The equations that read a value, in order."""
        return tuple(eq for eq in self.equations if ref in eq.operands)

    def written(self, eq: Equation) -> Expr:
        """The right side as one expression, with inline values written out."""
        return self._inlined(as_expr(eq, self.shapes))

    def _inlined(self, expr: Expr) -> Expr:
        if isinstance(expr, Ref):
            return self.written(self.definition[expr]) if expr.name in self.inline else expr
        if isinstance(expr, Sum):
            return Sum(tuple(term for part in expr.terms for term in self._terms(part)))
        return rebuild(expr, self._inlined)

    def _terms(self, expr: Expr) -> tuple[Expr, ...]:
        """The terms that one term of a sum stands for: those of an inline sum join it without brackets."""
        written = self._inlined(expr)
        return written.terms if isinstance(expr, Ref) and isinstance(written, Sum) else (written,)


def inline_name(label: str) -> Name:
    """A name for a value that is never shown. No author can write it: a label of the notation does not begin with "_"."""
    return Name("inline", sub=f"_{label}")


def as_expr(eq: Equation, shapes: Mapping[Name, Shape]) -> Expr:
    """The right side of one equation as an expression for printers."""
    match eq:
        case Pointwise():
            return eq.expr
        case Reduction():
            return Total(eq.operand, eq.op)
        case Layout(op="concat"):
            return Concat(eq.operands)
        case Layout(op="part"):
            return Part(eq.operands[0], eq.split, eq.index)
        case Layout(op="windows"):
            return Windows(eq.operands[0], eq.index)
        case Layout(op="fold"):
            return Fold(eq.operands[0], eq.index)
        case Layout():
            return Transpose(eq.operands[0])
        case Contraction():
            return _product(eq, shapes)


def _product(eq: Contraction, shapes: Mapping[Name, Shape]) -> Expr:
    """A contraction as a product of matrices and vectors, transposed where its indices say so."""
    left, right, result = eq.indices
    shared = set(left) & set(right)
    if not shared:  # u vᵀ or v uᵀ
        return MatMul(eq.left, Transpose(eq.right)) if result == left + right else MatMul(eq.right, Transpose(eq.left))
    if len(shared) == 2:  # of the entrywise product the rows or the columns are summed
        whole = Product((eq.left, eq.right))
        rows = result == left[0]
        return MatMul(whole if rows else Transpose(whole), Ones(shapes[eq.left.name][1 if rows else 0]))
    (index,) = shared
    if index in result:  # the rows or the columns of a matrix, each times an entry of a vector
        vector, matrix = (eq.left, eq.right) if len(left) == 1 else (eq.right, eq.left)
        return MatMul(Diagonal(vector), matrix) if result[0] == index else MatMul(matrix, Diagonal(vector))
    first: Expr = Transpose(eq.left) if left[0] == index else eq.left
    second: Expr = Transpose(eq.right) if len(right) == 2 and right[1] == index else eq.right
    return MatMul(first, second)
