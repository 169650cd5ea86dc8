"""Bounds of a value by other values: convex combinations, and how far a state can grow in one step and in many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import sympy as sp

from derivations.equations import Pointwise
from derivations.functions import Interval
from derivations.notation.tree import Ref
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.lines import box_lines, is_multiaffine, vertex_lines
from derivations.proofs.ranges.scalar import Scalars
from derivations.proofs.ranges.sign import TooLarge, bounds, expanded, nonnegative
from derivations.proofs.ranges.text import Formula, Part, Piece, ProofLine, line, listing

MOST_WEIGHTS = 3  # values in the weights of one convex combination


@dataclass(frozen=True, slots=True)
class Range:
    """A proved statement about one computed value, for each entry, all parameters and all inputs, over the reals.

    ``interval`` is set where the bounds are numbers; ``given`` is a condition, where the statement has one; ``usual`` says
    that the condition is that the constants of the cell have their usual values.
    """

    value: Ref
    statement: Formula
    method: str
    proof: tuple[ProofLine, ...]
    interval: Interval | None = None
    given: Formula | None = None
    usual: bool = False


@dataclass(frozen=True, slots=True)
class Combination:
    """Σ w_k u_k with w_k ≥ 0 and Σ w_k = 1: the points u_k, and whose definitions were put in to see it."""

    points: tuple[Ref, ...]
    expanded: tuple[Ref, ...]


def combinations_of(scalars: Scalars, eq: Pointwise) -> Iterator[Combination]:
    """The value as a convex combination of other values, with more and more definitions put in."""
    for expr, done in scalars.expansions(scalars.scalar(eq.expr)):
        points = _points(scalars, expr)
        if points:
            ordered = [r for r in eq.operands if scalars.symbol(r) in points]
            rest = [scalars.ref[s] for s in points if scalars.ref[s] not in ordered]
            yield Combination((*ordered, *rest), done)


def _points(scalars: Scalars, expr: sp.Expr) -> list[sp.Symbol] | None:
    """The symbols of which an expression is a convex combination, the others being in its weights."""
    symbols = sorted(expr.free_symbols, key=lambda s: s.name)
    shares = [s for s in symbols if iv.within(scalars.box[s], sp.Integer(0), sp.Integer(1))]
    for count in range(MOST_WEIGHTS + 1):
        for weights in combinations(shares, count):
            points = [s for s in symbols if s not in weights]
            if len(points) > 1 and all(s in scalars.ref for s in points) and _is_convex(expr, points, scalars):
                return points
    return None


def _is_convex(expr: sp.Expr, points: Sequence[sp.Symbol], scalars: Scalars) -> bool:
    try:
        poly = sp.Poly(expanded(expr), *points)
    except (TooLarge, sp.PolynomialError):
        return False
    if any(sum(powers) != 1 for powers in poly.monoms()):
        return False
    weights = poly.coeffs()
    return bool(sp.cancel(sp.Add(*weights) - 1) == 0) and all(nonnegative(w, scalars.box) for w in weights)


def convex_ranges(scalars: Scalars, eq: Pointwise) -> Iterator[Range]:
    """Between its points; and a state no larger than before or than its other points."""
    found = list(combinations_of(scalars, eq))
    if not found:
        return
    points = Formula.row([Formula.of(p) for p in found[0].points])
    between = Formula.of("min(", points, ") ≤ ", eq.target, " ≤ max(", points, ")")
    yield Range(eq.target, between, "convex combination", _convex_lines(scalars, eq, found[0]))
    before = Ref(eq.target.name, -1)
    own = next((one for one in found if before in one.points), None)
    if own is None:
        return
    others = [p for p in own.points if p != before]
    size = iv.absolute(iv.hull(scalars[p] for p in others)).high
    if size == sp.oo:
        return
    step = Formula.of("|", eq.target, "| ≤ max(|", before, "|, ", size, ")")
    largest = line("By ", listing(others), ", ", listing([Formula.of("|", p, "| ≤ ", size) for p in others]),
                   ", and a convex combination is no larger than the largest of its points, hence ", step, ".")  # fmt: skip
    yield Range(eq.target, step, "convex combination", (*_convex_lines(scalars, eq, own), largest))
    ever = Formula.of("|", eq.target, "| ≤ max(|", at_zero(eq.target), "|, ", size, ")")
    yield Range(eq.target, ever, "induction", (line(step, " in every step; induction over ", Formula.of("t"), "."),))


def _convex_lines(scalars: Scalars, eq: Pointwise, found: Combination) -> tuple[ProofLine, ...]:
    definitions = (scalars.program.definition[ref] for ref in found.expanded)
    weights = [r for one in (eq, *definitions) for r in one.operands if r not in found.points and r not in found.expanded]
    return (
        *box_lines(scalars, tuple(dict.fromkeys(weights))),
        line(
            "The right side of ", eq.target, ", ", Formula.of(scalars.program.written(eq)), ", is", _because(found.expanded),
            " a sum of ", listing([Formula.of(p) for p in found.points]), " with weights that are not negative and add up to ",
            Formula.of("1"), ": a convex combination.",
        ),
    )  # fmt: skip


def _because(done: Sequence[Ref]) -> list[Part]:
    return [" by ", *listing(list(done))] if done else []


def at_zero(ref: Ref) -> Ref:
    """The state before the first step, for print."""
    sub = f"{ref.name.sub}_0" if ref.name.sub else "0"
    return Ref(replace(ref.name, sub=sub))


def growth_ranges(scalars: Scalars, eq: Pointwise) -> Iterator[Range]:
    """|s_t| ≤ α |s_{t−1}| + β for a state that is affine in its previous value, and what follows for t steps."""
    before = Ref(eq.target.name, -1)
    symbol = scalars.symbol(before)
    for expr, _ in scalars.expansions(scalars.scalar(eq.expr)):
        slope, rest = _affine(expr, symbol)
        if slope is None:
            continue
        alpha, beta = (iv.absolute(bounds(e, scalars.box)).high for e in (slope, rest))
        if alpha == sp.oo or beta == sp.oo:
            continue
        step = Formula.of("|", eq.target, "| ≤ ", *_factor(alpha), "|", before, "|", *_plus(beta))
        lines = vertex_lines(scalars, eq) if is_multiaffine(scalars, eq) else ()
        yield Range(eq.target, step, "vertices of a box", (*box_lines(scalars, eq.operands), *lines, line("Hence ", step, ".")))
        yield from _in_many_steps(scalars, eq.target, slope, alpha, beta, step)
        return


def _affine(expr: sp.Expr, symbol: sp.Symbol) -> tuple[sp.Expr | None, sp.Expr]:
    try:
        whole = expanded(expr)
    except TooLarge:
        return None, expr
    if not whole.is_polynomial(*whole.free_symbols) or sp.degree(whole, symbol) != 1:
        return None, whole
    return whole.coeff(symbol, 1), whole.coeff(symbol, 0)


def _plus(beta: sp.Expr) -> list[Piece]:
    return [] if beta == 0 else [" + ", beta]


def _in_many_steps(scalars: Scalars, target: Ref, slope: sp.Expr, alpha: sp.Expr, beta: sp.Expr, step: Formula) -> Iterator[Range]:
    """The bound iterated: linear in t, or geometric where the factor is at most φ < 1."""
    start = at_zero(target)
    if alpha == 1:
        grown: list[Piece] = [] if beta == 0 else [" + ", *_factor(beta), "t"]
        yield Range(target, Formula.of("|", target, "| ≤ |", start, "|", *grown), "induction", (line(step, " in every step; iterate."),))
    if slope not in scalars.ref or beta == 0:
        return
    gate = scalars.ref[slope]
    given = Formula.of(*(["|", gate, "|"] if iv.sign(scalars[gate].low) < 0 else [gate]), " ≤ φ < 1")
    factor = Formula.of(*_factor(beta))
    total = Formula(f"{factor.unicode}(1 − φᵗ)/(1 − φ)", rf"{factor.latex}\frac{{1-\phi^t}}{{1-\phi}}")
    bounded = Formula.of("|", target, "| ≤ ", Formula("φᵗ ", r"\phi^t\,"), "|", start, "| + ", total)
    recursion = Formula.of("|", target, "| ≤ ", Formula("φ ", r"\phi\,"), "|", Ref(target.name, -1), "|", *_plus(beta))
    lines = (line("With ", given, " in every step, ", recursion, "; iterate and sum the geometric series."),)
    yield Range(target, bounded, "induction", lines, given=given)


def _factor(number: sp.Expr) -> list[Piece]:
    return [] if number == 1 else [number, " "]
