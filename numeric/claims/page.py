"""The table of claims in the documentation, made from the verdicts; ``python -m numeric.claims.page FILE`` writes it anew."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from derivations.claims import Judgement
from derivations.errors import CellError
from derivations.files import write_whole
from numeric.claims import judge_all
from numeric.report import verdict_text

BEGIN, END = "<!-- claims: made by python -m numeric.claims.page -->", "<!-- end of claims -->"
HEADER = ("| claim | as people say it | verdict | exactly, and what holds instead |", "| --- | --- | --- | --- |")


def table(judgements: Iterable[Judgement]) -> str:
    """A Markdown table for each topic: the sentence, the verdict, and what holds instead or how it was shown."""
    parts: list[str] = []
    topic = ""
    for one in judgements:
        if one.claim.topic != topic:
            topic = one.claim.topic
            parts += ["", f"## {topic[0].upper()}{topic[1:]}", "", *HEADER]
        parts.append(_row(one))
    return "\n".join(parts) + "\n"


def _row(one: Judgement) -> str:
    claim = one.claim
    exactly = one.result.statement + (f". **True:** {claim.true_form}" if claim.true_form else "")
    cells = (f"`{claim.name}`", claim.sentence, f"**{verdict_text(one.result)}**", exactly)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def renewed(page: str, judgements: Iterable[Judgement]) -> str:
    """A page with the table between its marks made anew; raises ``CellError`` if it has no marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CellError("the page has no place for the claims", hint=f"put {BEGIN} and {END} into it")
    return f"{before}{BEGIN}\n{table(judgements)}\n{END}{after}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    write_whole(path, renewed(path.read_text(encoding="utf-8"), judge_all()))
