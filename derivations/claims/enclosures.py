"""Runs of a cell in interval arithmetic of 50 digits: what is computed holds for certain, rounding included."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from derivations.calculus import derive
from derivations.cell import Cell
from derivations.claims.stated import dot
from derivations.equations import Program
from derivations.evaluate import Values, evaluate_cell, evaluate_program
from derivations.notation.tree import Ref
from derivations.proofs.claims.refute import IV, enclosing_functions
from derivations.proofs.step import leaves
from derivations.sizes import shape_value

Entries = Mapping[str, Any]  # by Name.id: numbers or nested lists; what is not given is 0


def exactly(value: Fraction | int | str) -> Any:
    """An enclosure of a rational number."""
    exact = Fraction(value)
    return IV.mpf(exact.numerator) / exact.denominator


def constant(value: Fraction) -> Any:
    """A number in an equation, as an array of one entry: an enclosure on its own does not know how to meet an array."""
    return np.array([exactly(value)], dtype=object)


def given(cell: Cell, sizes: Mapping[str, int], entries: Entries) -> Values:
    """Everything that a step reads, at given sizes, as enclosures."""
    values: Values = {}
    for ref in leaves(cell):
        shape = shape_value(cell.shapes[ref.name], sizes) or (1,)
        filled = np.broadcast_to(np.array(entries.get(ref.name.id, 0), dtype=object), shape)
        values[ref] = np.frompyfunc(exactly, 1, 1)(filled)
    usual = {Ref(name): np.full(shape_value(cell.shapes[name], sizes) or (1,), exactly(value)) for name, value in cell.constants.items()}
    return values | usual


def run(cell: Cell, values: Values, steps: int) -> list[Values]:
    """The values of every step; states are passed on, parameters and inputs stay."""
    history, now = [], dict(values)
    for _ in range(steps):
        known = evaluate_cell(cell.equations, now, enclosing_functions(), constant)
        history.append(known)
        now |= {Ref(name, -1): known[Ref(name, 0)] for name in cell.states}
    return history


def carried(cell: Cell, values: Values, steps: int, start: Entries, sizes: Mapping[str, int]) -> Values:
    """The tangents of the last step's values, by forward mode, where the initial states move as ``start`` says."""
    derivation, now = derive(cell), dict(values)
    both = Program(derivation.forward.equations + derivation.tangent.equations, derivation.tangent.shapes)
    zero = {dot(ref): np.frompyfunc(lambda _: IV.mpf(0), 1, 1)(value) for ref, value in values.items()}
    moved = {dot(ref): value for ref, value in given(cell, sizes, start).items() if ref.time == -1}
    known: Values = {}
    now |= zero | moved
    for _ in range(steps):
        known = evaluate_program(both, now, enclosing_functions(), sizes, constant)
        for name in cell.states:
            for ref in (Ref(name, 0), dot(Ref(name, 0))):
                now[Ref(ref.name, -1)] = known[ref]
    return {dot(Ref(name, 0)): known[dot(Ref(name, 0))] for name in cell.states}


def middle(enclosure: Any, digits: int = 6) -> str:
    """An enclosure for people."""
    return str(mpmath.nstr(mpmath.mpf(IV.mpf(enclosure).mid), digits))


def below(enclosure: Any, bound: Any) -> bool:
    """Whether every number of the enclosure is below every number of the bound."""
    return bool(IV.mpf(enclosure).b < IV.mpf(bound).a)
