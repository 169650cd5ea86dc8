"""Proofs of comparisons with absolute values, maxima and minima, over boxes.

A maximum on the smaller side has to be beaten in each of its arguments; on the larger side the cases are told apart: in
each the arguments are ordered, which narrows the box of a symbol or replaces it by the other argument plus a distance ≥ 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from derivations.equations import Program
from derivations.functions import Interval
from derivations.notation.tree import Ref
from derivations.proofs.claims.read import Claim
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.scalar import Scalars
from derivations.proofs.ranges.sign import TooLarge, bounds, expanded, nonnegative

Places = Mapping[sp.Symbol, tuple[str, tuple[sp.Expr, ...]]]
MOST_CASES = 256


@dataclass(frozen=True, slots=True)
class Proof:
    """How a comparison was proved: whose equations were put in, over which symbols, in how many cases."""

    expanded: tuple[Ref, ...]
    symbols: tuple[Ref, ...]
    difference: sp.Expr
    relation: str
    cases: int


@dataclass(frozen=True)
class _Goal:
    """``difference`` ≥ 0 (> 0 if strict) on the box, where places stand for maxima of their arguments."""

    difference: sp.Expr
    places: Places
    boxes: Mapping[sp.Symbol, Interval]


def prove_link(scalars: Scalars, claim: Claim, index: int) -> Proof | None:
    """A proof of one comparison of a claim, or None."""
    relation = claim.relations[index]
    left, right = (scalars.scalar(side) for side in claim.sides[index : index + 2])
    places = {scalars.symbol(ref): (one.kind, tuple(scalars.scalar(arg) for arg in one.args)) for ref, one in claim.extremes.items()}
    difference = left - right if relation in (">=", ">") else right - left
    start = sp.Tuple(difference, *(arg for _, args in places.values() for arg in args))
    for whole, done in scalars.expansions(start):
        goal = _goal(whole, places, scalars.box)
        try:
            proved = _equal(goal) if relation == "=" else _prove(goal, relation in ("<", ">"))
        except (TooLarge, iv.Unordered, sp.PolynomialError):
            return None
        if proved:
            used = whole.free_symbols - set(places)
            symbols = tuple(sorted((scalars.ref[s] for s in used if s in scalars.ref), key=lambda r: _position(scalars.program, r)))
            return Proof(done, symbols, whole[0], relation, proved)
    return None


def _goal(whole: sp.Tuple, places: Places, boxes: Mapping[sp.Symbol, Interval]) -> _Goal:
    """The expressions of a tuple put back to where they came from."""
    difference, *args = whole
    rest = iter(args)
    return _Goal(difference, {p: (kind, tuple(next(rest) for _ in old)) for p, (kind, old) in places.items()}, boxes)


def _position(program: Program, ref: Ref) -> int:
    return next((k for k, eq in enumerate(program.equations) if eq.target == ref), -1)


def _equal(goal: _Goal) -> int:
    if goal.difference.free_symbols & set(goal.places):
        return _prove(goal, False) and _prove(_Goal(-goal.difference, goal.places, goal.boxes), False)
    return int(expanded(sp.fraction(sp.together(goal.difference))[0]) == 0)


def _prove(goal: _Goal, strict: bool) -> int:
    """The number of cases in which the goal is proved; 0 if it is not."""
    total, waiting = 0, [goal]
    while waiting:
        total += 1
        one = waiting.pop()
        place = next((p for p in sorted(one.places, key=lambda p: p.name, reverse=True) if p in one.difference.free_symbols), None)
        if total > MOST_CASES:
            return 0
        if place is None:
            if not nonnegative(one.difference, one.boxes, strict=strict):
                return 0
            continue
        total -= 1
        parts = _cases(one, place)
        if parts is None:
            return 0
        waiting.extend(parts)
    return total


def _cases(goal: _Goal, place: sp.Symbol) -> list[_Goal] | None:
    """Goals that together imply the goal, without one of its places; None if there is no way on."""
    slope = expanded(goal.difference).diff(place)
    if slope.free_symbols & set(goal.places):
        return None
    upward = _sign(slope, goal.boxes)
    kind, args = goal.places[place]
    options = (args[0], -args[0]) if kind == "abs" else args
    if upward == 0:
        return None
    if (upward < 0) == (kind != "min"):  # the place is beaten only if each argument is
        return [_put(goal, place, option) for option in options]
    inner = next((p for p in goal.places if any(p in arg.free_symbols for arg in args)), None)
    if inner is not None:
        return _ordered(goal, inner)
    return _ordered(goal, place)


def _sign(slope: sp.Expr, boxes: Mapping[sp.Symbol, Interval]) -> int:
    box = bounds(slope, boxes)
    return 1 if iv.sign(box.low) >= 0 else -1 if iv.sign(box.high) <= 0 else 0


def _ordered(goal: _Goal, place: sp.Symbol) -> list[_Goal] | None:
    """One goal for each argument that may be the extreme one, with the box narrowed to where it is."""
    kind, args = goal.places[place]
    options = (args[0], -args[0]) if kind == "abs" else args
    found = []
    for option in options:
        part: _Goal | None = _put(goal, place, option)
        for other in options:
            if part is not None and other != option:
                part = _where(part, option - other if kind != "min" else other - option)
        if part is not None:
            found.append(part)
    return found


def _put(goal: _Goal, old: sp.Symbol, new: sp.Expr, boxes: Mapping[sp.Symbol, Interval] | None = None) -> _Goal:
    places = {p: (kind, tuple(arg.subs(old, new) for arg in args)) for p, (kind, args) in goal.places.items() if p != old}
    return _Goal(goal.difference.subs(old, new), places, goal.boxes if boxes is None else boxes)


def _where(goal: _Goal, condition: sp.Expr) -> _Goal | None:
    """The goal where ``condition`` ≥ 0, as far as boxes can say it; None if that is nowhere."""
    condition = expanded(condition)
    linear = [s for s in sorted(condition.free_symbols, key=lambda s: s.name) if condition.diff(s).is_Number and s in goal.boxes]
    if not linear:
        return goal
    free = next((s for s in linear if goal.boxes[s] == iv.REAL), linear[0])
    slope = condition.diff(free)
    edge = sp.expand(free - condition / slope)
    if not edge.free_symbols:
        half = Interval(edge, sp.oo, True, False) if slope > 0 else Interval(-sp.oo, edge, False, True)
        box = iv.meet(goal.boxes[free], half)
        return None if box is None else _Goal(goal.difference, goal.places, {**goal.boxes, free: box})
    if goal.boxes[free] != iv.REAL or edge.free_symbols & set(goal.places):
        return goal
    distance = sp.Dummy("d", real=True)
    moved = edge + distance if slope > 0 else edge - distance
    return _put(goal, free, moved, {**goal.boxes, distance: iv.NONNEGATIVE})
