"""A stated derivative beside a difference quotient of the author's equations, in numbers of 60 digits."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import mpmath
import numpy as np

from derivations.calculus import derive
from derivations.claims.stated import Stated, moved
from derivations.equations import Program
from derivations.evaluate import Values, evaluate_expr
from derivations.notation.tree import Ref
from derivations.proofs.gradients.comparison import STEP, Comparison, high_precision, precise
from derivations.proofs.step import leaves

DIGITS = 60


@dataclass(frozen=True)
class Beside(Comparison):
    """The stated derivative beside a difference quotient of the author's equations in the stated directions."""

    stated: Stated = field(kw_only=True)

    @property
    def program(self) -> Program:
        return Program((), {**self.derivation.forward.shapes, **self.stated.shapes})

    @property
    def inputs(self) -> tuple[Ref, ...]:
        return (*leaves(self.derivation.cell), *self.stated.free)

    def run(self, values: Values, bump: Any = None) -> Values:
        """The step, and every stated equation."""
        known = super().run(values, bump)
        for eq in self.stated.equations:
            value = evaluate_expr(eq.expr, known, high_precision(), precise, self.sizes)
            known[eq.target] = np.asarray(np.broadcast_to(value, self.shape(eq.target.name)), dtype=object)
        return known

    def derived(self, values: Values) -> Any:
        return self.run(values)[self.stated.formula.target]

    def true(self, values: Values, place: tuple[int, ...]) -> Any:
        known = self.run(values)
        moves = {moved(eq.target): known[eq.target] for eq in self.stated.directions}
        up, down = (self.run({**values, **{r: values[r] + s * STEP * d for r, d in moves.items()}}) for s in (1, -1))
        return (np.asarray(up[self.of], dtype=object)[place] - np.asarray(down[self.of], dtype=object)[place]) / (2 * STEP)


def beside(one: Stated, **sizes: int) -> Beside:
    """The comparison at some sizes."""
    return Beside(derive(one.cell), one.of, one.formula.target, sizes, stated=one)


def largest_error(one: Stated, sizes: dict[str, int], examples: int) -> float:
    """The largest relative difference of the two over random numbers."""
    comparison, random, largest = beside(one, **sizes), Random(0), 0.0
    with mpmath.workdps(DIGITS):
        for _ in range(examples):
            values = {ref: _drawn(random, comparison.shape(ref.name)) for ref in comparison.inputs}
            values |= {Ref(n): np.full(comparison.shape(n), precise(usual), dtype=object) for n, usual in one.cell.constants.items()}
            claimed = comparison.derived(values)
            for place in np.ndindex(*claimed.shape):
                true = comparison.true(values, place)
                largest = max(largest, float(abs(claimed[place] - true) / max(1, abs(true))))
    return largest


def _drawn(random: Random, shape: tuple[int, ...]) -> Any:
    out = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        out[place] = mpmath.mpf(random.randint(-8, 8)) / 4
    return out
