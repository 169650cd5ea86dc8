"""What a list of cells tells of each: family, year, states, parameters and operations as formulas, recurrence, ranges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from derivations.cell import Cell
from derivations.documents.counts import Count, Shapes, area, summed
from derivations.notation import name_unicode
from derivations.notation.spelling import SUPERSCRIPT_OF
from derivations.notation.tree import Expr, Sum, children
from derivations.sizes import LETTERS
from derivations.structure import Kind, recurrence


@dataclass(frozen=True, slots=True)
class Overview:
    """One cell, counted from its equations.

    ``parameters`` counts stored entries. ``operations`` counts floating-point operations of one step and one sequence: two
    for each multiplication and addition in a product of matrices, one for every other addition, multiplication, division
    and function value. Letters: m inputs, n hidden; other sizes by their names.
    """

    cell: Cell
    parameters: Count
    operations: Count
    recurrence: Kind

    def as_json(self) -> dict[str, Any]:
        """What the list adds to the record of a cell."""
        counts = {"parameter_count": formula(self.parameters), "operations_per_step": formula(self.operations)}
        return {"family": self.cell.family, **counts, "recurrence": self.recurrence}

    def states(self) -> str:
        """The states, each with its sizes where it is no vector of hidden units."""
        return ", ".join(name_unicode(name, 0) for name in self.cell.states)


def overview(cell: Cell) -> Overview:
    """The overview of a cell."""
    program = cell.program
    shapes = Shapes(program)
    written = [program.written(eq) for eq in program.shown]
    counts = [shapes.multiplications(expr) for expr in written]
    matrix = summed(matrix for matrix, _ in counts)
    single = [entry for _, entry in counts]
    for expr in written:
        single += [shapes.functions(expr), _additions(shapes, expr)]
    operations = summed((matrix, matrix, *single))
    return Overview(cell, summed(area(cell.shapes[name]) for name in cell.parameters), operations, recurrence(cell).kind)


def _additions(shapes: Shapes, expr: Expr) -> Count:
    found: Count = Counter()
    if isinstance(expr, Sum):
        found = Counter({monomial: n * (len(expr.terms) - 1) for monomial, n in area(shapes.of(expr)).items()})
    return found + summed(_additions(shapes, child) for child in children(expr))


def by_family(cells: Iterable[Cell]) -> list[Cell]:
    """Families together, in the order of their first cell; within one, by year and name."""
    cells = list(cells)
    first = {family: min(c.year or 9999 for c in cells if c.family == family) for family in {c.family for c in cells}}
    return sorted(cells, key=lambda cell: (first[cell.family], cell.family, cell.year or 9999, cell.name))


def formula(count: Count) -> str:
    """A count as a polynomial: ``4mn + 4n² + 4n``; sizes that have no letter stand between dots, ``2n·out``."""
    terms = sorted((item for item in count.items() if item[1]), key=lambda item: (-len(item[0]), _letters(item[0])))
    return " + ".join(_term(monomial, n) for monomial, n in terms) or "0"


def _letters(monomial: tuple[str, ...]) -> list[str]:
    return sorted((LETTERS.get(atom, atom) for atom in monomial), key=lambda letter: (len(letter) > 1, letter))


def _term(monomial: tuple[str, ...], n: int) -> str:
    powers = Counter(_letters(monomial))
    factors = [letter + (SUPERSCRIPT_OF[str(power)] if power > 1 else "") for letter, power in powers.items()]
    letters, words = ([f for f, letter in zip(factors, powers, strict=True) if (len(letter) > 1) == long] for long in (False, True))
    number = str(n) if n > 1 or not factors else ""
    return "·".join(["".join([number, *letters])] * bool(number or letters) + words)
