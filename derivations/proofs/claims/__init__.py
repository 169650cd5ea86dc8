"""Claims of cell files, judged: proved for all parameters and inputs, refuted by one step, or not decided."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import sympy as sp

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.proofs.claims.identity import METHOD, products_in_elements
from derivations.proofs.claims.kept import holds_if
from derivations.proofs.claims.prove import Proof, prove_link
from derivations.proofs.claims.read import Claim, read_claim
from derivations.proofs.claims.refute import refute
from derivations.proofs.claims.text import claim_formula, shown_step
from derivations.proofs.ranges import INDEPENDENT, find_ranges, usual_constants
from derivations.proofs.ranges.lines import box_lines, is_affine_in_each
from derivations.proofs.ranges.scalar import Scalars
from derivations.proofs.ranges.sign import expanded
from derivations.proofs.ranges.states import Range
from derivations.proofs.ranges.text import Formula, ProofLine, line
from derivations.verdict import Result


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
    given = None if proof else usual_constants(cell)
    if given:
        proof = prove_claim(cell, claim, Scalars(cell, usual=True), found)
    if proof:
        method, lines = proof
        reading = f"for {given.unicode}, as the cell file gives it" if given else ""
        shown = tuple(one.unicode() for one in ((line("For ", given, ", as the cell file gives it."), *lines) if given else lines))
        return Result(
            cell.name, claim.text, "claim", "proved", method, INDEPENDENT, proof=shown, reading=reading, seconds=perf_counter() - start
        )
    products = products_in_elements(cell, claim)
    if products is not None:
        written = ("Both sides, with the equations put in, are written out in elements.", f"They are the same sum of {products} products.")
        return Result(cell.name, claim.text, "claim", "proved", METHOD, INDEPENDENT, proof=written, seconds=perf_counter() - start)
    wrong = refute(cell, claim)
    if wrong:
        return Result(
            cell.name, claim.text, "claim", "refuted", "one step at sizes 1, enclosed to 50 digits", "proofs, lowering and calculus",
            counterexample=shown_step(cell, claim, wrong), why=holds_if(cell, claim), seconds=perf_counter() - start,
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
    return ", ".join(methods), (*lines, line("Hence ", claim_formula(claim), "."))


def _says(cell: Cell, one: Range, claim: Claim) -> bool:
    """Whether a found range is the claim."""
    if one.given and not one.usual:
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
