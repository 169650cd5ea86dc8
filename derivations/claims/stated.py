"""Derivatives as people state them, read with the names of a cell.

A matrix is what it does to every vector, so a Jacobian is stated as the derivative in arbitrary directions: ``directions``
says in which direction each value of the step before moves (a value without a direction is held fixed), ``formula`` what
the value ``of`` then does; ``let`` names parts of both. Other names that the cell does not have stand for arbitrary vectors.
``unfold`` writes a state of the step before out by its own equation, so that paths through it count; what ``held`` names
in that equation is held fixed under another name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.leaves import with_leaves
from derivations.notation import read_expr, unicode
from derivations.notation.tree import Assignment, Expr, Name, Ref, rebuild, refs
from derivations.proofs.step import leaves
from derivations.resolve import Roles
from derivations.shapes import infer_shapes
from derivations.sizes import Shape


@dataclass(frozen=True)
class Stated:
    """A derivative in stated directions: typed equations for named parts, for the directions, and for the derivative itself."""

    cell: Cell
    of: Ref
    let: tuple[Assignment, ...]
    directions: tuple[Assignment, ...]
    formula: Assignment
    shapes: dict[Name, Shape]

    @property
    def free(self) -> tuple[Ref, ...]:
        """The arbitrary vectors."""
        named = {eq.target for eq in self.let}
        used = dict.fromkeys(ref for eq in self.equations for ref in refs(eq.expr))
        return tuple(ref for ref in used if ref.name not in self.cell.shapes and ref not in named)

    @property
    def equations(self) -> tuple[Assignment, ...]:
        """All stated equations in the order of computation."""
        return (*self.let, *self.directions, self.formula)


def stated(cell: Cell, given: Mapping[str, Any]) -> Stated:
    """``of``, ``directions``, ``let`` and ``formula``, read with the names of the cell; ``CellError`` where they do not fit it."""
    of, let, directions = given["of"], given.get("let", {}), given["directions"]
    by_id = {ref.name.id: ref for ref in leaves(cell)}
    unknown = next((key for key in directions if key not in by_id), None)
    if unknown or of not in {name.id for name in cell.assigned}:
        raise CellError(f"{unknown or of!r} is no value of {cell.name}", hint=f"it reads {', '.join(by_id)}")
    target = next(Ref(name, 0) for name in cell.assigned if name.id == of)
    written = [Assignment(_named(key), _timed(cell, read_expr(text))) for key, text in let.items()]
    written += [Assignment(dot(by_id[key]), _timed(cell, read_expr(text))) for key, text in directions.items()]
    written.append(Assignment(dot(target), _timed(cell, read_expr(given["formula"]))))
    typed, shapes = _typed(cell, written)
    return Stated(cell, target, typed[: len(let)], typed[len(let) : -1], typed[-1], shapes)


def _named(text: str) -> Ref:
    ref = read_expr(text)
    if not isinstance(ref, Ref):
        raise CellError(f"{text!r} is no name", hint="name a part with a letter")
    return ref


def _typed(cell: Cell, written: Sequence[Assignment]) -> tuple[tuple[Assignment, ...], dict[Name, Shape]]:
    targets = tuple(eq.target.name for eq in written)
    used = tuple(dict.fromkeys(ref.name for eq in written for ref in refs(eq.expr)))
    given = (*targets, *cell.constants)
    roles = Roles(cell.states, cell.inputs, tuple(name for name in used if name not in given), targets)
    declared = {name.id: cell.shapes[name] for name in (*cell.states, *cell.inputs, *used) if name in cell.shapes}
    declared |= {name.id: cell.shapes[name.unmarked] for name in targets if name.marks}
    values = {name.id: float(cell.constants[name]) for name in used if name in cell.constants}
    with_constants, _ = with_leaves(written, values, declared)
    return infer_shapes(with_constants, roles, declared, tuple(values))


def dot(ref: Ref) -> Ref:
    """The tangent of a value."""
    return Ref(ref.name.marked("dot"), ref.time)


def _timed(cell: Cell, expr: Expr) -> Expr:
    """``f`` means ``f_t``, as in equations; what the cell does not have is an arbitrary vector."""
    if not isinstance(expr, Ref):
        return rebuild(expr, lambda child: _timed(cell, child))
    changing = expr.name in cell.assigned or expr.name in cell.inputs
    return Ref(expr.name, 0 if expr.time is None and changing else expr.time)


def unfolded(cell: Cell, state: str, held: Mapping[str, str]) -> Cell:
    """The cell with a state of the step before replaced by what its equation says of that step."""
    own = next((eq for eq in cell.equations if eq.target.name.id == state), None)
    if own is None:
        raise CellError(f"{state!r} is no state of {cell.name}", hint=f"it has {', '.join(map(str, cell.states))}")
    before = _earlier(own.expr, cell, held)

    def written_out(expr: Expr) -> Expr:
        return before if expr == Ref(own.target.name, -1) else rebuild(expr, written_out)

    lines = [f"{unicode(eq.target)} = {unicode(written_out(eq.expr))}" for eq in cell.equations]
    return Cell.from_equations("\n".join(lines), name=f"{cell.name}, {state} unfolded")


def _earlier(expr: Expr, cell: Cell, held: Mapping[str, str]) -> Expr:
    """An expression of step t as one of step t−1."""
    if not isinstance(expr, Ref) or expr.time is None:
        return rebuild(expr, lambda child: _earlier(child, cell, held))
    if expr.name.id in held:
        return _named(held[expr.name.id])
    if expr.time == 0 and expr.name in cell.states:
        return Ref(expr.name, -1)
    raise CellError(f"{unicode(expr)} is no state", hint='name what is held fixed: held = { o = "q" }')


def moved(tangent: Ref) -> Ref:
    """The value that a tangent belongs to."""
    return Ref(tangent.name.unmarked, tangent.time)
