"""Bounds of polynomials and quotients over boxes.

A polynomial on a box lies between its smallest and its largest coefficient in the Bernstein basis, since the basis
functions are not negative and add up to 1. Where it is affine in a variable, the two coefficients are its values at the two
ends, so for an expression that is affine in each variable the coefficients are the values at the vertices of the box, and
the bounds are sharp. On a half line the powers of the distance from its end take the place of the basis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import comb, prod

import sympy as sp

from derivations.functions import Interval
from derivations.proofs.ranges.interval import REAL, Unordered, hull, is_bounded, point, sign

Boxes = Mapping[sp.Symbol, Interval]

MOST_TERMS = 4096  # terms or coefficients of one polynomial; a cell's equations stay far below
MOST_FACES = 729


class TooLarge(ArithmeticError):
    """A polynomial with more terms than are worth the time."""


def expanded(expr: sp.Expr) -> sp.Expr:
    """The expression as a sum of products, refused if there would be too many."""
    if _terms(expr) > MOST_TERMS:
        raise TooLarge
    return sp.expand(expr)


def _terms(expr: sp.Expr) -> int:
    """An upper bound of the number of terms after expansion."""
    if expr.is_Add:
        return sum(_terms(arg) for arg in expr.args)
    if expr.is_Mul:
        return int(prod(min(_terms(arg), MOST_TERMS + 1) for arg in expr.args))
    if expr.is_Pow and expr.exp.is_Integer:
        return int(min(_terms(expr.base), MOST_TERMS + 1) ** min(abs(int(expr.exp)), 64))
    return 1


def bounds(expr: sp.Expr, boxes: Boxes) -> Interval:
    """An interval that holds every value of a polynomial over a box (closed ends; ``nonnegative`` tells more)."""
    symbols = sorted(expr.free_symbols, key=lambda s: s.name)
    if not symbols:
        return point(expr)
    poly = sp.Poly(expr, *symbols)
    return _bounds(poly, boxes) if prod(degree + 1 for degree in poly.degree_list()) <= MOST_TERMS else REAL


def _bounds(poly: sp.Poly, boxes: Boxes) -> Interval:
    """Bounds by the coefficients with respect to the first variable, each bounded over the others."""
    if poly.is_ground:
        return point(poly.as_expr())
    variable, *others = poly.gens
    box = boxes[variable]
    if is_bounded(box):
        return hull(_bounds_of(c, others, boxes) for c in _bernstein(_coefficients(poly, box.low, box.high - box.low)))
    if box.low == -sp.oo and box.high == sp.oo:
        coefficients = _coefficients(poly, sp.Integer(0), sp.Integer(1))
        even = coefficients[2::2] if not any(coefficients[1::2]) else None
        return REAL if even is None else _half_line(coefficients[0], even, others, boxes)
    start, direction = (box.low, 1) if box.low != -sp.oo else (box.high, -1)
    first, *rest = _coefficients(poly, start, sp.Integer(direction))
    return _half_line(first, rest, others, boxes)


def _half_line(first: sp.Expr, rest: Sequence[sp.Expr], others: Sequence[sp.Symbol], boxes: Boxes) -> Interval:
    """Bounds of first + Σ rest_k s^k for s ≥ 0."""
    base = _bounds_of(first, others, boxes)
    found = [_bounds_of(c, others, boxes) for c in rest if c != 0]
    low = base.low if all(sign(b.low) >= 0 for b in found) else -sp.oo
    high = base.high if all(sign(b.high) <= 0 for b in found) else sp.oo
    return Interval(low, high, low != -sp.oo, high != sp.oo)


def _bounds_of(expr: sp.Expr, others: Sequence[sp.Symbol], boxes: Boxes) -> Interval:
    used = [s for s in others if expr.has(s)]
    return _bounds(sp.Poly(expr, *used), boxes) if used else point(expr)


def _coefficients(poly: sp.Poly, start: sp.Expr, scale: sp.Expr) -> list[sp.Expr]:
    """The coefficients in s of the polynomial at start + scale s, lowest first."""
    variable = poly.gens[0]
    shifted = sp.Poly(sp.expand(poly.as_expr().subs(variable, start + scale * variable)), variable)
    return [sp.expand(c) for c in reversed(shifted.all_coeffs())]


def _bernstein(coefficients: Sequence[sp.Expr]) -> Iterator[sp.Expr]:
    """Coefficients in the Bernstein basis of [0, 1] from those of the powers."""
    degree = len(coefficients) - 1
    for k in range(degree + 1):
        yield sp.expand(sum((sp.Rational(comb(k, j), comb(degree, j)) * coefficients[j] for j in range(k + 1)), sp.Integer(0)))


def nonnegative(expr: sp.Expr, boxes: Boxes, *, strict: bool = False) -> bool:
    """Whether an expression is proved to be ≥ 0 (> 0 if ``strict``) over a box. False means: not proved."""
    try:
        numerator, denominator = sp.fraction(sp.together(expr))
        if not denominator.free_symbols:
            return _polynomial(expanded(expr), boxes, strict)
        if _polynomial(expanded(-denominator), boxes, True):
            numerator, denominator = -numerator, -denominator
        return _polynomial(expanded(denominator), boxes, True) and _polynomial(expanded(numerator), boxes, strict)
    except (Unordered, TooLarge, sp.PolynomialError):
        return False


def _polynomial(expr: sp.Expr, boxes: Boxes, strict: bool) -> bool:
    if sign(bounds(expr, boxes).low) < 0:
        return False
    return not strict or _nowhere_zero(expr, boxes)


def _nowhere_zero(expr: sp.Expr, boxes: Boxes) -> bool:
    """Whether a polynomial whose coefficients are ≥ 0 is > 0 on the box.

    Inside a box all basis functions are > 0, so it is 0 there only if it is 0 everywhere. What remains are the faces
    at closed ends, and 0 for a variable that may be any number and comes in even powers.
    """
    symbols = sorted(expr.free_symbols, key=lambda s: s.name)
    choices = [[None, *_closed_ends(boxes[s])] for s in symbols]
    if prod(len(choice) for choice in choices) > MOST_FACES:
        return False
    faces = ({s: end for s, end in zip(symbols, ends, strict=True) if end is not None} for ends in product(*choices))
    return all(sp.expand(expr.subs(face)) != 0 for face in faces)


def _closed_ends(box: Interval) -> list[sp.Expr]:
    if box == REAL:
        return [sp.Integer(0)]
    return [end for end, closed in ((box.low, box.low_closed), (box.high, box.high_closed)) if closed]


def interval(expr: sp.Expr, boxes: Boxes) -> Interval:
    """An interval that holds every value of an expression over a box, with ends that are open where that is proved."""
    try:
        _, denominator = sp.fraction(sp.together(expr))
        found = bounds(expanded(expr), boxes) if not denominator.free_symbols else _quotient(expr, boxes)
        low_open = found.low != -sp.oo and nonnegative(expr - found.low, boxes, strict=True)
        high_open = found.high != sp.oo and nonnegative(found.high - expr, boxes, strict=True)
    except (Unordered, TooLarge, sp.PolynomialError):
        return REAL
    return Interval(found.low, found.high, found.low != -sp.oo and not low_open, found.high != sp.oo and not high_open)


def _quotient(expr: sp.Expr, boxes: Boxes) -> Interval:
    """The nearest of −1, 0, 1 that bound a quotient: what shares and normalized weights need."""
    low = next((b for b in (1, 0, -1) if nonnegative(expr - b, boxes)), -sp.oo)
    high = next((b for b in (-1, 0, 1) if nonnegative(b - expr, boxes)), sp.oo)
    return Interval(sp.sympify(low), sp.sympify(high))
