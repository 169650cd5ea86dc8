"""Bounds of a value by other values: convex combinations, and how far a state can grow in one step and in many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import sympy as sp

from derivations.equations import Pointwise
from derivations.functions import Interval
from derivations.notation.tree import Ref
from derivations.proofs import ranges_interval as iv
from derivations.proofs.ranges_lines import box_lines, is_multiaffine, vertex_lines
from derivations.proofs.ranges_scalar import Scalars
from derivations.proofs.ranges_sign import bounds, nonnegative
from derivations.proofs.ranges_text import Formula, Part, Piece, ProofLine, line, listing

MOST_WEIGHTS = 3  # values in the weights of one convex combination


@dataclass(frozen=True, slots=True)
class Range:
    """A proved statement about one computed value, for each entry, all parameters and all inputs, over the reals.

    ``interval`` is set where the bounds are numbers; ``given`` is a condition, where the statement has one.
    """

    value: Ref
    statement: Formula
    method: str
    proof: tuple[ProofLine, ...]
    interval: Interval | None = None
    given: Formula | None = None


@dataclass(frozen=True, slots=True)
class Combination:
    """Σ w_k u_k with w_k ≥ 0 and Σ w_k = 1: the points u_k, and whose definitions were put in to see it."""

    points: tuple[Ref, ...]
    expanded: tuple[Ref, ...]


def combination(scalars: Scalars, eq: Pointwise) -> Combination | None:
    """The value as a convex combination of other values, if it is one."""
    for expr, expanded in scalars.expansions(scalars.scalar(eq.expr)):
        symbols = sorted(expr.free_symbols, key=lambda s: s.name)
        shares = [s for s in symbols if iv.within(scalars.box[s], sp.Integer(0), sp.Integer(1))]
        for count in range(1, MOST_WEIGHTS + 1):
            for weights in combinations(shares, count):
                points = [s for s in symbols if s not in weights]
                if len(points) > 1 and all(s in scalars.ref for s in points) and _is_convex(expr, points, scalars):
                    ordered = [r for r in eq.operands if scalars.symbol(r) in points]
                    rest = [scalars.ref[s] for s in points if scalars.ref[s] not in ordered]
                    return Combination((*ordered, *rest), expanded)
    return None


def _is_convex(expr: sp.Expr, points: Sequence[sp.Symbol], scalars: Scalars) -> bool:
    try:
        poly = sp.Poly(expr, *points)
    except sp.PolynomialError:
        return False
    if any(sum(powers) != 1 for powers in poly.monoms()):
        return False
    weights = poly.coeffs()
    return sp.together(sp.expand(sum(weights)) - 1) == 0 and all(nonnegative(w, scalars.box) for w in weights)


def convex_ranges(scalars: Scalars, eq: Pointwise, found: Combination) -> Iterator[Range]:
    """Between its points; and a state no larger than before or than its other points."""
    target, points = Formula.of(eq.target), Formula.row([Formula.of(p) for p in found.points])
    between = Formula.of("min(", points, ") ≤ ", target, " ≤ max(", points, ")")
    written = Formula.of(scalars.program.written(eq))
    weights = [r for r in eq.operands if r not in found.points]
    proof = (
        *box_lines(scalars, weights),
        line("The right side of ", eq.target, ", ", written, ", is a sum of ", listing([Formula.of(p) for p in found.points]),
             " with weights that are not negative and add up to ", Formula.of("1"), _because(found.expanded), ", a convex combination."),
    )  # fmt: skip
    yield Range(eq.target, between, "convex combination", proof)
    before = Ref(eq.target.name, -1)
    others = [p for p in found.points if p != before]
    size = iv.absolute(iv.hull(scalars[p] for p in others)).high
    if before not in found.points or size == sp.oo:
        return
    step = Formula.of("|", target, "| ≤ max(|", before, "|, ", size, ")")
    largest = line("Its size is at most the largest size of what it combines.", " By ", listing(others), ", ",
                   listing([Formula.of("|", p, "| ≤ ", size) for p in others]), ", hence ", step, ".")  # fmt: skip
    yield Range(eq.target, step, "convex combination", (*proof, largest))
    start = at_zero(eq.target)
    yield Range(eq.target, Formula.of("|", target, "| ≤ max(|", start, "|, ", size, ")"), "induction",
                (line(Formula.of(step), " in every step; induction over ", Formula.of("t"), "."),))  # fmt: skip


def _because(expanded: Sequence[Ref]) -> list[Part]:
    return [" by ", *listing(list(expanded))] if expanded else []


def at_zero(ref: Ref) -> Ref:
    """The state before the first step, for print."""
    sub = f"{ref.name.sub}_0" if ref.name.sub else "0"
    return Ref(type(ref.name)(ref.name.base, ref.name.accents, sub, ref.name.sup, ref.name.marks))


def growth_ranges(scalars: Scalars, eq: Pointwise) -> Iterator[Range]:
    """|s_t| ≤ α |s_{t−1}| + β for a state that is affine in its previous value, and what follows for t steps."""
    before = Ref(eq.target.name, -1)
    symbol = scalars.symbol(before)
    for expr, _ in scalars.expansions(scalars.scalar(eq.expr)):
        slope, rest = _affine(expr, symbol)
        if slope is None or not (slope.free_symbols or slope):
            continue
        alpha, beta = (iv.absolute(bounds(e, scalars.box)).high for e in (slope, rest))
        if alpha == sp.oo or beta == sp.oo:
            continue
        step = Formula.of("|", eq.target, "| ≤ ", *_times(alpha), "|", before, "|", *_plus(beta))
        lines = vertex_lines(scalars, eq) if is_multiaffine(scalars, eq) else ()
        yield Range(eq.target, step, "vertices of a box", (*box_lines(scalars, eq.operands), *lines, line("Hence ", step, ".")))
        yield from _in_many_steps(scalars, eq.target, slope, alpha, beta, step)
        return


def _affine(expr: sp.Expr, symbol: sp.Symbol) -> tuple[sp.Expr | None, sp.Expr]:
    expanded = sp.expand(expr)
    if not expanded.is_polynomial(*expanded.free_symbols) or sp.degree(expanded, symbol) != 1:
        return None, expanded
    return expanded.coeff(symbol, 1), expanded.coeff(symbol, 0)


def _times(alpha: sp.Expr) -> list[Piece]:
    return [] if alpha == 1 else [alpha, " "]


def _plus(beta: sp.Expr) -> list[Piece]:
    return [] if beta == 0 else [" + ", beta]


def _in_many_steps(scalars: Scalars, target: Ref, slope: sp.Expr, alpha: sp.Expr, beta: sp.Expr, step: Formula) -> Iterator[Range]:
    """The bound iterated: linear in t, or geometric where the factor is at most φ < 1."""
    start = at_zero(target)
    if alpha == 1:
        grown: list[Piece] = [] if beta == 0 else [" + ", *([] if beta == 1 else [beta, " "]), "t"]
        yield Range(target, Formula.of("|", target, "| ≤ |", start, "|", *grown), "induction", (line(step, " in every step; iterate."),))
    if slope in scalars.ref and beta != 0:
        gate = scalars.ref[slope]
        given = Formula.of(*(["|", gate, "|"] if iv.sign(scalars[gate].low) < 0 else [gate]), " ≤ φ < 1")
        factor = [] if beta == 1 else [beta, " "]
        sum_ = Formula(f"{Formula.of(*factor).unicode}(1 − φᵗ)/(1 − φ)", rf"{Formula.of(*factor).latex}\frac{{1-\phi^t}}{{1-\phi}}")
        power = Formula("φᵗ", r"\phi^t\,")
        yield Range(
            target, Formula.of("|", target, "| ≤ ", power, "|", start, "| + ", sum_), "induction",
            (line("With ", given, " in every step, ", Formula.of("|", target, "| ≤ φ |", Ref(target.name, -1), "|", *_plus(beta)),
                  "; iterate and sum the geometric series."),), given=given,
        )  # fmt: skip
