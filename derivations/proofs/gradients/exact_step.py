"""One step of a cell at given sizes in exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from derivations.cell import Cell
from derivations.equations import Equation, Program
from derivations.evaluate import Values, evaluate_expr, evaluate_program
from derivations.notation.tree import Apply, Assignment, Name, Quotient, Ref, nodes
from derivations.proofs.gradients.exact import Field
from derivations.proofs.step import leaves, seeds
from derivations.sizes import shape_value


class ExactStep:
    """Evaluates equations, the author's or the lowered ones.

    Every value that the author names gets symbols of its own as soon as it is known, so that polynomials stay short. Equal
    polynomials get equal symbols: where both sides of a comparison agree in the symbols, they agree in what they stand for.
    """

    def __init__(self, cell: Cell, sizes: Mapping[str, int], field: Field) -> None:
        self.cell, self.sizes, self.field = cell, sizes, field
        self.constants: Values = {Ref(name): self.symbols(name) for name in cell.constants}

    def symbols(self, name: Name) -> Any:
        """An array of symbols in the shape of a variable."""
        return self.field.symbols(shape(self.cell, name, self.sizes))

    def zeros(self, name: Name) -> Any:
        """An array of zeros in the shape of a variable."""
        return self.field.filled(shape(self.cell, name, self.sizes), lambda _: self.field.constant(0))

    def computed(
        self, equations: Iterable[Assignment | Equation], given: Values, mark: Callable[[Ref, Any], Any] = lambda _, value: value
    ) -> Values:
        """Every value of the step, added to what is given; ``mark`` may change each as soon as it is known."""
        known = {**self.constants, **given}
        for eq in equations:
            value = self.value(eq, known)
            known[eq.target] = mark(eq.target, self.field.named(value) if eq.target.name in self.cell.assigned else value)
        return known

    def value(self, eq: Assignment | Equation, known: Values) -> Any:
        """What one equation computes; a scalar becomes an array of the target's shape."""
        if isinstance(eq, Assignment):
            found = evaluate_expr(eq.expr, known, self.field.functions, self.field.constant, self.sizes)
            return np.broadcast_to(found, shape(self.cell, eq.target.name, self.sizes))[()]
        return self.program(Program((eq,), self.cell.program.shapes), known)[eq.target]

    def program(self, program: Program, known: Values) -> Values:
        """Every value of a program, added to what is known."""
        return evaluate_program(program, {**self.constants, **known}, self.field.functions, self.sizes, self.field.constant)


def shape(cell: Cell, name: Name, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The numbers of entries along the axes of a variable."""
    return shape_value(cell.program.shapes[name], sizes)


def generators(cell: Cell, sizes: Mapping[str, int]) -> int:
    """How many symbols one step needs at least: for each entry of what is given, each function value and each named value."""
    given = [*cell.constants, *(ref.name for ref in leaves(cell)), *(name for name in cell.outputs for _ in seeds(cell, name))]
    opaque = [eq.target.name for eq in cell.equations for node in nodes(eq.expr) if isinstance(node, Apply | Quotient)]
    named = [eq.target.name for eq in cell.equations if not isinstance(eq.expr, Apply)]
    return sum(int(np.prod(shape(cell, name, sizes))) for name in (*given, *opaque, *named))
