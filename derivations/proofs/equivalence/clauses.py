"""Substitutions between two cells: ``W_f = -W_i; b_z = 0; c_t = exp(m_t) ⊙ c_t``, read and checked against the names.

A clause defines one name of one cell. The left side belongs to the first cell if it has the name, otherwise to the
second; the right side is written in the names of the other one. A right side without names of a cell (numbers, names
declared as ``any``) restricts both cells, if both have the name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.leaves import with_leaves
from derivations.notation import name_unicode, read, unicode
from derivations.notation.tree import Assignment, Expr, Name, Number, Ref, rebuild, refs

LEFT, RIGHT, NEW = "left", "right", "new"  # marks of the names of the first cell, the second, and of neither
UNDATED = ("parameter", "constant")  # kinds of names that have no time
Kind = Literal["size", "parameter", "constant", "input", "state", "value"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One definition. ``target`` and the names in ``expr`` are marked with the cell to which they belong; ``expr`` is not typed."""

    side: str
    target: Name
    kind: Kind
    expr: Expr
    written: str


class Names:
    """The names of one cell and what they are, by their spelling."""

    def __init__(self, cell: Cell, mark: str) -> None:
        self.cell, self.mark = cell, mark
        self.kind: dict[str, Kind] = {}
        self.name: dict[str, Name] = {}
        groups: tuple[tuple[Kind, tuple[Name, ...]], ...] = (
            ("value", cell.assigned),
            ("state", cell.states),
            ("input", cell.inputs),
            ("parameter", cell.parameters),
            ("constant", tuple(cell.constants)),
        )
        for kind, names in groups:
            for name in names:
                self.kind[name.id], self.name[name.id] = kind, name

    def __contains__(self, name: Name) -> bool:
        return name.id in self.kind

    def ref(self, ref: Ref) -> Ref:
        """A use of a name, marked, at its own time: t for everything but parameters."""
        dated = self.kind[ref.name.id] not in UNDATED
        if ref.time not in (None, 0) or (ref.time == 0 and not dated):
            wanted = name_unicode(ref.name, 0 if dated else None)
            raise CellError(f"{unicode(ref)} in a substitution", hint=f"a substitution is about one step: write {wanted}", span=ref.span)
        return Ref(self.name[ref.name.id].marked(self.mark), 0 if dated else None, ref.span)


def read_clauses(first: Cell, second: Cell, where: str, free: Iterable[str] = ()) -> tuple[Clause, ...]:
    """The clauses of a substitution; raises ``CellError`` for names that neither cell has, and for a second definition."""
    sides = Names(first, LEFT), Names(second, RIGHT)
    new = _new_names(free, *sides)
    try:
        found = [clause for eq in _read(where, first, second) for clause in _clauses(eq, *sides, new)]
    except CellError as error:
        raise error.located(file="where") from None
    seen: set[Name] = set()
    for clause in found:
        if clause.target in seen:
            raise CellError(f"{clause.written}: a second substitution for the same name", hint="one equation for each name")
        seen.add(clause.target)
    return tuple(found)


def _read(where: str, *cells: Cell) -> tuple[Assignment, ...]:
    """The equations of a substitution, with sizes, ``I`` and ``ones`` where no cell has these names."""
    if not where.strip():
        return ()
    shapes = {name.id: shape for cell in cells for name, shape in cell.shapes.items()}
    return with_leaves(read(where), {}, shapes)[0]


def _new_names(free: Iterable[str], first: Names, second: Names) -> set[str]:
    """The names that stand for anything: neither cell has them."""
    for name in (new := set(free)):
        if name in first.kind or name in second.kind:
            raise CellError(f"{name} is declared as any and is a name of a cell", hint="give it another name")
    return new


def _clauses(eq: Assignment, first: Names, second: Names, new: set[str]) -> Iterator[Clause]:
    """What one equation defines: a name of one cell, or of both."""
    owners = [names for names in (first, second) if eq.target.name in names]
    if not owners and any(eq.target.name.id in names.cell.sizes for names in (first, second)):
        yield _size(eq, first, second)
        return
    if not owners:
        raise CellError(f"{unicode(eq.target)} is a name of neither cell", hint=_near(eq.target.name, first, second), span=eq.span)
    others = [ref for ref in refs(eq.expr) if ref.name.id not in new]
    for owner in owners[:1] if others else owners:
        other = second if owner is first else first
        yield _clause(eq, owner, other, new)


def _size(eq: Assignment, first: Names, second: Names) -> Clause:
    """``length = 1``: a size at which alone the cells are compared."""
    written = f"{unicode(eq.target)} = {unicode(eq.expr)}"
    if not (isinstance(eq.expr, Number) and eq.expr.value == 1):
        raise CellError(f"{written}: a size can be put to 1 only", hint="cells are compared at every size, or where one is 1", span=eq.span)
    side = first if eq.target.name.id in first.cell.sizes else second
    return Clause(side.mark, Name(eq.target.name.id), "size", eq.expr, written)


def _clause(eq: Assignment, owner: Names, other: Names, new: set[str]) -> Clause:
    kind = owner.kind[eq.target.name.id]
    target = owner.ref(replace(eq.target, span=eq.span)) if eq.target.time is not None else owner.ref(eq.target)

    def marked(node: Expr) -> Expr:
        if not isinstance(node, Ref):
            return rebuild(node, marked)
        if node.name.id in new:
            return Ref(node.name.marked(NEW), 0 if kind == "state" else None, node.span)
        if node.name in other:
            return other.ref(node)
        hint = f"the right side is written in the names of {other.cell.name}; {_near(node.name, other)}"
        if node.name in owner:
            hint += f"; {unicode(node)} is a name of {owner.cell.name}"
        raise CellError(f"{unicode(node)} is not a name of {other.cell.name}", hint=hint, span=node.span)

    if kind == "state":
        _check_states(eq, other)
    return Clause(owner.mark, target.name, kind, marked(eq.expr), f"{unicode(eq.target)} = {unicode(eq.expr)}")


def _check_states(eq: Assignment, other: Names) -> None:
    """A state is a function of what holds between two steps."""
    for ref in refs(eq.expr):
        if other.kind.get(ref.name.id) in ("input", "value"):
            hint = f"a state is written in states and parameters of {other.cell.name}"
            raise CellError(f"{unicode(ref)} in the substitution for the state {unicode(eq.target)}", hint=hint, span=ref.span)


def _near(name: Name, *sides: Names) -> str:
    known = [known for side in sides for known in side.kind]
    near = difflib.get_close_matches(name.id, known, n=3)
    wanted = f"did you mean {' or '.join(dict.fromkeys(near))}?" if near else f"names: {', '.join(dict.fromkeys(known))}"
    return f"{wanted} A name that stands for anything is declared: --any {name.id}"
