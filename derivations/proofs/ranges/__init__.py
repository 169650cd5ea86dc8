"""Ranges that follow from the equations alone: where every computed value lies, and how far states can grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from time import perf_counter

from derivations.cell import Cell
from derivations.equations import Pointwise
from derivations.functions import FUNCTIONS, Interval
from derivations.notation.tree import Apply, Constant, Name, Product, Ref, nodes
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.lines import box_lines, function_lines, is_multiaffine, reason_lines, size_lines, vertex_lines
from derivations.proofs.ranges.scalar import Scalars, usual_values
from derivations.proofs.ranges.states import Range, convex_ranges, growth_ranges
from derivations.proofs.ranges.text import Formula, ProofLine, bound, line
from derivations.verdict import Result

INDEPENDENT = "the calculus and all gradients"


@lru_cache(maxsize=256)
def find_ranges(cell: Cell) -> tuple[Range, ...]:
    """Every invariant that is found, in the order of computation; values that may be any real number have none.

    What holds for the usual values of the cell's constants only has that as its condition."""
    general = Scalars(cell)
    usual = Scalars(cell, usual=True) if cell.constants else None
    pointwise = (eq for eq in cell.program.shown if isinstance(eq, Pointwise))
    return tuple(found for eq in pointwise for found in _all_of(cell, eq, general, usual))


def _all_of(cell: Cell, eq: Pointwise, general: Scalars, usual: Scalars | None) -> Iterator[Range]:
    """The ranges of one value: for any constants, and what more is true for the usual ones."""
    is_state = eq.target.name in cell.states
    always = list(_ranges_of(general, eq, is_state))
    yield from always
    given = usual_constants(cell, eq.target) if usual is not None else None
    if usual is None or given is None:
        return
    for found in _ranges_of(usual, eq, is_state):
        if found.statement not in {one.statement for one in always}:
            condition = Formula.row([given, found.given], " and ") if found.given else given
            yield replace(found, given=condition, usual=found.given is None)


def usual_constants(cell: Cell, of: Ref | None = None) -> Formula | None:
    """``α = 0.3 and ε = 0.1``: the constants that a value depends on within a step (by default all), at their usual values."""
    read = constants_of(cell, of) if of else tuple(cell.constants)
    values = usual_values(cell)
    shown = [Formula.of(Constant(name), f" = {float(values[name]):g}") for name in read if name in values]
    return Formula.row(shown, " and ") if shown else None


def constants_of(cell: Cell, of: Ref) -> tuple[Name, ...]:
    """The constants in the equation of a value and in those of the values that it reads, in the cell's order."""
    found, waiting, seen = set[Name](), [of], set[Ref]()
    while waiting:
        ref = waiting.pop()
        if ref in seen or ref not in cell.program.definition:
            continue
        seen.add(ref)
        eq = cell.program.definition[ref]
        waiting += eq.operands
        found |= {node.name for node in nodes(eq.expr) if isinstance(node, Constant)} if isinstance(eq, Pointwise) else set()
    return tuple(name for name in cell.constants if name in found)


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
    if reason := scalars.reason(eq.expr):
        proof: tuple[ProofLine, ...] = (*known, *reason_lines(scalars, eq, reason, statement))
        return Range(eq.target, statement, f"interval, {reason}", proof, interval=box)
    is_affine = is_multiaffine(scalars, eq)
    if isinstance(eq.expr, Product) and is_affine and box.low == -box.high:
        proof = (*known, *size_lines(eq, eq.expr, statement))
    elif is_affine:
        proof = (*known, *vertex_lines(scalars, eq), line("Hence ", statement, "."))
    else:
        written = Formula.of(eq.target, " = ", scalars.program.written(eq))
        proof = (*known, line("By ", eq.target, ", ", written, "; over these intervals ", statement, "."))
    return Range(eq.target, statement, "vertices of a box" if is_affine else "interval", proof, interval=box)
