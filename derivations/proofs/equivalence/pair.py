"""Two cells side by side: one list of equations over common sizes, and what has to be equal in it.

The names of each cell are marked with its side. What is matched (parameters, inputs and states of the same name, and
what a substitution says) becomes an equation before those of the cells, so everything else works on a list of equations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar, cast

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.notation import name_unicode, unicode
from derivations.notation.tree import (
    Assignment,
    Concat,
    Expr,
    Name,
    Number,
    Ref,
    Transpose,
    refs,
)
from derivations.proofs.equivalence.clauses import LEFT, NEW, RIGHT, UNDATED, Clause, read_clauses
from derivations.proofs.equivalence.system import Goal, System, ordered
from derivations.proofs.equivalence.terms import before, dated, marked, resized, standing
from derivations.shapes import KIND, Typer
from derivations.sizes import OpenShape, OpenSize, Size, shape_text

E = TypeVar("E", bound=Expr)


@dataclass(frozen=True)
class Pair(System):
    """Two cells over common names and sizes, and what has to be equal after each step."""

    clauses: tuple[Clause, ...]
    merged: tuple[tuple[str, ...], ...]  # sizes of one cell that the other one does not tell apart
    is_partial: bool = False  # whether a state of the first cell, or its match in the second one, is not compared
    loose: tuple[Ref, ...] = ()  # what only one of the cells reads, and nothing defines

    @property
    def compared(self) -> tuple[Name, ...]:
        """The states and outputs that are compared, by their names in the first cell where it has them."""
        return tuple(goal.value.name.unmarked for goal in self.goals)

    def owner(self, name: Name) -> str:
        """The cell to which a marked name belongs; "" if it belongs to none."""
        return {LEFT: self.sides[0], RIGHT: self.sides[1]}.get(name.marks[-1], "")

    def shown(self, ref: Ref) -> str:
        """A given value, with its cell unless it is the same one in both."""
        plain, owner = super().shown(ref), self.owner(ref.name)
        shared = any(eq.expr == ref and eq.target.name.unmarked == ref.name.unmarked for eq in self.equations)
        return plain if shared or not owner else f"{plain} of {owner}"


def pair(first: Cell, second: Cell, where: str = "", free: Iterable[str] = ()) -> Pair:
    """Two cells side by side; raises ``CellError`` where names or shapes do not fit or nothing is left to compare."""
    clauses = read_clauses(first, second, where, free)
    return _Pairing(first, second, clauses).paired()


class _Pairing:
    def __init__(self, first: Cell, second: Cell, clauses: tuple[Clause, ...]) -> None:
        self.first, self.second, self.clauses = first, second, clauses
        self.cells = {LEFT: first, RIGHT: second}
        self.typer = Typer({})
        self.atoms: dict[tuple[str, str], int] = {}  # (side, size) → its number for the typer
        for side, cell in self.cells.items():
            for name, shape in cell.shapes.items():
                self.typer.shapes[name.marked(side)] = tuple(tuple(self.atom(side, atom) for atom in size) for size in shape)

    def atom(self, side: str, size: str) -> int:
        if (side, size) not in self.atoms:
            (number,) = self.typer.sizes.fresh()
            assert isinstance(number, int)
            self.atoms[side, size] = number
        return self.atoms[side, size]

    def paired(self) -> Pair:
        substituted = [self.substituted(clause) for clause in self.clauses if clause.kind != "size"]
        matches = [*substituted, *self.by_name(), *self.usual_values()]
        free = {eq.target for eq, kind in matches if kind == "state" and all(ref.name.marks[-1] == NEW for ref in refs(eq.expr))}
        given_out = {eq.target for eq, kind in matches if kind == "value" and self.is_given_out(eq)}
        held = {eq.target for eq, kind in matches if kind == "value"} - given_out | free
        equations = [eq for eq, kind in matches if kind != "state" or eq.target in free]
        equations += [Assignment(before(eq.target), dated(eq.expr, -1)) for eq, kind in matches if kind == "state"]
        equations = [eq for eq in equations if eq.target not in given_out]
        goals = [
            Goal(eq.target, eq.expr, eq.target not in given_out)
            for eq, kind in matches
            if (kind == "state" and eq.target not in free) or eq.target in given_out
        ]
        for side, cell in self.cells.items():
            steps = (Assignment(self.own(eq.target, side), self.own(eq.expr, side)) for eq in cell.equations)
            equations += [eq for eq in steps if eq.target not in held]
        goals += self.outputs({goal.value for goal in goals}, held)
        if not goals:
            one, other = (name_unicode(cell.states[0], 0) for cell in self.cells.values())
            raise CellError(
                f"{self.first.name} and {self.second.name} have no state or output of the same name",
                hint=f'say what is to be equal: --where "{one} = {other}"',
            )
        return self.closed(equations, goals)

    def is_given_out(self, eq: Assignment) -> bool:
        """Whether a computed value is an output that is matched with values of the other cell; otherwise it is held."""
        cell = self.cells[eq.target.name.marks[-1]]
        return eq.target.name.unmarked in cell.outputs and any(ref.time is not None for ref in refs(eq.expr))

    def substituted(self, clause: Clause) -> tuple[Assignment, str]:
        """The equation of a clause, with its shapes checked."""
        target = Ref(clause.target, None if clause.kind in UNDATED else 0)
        wanted = self.typer.shapes[clause.target]
        for ref in refs(clause.expr):  # what stands for a scalar is made of scalars, what stands for a whole has its shape
            if ref.name.marks[-1] == NEW and (not wanted or ref == clause.expr):
                self.typer.shapes.setdefault(ref.name, wanted)
        other = RIGHT if clause.side == LEFT else LEFT
        expr, shape = self.typed(resized(standing(clause.expr), lambda size: tuple(self.atom(other, atom) for atom in size)))
        if shape and len(shape) != len(wanted):
            found = f"{clause.written}: a {KIND[len(wanted)]} cannot be a {KIND[len(shape)]}"
            raise CellError(found, hint="write both sides with equal shapes")
        self.typer.same(wanted, shape, None, f"the substitution {clause.written}")
        return Assignment(target, expr), clause.kind

    def typed(self, expr: Expr) -> tuple[Expr, OpenShape]:
        """A typed expression; matrices in square brackets stand beside each other."""
        if not isinstance(expr, Concat):
            return self.typer.typed(expr)
        self.shape_new(expr.parts)
        parts = [self.typer.typed(part) for part in expr.parts]
        if not all(len(shape) == 2 for _, shape in parts):
            return self.typer.typed(expr)
        for (one, a), (_, b) in pairwise(parts):
            self.typer.same(a[:1], b[:1], None, f"matrices beside each other: {unicode(one)}")
        rows, columns = parts[0][1][0], tuple(atom for _, shape in parts for atom in shape[1])
        return Transpose(Concat(tuple(Transpose(part) for part, _ in parts))), (rows, columns)

    def shape_new(self, parts: tuple[Expr, ...]) -> None:
        """A new name beside a known one has its shape."""
        known = next((part.name for part in parts if isinstance(part, Ref) and part.name in self.typer.shapes), None)
        for part in parts:
            if known and isinstance(part, Ref) and part.name.marks[-1] == NEW:
                self.typer.shapes.setdefault(part.name, self.typer.shapes[known])

    def by_name(self) -> Iterator[tuple[Assignment, str]]:
        """States, inputs and parameters that both cells have, as far as no clause speaks of them."""
        taken = {clause.target for clause in self.clauses}
        taken |= {ref.name for clause in self.clauses if clause.kind == "state" for ref in refs(clause.expr)}
        groups = (("state", 0, "states"), ("input", 0, "inputs"), ("parameter", None, "parameters"), ("constant", None, "constants"))
        for kind, time, attribute in groups:
            there = {name.id: name.marked(RIGHT) for name in getattr(self.second, attribute)}
            for name in getattr(self.first, attribute):
                one, other = name.marked(LEFT), there.get(name.id)
                if other is None or one in taken or (kind == "state" and other in taken):
                    continue
                self.same_shape(name, one, other)
                yield Assignment(Ref(one, time), Ref(other, time)), kind

    def usual_values(self) -> Iterator[tuple[Assignment, str]]:
        """The values of the constants that only one of the cells has, and that no clause speaks of."""
        spoken = {clause.target for clause in self.clauses} | {ref.name for clause in self.clauses for ref in refs(clause.expr)}
        for side, cell in self.cells.items():
            (other,) = (c for s, c in self.cells.items() if s != side)
            there = {name.id for name in other.constants}
            for name, value in cell.constants.items():
                if name.id not in there and name.marked(side) not in spoken:
                    yield Assignment(Ref(name.marked(side)), Number(value)), "constant"

    def same_shape(self, name: Name, one: Name, other: Name) -> None:
        a, b = self.typer.shapes[one], self.typer.shapes[other]
        try:
            if len(a) != len(b):
                raise CellError("")
            self.typer.same(a, b, None, "")
        except CellError:
            own = ((cell, n) for cell in self.cells.values() for n in cell.shapes if n.id == name.id)
            shapes = [f"{shape_text(cell.shapes[n])} in {cell.name}" for cell, n in own]
            hint = "say what it stands for with --where; names of the same spelling are the same thing otherwise"
            raise CellError(f"{name_unicode(name)} is {' and '.join(shapes)}", hint=hint) from None

    def outputs(self, states: set[Ref], held: set[Ref]) -> list[Goal]:
        """Values of the same name that both cells give out and that are not states."""
        there = {name.id: name for name in self.second.outputs if name not in self.second.states}
        found = []
        for name in self.first.outputs:
            one = Ref(name.marked(LEFT), 0)
            if name in self.first.states or name.id not in there or one in held or one in states:
                continue
            other = there[name.id].marked(RIGHT)
            self.same_shape(name, one.name, other)
            found.append(Goal(one, Ref(other, 0), False))
        return found

    def closed(self, equations: list[Assignment], goals: list[Goal]) -> Pair:
        """The pair with a name for every size."""
        merged = self.name_sizes()
        steps = ordered([Assignment(eq.target, resized(eq.expr, self.named)) for eq in equations])
        named = [replace(goal, expr=resized(goal.expr, self.named)) for goal in goals]
        shapes = {name: tuple(self.named(size) for size in shape) for name, shape in self.typer.shapes.items()}
        names = (self.first.name, self.second.name)
        sides = names if names[0] != names[1] else (f"the first {names[0]}", f"the second {names[0]}")
        matched = {eq.target for eq in steps}
        partial = any(Ref(name.marked(LEFT), -1) not in matched for name in self.first.states)
        fixed = (self.named((self.atom(clause.side, clause.target.id),)) for clause in self.clauses if clause.kind == "size")
        single = frozenset(atom for whole in fixed for atom in whole)
        found = Pair(sides, tuple(steps), shapes, tuple(named), self.clauses, merged, partial, single=single)
        ids = [{name.id for name in (*cell.parameters, *cell.inputs)} for cell in self.cells.values()]
        spoken = {ref.name for clause in self.clauses for ref in refs(clause.expr)}
        alone = (ref for ref in found.given if ref.name.marks[-1] != NEW and ref.time != -1 and ref.name not in spoken)
        return replace(found, loose=tuple(ref for ref in alone if ref.name.unmarked.id not in ids[0] & ids[1]))

    def name_sizes(self) -> tuple[tuple[str, ...], ...]:
        """Names for all sizes: those of the second cell first. Returns the sizes that had to become one."""
        groups: dict[str | int, list[tuple[str, str]]] = {}
        for (side, size), atom in sorted(self.atoms.items(), key=lambda item: item[0][0] == LEFT):
            resolved = self.typer.sizes.resolve((atom,))
            if len(resolved) == 1:
                groups.setdefault(resolved[0], []).append((side, size))
        taken: set[str] = set()
        for number, names in groups.items():
            label = next(size for _, size in names)
            while label in taken:
                label += "_2"
            taken.add(label)
            if isinstance(number, int):
                self.typer.sizes.bound[number] = (label,)
        several = (tuple(dict.fromkeys(s for side, s in names if side == one)) for names in groups.values() for one in (LEFT, RIGHT))
        return tuple(dict.fromkeys(names for names in several if len(names) > 1))

    def own(self, expr: E, side: str) -> E:
        """An expression of one cell with its names marked and its sizes numbered."""
        numbered = resized(expr, lambda size: tuple(self.atom(side, atom) for atom in size))
        return cast(E, marked(numbered, side))

    def named(self, size: OpenSize) -> Size:
        """A size with names for everything."""
        resolved = self.typer.sizes.resolve(size)
        if any(isinstance(atom, int) for atom in resolved):
            raise CellError("a size in the substitution is left open", hint="write it so that its shape follows from the cells")
        return tuple(str(atom) for atom in resolved)
