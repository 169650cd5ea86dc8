"""Expressions for a batch: vectors become matrices whose rows are sequences, and products turn round."""

from __future__ import annotations

from dataclasses import replace

from derivations.documents.context import Context
from derivations.documents.model import Math
from derivations.notation.tree import (
    Concat,
    Diagonal,
    Expr,
    Fold,
    Identity,
    MatMul,
    Name,
    Neg,
    Ones,
    Part,
    Product,
    Ref,
    Sum,
    Total,
    Transpose,
    Windows,
    children,
    rebuild,
)

NOT_TURNED = (Total, Part, Concat, Diagonal, Ones, Identity, Windows, Fold)


class Batch:
    """Turns the equations of one cell round."""

    ones = Ref(Name("ones"))  # a vector of ones, one for each sequence

    def __init__(self, context: Context) -> None:
        self.context = context
        names = [name for name in context.backward.shapes if name not in context.backward.inline]
        self.parameters = set(context.cell.parameters) | set(context.cell.constants)
        timed = {ref.name for eq in context.backward.equations for ref in (eq.target, *eq.operands) if ref.time is not None}
        timed |= {eq.target.name for eq in context.forward.equations if eq.target.time is not None}
        self.vectors = {name for name in names if len(context.backward.shapes[name]) == 1 and (name in timed or name in self.parameters)}
        dated = {n.unmarked for n in self.vectors} - self.parameters
        bases = {name.base for name in names}
        self.capital = all(len(n.base) == 1 and n.base.islower() and n.base.upper() not in bases for n in dated)

    @property
    def sample(self) -> Math:
        """The matrices of the first input and the first state."""
        inputs, states = ([n for n in found if n in self.vectors] for found in (self.context.cell.inputs, self.context.cell.states))
        first = [Ref(n, 0) for n in (*inputs[:1], *states[:1])] or [Ref(n, 0) for n in self.context.cell.assigned if n in self.vectors][:1]
        return Math(", ".join(self.tex(self.turned(ref)) for ref in first))

    def tex(self, expr: Expr) -> str:
        """An expression that is turned already."""
        return self.context.maths.tex(expr).replace(r"\mathrm{ones}", r"\E")

    def pieces(self, expr: Expr) -> str:
        """A right side for the batch, the sums over gates kept."""
        return " ".join(self.context.maths.pieces(self.turned(expr))).replace(r"\mathrm{ones}", r"\E")

    def name(self, name: Name) -> Name:
        """The matrix whose rows are a vector of every sequence."""
        if name.unmarked in self.parameters or name not in self.vectors:
            return name
        return replace(name, base=name.base.upper()) if self.capital else replace(name, accents=("underline", *name.accents))

    def turned(self, expr: Expr) -> Expr:
        """``W x`` becomes ``X Wᵀ``, ``Wᵀ ā`` becomes ``Ā W``, ``ā xᵀ`` becomes ``Āᵀ X``, a bias a row in every row."""
        match expr:
            case Ref():
                return replace(expr, name=self.name(expr.name))
            case MatMul(left=Ref() as left, right=Transpose(arg=Ref() as right)) if left.name in self.vectors:
                return MatMul(Transpose(self.turned(left)), self.turned(right))
            case MatMul(left=Transpose(arg=matrix)):
                return MatMul(self.turned(expr.right), matrix)
            case MatMul():
                return MatMul(self.turned(expr.right), Transpose(expr.left))
            case Sum():
                return Sum(tuple(self._term(term) for term in expr.terms))
            case _:
                return rebuild(expr, self.turned)

    def _term(self, term: Expr) -> Expr:
        if isinstance(term, Ref) and term.name in self.parameters and term.name in self.vectors:
            return MatMul(self.ones, Transpose(term))
        return Neg(self._term(term.arg)) if isinstance(term, Neg) else self.turned(term)


def is_plain(context: Context, expr: Expr) -> bool:
    """Whether the form for a batch is only a matter of turning products round: values are vectors, matrices are given."""
    shapes = context.backward.shapes
    if isinstance(expr, NOT_TURNED):
        return False
    if isinstance(expr, Ref):
        rank = len(shapes[expr.name])
        return rank == 1 if expr.time is not None else not expr.name.marks and (rank == 2 or expr.name in context.cell.parameters)
    if isinstance(expr, Product) and any(isinstance(f, Ref) and f.time is None and len(shapes[f.name]) == 1 for f in expr.factors):
        return False
    return all(is_plain(context, child) for child in children(expr))
