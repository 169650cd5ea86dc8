"""Documents for programs: equations, steps, rules, numbers and verdicts as plain data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from derivations.calculus.derivation import Derivation
from derivations.calculus.rules import RULES
from derivations.documents.context import Context
from derivations.documents.model import Document
from derivations.notation import unicode
from derivations.notation.tree import Name
from derivations.verdict import Result

FORMAT = "gateproof derivation"
VERSION = 1


def render(derivation: Derivation, document: Document, results: Sequence[Result]) -> str:
    """The whole derivation."""
    return json.dumps(_plain(derivation, document, results), ensure_ascii=False, indent=2) + "\n"


def _plain(derivation: Derivation, document: Document, results: Sequence[Result]) -> dict[str, Any]:
    context = Context(derivation, results)
    cell = derivation.cell
    return {
        "format": FORMAT,
        "version": VERSION,
        "cell": {
            "name": cell.name,
            "title": cell.title,
            "source": cell.source,
            "digest": cell.digest,
            "states": [_name(name) for name in cell.states],
            "inputs": [_name(name) for name in cell.inputs],
            "parameters": [_name(name) for name in cell.parameters],
            "sizes": list(cell.sizes),
            "shapes": {
                name.id: [list(size) for size in shape]
                for name, shape in derivation.forward.shapes.items()
                if name not in derivation.forward.inline
            },
            "equations": [{"target": unicode(eq.target), "unicode": f"{unicode(eq.target)} = {unicode(eq.expr)}"} for eq in cell.equations],
        },
        "rules": [
            {
                "number": k,
                "name": name,
                "forward": RULES[name].forward,
                "backward": list(RULES[name].backward),
                "reason": list(RULES[name].reason),
            }
            for k, name in enumerate(context.rules, 1)
        ],
        "functions": [{"name": fn, "number": number} for fn, number in derivation.functions.items()],
        "forward": [
            {
                "number": line.number,
                "targets": [unicode(target) for target in line.targets],
                "unicode": f"{unicode(line.target)} = {unicode(line.expr)}",
                "latex": f"{context.maths.tex(line.target)} = {context.maths.tex(line.expr)}",
            }
            for line in derivation.forward_lines
        ],
        "steps": [_step(context, position) for position in range(len(derivation.steps))],
        "formulas": [{"number": row.number, "label": row.label, "latex": row.latex} for row in document.rows()],
        "results": [result.as_json() for result in results],
    }


def _name(name: Name) -> str:
    return name.id


def _step(context: Context, position: int) -> dict[str, Any]:
    step = context.d.steps[position]
    return {
        "number": step.number,
        "kind": step.kind,
        "of": unicode(step.adjoint.of),
        "target": unicode(step.target),
        "unicode": step.unicode(),
        "latex": f"{context.maths.tex(step.target)} = {context.maths.tex(step.expr)}",
        "rules": list(step.rules),
        "on": list(step.on),
        "summed_over_time": step.kind == "parameter",
    }
