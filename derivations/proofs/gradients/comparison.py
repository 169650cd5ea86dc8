"""A claimed derivative beside the true one, as numbers of 60 digits.

The true value is a central difference quotient of the author's equations with a step of 1e-20, whose error is about 1e-40: no rule
of differentiation is involved.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import sympy as sp

from derivations.equations import Program
from derivations.evaluate import Functions, Values, evaluate_expr, evaluate_program
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Assignment, Name, Ref
from derivations.proofs.step import leaves, seeds
from derivations.sizes import shape_value

if TYPE_CHECKING:
    from derivations.calculus import Derivation

STEP = mpmath.mpf(10) ** -20
KINK = 1e-9  # difference of the slopes on both sides of a point, relative; without a kink it is of the size of STEP


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
                value = np.broadcast_to(evaluate_expr(eq.expr, known, high_precision(), precise, self.sizes), self.shape(eq.target.name))
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
        return slope(self.loss(values, -step), self.loss(values, 0 * step), self.loss(values, step))

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
        return slope(*(np.asarray(self.run(self.moved(values, sign * STEP))[self.of], dtype=object)[place] for sign in (-1, 0, 1)))

    def moved(self, values: Values, step: Any) -> Values:
        """The inputs after a step in the direction of their tangents."""
        return values | {ref: values[ref] + step * values[Ref(ref.name.marked("dot"), ref.time)] for ref in leaves(self.derivation.cell)}


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
        return slope(*(self.weighted({**values, self.of: values[self.of] + sign * step}) for sign in (-1, 0, 1)))

    def weighted(self, values: Values) -> Any:
        """Σ weight × gradient, by the derived equations of first order: their own proofs say whether they are right."""
        program = Program(self.derivation.forward.equations + self.derivation.backward.equations, self.derivation.backward.shapes)
        known = evaluate_program(program, values, high_precision(), self.sizes, precise)
        return sum(np.sum(values[weight(ref)] * known[ref]) for ref in returned(self.derivation).values())


def slope(below: Any, at: Any, above: Any) -> Any:
    """A central difference quotient; at a kink, where the slopes on the two sides differ, nothing is claimed."""
    if abs(above - 2 * at + below) > STEP * KINK * max(1, abs(at)):
        raise ValueError("a kink")
    return (above - below) / (2 * STEP)


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
