"""A parallel form of a recurrence beside the recurrence itself, unrolled over the same number of steps.

Values of a step that do not depend on its state (projections of the input, gates) are given arrays at each position: what
is proved holds for any of them. A form may use these and the states before the first step, and nothing else of the cell.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.form import Form
from derivations.leaves import with_leaves
from derivations.notation import name_unicode, read, unicode
from derivations.notation.tree import Assignment, Constant, Expr, Name, Ref, rebuild, refs
from derivations.proofs.equivalence.system import Goal, System, ordered
from derivations.shapes import Typer
from derivations.sizes import Shape

FORM = "form"  # the mark of the names that a form defines


class Unrolled(System):
    """A form and the steps of its cell."""

    def shown(self, ref: Ref) -> str:
        """A value with its position: ``k_2``; ``S_0`` before the first step."""
        mark = ref.name.marks[-1] if ref.name.marks else ""
        if not mark.startswith("at"):
            return super().shown(ref)
        plain = ref.name.unmarked
        return name_unicode(replace(plain, sub="_".join(filter(None, (plain.sub, mark.removeprefix("at"))))))

    def told(self, goal: Goal, time: int | None = None) -> str:
        """The compared value: it has the same name in the form."""
        return self.shown(goal.value)


def unrolled(form: Form, cell: Cell, steps: int) -> Unrolled:
    """A form beside ``steps`` steps of its cell; raises ``CellError`` where it speaks of what the cell has not."""
    return _Unrolling(form, cell, steps).system()


def depending(cell: Cell, free: Collection[Name] = ()) -> set[Name]:
    """The computed values that depend on the states of the step before; ``free`` ones are given."""
    found: set[Name] = set()
    for eq in cell.equations:
        if any((ref.time == -1 or ref.name in found) and ref.name not in free for ref in refs(eq.expr)):
            found.add(eq.target.name)
    return found


def as_given(cell: Cell) -> tuple[Assignment, ...]:
    """The equations of a cell with its constants as given arrays."""

    def new(node: Expr) -> Expr:
        return Ref(node.name) if isinstance(node, Constant) else node if isinstance(node, Ref) else rebuild(node, new)

    return tuple(Assignment(eq.target, new(eq.expr)) for eq in cell.equations)


class _Unrolling:
    def __init__(self, form: Form, cell: Cell, steps: int) -> None:
        self.form, self.cell, self.steps = form, cell, steps
        self.known = {name.id: name for name in cell.shapes}
        self.parameters = {name.id for name in (*cell.parameters, *cell.constants)}
        unknown = sorted(set(form.any) - {name.id for name in cell.assigned})
        if unknown:
            raise CellError(
                f"form {form.name}: {unknown[0]} is not computed by {cell.name}", hint="any names values that the cell computes"
            )
        self.free = {self.known[name] for name in form.any}
        self.moving = depending(cell, self.free) - self.free
        self.typer = Typer({})
        self.shapes: dict[Name, Shape] = {}
        for name, shape in cell.shapes.items():
            for k in range(steps + 1):
                self.shapes[at(name, k)] = shape
            self.shapes[name] = shape
        self.typer.shapes.update(self.shapes)

    def system(self) -> Unrolled:
        try:
            shapes = {name.id: shape for name, shape in self.cell.shapes.items()}
            return self.beside(with_leaves(read(self.form.over(self.steps)), {}, shapes)[0])
        except CellError as error:
            raise error.located(file=f"form {self.form.name}") from None

    def beside(self, written: Sequence[Assignment]) -> Unrolled:
        """The steps of the cell and then the equations of the form."""
        own = {eq.target.name for eq in written}
        if len(own) < len(written):
            raise CellError("a value is defined twice", hint="one line for each value; the conditions of two lines may overlap")
        kept = self.moving | self.following({self.value(ref).name for eq in written for ref in refs(eq.expr) if ref.name not in own})
        equations = [self.step(eq, k) for k in range(1, self.steps + 1) for eq in self.cell.equations if eq.target.name in kept]
        goals = []
        placed = [Assignment(Ref(eq.target.name.marked(FORM), 0), self.placed(eq.expr, own)) for eq in written]
        for eq in ordered(placed):
            expr, shape = self.typer.typed(eq.expr)
            self.typer.shapes[eq.target.name] = shape
            equations.append(Assignment(eq.target, expr))
            goals += self.goals(eq.target)
        if not any(goal.is_state for goal in goals):
            raise CellError(f"form {self.form.name} ends without a state", hint=f"add an equation for {self.cell.states[0].id}_C")
        typed = tuple(Assignment(eq.target, self.typer.closed(eq.expr)) for eq in equations)
        shapes = {name: tuple(self.typer.named(size) for size in shape) for name, shape in self.typer.shapes.items()}
        return Unrolled((f"{self.cell.name}, step by step", "the form"), typed, shapes, tuple(goals))

    def following(self, used: set[Name]) -> set[Name]:
        """The computed values that depend on values that the form uses: they cannot be given beside them."""
        anchors = {name.unmarked for name in used}
        found: set[Name] = set()
        for eq in self.cell.equations:
            if eq.target.name not in self.free and any(ref.time == 0 and ref.name in anchors | found for ref in refs(eq.expr)):
                found.add(eq.target.name)
        return found

    def step(self, eq: Assignment, k: int) -> Assignment:
        """An equation of the cell at step ``k``."""

        def moved(node: Expr) -> Expr:
            if isinstance(node, Constant):
                return Ref(node.name)
            if not isinstance(node, Ref):
                return rebuild(node, moved)
            return node if node.time is None else Ref(at(node.name, k + node.time), 0)

        return Assignment(Ref(at(eq.target.name, k), 0), moved(eq.expr))

    def placed(self, expr: Expr, own: set[Name]) -> Expr:
        """An expression of the form with its own names marked, and values of the cell at their positions."""

        def moved(node: Expr) -> Expr:
            if not isinstance(node, Ref):
                return rebuild(node, moved)
            if node.name in own:
                return Ref(node.name.marked(FORM), 0)
            return self.value(node)

        return moved(expr)

    def value(self, ref: Ref) -> Ref:
        """A value of the cell that a form uses."""
        if ref.name.id in self.parameters:
            return Ref(self.known[ref.name.id])
        name, position = position_of(ref.name)
        known = self.known.get(name.id)
        if known is None or position is None or not 0 <= position <= self.steps:
            hint = f"{self.cell.name} has {', '.join(self.known)}; a position stands at the end of the subscript: k_i"
            raise CellError(f"{unicode(ref)} in form {self.form.name} is no value of {self.cell.name}", hint=hint, span=ref.span)
        if position == 0 and known not in self.cell.states:
            raise CellError(f"{unicode(ref)} in form {self.form.name}: only states have a value before the first step", span=ref.span)
        if position and known in self.moving:
            hint = "a form uses what does not depend on the state; define the value in the form"
            raise CellError(f"{unicode(ref)} in form {self.form.name} depends on the state", hint=hint, span=ref.span)
        return Ref(at(known, position), 0)

    def goals(self, target: Ref) -> list[Goal]:
        """A value that the form defines and the cell has at that position has to be the one of the cell."""
        name = target.name.unmarked
        plain, position = position_of(name)
        known = self.known.get(plain.id)
        if known is None or position is None or known not in self.moving or not 1 <= position <= self.steps:
            return []
        return [Goal(Ref(at(known, position), 0), target, known in self.cell.states and position == self.steps)]


def at(name: Name, position: int) -> Name:
    """The value of a name at a position; 0 is before the first step."""
    return name.marked(f"at{position}")


def position_of(name: Name) -> tuple[Name, int | None]:
    """A name without the number that its subscript ends with, and the number."""
    *labels, last = name.sub.split("_")
    if not last.isdigit():
        return name, None
    return replace(name, sub="_".join(labels)), int(last)
