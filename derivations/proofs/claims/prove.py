"""Proofs of comparisons: the difference of the sides has a sign over the boxes, with more and more equations put in."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derivations.equations import Program
from derivations.notation.tree import Ref
from derivations.proofs.claims.read import Claim
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.cases import Goal, Places, proved_cases
from derivations.proofs.ranges.scalar import Scalars
from derivations.proofs.ranges.sign import TooLarge, expanded


@dataclass(frozen=True, slots=True)
class Proof:
    """How a comparison was proved: whose equations were put in, over which symbols, in how many cases."""

    expanded: tuple[Ref, ...]
    symbols: tuple[Ref, ...]
    difference: sp.Expr
    relation: str
    cases: int


def prove_link(scalars: Scalars, claim: Claim, index: int) -> Proof | None:
    """A proof of one comparison of a claim, or None."""
    relation = claim.relations[index]
    left, right = (scalars.scalar(side) for side in claim.sides[index : index + 2])
    places = {scalars.symbol(ref): (one.kind, tuple(scalars.scalar(arg) for arg in one.args)) for ref, one in claim.extremes.items()}
    difference = left - right if relation in (">=", ">") else right - left
    start = sp.Tuple(difference, *(arg for _, args in places.values() for arg in args))
    for whole, done in scalars.expansions(start):
        goal = _goal(whole, places, scalars)
        try:
            proved = _equal(goal) if relation == "=" else proved_cases(goal, relation in ("<", ">"))
        except (TooLarge, iv.Unordered, sp.PolynomialError):
            return None
        if proved:
            used = whole.free_symbols - set(places)
            symbols = tuple(sorted((scalars.ref[s] for s in used if s in scalars.ref), key=lambda r: _position(scalars.program, r)))
            return Proof(done, symbols, whole[0], relation, proved)
    return None


def _goal(whole: sp.Tuple, places: Places, scalars: Scalars) -> Goal:
    """The expressions of a tuple put back to where they came from, with the maxima of the equations that come with them."""
    difference, *args = whole
    rest = iter(args)
    own = {p: (kind, tuple(next(rest) for _ in old)) for p, (kind, old) in places.items()}
    return Goal(difference, {**own, **scalars.places(whole.free_symbols)}, scalars.box)


def _position(program: Program, ref: Ref) -> int:
    return next((k for k, eq in enumerate(program.equations) if eq.target == ref), -1)


def _equal(goal: Goal) -> int:
    if goal.difference.free_symbols & set(goal.places):
        return proved_cases(goal, False) and proved_cases(Goal(-goal.difference, goal.places, goal.boxes), False)
    return int(expanded(sp.fraction(sp.together(goal.difference))[0]) == 0)
