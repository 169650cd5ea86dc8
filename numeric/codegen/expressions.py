"""Pointwise expressions as NumPy text."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derivations import CellError
from derivations.notation.tree import Apply, Expr, Neg, Number, Power, Product, Quotient, Ref, Sum
from numeric.codegen.activations import TEXTS

FUNCTIONS = tuple(TEXTS)
SUM, PRODUCT, NEGATIVE, POWER, ATOM = range(5)  # how strongly an operator binds


def number_text(value: Fraction) -> str:
    """An exact constant; ``1 / 3`` where no decimal is exact."""
    if value.denominator == 1:
        return str(value.numerator)
    exact = Fraction(repr(float(value))) == value
    return repr(float(value)) if exact else f"({value.numerator} / {value.denominator})"


def expression_text(expr: Expr, text: Callable[[Ref], tuple[str, int]], least: int = SUM) -> str:
    """``expr`` in Python, in the order of its author; ``text`` gives a value and how strongly it binds."""
    written, strength = _written(expr, text)
    return f"({written})" if strength < least else written


def _written(expr: Expr, text: Callable[[Ref], tuple[str, int]]) -> tuple[str, int]:
    def part(child: Expr, least: int) -> str:
        return expression_text(child, text, least)

    match expr:
        case Ref():
            return text(expr)
        case Number():
            return number_text(expr.value), ATOM
        case Sum():
            first, *rest = expr.terms
            terms = [part(first, SUM)]
            terms += [f" - {part(t.arg, PRODUCT)}" if isinstance(t, Neg) else f" + {part(t, PRODUCT)}" for t in rest]
            return "".join(terms), SUM
        case Product():
            first, *rest = expr.factors
            return " * ".join([part(first, PRODUCT), *(part(f, NEGATIVE) for f in rest)]), PRODUCT
        case Quotient():
            return f"{part(expr.num, PRODUCT)} / {part(expr.den, NEGATIVE)}", PRODUCT
        case Neg():
            return f"-{part(expr.arg, NEGATIVE)}", NEGATIVE
        case Power():
            return _power(expr, part)
        case Apply():
            if expr.fn not in FUNCTIONS:
                raise CellError(f"the NumPy generator does not know the function {expr.fn}", hint=f"it knows {', '.join(FUNCTIONS)}")
            return f"{expr.fn}({part(expr.arg, SUM)})", ATOM
        case _:
            raise CellError(f"the NumPy generator cannot print {type(expr).__name__}", hint="please report the cell")


def _power(expr: Power, part: Callable[[Expr, int], str]) -> tuple[str, int]:
    base = part(expr.base, ATOM)
    if expr.exponent == 2 and isinstance(expr.base, Ref) and not base.startswith("("):
        return f"{base} * {base}", PRODUCT
    exponent = number_text(expr.exponent)
    return f"{base} ** {f'({exponent})' if exponent.startswith('-') else exponent}", POWER
