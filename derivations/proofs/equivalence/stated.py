"""The relations that a cell file states, judged."""

from __future__ import annotations

from dataclasses import replace

from derivations.catalogue import get_cell
from derivations.cell import Cell
from derivations.proofs.equivalence.judge import compare
from derivations.relation import Relation
from derivations.verdict import Result, Verdict

OPPOSITE: dict[Verdict, Verdict] = {"proved": "refuted", "refuted": "proved"}


def judge_relations(cell: Cell) -> tuple[Result, ...]:
    """A verdict on each relation of a cell file; ``CellError`` if one cannot be read or names an unknown cell."""
    return tuple(judge_relation(cell, relation) for relation in cell.relations)


def judge_relation(cell: Cell, relation: Relation) -> Result:
    """A verdict on one relation. That two cells differ is proved by the run that refutes their equality."""
    (result,) = compare(cell, get_cell(relation.cell), relation.where, relation.any)
    if not relation.holds:
        statement = result.statement.replace(" = ", " ≠ ", 1)
        why = "they are equal; the proof is given" if result.verdict == "proved" else result.why
        result = replace(result, statement=statement, verdict=OPPOSITE.get(result.verdict, result.verdict), why=why)
    return replace(result, reading=relation.note)
