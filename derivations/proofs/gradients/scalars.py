"""Gradients proved at small sizes: every entry a symbol, the loss one scalar, no indices and no matrices.

The loss is evaluated from the author's equations in exact numbers that carry their partial derivatives along; the derived
equations are evaluated in the same numbers, and every difference has to be 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy.polys.rings import PolyElement

from derivations.cell import Cell
from derivations.equations import Equation
from derivations.evaluate import Values
from derivations.notation.tree import Assignment, Ref
from derivations.proofs.gradients.comparison import Gradient
from derivations.proofs.gradients.counterexample import search
from derivations.proofs.gradients.exact import Exact, Field, Inexact, attempted
from derivations.proofs.gradients.exact_step import ExactStep, generators
from derivations.proofs.step import leaves, seeds
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation, Step

METHOD = "scalars"
INDEPENDENT = "the rules of reverse mode, the lowering and index contraction"


COMPARED = 160_000_000  # entries of exponents computed in one comparison, some seconds


def small_sizes(cell: Cell) -> dict[str, int]:
    """Sizes that are all different, so that no axis can be taken for another: 2, 3, 4, …; the last is hidden, the largest."""
    return {name: k for k, name in enumerate(cell.sizes, 2)}


class Scalars(ExactStep):
    """The loss of one step of a cell at given sizes, with its derivatives by every entry of everything."""

    def __init__(self, cell: Cell, sizes: Mapping[str, int], field: Field) -> None:
        super().__init__(cell, sizes, field)
        self.places: dict[Ref, Any] = {}  # the numbers of the entries of what is differentiated by
        self.leaves: Values = {ref: self.symbols(ref.name) for ref in leaves(cell)}
        self.seeds: Values = {seed: self.symbols(name) for name in cell.outputs for seed in seeds(cell, name)}
        by_author = self.differentiated(cell.equations, {*(eq.target for eq in cell.equations), *self.leaves})
        invented = {eq.target for eq in cell.program.equations} - set(self.places)
        self.partials = by_author | self.differentiated(cell.program.equations, invented)

    def differentiated(self, equations: Iterable[Assignment | Equation], wanted: set[Ref]) -> dict[int, PolyElement]:
        """The derivatives of Σ seed × output by the entries of the wanted variables."""

        def mark(ref: Ref, value: Any) -> Any:
            """A later use of a marked value is a use of this variable."""
            if ref in wanted:
                value, self.places[ref] = self.field.marked(value)
            return value

        known = self.computed(equations, {ref: mark(ref, value) for ref, value in self.leaves.items()}, mark)
        terms = [np.sum(self.seeds[seed] * known[Ref(name, 0)]) for name in self.cell.outputs for seed in seeds(self.cell, name)]
        loss: Exact = sum(terms[1:], start=terms[0])
        return loss.partials

    def claims(self, derivation: Derivation) -> Values:
        """The value of everything that the derived equations compute."""
        return self.program(derivation.backward, self.computed(derivation.forward.equations, self.leaves | self.seeds))


def prove_at_small_sizes(derivation: Derivation) -> tuple[Result, ...]:
    """Every step of a derivation, exactly, at sizes that are all different; at sizes 1 if those take too long."""
    cell, start, why = derivation.cell, perf_counter(), ""
    blank = Result(cell.name, "", "gradient", "undecided", METHOD, independent_of=INDEPENDENT)
    for sizes in (small_sizes(cell), dict.fromkeys(cell.sizes, 1)):
        try:
            scalars, claims = attempted(partial(_evaluated, derivation, sizes), generators(cell, sizes))
        except Inexact as error:
            why = str(error)
            continue
        blank = replace(blank, seconds=(perf_counter() - start) / len(derivation.steps))
        scalars.field.most = COMPARED
        return tuple(_prove_step(derivation, step, scalars, claims, blank) for step in derivation.steps)
    return tuple(replace(blank, statement=step.statement, why=why) for step in derivation.steps)


def _evaluated(derivation: Derivation, sizes: Mapping[str, int], field: Field) -> tuple[Scalars, Values]:
    scalars = Scalars(derivation.cell, sizes, field)
    return scalars, scalars.claims(derivation)


def _prove_step(derivation: Derivation, step: Step, scalars: Scalars, claims: Values, blank: Result) -> Result:
    start, places = perf_counter(), scalars.places[step.adjoint.of]
    scalars.field.spent = 0
    try:
        equal = scalars.field.equal(claims[step.target], places, scalars.partials)
    except Inexact as error:
        scalars.field.most //= 2  # so that many steps that are too long do not take long together
        return replace(blank, statement=step.statement, why=str(error))
    found = None if equal else search(Gradient(derivation, step.adjoint.of, step.target))
    result = replace(blank, statement=step.statement, seconds=(blank.seconds or 0) + perf_counter() - start)
    if equal:
        line = f"each of the {np.size(places)} entries is the derivative of the scalar loss: the difference is 0 as a polynomial"
        return replace(result, verdict="proved_at", at=scalars.sizes, proof=(line,))
    if found is not None:
        return replace(result, verdict="refuted", counterexample=found)
    return replace(result, why="the difference is not 0 as a polynomial, but no input was found on which the values differ")
