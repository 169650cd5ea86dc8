"""Refutation: the smallest input on which a derived gradient and the derivative of the loss are different numbers.

The true value is a central difference quotient of the author's equations in 60 digits with a step of 1e-20, whose error is about
1e-40: no rule of differentiation is involved. Sizes are tried from 1 on; then each number of the input is replaced by
0, 1, -1, … as long as the two values stay different.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import sympy as sp

from derivations.equations import Program
from derivations.evaluate import Functions, Values, evaluate_expr, evaluate_program
from derivations.functions import FUNCTIONS
from derivations.notation import unicode
from derivations.notation.tree import Assignment, Name, Ref
from derivations.proofs.step import leaves, seeds
from derivations.sizes import shape_value

if TYPE_CHECKING:
    from derivations.calculus import Derivation

DIGITS = 60
STEP = mpmath.mpf(10) ** -20
DIFFERENT = 1e-9  # relative; the difference quotient is good to about 1e-40, a reader sees 1e-9
DRAWS = 6  # inputs drawn at each choice of sizes
ENTRIES = (Fraction(2), Fraction(1), Fraction(-1), Fraction(1, 2))  # what inputs are drawn from: small, and exact in binary
SMALLEST = (Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 2))  # what an entry is replaced by where the refutation survives it


@lru_cache(maxsize=1)
def high_precision() -> Functions:
    """The functions of cells on arrays of numbers of many digits, from their definitions."""
    u = sp.Symbol("u")
    return {fn: np.frompyfunc(sp.lambdify(u, f.definition(u), "mpmath"), 1, 1) for fn, f in FUNCTIONS.items()}


def precise(value: Fraction | int) -> Any:
    """A rational number in many digits."""
    return mpmath.mpf(value.numerator) / value.denominator


@dataclass(frozen=True)
class Comparison(ABC):
    """A claimed derivative beside the difference quotient of the author's equations, at given sizes."""

    derivation: Derivation
    of: Ref  # the variable whose adjoint or tangent is claimed
    claim: Ref  # the value that is claimed to be it
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    @abstractmethod
    def program(self) -> Program:
        """The equations that compute the claim, without those of the step."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[Ref, ...]:
        """What has to be given to compute both sides."""

    @abstractmethod
    def true(self, values: Values, place: tuple[int, ...]) -> Any:
        """One entry of the derivative as a difference quotient."""

    def derived(self, values: Values) -> Any:
        """The claimed derivative."""
        program = Program(self.derivation.forward.equations + self.program.equations, self.program.shapes)
        return np.asarray(evaluate_program(program, values, high_precision(), self.sizes, precise)[self.claim], dtype=object)

    def shape(self, name: Name) -> tuple[int, ...]:
        return shape_value(self.program.shapes[name], self.sizes)

    def run(self, values: Values, bump: Any = None) -> Values:
        """Every value of the step by the author's equations, with ``bump`` added to the variable.

        A value that only the lowering names has no other definition than in the lowered equations.
        """
        cell, lowered = self.derivation.cell, self.derivation.forward
        invented = self.of in lowered.definition and self.of.name not in cell.assigned
        known = {ref: value + bump if ref == self.of and bump is not None else value for ref, value in values.items()}
        for eq in lowered.equations if invented else cell.equations:
            if isinstance(eq, Assignment):
                value = np.broadcast_to(evaluate_expr(eq.expr, known, high_precision(), precise), self.shape(eq.target.name))
            else:
                value = evaluate_program(Program((eq,), lowered.shapes), known, high_precision(), self.sizes, precise)[eq.target]
            known[eq.target] = value + bump if eq.target == self.of and bump is not None else value
        return known


@dataclass(frozen=True)
class Gradient(Comparison):
    """An adjoint beside ∂L/∂v for L = Σ (what reaches an output from outside) × (output)."""

    @property
    def program(self) -> Program:
        return self.derivation.backward

    @property
    def inputs(self) -> tuple[Ref, ...]:
        cell = self.derivation.cell
        return (*leaves(cell), *(seed for name in cell.outputs for seed in seeds(cell, name)))

    def true(self, values: Values, place: tuple[int, ...]) -> Any:
        step = np.full(self.shape(self.of.name), mpmath.mpf(0), dtype=object)
        step[place] = STEP
        return (self.loss(values, step) - self.loss(values, -step)) / (2 * STEP)

    def loss(self, values: Values, bump: Any) -> Any:
        """Σ seed × output."""
        known, cell = self.run(values, bump), self.derivation.cell
        return sum(np.sum(values[seed] * known[Ref(name, 0)]) for name in cell.outputs for seed in seeds(cell, name))


@dataclass(frozen=True)
class Tangent(Comparison):
    """A tangent beside the derivative of a value in the direction of the tangents of everything that the step reads."""

    @property
    def program(self) -> Program:
        return self.derivation.tangent

    @property
    def inputs(self) -> tuple[Ref, ...]:
        read = leaves(self.derivation.cell)
        return (*read, *(Ref(ref.name.marked("dot"), ref.time) for ref in read))

    def true(self, values: Values, place: tuple[int, ...]) -> Any:
        up, down = (np.asarray(self.run(self.moved(values, sign * STEP))[self.of], dtype=object)[place] for sign in (1, -1))
        return (up - down) / (2 * STEP)

    def moved(self, values: Values, step: Any) -> Values:
        """The inputs after a step in the direction of their tangents."""
        return {ref: values[ref] + step * values[Ref(ref.name.marked("dot"), ref.time)] for ref in leaves(self.derivation.cell)}


@dataclass(frozen=True)
class Second(Comparison):
    """A second adjoint beside the derivative of Σ (weight) × (gradient), over all gradients that a step returns."""

    @property
    def program(self) -> Program:
        second = self.derivation.second.program
        return replace(second, equations=self.derivation.backward.equations + second.equations)

    @property
    def inputs(self) -> tuple[Ref, ...]:
        weights = tuple(weight(ref) for ref in returned(self.derivation).values())
        return Gradient(self.derivation, self.of, self.claim, self.sizes).inputs + weights

    def true(self, values: Values, place: tuple[int, ...]) -> Any:
        step = np.full(self.shape(self.of.name), mpmath.mpf(0), dtype=object)
        step[place] = STEP
        up, down = (self.weighted({**values, self.of: values[self.of] + sign * step}) for sign in (1, -1))
        return (up - down) / (2 * STEP)

    def weighted(self, values: Values) -> Any:
        """Σ weight × gradient, by the derived equations of first order: their own proofs say whether they are right."""
        program = Program(self.derivation.forward.equations + self.derivation.backward.equations, self.derivation.backward.shapes)
        known = evaluate_program(program, values, high_precision(), self.sizes, precise)
        return sum(np.sum(values[weight(ref)] * known[ref]) for ref in returned(self.derivation).values())


def returned(derivation: Derivation) -> dict[Ref, Ref]:
    """The gradients that a step returns, by the variable: parameters, inputs, states of the step before."""
    return {a.of: a.target for a in derivation.reverse.adjoints if a.of not in derivation.forward.definition}


def weight(gradient: Ref) -> Ref:
    """What reaches the adjoint of a gradient from outside."""
    return Ref(gradient.name.marked("direct"), gradient.time)


@dataclass(frozen=True)
class Value(Comparison):
    """A value of the lowered equations beside the same value of the author's equations."""

    @property
    def program(self) -> Program:
        return Program((), self.derivation.forward.shapes)

    @property
    def inputs(self) -> tuple[Ref, ...]:
        return leaves(self.derivation.cell)

    def true(self, values: Values, place: tuple[int, ...]) -> Any:
        return np.asarray(self.run(values)[self.of], dtype=object)[place]


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
    """The first drawn input on which the two sides differ, and the entry in which they do."""
    for sizes in _sizes(comparison.derivation.cell.sizes):
        at = replace(comparison, sizes=sizes)
        for draw in range(DRAWS):
            values = _drawn(at, Random(draw))
            place = _difference(at, values)
            if place is not None:
                return at, values, place
    return None


def _sizes(names: tuple[str, ...]) -> Iterator[dict[str, int]]:
    """All sizes 1, then some of them 2, then all different."""
    for choice in sorted(product((1, 2), repeat=len(names)), key=sum):
        yield dict(zip(names, choice, strict=True))
    yield {name: k for k, name in enumerate(names, 2)}


def _drawn(comparison: Comparison, random: Random) -> Values:
    def array(ref: Ref) -> Any:
        out = np.empty(comparison.shape(ref.name), dtype=object)
        for place in np.ndindex(*out.shape):
            out[place] = random.choice(ENTRIES)
        return out

    return {ref: array(ref) for ref in comparison.inputs}


def _sides(comparison: Comparison, values: Values, place: tuple[int, ...]) -> tuple[Any, Any] | None:
    """The claimed and the true value of one entry; None where the equations have no value."""
    numbers = {ref: np.frompyfunc(precise, 1, 1)(value) for ref, value in values.items()}
    try:
        return comparison.derived(numbers)[place], comparison.true(numbers, place)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None


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
