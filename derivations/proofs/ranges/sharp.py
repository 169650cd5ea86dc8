"""Whether a range is sharp: whether some step comes close to each of its bounds."""

from __future__ import annotations

from fractions import Fraction

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.notation.tree import Neg, Number, Sum
from derivations.proofs.claims.read import Claim, read_claim
from derivations.proofs.claims.refute import Counterexample, refute
from derivations.proofs.ranges.states import Range

SLACK = Fraction(1, 100)


def steps_near_bounds(cell: Cell, found: Range, slack: Fraction = SLACK) -> tuple[Counterexample | None, ...] | None:
    """For each comparison of a range a step that comes within ``slack`` of it; None where the search finds none.

    A range that speaks of more than one step, or has a condition, has no answer: None.
    """
    if found.given:
        return None
    try:
        claim = read_claim(cell, found.statement.unicode)
    except CellError:  # a bound by the initial state
        return None
    return tuple(refute(cell, _tightened(claim, index, slack)) for index in range(len(claim.relations)))


def is_sharp(cell: Cell, found: Range) -> bool | None:
    """Whether steps come within 1/100 of every bound, as one-step evaluations show; None as above."""
    steps = steps_near_bounds(cell, found)
    return None if steps is None else all(steps)


def _tightened(claim: Claim, index: int, slack: Fraction) -> Claim:
    """One comparison with its larger side made smaller by ``slack``."""
    small, large = claim.sides[index : index + 2]
    if claim.relations[index] in (">=", ">"):
        small, large = large, small
    return Claim(claim.text, (small, Sum((large, Neg(Number(slack))))), ("<=",), claim.extremes)
