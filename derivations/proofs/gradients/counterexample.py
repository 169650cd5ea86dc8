"""Refutation: the smallest input on which a derived gradient and the derivative of the loss are different numbers.

Sizes are tried from 1 on; then each number of the input is replaced by 0, 1, -1, … as long as the two values stay different.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import mpmath
import numpy as np

from derivations.evaluate import Values
from derivations.notation import unicode
from derivations.notation.tree import Ref
from derivations.proofs.gradients.comparison import Comparison, precise

DIGITS = 60
DIFFERENT = 1e-9  # relative; the difference quotient is good to about 1e-40, a reader sees 1e-9
DRAWS = 3  # inputs drawn at each choice of sizes
ENTRIES = (Fraction(2), Fraction(1), Fraction(-1), Fraction(1, 2))  # what inputs are drawn from: small, and exact in binary
SMALLEST = (Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 2))  # what an entry is replaced by where the refutation survives it


def search(comparison: Comparison) -> dict[str, Any] | None:
    """The smallest input found on which the two sides differ, with both values; None if none was found."""
    with mpmath.workdps(DIGITS):
        found = _found(comparison)
        return _described(found[0], _shrunk(*found), found[2]) if found else None


def differ(comparison: Comparison) -> bool:
    """Whether an input was found on which the two sides differ, however large it is."""
    with mpmath.workdps(DIGITS):
        return _found(comparison) is not None


def _found(comparison: Comparison) -> tuple[Comparison, Values, tuple[int, ...]] | None:
    """The first drawn input on which the two sides differ, and the entry in which they do, at the smallest sizes that show it."""
    names = comparison.derivation.cell.sizes
    ones, different = dict.fromkeys(names, 1), {name: k for k, name in enumerate(names, 2)}
    smallest = _found_at(replace(comparison, sizes=ones))
    largest = None if smallest else _found_at(replace(comparison, sizes=different))
    if largest is None:
        return smallest
    between = sorted(product((1, 2), repeat=len(names)), key=sum)[1:]
    tried = (_found_at(replace(comparison, sizes=dict(zip(names, sizes, strict=True)))) for sizes in between)
    return next((found for found in tried if found), largest)


def _found_at(comparison: Comparison) -> tuple[Comparison, Values, tuple[int, ...]] | None:
    for draw in range(DRAWS):
        values = _drawn(comparison, Random(draw))
        place = _difference(comparison, values)
        if place is not None:
            return comparison, values, place
    return None


def _drawn(comparison: Comparison, random: Random) -> Values:
    def array(ref: Ref) -> Any:
        out = np.empty(comparison.shape(ref.name), dtype=object)
        for place in np.ndindex(*out.shape):
            out[place] = random.choice(ENTRIES)
        return out

    constants = {Ref(n): np.full(comparison.shape(n), usual, dtype=object) for n, usual in comparison.derivation.cell.constants.items()}
    return {ref: array(ref) for ref in comparison.inputs} | constants


def _sides(comparison: Comparison, values: Values, place: tuple[int, ...]) -> tuple[Any, Any] | None:
    """The claimed and the true value of one entry; None where the equations have no real value."""
    numbers = {ref: np.frompyfunc(precise, 1, 1)(value) for ref, value in values.items()}
    try:
        sides = comparison.derived(numbers)[place], comparison.true(numbers, place)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return None if any(isinstance(side, mpmath.mpc) for side in sides) else sides


def _differ(sides: tuple[Any, Any] | None) -> bool:
    return sides is not None and abs(sides[0] - sides[1]) > DIFFERENT * max(1, abs(sides[1]))


def _difference(comparison: Comparison, values: Values) -> tuple[int, ...] | None:
    """The first entry at which the two sides differ."""
    places = np.ndindex(*comparison.shape(comparison.claim.name))
    return next((place for place in places if _differ(_sides(comparison, values, place))), None)


def _shrunk(comparison: Comparison, values: Values, place: tuple[int, ...]) -> Values:
    """Every number replaced by the first of 0, 1, -1, 1/2 with which the two sides still differ."""
    for ref, array in values.items():
        for at in np.ndindex(*array.shape):
            for candidate in SMALLEST[: SMALLEST.index(array[at])] if array[at] in SMALLEST else SMALLEST:
                changed = array.copy()
                changed[at] = candidate
                if _differ(_sides(comparison, values | {ref: changed}, place)):
                    values = values | {ref: changed}
                    array = changed
                    break
    return values


def _described(comparison: Comparison, values: Values, place: tuple[int, ...]) -> dict[str, Any]:
    """The refutation as plain data: sizes, every input by name, the entry and both of its values."""
    sides = _sides(comparison, values, place)
    assert sides is not None
    entry = unicode(comparison.claim) + (f"[{', '.join(str(k + 1) for k in place)}]" if place else "")
    inputs = {unicode(ref): np.vectorize(float)(value).tolist() for ref, value in values.items()}
    return {**comparison.sizes, **inputs, "entry": entry, "derived": float(sides[0]), "true": float(sides[1])}
