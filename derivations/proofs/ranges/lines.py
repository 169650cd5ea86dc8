"""The lines of which proofs of ranges are made."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import sympy as sp

from derivations.equations import Pointwise
from derivations.functions import FUNCTIONS, Interval
from derivations.notation.tree import Apply, Number, Product, Ref, refs
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.scalar import Scalars
from derivations.proofs.ranges.sign import TooLarge, expanded
from derivations.proofs.ranges.text import Formula, Part, Piece, ProofLine, bound, fold, line, listing, membership

MOST_LISTED = 4  # vertices written out in a proof


def function_lines(scalars: Scalars, target: Ref, expr: Apply) -> tuple[ProofLine, ...]:
    """Why a function value lies where it does."""
    function, box = FUNCTIONS[expr.fn], scalars.enclosure(expr.arg)
    name = Formula(function.unicode, function.latex)
    if box == iv.REAL or not function.increasing:
        low, high = function.range.low, function.range.high
        left, right = "[" if function.range.low_closed else "(", "]" if function.range.high_closed else ")"
        values = Formula.of(name, f"(u) ∈ {left}", low, ", ", high, right)
        return (line(Formula.of(target, " = ", expr), " by ", target, ", and ", values, " for every real ", Formula.of("u"), "."),)
    operands = tuple(refs(expr.arg))
    reason = [membership(operands, box), " by ", *listing(operands)]
    return (line(Formula.of(target, " = ", expr), " by ", target, ", ", reason, ", and ", name, " increases."),)


def box_lines(scalars: Scalars, operands: Sequence[Ref]) -> tuple[ProofLine, ...]:
    """``f_t, i_t ∈ (0, 1) and g_t ∈ (−1, 1)``, with their equations."""
    groups: dict[Interval, list[Ref]] = {}
    for ref in operands:
        if scalars[ref] != iv.REAL:
            groups.setdefault(scalars[ref], []).append(ref)
    if not groups:
        return ()
    equations = [ref for group in groups.values() for ref in group if ref in scalars.program.definition]
    shown: list[Part] = [membership(group, box) for box, group in groups.items()]
    return (line(listing(shown), [" by ", *listing(list(equations))] if equations else [], "."),)


def size_lines(eq: Pointwise, expr: Product, statement: Formula) -> tuple[ProofLine, ...]:
    """``|h_t| = |o_t| ⊙ |s_t|``, hence the statement."""
    sizes: list[Piece] = ["|", eq.target, "| = "]
    for k, factor in enumerate(expr.factors):
        sizes += [" ⊙ " if k else "", "|", factor, "|"]
    return (line("By ", eq.target, ", ", Formula.of(*sizes), ", hence ", statement, "."),)


def reason_lines(scalars: Scalars, eq: Pointwise, reason: str, statement: Formula) -> tuple[ProofLine, ...]:
    """Why a value lies where neither its vertices nor the intervals of its parts put it."""
    written = Formula.of(eq.target, " = ", scalars.program.written(eq))
    if reason == "by cases":
        return (line("By ", eq.target, ", ", written, "; in each case of its conditions and maxima ", statement, "."),)
    why = {
        "whole part": "a number without its whole part",
        "one of several": "an entry without the logarithm of the sum of the exponentials of all entries, which is not below it",
    }[reason]
    return (line("By ", eq.target, ", ", written, f": {why}, hence ", statement, "."),)


def is_multiaffine(scalars: Scalars, eq: Pointwise) -> bool:
    """Whether the right side is affine in each operand, so that the vertex argument is all of the proof."""
    try:
        scalar = expanded(scalars.scalar(eq.expr))
    except TooLarge:
        return False
    return is_affine_in_each(scalar)


def is_affine_in_each(expr: sp.Expr) -> bool:
    """Whether an expanded expression is a polynomial of degree one or less in each of its symbols."""
    symbols = sorted(expr.free_symbols, key=lambda s: s.name)
    return bool(symbols and expr.is_polynomial(*symbols)) and all(d <= 1 for d in sp.Poly(expr, *symbols).degree_list())


def vertex_lines(scalars: Scalars, eq: Pointwise) -> tuple[ProofLine, ...]:
    """The vertex argument: the right side at all choices of its gates, in the author's order of terms."""
    boxed = [r for r in eq.operands if scalars[r] != iv.REAL]
    gates = [r for r in boxed if scalars[r].low == 0 and scalars[r].high == 1]
    written = scalars.program.written(eq)
    affine = line(
        "The right side of ", eq.target, ", ", Formula.of(written), ", is affine in each of ", listing([Formula.of(r) for r in boxed]),
        " while the others are fixed, so over the closed box it takes its extremes at vertices.",
    )  # fmt: skip
    if not gates or 2 ** len(gates) > MOST_LISTED:
        return (affine,)
    corners = list(product((0, 1), repeat=len(gates)))
    values = [Formula.of(fold(written, {g: Number(Fraction(b)) for g, b in zip(gates, corner, strict=True)})) for corner in corners]
    names = Formula.row([Formula.of(g) for g in gates])
    at = Formula.row([Formula.of(_corner(corner)) for corner in corners])
    limits = [_size(scalars, r) for r in boxed if r not in gates]
    shown = Formula.of("(", names, ")") if len(gates) > 1 else names
    with_limits: list[Part] = [", with ", *listing(limits)] if limits else []
    return (affine, line("At ", Formula.of(shown, " = ", at), " it is ", Formula.row(values), with_limits, "."))


def _corner(corner: Sequence[int]) -> str:
    return str(corner[0]) if len(corner) == 1 else f"({', '.join(map(str, corner))})"


def _size(scalars: Scalars, ref: Ref) -> Formula:
    box = scalars[ref]
    return bound(Formula.of(ref), Interval(box.low, box.high, iv.is_bounded(box), iv.is_bounded(box)), absolute=True)
