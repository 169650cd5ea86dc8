"""Expressions as people write them: numbers in front, one fraction instead of a factor 1/n, no minus sign inside a sum of entries.

Only what is printed changes; equations are differentiated, proved and evaluated as they are.
"""

from __future__ import annotations

from fractions import Fraction

from derivations.notation.printing import Scalars, is_scalar
from derivations.notation.tree import Choice, Compare, Expr, Neg, Number, Product, Quotient, Ref, Sum, Total, rebuild

EXTREMES = {"≥": "max", "≤": "min"}
ONE = Number(Fraction(1))


def tidy(expr: Expr, scalars: Scalars) -> Expr:
    """The same value in the order in which it is read."""
    if isinstance(expr, Ref):
        return expr
    built = rebuild(expr, lambda child: tidy(child, scalars))
    match built:
        case Product():
            return _product(built, scalars)
        case Sum(terms=(Product() as first, Product() as second)):
            return _extreme(first, second) or built
        case Quotient(num=num) if _is_fraction(num):
            return _product(Product((num, Quotient(ONE, built.den))), scalars)
        case Quotient(num=Product(factors)) if any(map(_is_fraction, factors)):
            return _product(Product((*factors, Quotient(ONE, built.den))), scalars)
        case Quotient(num=Quotient(arg, Number() as number)) if not number.text:
            return Quotient(arg, Product((number, built.den)))
        case Quotient(num=Neg(arg)):
            return Neg(Quotient(arg, built.den))
        case Total(arg=Neg(arg), op="sum"):
            return Neg(tidy(Total(arg), scalars))
        case Total(arg=Quotient(num, den), op="sum") if is_scalar(den, scalars):
            return Quotient(tidy(Total(num), scalars), den)
        case _:
            return built


def _extreme(first: Product, second: Product) -> Expr | None:
    """``u 𝟏[u ≥ v] + v (1 − 𝟏[u ≥ v])`` is ``max(u, v)``."""
    holds = next((f for f in first.factors if isinstance(f, Compare) and f.op in EXTREMES), None)
    if holds is None:
        return None
    fails = Sum((ONE, Neg(holds)))
    taken = _times([f for f in first.factors if f != holds])
    other = _times([f for f in second.factors if f != fails])
    if fails not in second.factors or (taken, other) != (holds.left, holds.right):
        return None
    return Choice(EXTREMES[holds.op], (taken, other))


def _product(expr: Product, scalars: Scalars) -> Expr:
    """Factors with signs and denominators gathered; in front of an adjoint what is a number."""
    negative = False
    below: list[Expr] = []
    above: list[Expr] = []
    for factor in expr.factors:
        while isinstance(factor, Neg):
            negative, factor = not negative, factor.arg
        if isinstance(factor, Quotient) and factor.num == ONE:
            below.append(factor.den)
        else:
            above.append(factor)
    number = Fraction(1)
    if below or any(map(_is_fraction, above)):
        for factor in [f for f in above if isinstance(f, Number)]:
            number *= factor.value
            above.remove(factor)
    if number.numerator != 1:
        above.insert(0, Number(Fraction(number.numerator)))
    if number.denominator != 1:
        below.insert(0, Number(Fraction(number.denominator)))
    if any(isinstance(factor, Ref) and factor.name.marks for factor in above[:1]):
        numbers = [f for f in above if is_scalar(f, scalars)]
        above = numbers + [f for f in above if f not in numbers]
    found = _times(above)
    if below:
        found = Quotient(found, _times(below))
    return Neg(found) if negative else found


def _times(factors: list[Expr]) -> Expr:
    return ONE if not factors else factors[0] if len(factors) == 1 else Product(tuple(factors))


def _is_fraction(expr: Expr) -> bool:
    return isinstance(expr, Number) and expr.value.denominator != 1 and not expr.text
