"""Recurrences that are affine in their state, entry by entry: ``s_t = a_t ⊙ s_{t−1} + b_t`` with a_t and b_t free of s.

Found in the elements of the author's equations: every product of the new value holds the old one once, at its own entry, or
not at all, and nothing else in it depends on it. Several states that need each other make one group, with a coefficient for
each pair; a group may use states of groups before it, which are known for all steps by then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from derivations.cell import Cell
from derivations.notation import name_unicode
from derivations.notation.tree import Name, Ref
from derivations.proofs.equivalence.elements import Elements, ways
from derivations.proofs.equivalence.identities import Identities
from derivations.proofs.equivalence.unrolled import as_given
from derivations.proofs.gradients.elements import VARIABLE, Algebra, Poly, Term
from derivations.proofs.gradients.expansion import label


@dataclass(frozen=True, slots=True)
class Group:
    """States that need each other, the products with one of them and without, and what they use of earlier groups."""

    states: tuple[Name, ...]
    with_state: int
    without: int
    coefficients: frozenset[str]  # labels of everything that the coefficients depend on
    rest: frozenset[str]  # labels of everything that the other products depend on


class NotAffine(Exception):
    """Why states are not affine in themselves, entry by entry; ``states`` are those of the group."""

    def __init__(self, states: tuple[Name, ...], why: str) -> None:
        super().__init__(why)
        self.states = states


def groups(cell: Cell) -> tuple[Group, ...]:
    """The states of a cell in groups, in an order in which they can be computed; raises ``NotAffine``."""
    algebra = Identities()
    expansion = Elements(algebra, as_given(cell), cell.shapes)
    values = {name: _elements(expansion, cell, name) for name in cell.states}
    return tuple(_group(algebra, cell, names, values) for names in _in_order(algebra, cell, values))


def linear_in_time(cell: Cell) -> bool:
    """Whether every state and output is linear in states and inputs, with coefficients that are the same at every step."""
    algebra = Identities()
    expansion = Elements(algebra, as_given(cell), cell.shapes)
    moving = {label(Ref(name, time)) for name, time in [*((n, 0) for n in cell.inputs), *((n, -1) for n in cell.states)]}
    polys = (poly for name in cell.outputs for _, poly in _elements(expansion, cell, name))
    return all(_is_linear(algebra, term, moving) for poly in polys for term in poly)


def _is_linear(algebra: Algebra, term: Term, moving: set[str]) -> bool:
    bound, factors = term
    found = [(atom, e) for atom, e in factors if labels(algebra, {(bound, ((atom, e),)): 1}) & moving]
    return len(found) == 1 and found[0][0][0] == VARIABLE and found[0][1] == 1


def _elements(expansion: Elements, cell: Cell, name: Name) -> list[tuple[tuple[object, ...], Poly]]:
    """Each block of a new state: its indices, and its element in what the step reads."""
    (first, *_) = ways(expansion, cell.shapes[name])
    return [(at, expansion.value(Ref(name, 0), at)) for at in first]


Values = dict[Name, list[tuple[tuple[object, ...], Poly]]]


def _in_order(algebra: Algebra, cell: Cell, values: Values) -> Iterator[tuple[Name, ...]]:
    """Groups of states that need each other, each after those that it needs."""
    read = {name: set[str]().union(*(labels(algebra, poly) for _, poly in found)) for name, found in values.items()}
    needs = {name: {state for state in cell.states if label(Ref(state, -1)) in read[name]} for name in values}
    reached = {name: _closure(name, needs) for name in needs}
    done: set[Name] = set()
    while len(done) < len(needs):
        name = next(n for n in needs if n not in done and all(m in done or n in reached[m] for m in reached[n]))
        group = tuple(m for m in needs if m not in done and (m == name or (m in reached[name] and name in reached[m])))
        done |= set(group)
        yield group


def _closure(name: Name, needs: dict[Name, set[Name]]) -> set[Name]:
    found, waiting = set[Name](), [name]
    while waiting:
        for other in needs[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


def _group(algebra: Algebra, cell: Cell, names: tuple[Name, ...], values: Values) -> Group:
    own = {label(Ref(name, -1)) for name in names}
    with_state, without = 0, 0
    coefficients, rest = set[str](), set[str]()
    for name in names:
        for at, poly in values[name]:
            for (bound, factors), c in poly.items():
                inside = [(atom, e) for atom, e in factors if labels(algebra, {(bound, ((atom, e),)): c}) & own]
                others = tuple(f for f in factors if f not in inside)
                if not inside:
                    without += 1
                    rest |= labels(algebra, {(bound, others): c})
                    continue
                ((kind, spelled, indices), e), *more = inside
                if more or kind != VARIABLE or e != 1:
                    raise NotAffine(names, f"{name_unicode(name, 0)} is not affine in {_names(names)}")
                if spelled in own and indices != at:
                    raise NotAffine(names, f"an entry of {name_unicode(name, 0)} depends on other entries of {_names(names)}")
                with_state += 1
                coefficients |= labels(algebra, {(bound, others): c})
    return Group(names, with_state, without, frozenset(coefficients), frozenset(rest))


def _names(names: Collection[Name]) -> str:
    return ", ".join(name_unicode(name, -1) for name in names)


def labels(algebra: Algebra, poly: Poly) -> set[str]:
    """The labels of all arrays that a polynomial depends on, also within function values."""
    found: set[str] = set()
    for _, factors in poly:
        for (kind, spelled, _), _ in factors:
            if spelled in algebra.inside:
                found |= labels(algebra, algebra.inside[spelled][1])
            elif kind == VARIABLE:
                found.add(spelled)
    return found
