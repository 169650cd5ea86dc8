"""Parallel forms of recurrences proved equal to the recurrence, for every size and each stated number of steps."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

from derivations.cell import Cell
from derivations.form import Form
from derivations.proofs.equivalence.judge import INDEPENDENT, METHOD, SEARCH, proof_of
from derivations.proofs.equivalence.refute import search
from derivations.proofs.equivalence.unrolled import Unrolled, unrolled
from derivations.proofs.gradients.elements import Unwritten
from derivations.verdict import Result


def judge_form(form: Form, cell: Cell) -> tuple[Result, ...]:
    """A verdict on a parallel form of a cell for each of its numbers of steps."""
    return tuple(_judge(form, cell, steps) for steps in form.lengths)


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
