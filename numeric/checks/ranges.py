"""Proved invariants, on the code in floating point: what lies in an open interval over the reals may reach its ends here.

Saturated, denormal and huge numbers are drawn besides ordinary ones, in float64 and float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.notation.tree import Expr, Ref, refs
from derivations.proofs.claims.read import Claim, read_claim
from numeric.checks.case import Array, Case, draw_case
from numeric.checks.fitness import not_finite
from numeric.checks.gap import Gap, epsilon, largest, worst
from numeric.checks.judge import Check
from numeric.checks.plain import Probe, Valued, evaluate, floats
from numeric.checks.subject import Subject

SLACK = 4  # ulp: a sum of two products and a difference round at most so often
LEVELS = (1.0, 1.0, 40.0, 700.0, 1e-3)  # sizes of values; the last two entries of ``levels`` depend on the type


@dataclass(frozen=True, slots=True)
class Bound:
    """An output and the closed interval that it stays in."""

    name: str
    low: float
    high: float


class Largest(Probe):
    """The largest value on the way to the two sides: what rounding is measured by where they are equal, as sums may cancel."""

    def __init__(self) -> None:
        self.found = 0.0

    def value(self, expr: Expr, value: Array) -> Array:
        """Note the value."""
        self.found = max(self.found, largest(value))
        return value


def violation(claim: Claim, outputs: dict[str, Array], case: Case) -> Gap:
    """How far a claim fails for these outputs; strict comparisons count as closed."""
    known = _values(case, outputs)
    for place, extreme in claim.extremes.items():
        args = [evaluate(arg, known, floats(), case.sizes) for arg in extreme.args]
        pick = np.maximum if extreme.kind == "max" else np.minimum
        kind = max(kind for _, kind in args)
        # a number, such as the 1 in max(|h|, 1), has no axes at all
        wide = [value.reshape(value.shape + (1,) * (kind - own)) if value.ndim else value for value, own in args]
        known[place] = (np.abs(wide[0]) if extreme.kind == "abs" else reduce(pick, wide)), kind
    seen = Largest()
    sides = [evaluate(side, known, floats(), case.sizes, seen)[0] for side in claim.sides]
    pairs = zip(claim.relations, sides[:-1], sides[1:], strict=True)
    return worst([_above(claim.text, relation, a, b, epsilon(case), seen.found) for relation, a, b in pairs])


def _above(text: str, relation: str, left: Array, right: Array, eps: float, way: float) -> Gap:
    """The worst entry of ``left <= right`` (or its mirror image, or equality), with a bound of some ulp."""
    left, right = np.broadcast_arrays(left, right)
    small, large = (right, left) if relation in (">=", ">") else (left, right)
    excess = np.abs(small - large) if relation == "=" else np.maximum(small - large, 0.0)
    excess = np.where(np.isnan(excess), np.inf, excess)
    scale = np.full(small.shape, way) if relation == "=" else np.maximum(np.abs(small), np.abs(large))
    allowed = SLACK * (eps * scale + np.finfo(np.float64).tiny)
    at = np.unravel_index(int(np.argmax(excess / allowed)), excess.shape)
    where = f"{text} at [{', '.join(str(int(i)) for i in at)}]"
    return Gap(where, float(left[at]), float(right[at]), float(excess[at]), float(allowed[at]))


def _values(case: Case, outputs: dict[str, Array]) -> dict[Ref, Valued]:
    """Everything that a claim may read: outputs and inputs at t, states at t-1, parameters."""
    kinds, wide = case.cell.shapes, {k: v.astype(np.float64) for k, v in {**outputs, **case.variables, **case.constants}.items()}
    known: dict[Ref, Valued] = {Ref(n, 0): (wide[n.id], len(kinds[n])) for n in (*case.cell.inputs, *case.cell.outputs)}
    known |= {Ref(n): (wide[n.id], len(kinds[n])) for n in (*case.cell.parameters, *case.cell.constants)}
    before = {n: np.concatenate([wide[f"{n.id}0"][None], wide[n.id][:-1]]) for n in case.cell.states}
    return known | {Ref(n, -1): (value, len(kinds[n])) for n, value in before.items()}


@lru_cache(maxsize=64)
def proved_claims(cell: Cell, *, usual: bool = True) -> tuple[Claim, ...]:
    """Every range that is found and every claim that is proved, if it is about one step and about what the code shows.

    Without ``usual`` those that suppose the usual values of the cell's constants are left out."""
    from derivations.proofs.claims import judge_claim  # SymPy's work: only who asks pays
    from derivations.proofs.ranges import find_ranges

    ranges = (one for one in find_ranges(cell) if not one.given or (one.usual and usual))
    texts = [(one.statement.unicode, f" if {one.given.unicode}" if one.given else "") for one in ranges]
    for text, result in ((text, judge_claim(cell, text)) for text in cell.claims):
        if result.verdict == "proved" and (usual or not result.reading):
            texts.append((text, f", {result.reading}" if result.reading else ""))
    claims = (_read(cell, text, condition) for text, condition in texts)
    same = {repr((c.sides, c.relations, c.extremes)): c for c in claims if c and readable(cell, c)}  # however they are spelled
    return tuple(same.values())


def _read(cell: Cell, text: str, condition: str) -> Claim | None:
    """A claim about one step, with what it supposes of the constants, which are the usual ones here."""
    try:
        return replace(read_claim(cell, text), text=text + condition)
    except CellError:  # a bound by h_0 is not about one step
        return None


def readable(cell: Cell, claim: Claim) -> bool:
    """Whether a claim speaks only of what the code shows; gates are seen by the proofs."""
    shown = {Ref(n, 0) for n in (*cell.inputs, *cell.outputs)} | {Ref(n, -1) for n in cell.states} | {Ref(n) for n in cell.parameters}
    sides = [*claim.sides, *(arg for extreme in claim.extremes.values() for arg in extreme.args)]
    return all(ref in shown or ref in claim.extremes for side in sides for ref in refs(side))


def draw_wide(dtype: DTypeLike) -> Callable[[Cell, np.random.Generator], Case]:
    """Cases in a type, each group of values at its own level: ordinary, saturating, denormal or huge."""
    info = np.finfo(np.dtype(dtype))
    levels = (*LEVELS, float(info.smallest_subnormal) * 64, float(info.max) / 1e6)  # sums of products stay finite

    def draw(cell: Cell, rng: np.random.Generator) -> Case:
        case = draw_case(cell, rng, usual=True)
        at: dict[str, Any] = {k: rng.choice(levels) for k in (*case.inputs, *(f"{s}0" for s in case.states))}
        at |= dict.fromkeys(case.p, rng.choice(LEVELS))
        return case.with_variables({k: v * at[k] for k, v in case.variables.items()}).astype(dtype)

    return draw


def checks(cell: Cell, claims: Sequence[str] | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Check]:
    """One check for each proved claim (or each of ``claims``) and each bound that speaks of outputs, in both types."""
    texts = (*(claims or ()), *(f"{number(b.low)} <= {b.name}_t <= {number(b.high)}" for b in bounds))
    found = [*(proved_claims(cell) if claims is None else ()), *(read_claim(cell, text) for text in texts)]
    for claim in found:
        if readable(cell, claim):
            yield from (_check(claim, dtype) for dtype in ("float64", "float32"))


def number(value: float) -> str:
    """A number as the notation reads it."""
    return repr(int(value)) if value == int(value) else format(value, "f")


def _check(claim: Claim, dtype: str) -> Check:
    def compare_claim(subject: Subject, case: Case) -> Gap:
        with np.errstate(all="ignore"):
            return violation(claim, subject.outputs(case), case)

    return Check(
        f"{claim.text} on the code, {dtype}, ends included",
        "ranges",
        "the proof of the range: only outputs of the code are read",
        f"{SLACK} ulp of the larger side, for an equality of the largest value on the way: a sum of two products and a difference "
        "round at most so often",
        compare_claim,
        draw=draw_wide(dtype),
        unfit=not_finite,
    )
