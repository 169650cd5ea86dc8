"""Claims of cell files, judged: proved for all parameters and inputs, refuted by one step, or not decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.functions import Interval
from derivations.notation import name_unicode
from derivations.notation.tree import Expr, Number, Ref, refs
from derivations.proofs.claims.prove import Proof, prove_link
from derivations.proofs.claims.read import Claim, read_claim, values_of
from derivations.proofs.claims.refute import Counterexample, leaves, refute
from derivations.proofs.ranges import INDEPENDENT, find_ranges
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.lines import box_lines, is_affine_in_each
from derivations.proofs.ranges.scalar import Scalars
from derivations.proofs.ranges.sign import expanded
from derivations.proofs.ranges.states import Range, at_zero
from derivations.proofs.ranges.text import Formula, ProofLine, bound, fold, line
from derivations.verdict import Result

DIGITS = 12  # of the values in a counterexample


def judge_claims(cell: Cell) -> tuple[Result, ...]:
    """A verdict on each claim of the cell file; ``CellError`` if one cannot be read."""
    claims = [read_claim(cell, text) for text in cell.claims]
    if not claims:
        return ()
    scalars, found = Scalars(cell), find_ranges(cell)
    return tuple(_judge(cell, claim, scalars, found) for claim in claims)


def judge_claim(cell: Cell, text: str) -> Result:
    """A verdict on one claim about a cell."""
    return _judge(cell, read_claim(cell, text), Scalars(cell), find_ranges(cell))


def _judge(cell: Cell, claim: Claim, scalars: Scalars, found: Sequence[Range]) -> Result:
    start = perf_counter()
    proof = prove_claim(cell, claim, scalars, found)
    if proof:
        method, lines = proof
        shown = tuple(one.unicode() for one in lines)
        return Result(cell.name, claim.text, "claim", "proved", method, INDEPENDENT, proof=shown, seconds=perf_counter() - start)
    wrong = refute(cell, claim)
    if wrong:
        return Result(
            cell.name, claim.text, "claim", "refuted", "one step at sizes 1, enclosed to 50 digits", "proofs, lowering and calculus",
            counterexample=_shown(cell, claim, wrong), why=_holds_if(cell, claim), seconds=perf_counter() - start,
        )  # fmt: skip
    why = "neither the bounds over boxes prove it nor does the search for one step that breaks it succeed"
    return Result(cell.name, claim.text, "claim", "undecided", "vertices of a box; search", why=why, seconds=perf_counter() - start)


def prove_claim(cell: Cell, claim: Claim, scalars: Scalars, found: Sequence[Range]) -> tuple[str, tuple[ProofLine, ...]] | None:
    """The method and the lines of a proof of all comparisons of a claim; None if one is not proved."""
    links = [prove_link(scalars, claim, k) for k in range(len(claim.relations))]
    if not all(links):
        return None
    same = next((one for one in found if _says(cell, one, claim)), None)
    if same:
        return same.method, same.proof
    proofs = [one for one in links if one]
    lines = dict.fromkeys(one for proof in proofs for one in _lines(scalars, proof, found))
    methods = dict.fromkeys("scalar identity" if sign == "=" else "vertices of a box" for sign in claim.relations)
    return ", ".join(methods), (*lines, line("Hence ", Formula(claim.text, claim_latex(claim)), "."))


def _says(cell: Cell, one: Range, claim: Claim) -> bool:
    """Whether a found range is the claim."""
    if one.given:
        return False
    try:
        other = read_claim(cell, one.statement.unicode)
    except CellError:  # a bound by h_0 is not about one step
        return False
    return (other.sides, other.relations, other.extremes) == (claim.sides, claim.relations, claim.extremes)


def _lines(scalars: Scalars, proof: Proof, found: Sequence[Range]) -> tuple[ProofLine, ...]:
    definition = scalars.program.definition
    put_in = tuple(line("By ", ref, ", ", Formula.of(ref, " = ", scalars.program.written(definition[ref])), ".") for ref in proof.expanded)
    known = {one.value: one.proof for one in reversed(found) if one.interval}
    from_ranges = tuple(one for ref in proof.symbols for one in known.get(ref, ()))
    if not put_in and from_ranges:
        return from_ranges
    return (*put_in, *box_lines(scalars, proof.symbols), _argument(proof))


def _argument(proof: Proof) -> ProofLine:
    """The last line but one: why the difference of the sides has its sign."""
    numerator = expanded(sp.fraction(sp.together(proof.difference))[0])
    if not numerator:
        return line("Both sides are then the same.")
    strict = proof.relation in ("<", ">")
    cases = f" in each of {proof.cases} cases for the signs and the order of what is compared" if proof.cases > 1 else ""
    inside = ", and 0 only at ends that do not belong to it" if strict else ""
    reason = "has no negative coefficient in the Bernstein basis of the box"
    if is_affine_in_each(numerator):
        reason = "is affine in each value and not negative at the vertices of the closed box"
    return line(f"The difference of the sides {reason}{cases}{inside}.")


def claim_latex(claim: Claim) -> str:
    """A claim in LaTeX, for mathematics mode."""
    pieces = [_with_extremes(claim.sides[0], claim)]
    for sign, side in zip(claim.relations, claim.sides[1:], strict=True):
        pieces += [Formula.of({"<=": " ≤ ", ">=": " ≥ "}.get(sign, f" {sign} ")), _with_extremes(side, claim)]
    return "".join(piece.latex for piece in pieces)


def _with_extremes(expr: Expr, claim: Claim) -> Formula:
    """An expression with its absolute values, maxima and minima back in their places."""
    shown = Formula.of(expr)
    for place in dict.fromkeys(ref for ref in refs(expr) if ref in claim.extremes):
        extreme = claim.extremes[place]
        args = Formula.row([_with_extremes(arg, claim) for arg in extreme.args])
        written = Formula.of("|", args, "|") if extreme.kind == "abs" else Formula.of(f"{extreme.kind}(", args, ")")
        blank = Formula.of(place)
        shown = Formula(shown.unicode.replace(blank.unicode, written.unicode), shown.latex.replace(blank.latex, written.latex))
    return shown


# ------------------------------------------------------------------------------------- refuted: what to show


def _shown(cell: Cell, claim: Claim, wrong: Counterexample) -> Mapping[str, Any]:
    """What the step is given, every value that it computes, and both sides."""
    shown: dict[str, Any] = {}
    for ref in leaves(cell):
        entries = [float(value) for (owner, _), value in wrong.point.items() if owner == ref]
        if any(entries):
            shown[name_unicode(ref.name, ref.time)] = entries[0] if len(entries) == 1 else entries
    shown["every other parameter, input and state"] = 0
    for name in cell.assigned:
        entries = [_rounded(v) for v in np.ravel(np.asarray(wrong.values[Ref(name, 0)], dtype=object))]
        shown[name_unicode(name, 0)] = entries[0] if len(entries) == 1 else entries
    left, right = (_with_extremes(side, claim).unicode for side in claim.sides[wrong.index : wrong.index + 2])
    shown["fails"] = f"{left} {claim.relations[wrong.index]} {right}"
    shown["left"], shown["right"] = wrong.sides
    return shown


def _rounded(enclosure: Any) -> float:
    return float(mpmath.nstr(mpmath.mpf(enclosure.mid), DIGITS))


# --------------------------------------------------------------------- refuted, but kept by every step


def _holds_if(cell: Cell, claim: Claim) -> str:
    """Whether a step keeps the claim, so that it holds for all steps if it holds at the start."""
    boxes = _boxes(cell, claim)
    if not boxes:
        return ""
    kept = Scalars(cell, assume=boxes)
    if not all(prove_link(kept, claim, k) for k in range(len(claim.relations))):
        return ""
    starts = ", ".join(bound(Formula.of(at_zero(ref)), box, absolute=True).unicode for ref, box in boxes.items())
    return f"it holds for every t if {starts}: with that for the state before, each step gives it for the next, by induction"


def _boxes(cell: Cell, claim: Claim) -> dict[Ref, Interval]:
    """What the claim says of the states at the step before, where it bounds them by numbers; nothing if it speaks of more."""
    values = values_of(claim)
    if not all(ref.time == 0 and ref.name in cell.states for ref in values):
        return {}
    found: dict[Ref, Interval] = {}
    for index, relation in enumerate(claim.relations):
        small, large = claim.sides[index : index + 2]
        if relation in (">=", ">"):
            small, large = large, small
        for ref, box in _half_lines(claim, small, large, relation in ("<=", ">=")):
            before = Ref(ref.name, -1)
            met = iv.meet(found.get(before, iv.REAL), box)
            if met is None:
                return {}
            found[before] = met
    return found if len(found) == len(values) else {}


def _half_lines(claim: Claim, small: Expr, large: Expr, closed: bool) -> Iterator[tuple[Ref, Interval]]:
    """What ``small`` ≤ ``large`` says of a value, if one side is a number and the other the value or its absolute value."""
    low, high = fold(small, {}), fold(large, {})
    if isinstance(high, Number) and isinstance(small, Ref):
        bound_ = sp.Rational(high.value.numerator, high.value.denominator)
        extreme = claim.extremes.get(small)
        if extreme is None:
            yield small, Interval(-sp.oo, bound_, False, closed)
        elif extreme.kind == "abs" and isinstance(extreme.args[0], Ref):
            yield extreme.args[0], Interval(-bound_, bound_, closed, closed)
    elif isinstance(low, Number) and isinstance(large, Ref) and large not in claim.extremes:
        yield large, Interval(sp.Rational(low.value.numerator, low.value.denominator), sp.oo, closed, False)
