"""Counterexamples to claims: one step with all sizes 1, searched with floats, decided with enclosures of 50 digits.

The author's equations are evaluated as they were typed, without lowering and proofs. A counterexample counts only if
interval arithmetic shows both sides to be on the wrong side of each other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from mpmath.ctx_iv import MPIntervalContext

from derivations.cell import Cell
from derivations.evaluate import Functions, Values, evaluate_cell, evaluate_expr
from derivations.functions import FUNCTIONS, float_functions
from derivations.notation.tree import Ref
from derivations.proofs.claims.read import Claim
from derivations.proofs.step import leaves
from derivations.sizes import shape_value

DIGITS = 50
IV = MPIntervalContext()  # of our own: the precision of mpmath.iv is left alone
IV.dps = DIGITS
# In the order in which a person likes to check them; 100 saturates σ far beyond any bound that somebody writes.
VALUES = tuple(Fraction(v) for v in ("0", "1", "-1", "2", "-2", "1/2", "-1/2", "10", "-10", "100", "-100"))
STARTS, SWEEPS = 6, 6
CLEAR = 1e-12  # a float violation below this is rounding; the enclosures decide about the others

Entry = tuple[Ref, tuple[int, ...]]
Point = dict[Entry, Fraction]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point where one comparison of a claim fails, with every value that the step computes there."""

    point: Mapping[Entry, Fraction]
    values: Mapping[Ref, Any]
    index: int  # of the comparison that fails
    sides: tuple[float, float]


def refute(cell: Cell, claim: Claim) -> Counterexample | None:
    """A counterexample with as many zeros as possible, or None if the search finds none."""
    search = _Search(cell, claim)
    for start in search.starts():
        found = search.climb(start)
        if search.violated(found) is not None:
            return search.counterexample(search.shrink(found))
    return None


class _Search:
    def __init__(self, cell: Cell, claim: Claim) -> None:
        self.cell, self.claim = cell, claim
        self.sizes = ones = dict.fromkeys(cell.sizes, 1)
        # Scalars are arrays of one entry: an enclosure on its own does not know how to meet an array.
        self.shapes: dict[Ref, tuple[int, ...]] = {ref: shape_value(cell.shapes[ref.name], ones) or (1,) for ref in leaves(cell)}
        self.entries: list[Entry] = [(ref, index) for ref, shape in self.shapes.items() for index in np.ndindex(shape)]

    def starts(self) -> Iterator[Point]:
        """All zeros, then points drawn from the small values, always the same ones."""
        yield dict.fromkeys(self.entries, Fraction(0))
        draw = random.Random(0)
        for _ in range(STARTS):
            yield {entry: draw.choice(VALUES) for entry in self.entries}

    def climb(self, start: Point) -> Point:
        """Change one entry at a time to what makes the claim fail most, while that helps."""
        best, height = start, self.violation(start)
        for _ in range(SWEEPS):
            before = height
            if height > CLEAR and self.violated(best) is not None:
                break
            moves = ({**best, entry: value} for entry in self.entries for value in VALUES if value != best[entry])
            for move in moves:
                found = self.violation(move)
                if found > height:
                    best_move, height = move, found
            if height <= before:
                break
            best = best_move
        return best

    def violation(self, at: Point) -> float:
        """How far the comparisons fail, in floats; −∞ where a value is not a number."""
        with np.errstate(all="ignore"):
            sides = self.evaluate(at, float, float_functions(), max_of=np.maximum, min_of=np.minimum, absolute=np.abs)
            amounts = [float(np.max(_amount(*pair))) for pair in self.pairs(sides[1])]
        return max((a for a in amounts if np.isfinite(a)), default=-np.inf)

    def pairs(self, sides: list[Any]) -> list[tuple[str, Any, Any]]:
        return list(zip(self.claim.relations, sides[:-1], sides[1:], strict=True))

    def evaluate(
        self, at: Point, number: Callable[[Fraction], Any], functions: Functions, **extreme: Callable[..., Any]
    ) -> tuple[Values, list[Any]]:
        """Every value of the step, and the sides of the claim."""
        kind = float if number is float else object
        values = {ref: np.empty(shape, dtype=kind) for ref, shape in self.shapes.items()}
        for (ref, index), value in at.items():
            values[ref][index] = number(value)

        def constant(value: Fraction) -> Any:
            return np.array([number(value)], dtype=kind)

        for name, usual in self.cell.constants.items():
            values[Ref(name)] = np.full(shape_value(self.cell.shapes[name], self.sizes) or (1,), number(usual), dtype=kind)
        known = evaluate_cell(self.cell.equations, values, functions, constant, self.sizes)
        inner = dict(known)
        for place, one in self.claim.extremes.items():
            args = [evaluate_expr(arg, inner, functions, constant, self.sizes) for arg in one.args]
            inner[place] = extreme["absolute"](args[0]) if one.kind == "abs" else reduce(extreme[f"{one.kind}_of"], args)
        return known, [evaluate_expr(side, inner, functions, constant, self.sizes) for side in self.claim.sides]

    def violated(self, at: Point) -> tuple[int, Any, Any] | None:
        """The comparison that fails for certain, with enclosures of its sides."""
        try:
            sides = self.enclosures(at)[1]
        except (ZeroDivisionError, ValueError, OverflowError, NotImplementedError, mpmath.libmp.ComplexResult):
            return None
        for index, (relation, left, right) in enumerate(self.pairs(sides)):
            for a, b in zip(*(array.flat for array in np.broadcast_arrays(left, right)), strict=True):
                if _fails(relation, a, b):
                    return index, a, b
        return None

    def enclosures(self, at: Point) -> tuple[Any, list[Any]]:
        return self.evaluate(
            at, lambda v: IV.mpf(v.numerator) / v.denominator, enclosing_functions(),
            absolute=np.frompyfunc(abs, 1, 1), max_of=np.frompyfunc(_largest, 2, 1), min_of=np.frompyfunc(_smallest, 2, 1),
        )  # fmt: skip

    def shrink(self, at: Point) -> Point:
        """The same failure with more zeros and simpler values."""
        changed = True
        while changed:
            changed = False
            for entry in self.entries:
                simpler = VALUES[: VALUES.index(at[entry])]
                better = next((m for m in ({**at, entry: v} for v in simpler) if self.violated(m) is not None), None)
                if better is not None:
                    at, changed = better, True
        return at

    def counterexample(self, at: Point) -> Counterexample:
        """The point with its values."""
        found = self.violated(at)
        assert found is not None
        return Counterexample(at, self.enclosures(at)[0], found[0], (_middle(found[1]), _middle(found[2])))


def _amount(relation: str, left: Any, right: Any) -> Any:
    if relation == "=":
        return np.abs(left - right)
    return left - right if relation in ("<=", "<") else right - left


def _fails(relation: str, left: Any, right: Any) -> bool:
    """Whether enclosures of both sides show that the comparison is false."""
    left, right = IV.mpf(left), IV.mpf(right)
    if relation in (">=", ">"):
        left, right, relation = right, left, "<=" if relation == ">=" else "<"
    if relation == "=":
        return bool(left.a > right.b or right.a > left.b)
    return bool(left.a > right.b) or (relation == "<" and bool(left.a >= right.b))


def _largest(a: Any, b: Any) -> Any:
    return IV.mpf([max(a.a, b.a), max(a.b, b.b)])


def _smallest(a: Any, b: Any) -> Any:
    return -_largest(-a, -b)


def _middle(enclosure: Any) -> float:
    return float(mpmath.mpf(IV.mpf(enclosure).mid))


@lru_cache(maxsize=1)
def enclosing_functions() -> dict[str, Callable[[Any], Any]]:
    """The functions of cells on arrays of enclosures, from their definitions."""
    u = sp.Symbol("u", real=True)
    known = {"exp": IV.exp, "log": IV.log, "sqrt": IV.sqrt, "Abs": abs}
    made = {name: sp.lambdify(u, f.definition(u).rewrite(sp.exp), [known]) for name, f in FUNCTIONS.items()}
    return {name: np.frompyfunc(f, 1, 1) for name, f in made.items()}
