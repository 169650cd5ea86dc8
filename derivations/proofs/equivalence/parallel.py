"""Other forms of a cell proved equal to it: over several steps, for each stated number of them, or another recurrence, for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

from derivations.cell import Cell
from derivations.form import Form
from derivations.proofs.equivalence.judge import INDEPENDENT, METHOD, SEARCH, compare, proof_of
from derivations.proofs.equivalence.refute import search
from derivations.proofs.equivalence.unrolled import Unrolled, unrolled
from derivations.proofs.gradients.elements import Unwritten
from derivations.verdict import Result, Verdict


def judge_form(form: Form, cell: Cell) -> tuple[Result, ...]:
    """A verdict on a form of a cell: one for each of its numbers of steps, or one for a recurrence."""
    if form.lengths:
        return tuple(_judge(form, cell, steps) for steps in form.lengths)
    data: dict[str, Any] = {"shapes": form.shapes, "constants": form.constants}
    other = Cell.from_equations(form.equations, name=form.title, file=f"form {form.name}", **data)
    (result,) = compare(other, cell, form.where, form.any)
    result = replace(result, subject=cell.name, reading=form.note)
    return (denied(result) if form.differs else result,)


def denied(result: Result) -> Result:
    """The verdict on the opposite: that two cells differ is proved by the run that refutes their equality."""
    sign, no = (" is a ", " is not a ") if " is a " in result.statement else (" = ", " ≠ ")
    verdict: Mapping[Verdict, Verdict] = {"proved": "refuted", "refuted": "proved"}
    why = "they are equal; the proof is given" if result.verdict == "proved" else result.why
    return replace(result, statement=result.statement.replace(sign, no, 1), verdict=verdict.get(result.verdict, result.verdict), why=why)


def _judge(form: Form, cell: Cell, steps: int) -> Result:
    start = perf_counter()
    found = unrolled(form, cell, steps)
    statement = f"{steps} steps of {cell.name} = {form.title}"
    result = Result(cell.name, statement, "equation", "proved", METHOD, INDEPENDENT, reading=form.note)
    try:
        proof = proof_of(found)
        why = "the two sides have different forms, but no input was found on which their values differ"
    except Unwritten as error:
        proof, why = None, str(error)
    if proof:
        result = replace(result, proof=(_assumed(found), *proof))
    elif run := search(found):
        result = replace(result, verdict="refuted", method=SEARCH, counterexample=run)
    else:
        result = replace(result, verdict="undecided", why=why)
    return replace(result, seconds=perf_counter() - start)


def _assumed(found: Unrolled) -> str:
    given = ", ".join(found.shown(ref) for ref in found.given)
    return f"for any values of {given}"
