"""Claims as people read them in a terminal: a table of verdicts, and one claim in full."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from rich.text import Text

from derivations.claims import Judgement
from derivations.verdict import SHOWN, Result
from numeric.report import COLOURS, columns, method_text, printed, verdict_text

WIDTH = 118
LABEL = 13


def claims_table(judgements: Sequence[Judgement]) -> str:
    """A line for each claim, then what refutes a sentence and what holds instead, then the count."""
    table = columns("claim", "as people say it", "verdict", "method")
    topic = ""
    for one in judgements:
        if topic not in ("", one.claim.topic):
            table.add_section()
        topic = one.claim.topic
        table.add_row(
            Text(one.claim.name),
            Text(one.claim.sentence),
            Text(_verdict(one), style=COLOURS[one.result.verdict]),
            Text(method_text(one.result)),
        )
    notes = "".join(f"\n{_note(one)}" for one in judgements if one.result.verdict in ("refuted", "undecided") or not one.as_recorded)
    return f"{printed(table)}\n{notes}\n{_count(judgements)}"


def _verdict(one: Judgement) -> str:
    shown = verdict_text(one.result)
    return shown if one.as_recorded else f"{shown}, but recorded as {SHOWN[one.claim.expected]}"


def _note(one: Judgement) -> str:
    """Why a claim is not proved: a counterexample, a reason, and the true form."""
    lines = [f"{_verdict(one)}  {one.claim.name}", _wrapped("said", one.claim.sentence), _wrapped("statement", one.result.statement)]
    lines += [_wrapped("for", _counterexample(one.result))] if one.result.counterexample else []
    lines += [_wrapped("because", one.result.why)] if one.result.why else []
    lines += [_wrapped("true is", one.claim.true_form)] if one.claim.true_form else []
    return "\n".join(lines) + "\n"


def claim_page(one: Judgement) -> str:
    """One claim in full."""
    claim, result = one.claim, one.result
    recorded = "as recorded" if one.as_recorded else f"but recorded as {SHOWN[claim.expected]}"
    lines = [f"{claim.name}: {verdict_text(result)}, {recorded}", ""]
    told = {
        "said": claim.sentence,
        "statement": result.statement,
        "source": claim.source,
        "about": ", ".join(claim.cells) or "; ".join(claim.equations.split("\n")).strip("; "),
        "method": method_text(result),
        "without": result.independent_of,
    }
    lines += [_wrapped(label, text) for label, text in told.items() if text]
    lines += _steps(result)
    lines += [_wrapped("for", _counterexample(result))] if result.counterexample else []
    lines += [_wrapped("because", result.why)] if result.why else []
    lines += [_wrapped("also", f"{verdict_text(other)} by {method_text(other)}; {other.why}") for other in result.also]
    lines += [_wrapped("true is", claim.true_form)] if claim.true_form else []
    return "\n".join(lines)


def _steps(result: Result) -> list[str]:
    return [_wrapped("steps" if k == 1 else "", f"{k}. {text}") for k, text in enumerate(result.proof, 1)]


def _counterexample(result: Result) -> str:
    return "; ".join(f"{key} = {value}" for key, value in (result.counterexample or {}).items())


def _wrapped(label: str, text: str) -> str:
    """A label and a text that is as wide as a page beside it."""
    indent = " " * LABEL
    return textwrap.fill(text, WIDTH, initial_indent=f"  {label:{LABEL - 2}}", subsequent_indent=indent, break_on_hyphens=False)


def _count(judgements: Iterable[Judgement]) -> str:
    known = list(judgements)
    counts = {shown: sum(one.result.verdict == verdict for one in known) for verdict, shown in SHOWN.items()}
    summary = ", ".join(f"{n} {shown}" for shown, n in counts.items() if n)
    other = [one.claim.name for one in known if not one.as_recorded]
    ending = f"not as recorded: {', '.join(other)}" if other else "all as recorded"
    return f"{summary} of {len(known)} claims; {ending}"
