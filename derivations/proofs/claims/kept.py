"""Claims that not every step keeps from any state, but every step keeps from states that keep them: induction over t."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations.cell import Cell
from derivations.functions import Interval
from derivations.notation.tree import Expr, Number, Ref
from derivations.proofs.claims.prove import prove_link
from derivations.proofs.claims.read import Claim, values_of
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.scalar import Scalars
from derivations.proofs.ranges.states import at_zero
from derivations.proofs.ranges.text import Formula, bound, fold


def holds_if(cell: Cell, claim: Claim) -> str:
    """For which initial states a claim holds at every t, in words; "" where this induction does not show it."""
    boxes = _boxes(cell, claim)
    if not boxes:
        return ""
    kept = Scalars(cell, assume=boxes)
    if not all(prove_link(kept, claim, k) for k in range(len(claim.relations))):
        return ""
    starts = ", ".join(bound(Formula.of(at_zero(ref)), box, absolute=True).unicode for ref, box in boxes.items())
    return f"it holds for every t if {starts}: with that for the state before, each step gives it for the next, by induction"


def _boxes(cell: Cell, claim: Claim) -> dict[Ref, Interval]:
    """What the claim says of the states at the step before, where it bounds them by numbers; nothing if it speaks of more."""
    values = values_of(claim)
    if not all(ref.time == 0 and ref.name in cell.states for ref in values):
        return {}
    found: dict[Ref, Interval] = {}
    for index, relation in enumerate(claim.relations):
        small, large = claim.sides[index : index + 2]
        if relation in (">=", ">"):
            small, large = large, small
        for ref, box in _half_lines(claim, small, large, relation in ("<=", ">=")):
            before = Ref(ref.name, -1)
            met = iv.meet(found.get(before, iv.REAL), box)
            if met is None:
                return {}
            found[before] = met
    return found if len(found) == len(values) else {}


def _half_lines(claim: Claim, small: Expr, large: Expr, closed: bool) -> Iterator[tuple[Ref, Interval]]:
    """What ``small`` ≤ ``large`` says of a value, if one side is a number and the other the value or its absolute value."""
    low, high = fold(small, {}), fold(large, {})
    if isinstance(high, Number) and isinstance(small, Ref):
        number = sp.Rational(high.value.numerator, high.value.denominator)
        extreme = claim.extremes.get(small)
        if extreme is None:
            yield small, Interval(-sp.oo, number, False, closed)
        elif extreme.kind == "abs" and isinstance(extreme.args[0], Ref):
            yield extreme.args[0], Interval(-number, number, closed, closed)
    elif isinstance(low, Number) and isinstance(large, Ref) and large not in claim.extremes:
        yield large, Interval(sp.Rational(low.value.numerator, low.value.denominator), sp.oo, closed, False)
