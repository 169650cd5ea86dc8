"""Jacobians as people state them, beside what the equations and our own derivation give, for every size.

The formula is written out in elements; so is the differential of the author's equations, which knows no rule of reverse or
forward mode; and so is our forward-mode derivation. All three have to have the same normal form.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from derivations.calculus import derive
from derivations.claims.beside import DIGITS, beside, largest_error
from derivations.claims.claim import Claim
from derivations.claims.stated import Stated, dot, moved, stated, unfolded
from derivations.notation import unicode
from derivations.notation.tree import Assignment, Number
from derivations.proofs.gradients.contraction import claims, products_if_equal, truth
from derivations.proofs.gradients.counterexample import search
from derivations.proofs.gradients.differential import Differential
from derivations.proofs.gradients.elements import Index, Poly, Unwritten
from derivations.proofs.gradients.expansion import Expansion, label
from derivations.proofs.step import leaves
from derivations.verdict import Result, Verdict

METHOD = "index contraction"
EXAMPLES, BOUND = 3, 1e-30
INDEPENDENT = "the rules of differentiation: the equations are written out in elements and differentiated by an element"


def judged(claim: Claim) -> Result:
    """A verdict on the stated derivative, for every size."""
    cell = claim.cell()
    told: tuple[str, ...] = ()
    if "unfold" in claim.given:
        state, held = claim.text("unfold"), claim.needed("held")
        cell = unfolded(cell, state, held)
        fixed = ", ".join(f"{new} stands for {old}_{{t−1}}, held fixed" for old, new in held.items())
        told = (f"{state}_{{t−1}} is written out by its own equation; {fixed}",)
    one = stated(cell, claim.given)
    found = verdict_on(one)
    if found["verdict"] != "proved":
        return claim.result(**found)
    return claim.result(**{**found, "proof": (*told, *found["proof"]), "also": (_tested(claim, one),)})


def verdict_on(one: Stated) -> dict[str, Any]:
    """Verdict, method, and proof or counterexample, as the fields of a result."""
    try:
        products = products_if_equal(truth(one.cell).elements(one.cell.shapes[one.of.name]), Sides(one))
    except Unwritten as error:
        return {"verdict": "undecided", "method": METHOD, "why": str(error)}
    if products is not None:
        return {"verdict": "proved", "method": METHOD, "independent_of": INDEPENDENT, "proof": (*_told(one), _closing(products))}
    found = search(beside(one))
    if found is None:
        return {"verdict": "undecided", "method": METHOD, "why": "the forms differ, but no input was found on which the values do"}
    shown = {"stated" if key == "derived" else key: value for key, value in found.items() if np.any(value)}
    if len(shown) < len(found):
        shown["everything else"] = 0
    return {"verdict": "refuted", "method": "difference quotient in 60 digits", "independent_of": INDEPENDENT, "counterexample": shown}


def _told(one: Stated) -> tuple[str, ...]:
    moving = ", ".join(f"{unicode(eq.target)} = {unicode(eq.expr)}" for eq in (*one.let, *one.directions))
    return (
        f"let {moving}, for arbitrary {', '.join(map(unicode, one.free))}; everything else that the step reads is held fixed",
        f"stated: {unicode(one.formula.target)} = {unicode(one.formula.expr)}",
        f"{unicode(one.of)} is written out in elements from the equations as typed, and differentiated by each element that moves",
        "our forward-mode derivation of the cell, with the same directions, is written out in elements too",
    )


def _closing(products: int) -> str:
    return f"all three have the same normal form, a sum of {products} products, for every size"


def _tested(claim: Claim, one: Stated) -> Result:
    """Random numbers at sizes that are all different: the stated derivative beside a difference quotient."""
    sizes = {name: k for k, name in enumerate(one.cell.sizes, 2)}
    error = largest_error(one, sizes, EXAMPLES)
    verdict: Verdict = "tested" if error <= BOUND else "refuted"
    at = ", ".join(f"{name} = {size}" for name, size in sizes.items())
    return claim.result(
        verdict, f"difference quotient in {DIGITS} digits, {at}", examples=EXAMPLES, error=error, bound=BOUND,
        why="a difference quotient with a step of 1e-20 in 60 digits is off by about 1e-40", independent_of="all derivations",
    )  # fmt: skip


class Sides:
    """One element of the derivative in three ways: from the author's equations, as stated, and from our forward mode."""

    def __init__(self, one: Stated) -> None:
        known, derivation = truth(one.cell), derive(one.cell)
        shapes = {**known.shapes, **one.shapes}
        self.known, self.one = known, one
        self.stated = Expansion(known.algebra, (*one.cell.equations, *one.equations), shapes)
        ours = claims(derivation, derivation.tangent)
        self.derived = Expansion(known.algebra, (*ours.definition.values(), *one.let, *self.leaves), {**ours.shapes, **one.shapes})
        self.along = Differential(known.algebra, self.moves)

    @property
    def leaves(self) -> tuple[Assignment, ...]:
        """The tangent of everything that a step reads: as stated, else 0."""
        moving = {eq.target: eq for eq in self.one.directions}
        fixed = Number(Fraction(0))
        return tuple(moving.get(dot(ref), Assignment(dot(ref), fixed)) for ref in leaves(self.one.cell))

    def moves(self, name: str, formal: tuple[Index, ...]) -> Poly:
        """How one element of something that the step reads moves."""
        return next((self.stated.value(eq.target, formal) for eq in self.one.directions if label(moved(eq.target)) == name), {})

    def __call__(self, indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        target = self.one.formula.target
        return (
            self.along(self.known.author.value(self.one.of, indices)),
            self.stated.value(target, indices),
            self.derived.value(target, indices),
        )
