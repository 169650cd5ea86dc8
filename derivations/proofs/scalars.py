"""Gradients proved at small sizes: every entry a symbol, the loss one scalar, no indices and no matrices.

The loss is evaluated from the author's equations in exact numbers that carry their partial derivatives along; the derived
equations are evaluated in the same numbers, and every difference has to be 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy.polys.rings import PolyElement

from derivations.cell import Cell
from derivations.equations import Equation, Program
from derivations.evaluate import Values, evaluate_expr, evaluate_program
from derivations.notation.tree import Apply, Assignment, Expr, Name, Quotient, Ref, children
from derivations.proofs.counterexample import Gradient, search
from derivations.proofs.exact import Exact, Field, Inexact, attempted
from derivations.proofs.step import leaves, seeds
from derivations.sizes import shape_value
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation, Step

METHOD = "scalars"
INDEPENDENT = "the rules of reverse mode, the lowering and index contraction"


def small_sizes(cell: Cell) -> dict[str, int]:
    """Sizes that are all different, so that no axis can be taken for another: 2, 3, 4, …; the last is hidden, the largest."""
    return {name: k for k, name in enumerate(cell.sizes, 2)}


class Scalars:
    """The loss of one step of a cell at given sizes, with its derivatives by every entry of everything."""

    def __init__(self, cell: Cell, sizes: Mapping[str, int], field: Field) -> None:
        self.cell, self.sizes, self.field = cell, sizes, field
        self.places: dict[Ref, Any] = {}  # the numbers of the entries of what is differentiated by
        self.leaves: Values = {ref: field.symbols(shape(cell, ref.name, sizes)) for ref in leaves(cell)}
        self.seeds: Values = {seed: field.symbols(shape(cell, name, sizes)) for name in cell.outputs for seed in seeds(cell, name)}
        by_author = self.differentiated(cell.equations, {*(eq.target for eq in cell.equations), *self.leaves})
        invented = {eq.target for eq in cell.program.equations} - set(self.places)
        self.partials = by_author | self.differentiated(cell.program.equations, invented)

    def differentiated(self, equations: Iterable[Assignment | Equation], wanted: set[Ref]) -> dict[int, PolyElement]:
        """The derivatives of Σ seed × output by the entries of the wanted variables."""
        known: Values = {ref: self.marked(ref, value) if ref in wanted else value for ref, value in self.leaves.items()}
        for eq in equations:
            value = self.value(eq, known)
            known[eq.target] = self.marked(eq.target, value) if eq.target in wanted else value
        terms = [np.sum(self.seeds[seed] * known[Ref(name, 0)]) for name in self.cell.outputs for seed in seeds(self.cell, name)]
        loss: Exact = sum(terms[1:], start=terms[0])
        return loss.partials

    def marked(self, ref: Ref, value: Any) -> Any:
        """The same value, differentiated by from here on: a later use of it is a use of this variable."""
        value, self.places[ref] = self.field.marked(value)
        return value

    def value(self, eq: Assignment | Equation, known: Values) -> Any:
        """What one equation computes; a scalar becomes an array of the target's shape."""
        if isinstance(eq, Assignment):
            found = evaluate_expr(eq.expr, known, self.field.functions, self.field.constant)
            return np.broadcast_to(found, shape(self.cell, eq.target.name, self.sizes))[()]
        program = Program((eq,), self.cell.program.shapes)
        return evaluate_program(program, known, self.field.functions, self.sizes, self.field.constant)[eq.target]

    def claims(self, derivation: Derivation) -> Values:
        """The value of everything that the derived equations compute."""
        program = Program(derivation.forward.equations + derivation.backward.equations, derivation.backward.shapes)
        return evaluate_program(program, self.leaves | self.seeds, self.field.functions, self.sizes, self.field.constant)


def shape(cell: Cell, name: Name, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The numbers of entries along the axes of a variable."""
    return shape_value(cell.program.shapes[name], sizes)


def generators(cell: Cell, sizes: Mapping[str, int]) -> int:
    """How many symbols one step needs at least: one for each entry of what is given, and one for each function value."""
    given = [*(ref.name for ref in leaves(cell)), *(name for name in cell.outputs for _ in seeds(cell, name))]
    opaque = [eq.target.name for eq in cell.equations for node in nodes(eq.expr) if isinstance(node, Apply | Quotient)]
    return sum(int(np.prod(shape(cell, name, sizes))) for name in (*given, *opaque))


def nodes(expr: Expr) -> Iterator[Expr]:
    """An expression and everything within it."""
    yield expr
    for child in children(expr):
        yield from nodes(child)




def prove_at_small_sizes(derivation: Derivation) -> tuple[Result, ...]:
    """Every step of a derivation, exactly, at sizes that are all different."""
    cell, sizes, start = derivation.cell, small_sizes(derivation.cell), perf_counter()

    def evaluated(field: Field) -> tuple[Scalars, Values]:
        scalars = Scalars(cell, sizes, field)
        return scalars, scalars.claims(derivation)

    blank = Result(cell.name, "", "gradient", "undecided", METHOD, independent_of=INDEPENDENT)
    try:
        scalars, claims = attempted(evaluated, generators(cell, sizes))
    except Inexact as error:
        return tuple(replace(blank, statement=step.unicode(), why=str(error)) for step in derivation.steps)
    shared = (perf_counter() - start) / len(derivation.steps)
    return tuple(_prove_step(derivation, step, scalars, claims, replace(blank, seconds=shared)) for step in derivation.steps)


def _prove_step(derivation: Derivation, step: Step, scalars: Scalars, claims: Values, blank: Result) -> Result:
    start, places = perf_counter(), scalars.places[step.adjoint.of]
    equal = scalars.field.equal(claims[step.target], places, scalars.partials)
    found = None if equal else search(Gradient(derivation, step.adjoint.of, step.target))
    result = replace(blank, statement=step.unicode(), seconds=(blank.seconds or 0) + perf_counter() - start)
    if equal:
        line = f"each of the {np.size(places)} entries is the derivative of the scalar loss: the difference is 0 as a polynomial"
        return replace(result, verdict="proved_at", at=scalars.sizes, proof=(line,))
    if found is not None:
        return replace(result, verdict="refuted", counterexample=found)
    return replace(result, why="the difference is not 0 as a polynomial, but no input was found on which the values differ")
