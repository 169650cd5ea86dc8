"""Steps entry by entry: what a product with a transposed matrix, a sum over gates, a column times a row means for one index."""

from __future__ import annotations

from derivations.documents.context import Context
from derivations.documents.maths import OverGates
from derivations.documents.sizes_text import size_latex
from derivations.notation.tree import Expr, MatMul, Neg, Number, Part, Power, Product, Quotient, Ref, Sum, Total, Transpose


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
    if isinstance(term, OverGates):
        return False, rf"\sum_{{{term.index}}} {_at(context, term.expr, index)}"
    if isinstance(term, Neg):
        return True, _at(context, term.arg, index)
    return False, _at(context, term, index)


def _entry(context: Context, ref: Ref, index: str) -> str:
    if ref.name in context.scalars or not index:
        return context.maths.tex(ref)
    return rf"({context.maths.tex(ref)})_{{{index}}}"


def _at(context: Context, expr: Expr, index: str) -> str:
    """One entry of an expression."""
    match expr:
        case Ref():
            return _entry(context, expr, index)
        case Number():
            return context.maths.tex(expr)
        case MatMul(left=Transpose(arg=Ref() as matrix), right=right):
            return rf"\sum_i {_entry(context, matrix, 'i' + index)}\,{_at(context, right, 'i')}"
        case MatMul(left=Ref() as column, right=Transpose(arg=Ref() as row)) if len(index) == 2:
            return rf"{_entry(context, column, index[0])}\,{_entry(context, row, index[1])}"
        case Product():
            return r"\,".join(f"({_at(context, f, index)})" if isinstance(f, Sum) else _at(context, f, index) for f in expr.factors)
        case Sum():
            parts = [(isinstance(t, Neg), _at(context, t.arg if isinstance(t, Neg) else t, index)) for t in expr.terms]
            return "".join((" - " if n else " + " if k else "") + text for k, (n, text) in enumerate(parts)).strip()
        case Part(arg=Ref() as stacked):
            before = "+".join(size_latex(size) for size in expr.split[: expr.index])
            return _entry(context, stacked, f"{before}+{index}" if before else index)
        case Total():
            return rf"\sum_i {_at(context, expr.arg, 'i')}"
        case Power(base=Ref() as base):
            return rf"{_entry(context, base, index)}^{{{expr.exponent}}}"
        case Quotient():
            return rf"\frac{{{_at(context, expr.num, index)}}}{{{_at(context, expr.den, index)}}}"
        case _:
            raise NoIndexForm
