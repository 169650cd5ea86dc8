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
from derivations.notation.tree import Apply, Assignment, Expr, Name, Power, Quotient, Ref, children
from derivations.proofs.counterexample import Gradient, search
from derivations.proofs.exact import Exact, Field, OutOfGenerators
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

    def __init__(self, cell: Cell, sizes: Mapping[str, int], spare: int = 1) -> None:
        self.cell, self.sizes = cell, sizes
        self.field = Field(self.generators(spare))
        self.places: dict[Ref, Any] = {}  # the numbers of the entries of what is differentiated by
        self.leaves: Values = {ref: self.field.symbols(self.shape(ref.name)) for ref in leaves(cell)}
        self.seeds: Values = {seed: self.field.symbols(self.shape(name)) for name in cell.outputs for seed in seeds(cell, name)}
        by_author = self.differentiated(cell.equations, {*(eq.target for eq in cell.equations), *self.leaves})
        invented = {eq.target for eq in cell.program.equations} - set(self.places)
        self.partials = by_author | self.differentiated(cell.program.equations, invented)

    def gradient(self, ref: Ref) -> Any:
        """The derivatives of the loss by the entries of a variable."""
        return np.frompyfunc(lambda place: self.partials.get(place, self.field.ring.zero), 1, 1)(self.places[ref])

    def shape(self, name: Name) -> tuple[int, ...]:
        return shape_value(self.cell.program.shapes[name], self.sizes)

    def generators(self, spare: int) -> int:
        """How many symbols are needed: one for each entry, function value, root and reciprocal, and some to spare."""
        arrays = [*(ref.name for ref in leaves(self.cell)), *(name for name in self.cell.outputs for _ in seeds(self.cell, name))]
        opaque = [eq.target.name for eq in self.cell.equations for node in nodes(eq.expr) if isinstance(node, Apply | Quotient | Power)]
        return sum(int(np.prod(self.shape(name))) for name in (*arrays, *opaque * (1 + spare)))

    def differentiated(self, equations: Iterable[Assignment | Equation], wanted: set[Ref]) -> dict[int, PolyElement]:
        """The derivatives of Σ seed × output by the entries of the wanted variables."""
        known: Values = {ref: self.marked(ref, value) if ref in wanted else value for ref, value in self.leaves.items()}
        for eq in equations:
            value = self.value(eq, known)
            known[eq.target] = self.marked(eq.target, value) if eq.target in wanted else value
        terms = [np.sum(self.seeds[seed] * known[Ref(name, 0)]) for name in self.cell.outputs for seed in seeds(self.cell, name)]
        loss: Exact = sum(terms[1:], start=terms[0])
        return loss.partials

    def value(self, eq: Assignment | Equation, known: Values) -> Any:
        """What one equation computes; a scalar becomes an array of the target's shape."""
        if isinstance(eq, Assignment):
            found = evaluate_expr(eq.expr, known, self.field.functions, self.field.constant)
            return np.broadcast_to(found, self.shape(eq.target.name))[()]
        program = Program((eq,), self.cell.program.shapes)
        return evaluate_program(program, known, self.field.functions, self.sizes, self.field.constant)[eq.target]

    def marked(self, ref: Ref, value: Any) -> Any:
        """The same value, differentiated by from here on: a later use of it is a use of this variable."""
        first = sum(np.size(numbers) for numbers in self.places.values())
        self.places[ref] = np.arange(first, first + np.size(value)).reshape(np.shape(value))
        one = self.field.ring.one
        mark = np.frompyfunc(lambda number, place: Exact(self.field, number.poly, {**number.partials, place: one}), 2, 1)
        return mark(value, self.places[ref])

    def claims(self, derivation: Derivation) -> Values:
        """The value of everything that the derived equations compute."""
        program = Program(derivation.forward.equations + derivation.backward.equations, derivation.backward.shapes)
        return evaluate_program(program, self.leaves | self.seeds, self.field.functions, self.sizes, self.field.constant)

    def equal(self, claim: Any, gradient: Any) -> bool:
        """Whether two arrays are equal entry by entry, exactly."""
        pairs = zip(np.ravel(claim), np.ravel(gradient), strict=True)
        return np.shape(claim) == np.shape(gradient) and all(self.field.is_zero(c.poly - g) for c, g in pairs)


def nodes(expr: Expr) -> Iterator[Expr]:
    """An expression and everything within it."""
    yield expr
    for child in children(expr):
        yield from nodes(child)




def prove_at_small_sizes(derivation: Derivation) -> tuple[Result, ...]:
    """Every step of a derivation, exactly, at sizes that are all different."""
    sizes = small_sizes(derivation.cell)
    start = perf_counter()
    for spare in (1, 4, 16):
        try:
            scalars = Scalars(derivation.cell, sizes, spare)
            claims = scalars.claims(derivation)
            break
        except OutOfGenerators:
            continue
    shared = (perf_counter() - start) / len(derivation.steps)
    return tuple(_prove_step(derivation, step, scalars, claims, shared) for step in derivation.steps)


def _prove_step(derivation: Derivation, step: Step, scalars: Scalars, claims: Values, shared: float) -> Result:
    start = perf_counter()
    gradient = scalars.gradient(step.adjoint.of)
    equal = scalars.equal(claims[step.target], gradient)
    result = Result(derivation.cell.name, step.unicode(), "gradient", "proved_at", METHOD, independent_of=INDEPENDENT, at=scalars.sizes)
    if equal:
        line = f"each of the {np.size(gradient)} entries is the derivative of the scalar loss: the difference is 0 as a polynomial"
        return replace(result, proof=(line,), seconds=shared + perf_counter() - start)
    found = search(Gradient(derivation, step.adjoint.of, step.target))
    seconds = shared + perf_counter() - start
    if found is None:
        why = "the difference is not 0 as a polynomial, but no input was found on which the values differ"
        return replace(result, verdict="undecided", at={}, why=why, seconds=seconds)
    return replace(result, verdict="refuted", at={}, counterexample=found, seconds=seconds)
