"""Ranges that follow from the equations alone: where every computed value lies, and how far states can grow."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from derivations.cell import Cell
from derivations.equations import Pointwise
from derivations.functions import FUNCTIONS, Interval
from derivations.notation.tree import Apply, Product, Ref
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.lines import box_lines, function_lines, is_multiaffine, size_lines, vertex_lines
from derivations.proofs.ranges.scalar import Scalars
from derivations.proofs.ranges.states import Range, convex_ranges, growth_ranges
from derivations.proofs.ranges.text import Formula, ProofLine, bound, line
from derivations.verdict import Result

INDEPENDENT = "the calculus and all gradients"


def find_ranges(cell: Cell) -> tuple[Range, ...]:
    """Every invariant that is found, in the order of computation; values that may be any real number have none."""
    scalars = Scalars(cell)
    pointwise = (eq for eq in cell.program.shown if isinstance(eq, Pointwise))
    return tuple(found for eq in pointwise for found in _ranges_of(scalars, eq, eq.target.name in cell.states))


def prove_ranges(cell: Cell) -> tuple[Result, ...]:
    """The invariants as verdicts."""
    start = perf_counter()
    found = find_ranges(cell)
    seconds = (perf_counter() - start) / max(1, len(found))
    return tuple(_result(cell, one, seconds) for one in found)


def _result(cell: Cell, one: Range, seconds: float) -> Result:
    statement = one.statement.unicode + (f" if {one.given.unicode}" if one.given else "")
    proof = tuple(p.unicode() for p in one.proof)
    return Result(cell.name, statement, "invariant", "proved", one.method, independent_of=INDEPENDENT, proof=proof, seconds=seconds)


def _ranges_of(scalars: Scalars, eq: Pointwise, is_state: bool) -> Iterator[Range]:
    box = scalars[eq.target]
    if isinstance(eq.expr, Apply):
        if box != iv.REAL:
            yield _of_function(scalars, eq.target, eq.expr, is_state)
        return
    if box != iv.REAL:
        yield _of_expression(scalars, eq, box)
    convex = tuple(convex_ranges(scalars, eq))
    yield from convex
    if is_state and box == iv.REAL and len(convex) < 2:
        yield from growth_ranges(scalars, eq)


def _of_function(scalars: Scalars, target: Ref, expr: Apply, is_state: bool) -> Range:
    statement = bound(Formula.of(target), scalars[target], absolute=is_state)
    method = f"range of {FUNCTIONS[expr.fn].unicode}"
    return Range(target, statement, method, function_lines(scalars, target, expr), interval=scalars[target])


def _of_expression(scalars: Scalars, eq: Pointwise, box: Interval) -> Range:
    statement = bound(Formula.of(eq.target), box, absolute=True)
    known = box_lines(scalars, eq.operands)
    is_affine = is_multiaffine(scalars, eq)
    if isinstance(eq.expr, Product) and is_affine and box.low == -box.high:
        proof: tuple[ProofLine, ...] = (*known, *size_lines(eq, eq.expr, statement))
    elif is_affine:
        proof = (*known, *vertex_lines(scalars, eq), line("Hence ", statement, "."))
    else:
        written = Formula.of(eq.target, " = ", scalars.program.written(eq))
        proof = (*known, line("By ", eq.target, ", ", written, "; over these intervals ", statement, "."))
    return Range(eq.target, statement, "vertices of a box" if is_affine else "interval", proof, interval=box)
