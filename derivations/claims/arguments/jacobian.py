"""Jacobians as people state them: what a formula gives for every vector, beside what the equations and our derivation give.

A matrix is what it does to every vector, so a Jacobian is stated as the derivative in arbitrary directions: ``directions``
says in which direction each value of the step before moves (a value without a direction is held fixed), ``formula`` what
the value ``of`` then does; ``let`` names parts of both. Other names that the cell does not have stand for arbitrary vectors.
``unfold`` writes a state of the step before out by its own equation, so that paths through it count; what ``held`` names
in that equation is held fixed under another name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import mpmath
import numpy as np

from derivations.calculus import derive
from derivations.cell import Cell
from derivations.claims.claim import Claim
from derivations.equations import Program
from derivations.errors import CellError
from derivations.evaluate import Values, evaluate_expr
from derivations.leaves import with_leaves
from derivations.notation import read_expr, unicode
from derivations.notation.tree import Assignment, Expr, Name, Number, Ref, rebuild, refs
from derivations.proofs.gradients.comparison import STEP, Comparison, high_precision, precise
from derivations.proofs.gradients.contraction import claims, products_if_equal, truth
from derivations.proofs.gradients.counterexample import search
from derivations.proofs.gradients.differential import Differential
from derivations.proofs.gradients.elements import Index, Poly, Unwritten
from derivations.proofs.gradients.expansion import Expansion, label
from derivations.proofs.step import leaves
from derivations.resolve import Roles
from derivations.shapes import infer_shapes
from derivations.sizes import Shape
from derivations.verdict import Result, Verdict

METHOD = "index contraction"
DIGITS, EXAMPLES, BOUND = 60, 3, 1e-30
INDEPENDENT = "the rules of differentiation: the equations are written out in elements and differentiated by an element"


@dataclass(frozen=True)
class Stated:
    """A derivative in stated directions: typed equations for named parts, for the directions, and for the derivative itself."""

    cell: Cell
    of: Ref
    let: tuple[Assignment, ...]
    directions: tuple[Assignment, ...]
    formula: Assignment
    shapes: dict[Name, Shape]

    @property
    def free(self) -> tuple[Ref, ...]:
        """The arbitrary vectors."""
        named = {eq.target for eq in self.let}
        used = dict.fromkeys(ref for eq in self.equations for ref in refs(eq.expr))
        return tuple(ref for ref in used if ref.name not in self.cell.shapes and ref not in named)

    @property
    def equations(self) -> tuple[Assignment, ...]:
        """All stated equations in the order of computation."""
        return (*self.let, *self.directions, self.formula)


def stated(cell: Cell, given: Mapping[str, Any]) -> Stated:
    """``of``, ``directions``, ``let`` and ``formula``, read with the names of the cell; ``CellError`` where they do not fit it."""
    of, let, directions = given["of"], given.get("let", {}), given["directions"]
    by_id = {ref.name.id: ref for ref in leaves(cell)}
    unknown = next((key for key in directions if key not in by_id), None)
    if unknown or of not in {name.id for name in cell.assigned}:
        raise CellError(f"{unknown or of!r} is no value of {cell.name}", hint=f"it reads {', '.join(by_id)}")
    target = next(Ref(name, 0) for name in cell.assigned if name.id == of)
    written = [Assignment(_named(key), _timed(cell, read_expr(text))) for key, text in let.items()]
    written += [Assignment(_dot(by_id[key]), _timed(cell, read_expr(text))) for key, text in directions.items()]
    written.append(Assignment(_dot(target), _timed(cell, read_expr(given["formula"]))))
    typed, shapes = _typed(cell, written)
    return Stated(cell, target, typed[: len(let)], typed[len(let) : -1], typed[-1], shapes)


def _named(text: str) -> Ref:
    ref = read_expr(text)
    if not isinstance(ref, Ref):
        raise CellError(f"{text!r} is no name", hint="name a part with a letter")
    return ref


def _typed(cell: Cell, written: Sequence[Assignment]) -> tuple[tuple[Assignment, ...], dict[Name, Shape]]:
    targets = tuple(eq.target.name for eq in written)
    used = tuple(dict.fromkeys(ref.name for eq in written for ref in refs(eq.expr)))
    given = (*targets, *cell.constants)
    roles = Roles(cell.states, cell.inputs, tuple(name for name in used if name not in given), targets)
    declared = {name.id: cell.shapes[name] for name in (*cell.states, *cell.inputs, *used) if name in cell.shapes}
    declared |= {name.id: cell.shapes[name.unmarked] for name in targets if name.marks}
    values = {name.id: float(cell.constants[name]) for name in used if name in cell.constants}
    with_constants, _ = with_leaves(written, values, declared)
    return infer_shapes(with_constants, roles, declared, tuple(values))


def _dot(ref: Ref) -> Ref:
    return Ref(ref.name.marked("dot"), ref.time)


def _timed(cell: Cell, expr: Expr) -> Expr:
    """``f`` means ``f_t``, as in equations; what the cell does not have is an arbitrary vector."""
    if not isinstance(expr, Ref):
        return rebuild(expr, lambda child: _timed(cell, child))
    changing = expr.name in cell.assigned or expr.name in cell.inputs
    return Ref(expr.name, 0 if expr.time is None and changing else expr.time)


def judged(claim: Claim) -> Result:
    """A verdict on the stated derivative, for every size."""
    cell = claim.cell()
    told: tuple[str, ...] = ()
    if "unfold" in claim.given:
        state, held = claim.text("unfold"), claim.needed("held")
        cell = unfolded(cell, state, held)
        fixed = ", ".join(f"{new} stands for {old}_{{t−1}}, held fixed" for old, new in held.items())
        told = (f"{state}_{{t−1}} is written out by its own equation; {fixed}",)
    one = stated(cell, claim.given)
    found = verdict_on(one)
    if found["verdict"] != "proved":
        return claim.result(**found)
    return claim.result(**{**found, "proof": (*told, *found["proof"]), "also": (_tested(claim, one),)})


def unfolded(cell: Cell, state: str, held: Mapping[str, str]) -> Cell:
    """The cell with a state of the step before replaced by what its equation says of that step."""
    own = next((eq for eq in cell.equations if eq.target.name.id == state), None)
    if own is None:
        raise CellError(f"{state!r} is no state of {cell.name}", hint=f"it has {', '.join(map(str, cell.states))}")
    before = _earlier(own.expr, cell, held)

    def written_out(expr: Expr) -> Expr:
        return before if expr == Ref(own.target.name, -1) else rebuild(expr, written_out)

    lines = [f"{unicode(eq.target)} = {unicode(written_out(eq.expr))}" for eq in cell.equations]
    return Cell.from_equations("\n".join(lines), name=f"{cell.name}, {state} unfolded")


def _earlier(expr: Expr, cell: Cell, held: Mapping[str, str]) -> Expr:
    """An expression of step t as one of step t−1."""
    if not isinstance(expr, Ref) or expr.time is None:
        return rebuild(expr, lambda child: _earlier(child, cell, held))
    if expr.name.id in held:
        return _named(held[expr.name.id])
    if expr.time == 0 and expr.name in cell.states:
        return Ref(expr.name, -1)
    raise CellError(f"{unicode(expr)} is no state", hint='name what is held fixed: held = { o = "q" }')


def verdict_on(one: Stated) -> dict[str, Any]:
    """Verdict, method, and proof or counterexample, as the fields of a result."""
    try:
        products = products_if_equal(truth(one.cell).elements(one.cell.shapes[one.of.name]), Sides(one))
    except Unwritten as error:
        return {"verdict": "undecided", "method": METHOD, "why": str(error)}
    if products is not None:
        return {"verdict": "proved", "method": METHOD, "independent_of": INDEPENDENT, "proof": (*_told(one), _closing(products))}
    found = search(_Beside(derive(one.cell), one.of, one.formula.target, stated=one))
    if found is None:
        return {"verdict": "undecided", "method": METHOD, "why": "the forms differ, but no input was found on which the values do"}
    shown = {"stated" if key == "derived" else key: value for key, value in found.items() if np.any(value)}
    if len(shown) < len(found):
        shown["everything else"] = 0
    return {"verdict": "refuted", "method": "difference quotient in 60 digits", "independent_of": INDEPENDENT, "counterexample": shown}


def _told(one: Stated) -> tuple[str, ...]:
    moving = ", ".join(f"{unicode(eq.target)} = {unicode(eq.expr)}" for eq in (*one.let, *one.directions))
    return (
        f"let {moving}, for arbitrary {', '.join(map(unicode, one.free))}; everything else that the step reads is held fixed",
        f"stated: {unicode(one.formula.target)} = {unicode(one.formula.expr)}",
        f"{unicode(one.of)} is written out in elements from the equations as typed, and differentiated by each element that moves",
        "our forward-mode derivation of the cell, with the same directions, is written out in elements too",
    )


def _closing(products: int) -> str:
    return f"all three have the same normal form, a sum of {products} products, for every size"


def _tested(claim: Claim, one: Stated) -> Result:
    """Random numbers at sizes that are all different: the stated derivative beside a difference quotient."""
    sizes = {name: k for k, name in enumerate(one.cell.sizes, 2)}
    beside, random, largest = _Beside(derive(one.cell), one.of, one.formula.target, sizes, stated=one), Random(0), 0.0
    with mpmath.workdps(DIGITS):
        for _ in range(EXAMPLES):
            values = {ref: _drawn(random, beside.shape(ref.name)) for ref in beside.inputs}
            values |= {Ref(n): np.full(beside.shape(n), precise(usual), dtype=object) for n, usual in one.cell.constants.items()}
            claimed = beside.derived(values)
            for place in np.ndindex(*claimed.shape):
                true = beside.true(values, place)
                largest = max(largest, float(abs(claimed[place] - true) / max(1, abs(true))))
    verdict: Verdict = "tested" if largest <= BOUND else "refuted"
    at = ", ".join(f"{name} = {size}" for name, size in sizes.items())
    return claim.result(
        verdict, f"difference quotient in {DIGITS} digits, {at}", examples=EXAMPLES, error=largest, bound=BOUND,
        why="a difference quotient with a step of 1e-20 in 60 digits is off by about 1e-40", independent_of="all derivations",
    )  # fmt: skip


def _drawn(random: Random, shape: tuple[int, ...]) -> Any:
    out = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        out[place] = mpmath.mpf(random.randint(-8, 8)) / 4
    return out


class Sides:
    """One element of the derivative in three ways: from the author's equations, as stated, and from our forward mode."""

    def __init__(self, one: Stated) -> None:
        known, derivation = truth(one.cell), derive(one.cell)
        shapes = {**known.shapes, **one.shapes}
        self.known, self.one = known, one
        self.stated = Expansion(known.algebra, (*one.cell.equations, *one.equations), shapes)
        ours = claims(derivation, derivation.tangent)
        self.derived = Expansion(known.algebra, (*ours.definition.values(), *one.let, *self.leaves), {**ours.shapes, **one.shapes})
        self.along = Differential(known.algebra, self.moved)

    @property
    def leaves(self) -> tuple[Assignment, ...]:
        """The tangent of everything that a step reads: as stated, else 0."""
        moving = {eq.target: eq for eq in self.one.directions}
        fixed = Number(Fraction(0))
        return tuple(moving.get(_dot(ref), Assignment(_dot(ref), fixed)) for ref in leaves(self.one.cell))

    def moved(self, name: str, formal: tuple[Index, ...]) -> Poly:
        """How one element of something that the step reads moves."""
        return next((self.stated.value(eq.target, formal) for eq in self.one.directions if label(_read(eq.target)) == name), {})

    def __call__(self, indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        target = self.one.formula.target
        return (
            self.along(self.known.author.value(self.one.of, indices)),
            self.stated.value(target, indices),
            self.derived.value(target, indices),
        )


def _read(dot: Ref) -> Ref:
    return Ref(dot.name.unmarked, dot.time)


@dataclass(frozen=True)
class _Beside(Comparison):
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
        moves = {_read(eq.target): known[eq.target] for eq in self.stated.directions}
        up, down = (self.run({**values, **{r: values[r] + s * STEP * d for r, d in moves.items()}}) for s in (1, -1))
        return (np.asarray(up[self.of], dtype=object)[place] - np.asarray(down[self.of], dtype=object)[place]) / (2 * STEP)
