"""Interval arithmetic on expressions of the notation: the interval of each part from those of its parts."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import sympy as sp

from derivations.equations import Reduction
from derivations.functions import FUNCTIONS, Interval
from derivations.notation.tree import (
    Apply,
    Choice,
    Compare,
    Concat,
    Constant,
    Diagonal,
    Dimension,
    Expr,
    Identity,
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
    Windows,
)
from derivations.proofs.ranges import interval as iv
from derivations.sizes import Size

if TYPE_CHECKING:
    from derivations.proofs.ranges.scalar import Scalars

OPPOSITE = {">": "≤", "<": "≥", "≥": "<", "≤": ">"}


def natural(expr: Expr, scalars: Scalars) -> Interval:
    """An interval that holds an expression; its parts are taken as if they were independent."""

    def go(part: Expr) -> Interval:
        return natural(part, scalars)

    match expr:
        case Ref():
            return scalars[expr]
        case Number() | Constant() | Dimension() | Identity() | Ones() | Compare():
            return _of_leaf(expr, scalars)
        case Sum():
            return reduce(iv.add, map(go, expr.terms))
        case Neg():
            return iv.negative(go(expr.arg))
        case Product():
            return reduce(iv.multiply, map(go, expr.factors))
        case Quotient():
            mean = _averaged(expr, scalars)
            return go(mean) if mean is not None else iv.multiply(go(expr.num), iv.reciprocal(go(expr.den)))
        case Power():
            return iv.power(go(expr.base), expr.exponent)
        case Apply():
            return iv.image(FUNCTIONS[expr.fn], scalars.enclosure(expr.arg))
        case Choice():
            return _of_choice(expr, scalars)
        case _:
            return _of_array(expr, scalars)


def _of_leaf(expr: Expr, scalars: Scalars) -> Interval:
    match expr:
        case Number():
            return iv.point(expr.value)
        case Constant():
            return iv.point(scalars.values[expr.name]) if expr.name in scalars.values else iv.REAL
        case Dimension():
            return Interval(sp.Integer(1), sp.oo, True, False)
        case Ones():
            return iv.point(1)
        case _:  # the identity matrix, a comparison
            return iv.UNIT


def _of_array(expr: Expr, scalars: Scalars) -> Interval:
    """Any entry of a concatenation, a transpose, a part, a sum."""
    match expr:
        case Concat():
            return iv.hull(natural(part, scalars) for part in expr.parts)
        case Transpose() | Part() | Diagonal():
            return natural(expr.arg, scalars)
        case Windows():
            return iv.hull((natural(expr.arg, scalars), iv.point(0)))
        case Total(op="sum"):
            return sum_of(natural(expr.arg, scalars))
        case Total():
            return logarithm_of_sum(natural(expr.arg, scalars))
        case MatMul() if expr.left == Transpose(expr.right):
            return sum_of(iv.power(natural(expr.right, scalars), iv.TWO))
        case _:
            return iv.REAL


def _of_choice(expr: Choice, scalars: Scalars) -> Interval:
    """The ends of a maximum are the larger ends; ``where`` gives one of its values, each under its condition."""
    if expr.fn == "where":
        condition, first, second = expr.args
        found = [_under(first, condition, True, scalars), _under(second, condition, False, scalars)]
        return iv.hull(box for box in found if box is not None)
    a, b = (natural(arg, scalars) for arg in expr.args)
    if expr.fn == "min":
        return iv.negative(iv.maximum(iv.negative(a), iv.negative(b)))
    return iv.maximum(a, b)


def _under(expr: Expr, condition: Expr, holds: bool, scalars: Scalars) -> Interval | None:
    """The interval of an expression where a comparison holds or does not; None if that is nowhere."""
    symbol = scalars.condition(condition)
    if symbol is None or not isinstance(condition, Compare):
        return scalars.enclosure(expr)
    box = _where(condition, holds, symbol, scalars)
    if box is None:
        return None
    with scalars.narrowed(symbol, box):
        return scalars.enclosure(expr)


def _where(condition: Compare, holds: bool, symbol: sp.Symbol, scalars: Scalars) -> Interval | None:
    """Where a symbol lies if a comparison of it with a number holds or does not."""
    if condition.op == "=" and not holds:
        return scalars.box[symbol]
    op = condition.op if holds else OPPOSITE[condition.op]
    difference = sp.expand(scalars.scalar(condition.left) - scalars.scalar(condition.right))
    slope = difference.diff(symbol)
    edge = -difference.subs(symbol, 0) / slope
    if op == "=":
        return iv.meet(scalars.box[symbol], iv.point(edge))
    upward = (op in (">", "≥")) == (slope > 0)
    closed = op in ("≥", "≤")
    half = Interval(edge, sp.oo, closed, False) if upward else Interval(-sp.oo, edge, False, closed)
    return iv.meet(scalars.box[symbol], half)


def _averaged(expr: Quotient, scalars: Scalars) -> Expr | None:
    """The vector of which a quotient is the mean; None for another quotient."""
    total = expr.num
    computed = scalars.program.definition.get(total) if isinstance(total, Ref) else None
    if isinstance(computed, Reduction):
        total = Total(computed.operand, computed.op)
    if not (isinstance(total, Total) and total.op == "sum" and isinstance(expr.den, Dimension) and isinstance(total.arg, Ref)):
        return None
    shape = scalars.program.shapes[total.arg.name]
    size: tuple[Size, ...] = (expr.den.size,)
    return total.arg if shape == size else None


def sum_of(box: Interval) -> Interval:
    """All sums of one or more numbers of an interval."""
    low_kept, high_kept = iv.sign(box.low) >= 0, iv.sign(box.high) <= 0
    return Interval(
        box.low if low_kept else -sp.oo,
        box.high if high_kept else sp.oo,
        low_kept and box.low_closed,
        high_kept and box.high_closed,
    )


def logarithm_of_sum(box: Interval) -> Interval:
    """All log Σ exp(v) of one or more numbers of an interval: not below any of them."""
    return Interval(box.low, sp.oo, box.low_closed, False)
