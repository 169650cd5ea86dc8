"""Steps entry by entry: what a product with a transposed matrix, a sum over gates, a column times a row means for one index."""

from __future__ import annotations

from derivations.calculus.families import indexed
from derivations.documents.context import Context
from derivations.documents.maths import OverGates
from derivations.documents.sizes_text import size_latex
from derivations.extent import shape_of
from derivations.notation.tree import (
    Constant,
    Diagonal,
    Dimension,
    Expr,
    MatMul,
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
    children,
)


class NoIndexForm(Exception):
    """An expression that is not written entry by entry."""


def index_form(context: Context, target: Ref, expr: Expr) -> str:
    """``(x̄_t)_j = Σ_k Σ_i (W_k)_{ij} (ā_{k,t})_i``; empty where it would only repeat the formula with an index."""
    if not _is_linear(expr):
        return ""
    rank = len(context.backward.shapes[target.name])
    index = ("", "j", "kl")[rank]
    if context.family and rank == 2 and context.family.index in index:
        index = "pq"
    try:
        terms = context.maths.gathered(expr.terms if isinstance(expr, Sum) else (expr,))
        shown = [_term(context, term, index) for term in terms]
    except NoIndexForm:
        return ""
    text = "".join((" - " if negative else " + " if k else "") + body for k, (negative, body) in enumerate(shown))
    return f"{_entry(context, target, index)} = {text.strip()}"


def _is_linear(expr: Expr) -> bool:
    terms = expr.terms if isinstance(expr, Sum) else (expr,)
    return any(isinstance(t.arg if isinstance(t, Neg) else t, MatMul | Part | Total) for t in terms)


def _term(context: Context, term: Expr | OverGates, index: str) -> tuple[bool, str]:
    entries = _Entries(context)
    if isinstance(term, OverGates):
        return False, rf"\sum_{{{term.index}}} {entries.at(term.expr, index)}"
    if isinstance(term, Neg):
        return True, entries.at(term.arg, index)
    return False, entries.at(term, index)


def _entry(context: Context, ref: Ref, index: str) -> str:
    if ref.name in context.scalars or not index:
        return context.maths.tex(ref)
    return rf"({context.maths.tex(ref)})_{{{index}}}"


class _Entries:
    """Single entries of expressions; one sum at a time, over i."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def rank(self, expr: Expr) -> int:
        """How many indices an entry has."""
        return len(shape_of(_of_first_gate(self.context, expr), self.context.backward.shapes))

    def at(self, expr: Expr, index: str) -> str:
        """One entry of an expression; a scalar has one entry whatever the index."""
        index = index if self.rank(expr) else ""
        match expr:
            case Ref():
                return _entry(self.context, expr, index)
            case Number() | Constant() | Dimension() if not index:
                return self.context.maths.tex(expr)
            case MatMul():
                return self.product(expr, index)
            case Transpose(arg=Ref() as inner) if len(index) == 2:
                return _entry(self.context, inner, index[::-1])
            case Product():
                factors = (f"({self.at(f, index)})" if isinstance(f, Sum) else self.at(f, index) for f in expr.factors)
                return r"\,".join(factors)
            case Sum():
                parts = [(isinstance(t, Neg), self.at(t.arg if isinstance(t, Neg) else t, index)) for t in expr.terms]
                return "".join((" - " if n else " + " if k else "") + text for k, (n, text) in enumerate(parts)).strip()
            case Part(arg=Ref() as stacked):
                before = "+".join(size_latex(size) for size in expr.split[: expr.index])
                return _entry(self.context, stacked, f"{before}+{index}" if before else index)
            case Total(op="sum") if self.is_simple(expr.arg):
                over = "i" if self.rank(expr.arg) == 1 else "ij"
                return rf"\sum_{{{over}}} {self.at(expr.arg, over)}" if len(over) > 1 else rf"\sum_i {self.at(expr.arg, over)}"
            case Power(base=Ref() as base) if expr.exponent.denominator == 1:
                return rf"{_entry(self.context, base, index)}^{{{expr.exponent}}}"
            case Quotient():
                return rf"\frac{{{self.at(expr.num, index)}}}{{{self.at(expr.den, index)}}}"
            case _:
                raise NoIndexForm

    def product(self, expr: MatMul, index: str) -> str:
        """One entry of a product of matrices and vectors."""
        left, right = expr.left, expr.right
        match left, right:
            case Diagonal(arg), _ if len(index) == 2:
                return rf"{self.at(arg, index[0])}\,{self.at(right, index)}"
            case _, Diagonal(arg) if len(index) == 2:
                return rf"{self.at(left, index)}\,{self.at(arg, index[1])}"
            case _, Transpose(arg) if self.rank(arg) == 1 and len(index) == 2:
                return rf"{self.at(left, index[0])}\,{self.at(arg, index[1])}"
            case _, Ones() if self.is_simple(left):
                return rf"\sum_i {self.at(left, index + 'i')}"
        if not (self.is_simple(left) and self.is_simple(right)):
            raise NoIndexForm
        row = isinstance(left, Transpose) and self.rank(left.arg) == 1
        first = self.at(left.arg, "i") if row and isinstance(left, Transpose) else self.at(left, index[:1] + "i")
        return rf"\sum_i {first}\,{self.at(right, 'i' + index[1:] if not row else 'i')}"

    def is_simple(self, expr: Expr) -> bool:
        """Whether nothing is summed in an expression."""
        return not isinstance(expr, MatMul | Total) and all(self.is_simple(child) for child in children(expr))


def _of_first_gate(context: Context, expr: Expr) -> Expr:
    """An expression with the letter of a gate in the place of the index, whose names have shapes."""
    return indexed(expr, context.family.index, context.family.letters[0]) if context.family else expr
