"""The relations that a cell file states, judged."""

from __future__ import annotations

from dataclasses import replace

from derivations.catalogue import cell_names, get_cell
from derivations.cell import Cell
from derivations.form import forms
from derivations.proofs.equivalence.judge import compare
from derivations.proofs.equivalence.parallel import denied, judge_form
from derivations.proofs.equivalence.scan import prove_convolution, prove_scan
from derivations.relation import Relation
from derivations.verdict import Result

FORM_PROOFS = {"scan": prove_scan, "convolution": prove_convolution}


def judge_relations(cell: Cell) -> tuple[Result, ...]:
    """A verdict on each relation of a cell file, and on each parallel form of a cell of the catalogue.

    Raises ``CellError`` if a relation cannot be read or names an unknown cell.
    """
    stated = (judge_relation(cell, relation) for relation in cell.relations)
    known = cell.name in cell_names() and get_cell(cell.name).digest == cell.digest
    parallel = (result for form in forms() if known and form.cell == cell.name for result in judge_form(form, cell))
    return (*stated, *parallel)


def judge_relation(cell: Cell, relation: Relation) -> Result:
    """A verdict on one relation. That two cells differ is proved by the run that refutes their equality."""
    if relation.form:
        result = FORM_PROOFS[relation.form](cell)
    else:
        (result,) = compare(cell, get_cell(relation.cell), relation.where, relation.any)
    if not relation.holds:
        result = denied(result)
    return replace(result, reading=relation.note)
