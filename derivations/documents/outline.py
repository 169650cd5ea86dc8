"""From a derivation to a document: the sections in their fixed order, empty ones left out."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.calculus.derivation import Derivation
from derivations.documents.context import Context
from derivations.documents.model import Document
from derivations.documents.sections.backward import backward_section
from derivations.documents.sections.cell import cell_section, opening
from derivations.documents.sections.collected import collected_section
from derivations.documents.sections.cost import cost_section
from derivations.documents.sections.evidence import evidence_section
from derivations.documents.sections.jacobian import jacobian_section
from derivations.documents.sections.layouts import layouts_section
from derivations.documents.sections.ranges import ranges_section
from derivations.documents.sections.references import REFERENCES
from derivations.documents.sections.rules import rules_section
from derivations.documents.sections.through_time import parameter_section, time_section
from derivations.documents.sections.wanted import wanted_section
from derivations.verdict import Result

SECTIONS = (
    cell_section,
    wanted_section,
    rules_section,
    backward_section,
    time_section,
    parameter_section,
    collected_section,
    ranges_section,
    jacobian_section,
    cost_section,
    layouts_section,
    evidence_section,
)


def document(derivation: Derivation, results: Sequence[Result] = ()) -> Document:
    """The article about one cell."""
    context = Context(derivation, results)
    sections = tuple(section for make in SECTIONS if (section := make(context)).blocks)
    return Document(
        title=derivation.cell.title,
        subtitle="Every gradient, step by step and through time",
        source=derivation.cell.source,
        opening=opening(context),
        sections=sections,
        rules=context.rules,
        references=REFERENCES,
    )
