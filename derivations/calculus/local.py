"""Partial derivatives of one pointwise equation: SymPy differentiates, the author's order is put back.

SymPy sorts sums and products, so its result is read back into an expression whose factors stand in the order in which
the equation uses them, and whose sums begin with a term that is added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache

import sympy as sp

from derivations.equations import Pointwise
from derivations.errors import CellError
from derivations.functions import FUNCTIONS
from derivations.notation.tree import (
    Apply,
    Choice,
    Compare,
    Constant,
    Dimension,
    Expr,
    Identity,
    Neg,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    children,
)

Value = Callable[[str], sp.Expr]


class NotPointwise(TypeError):
    """An expression that is no scalar function of its operands."""


def partial(eq: Pointwise, operand: Ref, other: Callable[[str, Ref], Ref]) -> Expr:
    """The derivative of the right side of ``eq`` by one operand, entry by entry.

    A function is differentiated in terms of its own value, the target of ``eq``; ``other(fn, argument)`` gives the
    value of another function at the same argument where a derivative needs one.
    """
    symbols: dict[Expr, sp.Symbol] = {node: _symbol(index) for index, node in enumerate(_atoms(eq.expr))}
    own = _symbol(len(symbols))
    names: dict[sp.Symbol, Expr] = {symbol: node for node, symbol in symbols.items()}
    names[own] = eq.target
    if isinstance(eq.expr, Apply):
        assert isinstance(eq.expr.arg, Ref)

        def value(fn: str) -> sp.Expr:
            symbol = _symbol(len(names))
            names[symbol] = other(fn, operand)
            return symbol

        found = FUNCTIONS[eq.expr.fn].derivative(own, value, symbols[operand])
    elif operand not in symbols:  # only compared with something
        return Number(Fraction(0))
    else:
        found = sp.diff(scalar(eq.expr, symbols), symbols[operand])
    return readback(found, names)


def _atoms(expr: Expr) -> tuple[Expr, ...]:
    """What stands for itself in a derivative, in the order of use: operands, what is given, comparisons."""
    if isinstance(expr, Compare):
        return (expr,)
    if isinstance(expr, Choice):
        return tuple(dict.fromkeys((*(node for arg in expr.args for node in _atoms(arg)), chosen(expr))))
    if isinstance(expr, Ref | Constant | Dimension | Identity | Ones):
        return (expr,)
    return tuple(dict.fromkeys(node for child in children(expr) for node in _atoms(child)))


def chosen(expr: Choice) -> Expr:
    """The comparison that says whether the first of two values is taken."""
    if expr.fn == "where":
        return expr.args[0]
    left, right = expr.args
    return Compare(left, "≥" if expr.fn == "max" else "≤", right)


@cache
def _symbol(index: int) -> sp.Symbol:
    return sp.Symbol(f"v{index:03d}")


def scalar(expr: Expr, symbols: Mapping[Expr, sp.Expr]) -> sp.Expr:
    """One entry of a pointwise expression as a SymPy expression; a comparison is a number that nothing changes."""
    match expr:
        case Ref() | Constant() | Dimension() | Identity() | Ones() | Compare():
            return symbols[expr]
        case Choice():
            first = symbols[chosen(expr)]
            yes, no = (scalar(arg, symbols) for arg in expr.args[-2:])
            return first * yes + (1 - first) * no
        case Number():
            return sp.Rational(expr.value.numerator, expr.value.denominator)
        case Sum():
            return sp.Add(*(scalar(term, symbols) for term in expr.terms))
        case Product():
            return sp.Mul(*(scalar(factor, symbols) for factor in expr.factors))
        case Neg():
            return -scalar(expr.arg, symbols)
        case Quotient():
            return scalar(expr.num, symbols) / scalar(expr.den, symbols)
        case Power():
            return scalar(expr.base, symbols) ** sp.Rational(expr.exponent.numerator, expr.exponent.denominator)
        case _:
            raise NotPointwise(type(expr).__name__)


def readback(found: sp.Expr, names: Mapping[sp.Symbol, Expr]) -> Expr:
    """A SymPy expression as an expression in reading order; ``names`` are in the order of use."""
    order = {symbol: index for index, symbol in enumerate(names)}

    def first_use(part: sp.Expr) -> tuple[int, ...]:
        return tuple(sorted(order[s] for s in part.free_symbols))

    def read(part: sp.Expr) -> Expr:
        if part.is_Rational:
            value = Fraction(int(part.p), int(part.q))
            return Number(value) if value >= 0 else Neg(Number(-value))
        if part.is_Symbol:
            return names[part]
        if part.is_Add:
            return total(sorted(part.args, key=lambda term: (bool(term.could_extract_minus_sign()), first_use(term))))
        if part.is_Pow and part.exp.is_Rational:
            if part.exp.is_negative:
                return Quotient(Number(Fraction(1)), read(part.base**-part.exp))
            return Power(read(part.base), Fraction(int(part.exp.p), int(part.exp.q)))
        if part.is_Mul:
            return product(part)
        raise CellError(f"a derivative is {part}", hint="an equation divides by something that is 0 for every input")

    def total(terms: list[sp.Expr]) -> Expr:
        return Sum(tuple(Neg(read(-term)) if term.could_extract_minus_sign() else read(term) for term in terms))

    def product(part: sp.Expr) -> Expr:
        coefficient, rest = part.as_coeff_Mul()
        if coefficient.is_negative:
            return Neg(read(-part))
        num, den = sp.fraction(rest)
        factors = sorted(sp.Mul.make_args(num), key=lambda f: (f.is_Add, first_use(f)))
        read_factors = [read(f) for f in factors if f != 1]
        if coefficient != 1:
            read_factors.insert(0, read(coefficient))
        top = Number(Fraction(1)) if not read_factors else read_factors[0] if len(read_factors) == 1 else Product(tuple(read_factors))
        return top if den == 1 else Quotient(top, read(den))

    return read(sp.sympify(found))
