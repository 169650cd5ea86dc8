"""Claims and counterexamples as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np

from derivations.cell import Cell
from derivations.notation import name_unicode
from derivations.notation.tree import Expr, Ref, refs
from derivations.proofs.claims.read import Claim
from derivations.proofs.claims.refute import Counterexample
from derivations.proofs.ranges.text import Formula
from derivations.proofs.step import leaves

DIGITS = 12  # of the values in a counterexample


def claim_formula(claim: Claim) -> Formula:
    """A claim in the words of its author, and in LaTeX."""
    pieces = [_with_extremes(claim.sides[0], claim)]
    for sign, side in zip(claim.relations, claim.sides[1:], strict=True):
        pieces += [Formula.of({"<=": " ≤ ", ">=": " ≥ "}.get(sign, f" {sign} ")), _with_extremes(side, claim)]
    return Formula(claim.text, "".join(piece.latex for piece in pieces))


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


def shown_step(cell: Cell, claim: Claim, wrong: Counterexample) -> Mapping[str, Any]:
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
