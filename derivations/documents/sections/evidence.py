"""Section 12: what was checked, how, and with which result; the numbers come from runs, never from here."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.documents.context import Context
from derivations.documents.measure import Measured, measure
from derivations.documents.model import Block, Link, Math, Paragraph, Rich, Section, Table
from derivations.documents.text import say, symbols
from derivations.sizes import LETTERS
from derivations.verdict import SHOWN, Result

KINDS = {  # one, several
    "gradient": ("gradient", "gradients"),
    "invariant": ("range", "ranges"),
    "code": ("check of the code", "checks of the code"),
    "claim": ("claim of the cell file", "claims of the cell file"),
    "equation": ("equation", "equations"),
}


def evidence_section(context: Context) -> Section:
    """The measurement of this document's own formulas, then the verdicts that were handed in."""
    blocks: list[Block] = []
    measured = measure(context)
    intro = say(
        f"Random parameters, inputs and derivatives of the loss (seed ${measured.seed}$), ${measured.sizes}$, double precision. "
        "The author's equations are evaluated as they were typed, with every number in turn moved by a complex step {}; "
        "it has no subtraction error, "
        "so agreement to rounding is expected. Errors are relative, with denominator $\\max(1,|\\cdot|)$, and the largest is shown.",
        Link("cite", "squire"),
    )
    blocks += [Paragraph(intro, lead=True), _measured(context, measured)]
    if context.results:
        blocks += [Paragraph(say("Verdicts of the checks that ran with this document:"), lead=True), _verdicts(context.results)]
    else:
        blocks.append(Paragraph(say("Proofs for every size: not run with this document.")))
    return Section("evidence", "Evidence", tuple(blocks))


def _measured(context: Context, measured: Measured) -> Table:
    rows: list[tuple[Rich, ...]] = []
    for shown, entries, error in measured.rows:
        rows.append(
            (
                symbols(shown),
                say("complex step, {} entries", str(entries)),
                (Math(scientific(error)),) if error is not None else ("not run",),
            )
        )
    header: tuple[Rich, ...] = (("statement",), ("how verified",), ("largest error",))
    return Table(header, tuple(rows), wide=(0,))


def scientific(value: float) -> str:
    """``5.6 × 10⁻¹⁶``."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"{mantissa}\times 10^{{{int(exponent)}}}"


def _verdicts(results: Sequence[Result]) -> Table:
    """Results with the same kind, verdict and method in one row."""
    groups: dict[tuple[str, str, str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.kind, _verdict(result), result.method, result.independent_of), []).append(result)
    errors = any(result.error is not None for result in results)
    rows: list[tuple[Rich, ...]] = []
    for (kind, verdict, method, independent), found in groups.items():
        what = f"{len(found)} {KINDS[kind][min(len(found), 2) - 1]}"
        last: tuple[Rich, ...] = (_number(found),) if errors else ()
        rows.append(((what,), (verdict,), (method,), (independent,), *last))
    header: tuple[Rich, ...] = (("statements",), ("verdict",), ("method",), ("independent of",), *(((("error",),)) if errors else ()))
    return Table(header, tuple(rows), wide=(3,))


def _verdict(result: Result) -> str:
    """``proved at n = 3``."""
    sizes = ", ".join(f"{LETTERS.get(name, name)} = {value}" for name, value in result.at.items())
    return SHOWN[result.verdict] + (f" {sizes}" if sizes else "")


def _number(found: Sequence[Result]) -> Rich:
    errors = [result.error for result in found if result.error is not None]
    return (Math(scientific(max(errors))),) if errors else ()
