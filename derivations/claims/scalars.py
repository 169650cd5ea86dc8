"""Scalar expressions in the notation of cells as SymPy expressions over real symbols."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from derivations.errors import CellError
from derivations.functions import FUNCTIONS
from derivations.notation import name_unicode, read_expr
from derivations.notation.tree import Apply, Expr, Neg, Number, Power, Product, Quotient, Ref, Sum, Times


def scalar(text: str, symbols: Mapping[str, sp.Symbol] | None = None) -> sp.Expr:
    """An expression of scalars; a name is a real symbol, unless ``symbols`` says which symbol it is."""
    return _scalar(read_expr(text), symbols or {})


def _scalar(expr: Expr, symbols: Mapping[str, sp.Symbol]) -> sp.Expr:
    def go(node: Expr) -> sp.Expr:
        return _scalar(node, symbols)

    match expr:
        case Ref():
            name = name_unicode(expr.name, expr.time)
            return symbols.get(name, sp.Symbol(name, real=True))
        case Number():
            return sp.Rational(expr.value.numerator, expr.value.denominator)
        case Sum():
            return sp.Add(*map(go, expr.terms))
        case Neg():
            return -go(expr.arg)
        case Times():
            return go(expr.left) * go(expr.right)
        case Product():
            return sp.Mul(*map(go, expr.factors))
        case Quotient():
            return go(expr.num) / go(expr.den)
        case Power():
            return go(expr.base) ** sp.Rational(expr.exponent.numerator, expr.exponent.denominator)
        case Apply():
            return FUNCTIONS[expr.fn].definition(go(expr.arg))
        case _:
            raise CellError(f"{type(expr).__name__} is not an expression of scalars", hint="write it with + − × / and functions")


def is_zero(expr: sp.Expr) -> bool:
    """Whether an expression in exponentials is shown to be 0: written in exponentials, brought to one fraction, expanded."""
    numerator = sp.numer(sp.together(sp.sympify(expr).rewrite(sp.exp)))
    return bool(sp.expand(sp.powsimp(sp.expand(numerator, power_exp=True))) == 0 or sp.simplify(numerator) == 0)
