"""A derivation in a notebook: the equations and the steps, as formulas or as a table."""

from __future__ import annotations

from derivations.calculus.derivation import Derivation
from derivations.documents import html
from derivations.documents.escape import markup
from derivations.documents.markdown import formula
from derivations.documents.model import Row, Steps
from derivations.documents.outline import document


def _rows(derivation: Derivation) -> tuple[Row, ...]:
    """The forward equations, one step backward and the parameters."""
    made = document(derivation)
    wanted = {line.number for line in derivation.forward_lines} | {step.number for step in derivation.steps}
    return tuple(row for row in made.rows() if row.number in wanted)


def notebook_latex(derivation: Derivation) -> str:
    """One aligned display, in commands that MathJax knows."""
    lines = [rf"{formula(row.lhs)} &{formula(' '.join(row.rhs))} && ({row.number})" for row in _rows(derivation)]
    body = " \\\\\n".join(lines)
    return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$"


def notebook_html(derivation: Derivation) -> str:
    """The same rows with their notes, in a style of their own; links lead nowhere in a notebook, so there are none."""
    writer = html.Writer(document(derivation))
    rows = tuple(Row(r.number, f"nb-{r.label}", r.lhs, r.rhs, r.note, r.also) for r in _rows(derivation))
    return html.templates().get_template("notebook.html.j2").render(title=markup(derivation.cell.title), steps=writer.steps(Steps(rows)))
