"""Inequalities with absolute values, maxima and minima in them, over boxes, by telling cases apart.

A maximum on the smaller side has to be beaten in each of its arguments; on the larger side the cases are told apart: in
each the arguments are ordered, which narrows the box of a symbol or replaces it by the other argument plus a distance ≥ 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sympy as sp

from derivations.functions import Interval
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.sign import bounds, expanded, nonnegative

Places = Mapping[sp.Symbol, tuple[str, tuple[sp.Expr, ...]]]  # what a symbol stands for: "abs", "max" or "min" of expressions
MOST_CASES = 256


@dataclass(frozen=True)
class Goal:
    """``difference`` ≥ 0 (> 0 if strict) on the box, where places stand for maxima of their arguments."""

    difference: sp.Expr
    places: Places
    boxes: Mapping[sp.Symbol, Interval]


class _TooMany(Exception):
    """More cases than are worth the time."""


def proved_cases(goal: Goal, strict: bool) -> int:
    """The number of cases in which the goal is proved; 0 if it is not."""
    try:
        return _proved(goal, strict, iter(range(MOST_CASES)))
    except _TooMany:
        return 0


def _proved(goal: Goal, strict: bool, budget: Iterator[int]) -> int:
    place = next((p for p in sorted(goal.places, key=lambda p: p.name, reverse=True) if p in goal.difference.free_symbols), None)
    if next(budget, None) is None:
        raise _TooMany
    if place is None:
        return int(nonnegative(goal.difference, goal.boxes, strict=strict))
    slope = expanded(goal.difference).diff(place)
    if slope.free_symbols & set(goal.places):
        return 0
    upward = _sign(slope, goal.boxes)
    if upward == 0:
        return 0
    kind, options = goal.places[place][0], _options(goal, place)
    alone = (_proved(_put(goal, place, option), strict, budget) for option in options)
    if (upward < 0) == (kind != "min"):  # the place is beaten only if each argument is
        return _all(alone)
    return next(filter(None, alone), 0) or _all(_proved(part, strict, budget) for part in _parts(goal, place))


def _all(found: Iterable[int]) -> int:
    """How many cases there are together; 0 if one is not proved."""
    total = 0
    for cases in found:
        if not cases:
            return 0
        total += cases
    return total


def _options(goal: Goal, place: sp.Symbol) -> tuple[sp.Expr, ...]:
    kind, args = goal.places[place]
    return (args[0], -args[0]) if kind == "abs" else args


def _parts(goal: Goal, place: sp.Symbol) -> list[Goal]:
    """Goals that together imply the goal: in each one argument is the extreme one, of the innermost place first."""
    inner = next((p for p in goal.places if any(p in arg.free_symbols for arg in goal.places[place][1])), place)
    return _ordered(goal, inner)


def _sign(slope: sp.Expr, boxes: Mapping[sp.Symbol, Interval]) -> int:
    box = bounds(slope, boxes)
    return 1 if iv.sign(box.low) >= 0 else -1 if iv.sign(box.high) <= 0 else 0


def _ordered(goal: Goal, place: sp.Symbol) -> list[Goal]:
    """One goal for each argument that may be the extreme one, with the box narrowed to where it is."""
    kind, options = goal.places[place][0], _options(goal, place)
    found = []
    for option in options:
        part: Goal | None = _put(goal, place, option)
        for other in options:
            if part is not None and other != option:
                part = _where(part, option - other if kind != "min" else other - option)
        if part is not None:
            found.append(part)
    return found


def _put(goal: Goal, old: sp.Symbol, new: sp.Expr, boxes: Mapping[sp.Symbol, Interval] | None = None) -> Goal:
    places = {p: (kind, tuple(arg.subs(old, new) for arg in args)) for p, (kind, args) in goal.places.items() if p != old}
    return Goal(goal.difference.subs(old, new), places, goal.boxes if boxes is None else boxes)


def _where(goal: Goal, condition: sp.Expr) -> Goal | None:
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
        return None if box is None else Goal(goal.difference, goal.places, {**goal.boxes, free: box})
    if goal.boxes[free] != iv.REAL or edge.free_symbols & set(goal.places):
        return goal
    distance = sp.Dummy("d", real=True)
    moved = edge + distance if slope > 0 else edge - distance
    return _put(goal, free, moved, {**goal.boxes, distance: iv.NONNEGATIVE})
