"""A recurrence proved equal to an associative scan over pairs, for every size and every number of steps.

Where ``s_t = a_t ⊙ s_{t−1} + b_t`` with a_t and b_t free of s, a step is the pair (a_t, b_t), two steps are the pair
``(a₂, b₂) ∘ (a₁, b₁) = (a₂ ⊙ a₁, a₂ ⊙ b₁ + b₂)``, and ∘ is associative: the steps can be put together in any bracketing, hence in
parallel. With p states that need each other a is a p × p matrix of such coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from time import perf_counter
from typing import Any, TypeAlias

from derivations.cell import Cell
from derivations.notation import name_unicode
from derivations.notation.tree import Name
from derivations.proofs.equivalence.affine import Group, NotAffine, groups, linear_in_time
from derivations.proofs.equivalence.bent import bent
from derivations.proofs.gradients.elements import Algebra, Poly, Unwritten, add, element
from derivations.verdict import Result

METHOD, SEARCH = "scan over pairs", "second differences in the state"
INDEPENDENT = "generated code, lowering and calculus: the author's equations are written out in elements"

Pair: TypeAlias = tuple[list[list[Poly]], list[Poly]]


def prove_scan(cell: Cell) -> Result:
    """Whether the states of a cell are a scan over pairs."""
    start = perf_counter()
    statement = f"{_names(cell.states)} of {cell.name} is a scan over pairs (a_t, b_t), in any bracketing"
    result = Result(cell.name, statement, "equation", "proved", METHOD, INDEPENDENT)
    try:
        result = replace(result, proof=tuple(line for group in groups(cell) for line in _lines(group)))
    except NotAffine as error:
        result = _open(result, bent(cell, error.states), str(error))
    except Unwritten as error:
        result = replace(result, verdict="undecided", why=str(error))
    return replace(result, seconds=perf_counter() - start)


def prove_convolution(cell: Cell) -> Result:
    """Whether states and outputs of a cell are convolutions of its input: a linear scan with the same coefficients at every step."""
    result = replace(
        prove_scan(cell), statement=f"{_names(cell.outputs)} of {cell.name} from s_0 = 0 is a convolution of {_names(cell.inputs)}"
    )
    if result.verdict != "proved":
        return result
    if not linear_in_time(cell):
        why = "a state or output is not linear in states and input, with coefficients that are the same at every step"
        return replace(result, verdict="undecided", why=why, proof=())
    lines = (
        "states and outputs are linear in states and input, with the same coefficients at every step: s_t = a s_{t−1} + b x_t",
        "s_T = a^T s_0 + Σ a^k b x_{T−k} over k < T: by induction, a times this plus b x_{T+1} is the same for T + 1",
    )
    return replace(result, proof=(*result.proof, *lines))


def _open(result: Result, run: Mapping[str, Any] | None, why: str) -> Result:
    if run is None:
        return replace(result, verdict="undecided", why=why)
    return replace(result, verdict="refuted", method=SEARCH, why=why, counterexample=run)


def _names(names: tuple[Name, ...]) -> str:
    return ", ".join(name_unicode(name, 0) for name in names)


def _lines(group: Group) -> tuple[str, ...]:
    names, p = _names(group.states), len(group.states)
    if not group.with_state:
        return (f"{names}: nothing of the step before",)
    if not associative(p):
        raise Unwritten("the composition of pairs is not associative")
    several = f", with {p} × {p} coefficients" if p > 1 else ""
    return (
        f"{names}: products with the state before, once and at the same entry: {group.with_state}; without it: {group.without}",
        f"(a₂, b₂) ∘ (a₁, b₁) = (a₂ a₁, a₂ b₁ + b₂) is associative{several}",
        "a composed pair, applied to a state, does what its two pairs do one after the other; by induction, T pairs give the state at T",
    )


@cache
def associative(states: int) -> bool:
    """Whether the composition of pairs is associative, and acts on states step by step: in free elements, exactly."""
    algebra = Algebra()
    one, two, three = (_free(k, states) for k in range(3))
    state = [element(f"s{i}", []) for i in range(states)]
    left = _composed(algebra, _composed(algebra, three, two), one)
    right = _composed(algebra, three, _composed(algebra, two, one))
    step_by_step = _applied(algebra, two, _applied(algebra, one, state))
    return left == right and _applied(algebra, _composed(algebra, two, one), state) == step_by_step


def _free(k: int, states: int) -> Pair:
    rows = range(states)
    return [[element(f"a{k}{i}{j}", []) for j in rows] for i in rows], [element(f"b{k}{i}", []) for i in rows]


def _composed(algebra: Algebra, second: Pair, first: Pair) -> Pair:
    columns = [list(column) for column in zip(*first[0], strict=True)]
    product = [[_dot(algebra, row, column) for column in columns] for row in second[0]]
    return product, _applied(algebra, second, first[1])


def _applied(algebra: Algebra, pair: Pair, state: list[Poly]) -> list[Poly]:
    return [add(_dot(algebra, row, state), b) for row, b in zip(*pair, strict=True)]


def _dot(algebra: Algebra, row: list[Poly], column: list[Poly]) -> Poly:
    return add(*(algebra.multiply(a, b) for a, b in zip(row, column, strict=True)))
