"""Sentences: templates of ours with formulas between dollar signs, filled with references and with texts of people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from derivations.documents.model import Inline, Link, Math, Rich

WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_PIECES = re.compile(r"\$([^$]+)\$|\{\}")


def say(template: str, *values: Inline | Rich) -> Rich:
    """``say("It is used by {} only, as $h_t$.", eq(8))``: what is put in is never read as markup."""
    pieces: list[Inline] = []
    rest, start = list(values), 0
    for found in _PIECES.finditer(template):
        pieces.append(template[start : found.start()])
        value = Math(found[1]) if found[1] else rest.pop(0)
        pieces.extend(value if isinstance(value, tuple) else (value,))
        start = found.end()
    assert not rest, f"a sentence without a place for {rest}"
    return tuple(p for p in (*pieces, template[start:]) if p != "")


def eq(number: int) -> Link:
    """A reference to a numbered formula."""
    return Link("eq", number)


def word(count: int) -> str:
    """A count of uses in words below thirteen."""
    return WORDS[count] if count < len(WORDS) else str(count)


def times(count: int) -> str:
    """``once``, ``twice``, ``four times``."""
    return ("", "once", "twice")[count] if count < 3 else f"{word(count)} times"


def plural(count: int, noun: str) -> str:
    """``one state``, ``two states``."""
    return f"{word(count)} {noun}" + ("s" if count != 1 else "")


def join(parts: Sequence[Inline | Rich], *, last: str = ", ", between: str = ", ") -> Rich:
    """Parts in a row: ``a, b and c`` with ``last=" and "``."""
    joined: list[Inline] = []
    for index, part in enumerate(parts):
        if index:
            joined.append(last if index == len(parts) - 1 else between)
        joined.extend(part if isinstance(part, tuple) else (part,))
    return tuple(joined)


def numbers(found: Iterable[int], *, last: str = ", ") -> Rich:
    """References to formulas; three and more in a row as ``(2) to (5)``."""
    runs: list[list[int]] = []
    for number in sorted(set(found)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts: list[Rich] = []
    for run in runs:
        parts += [(eq(run[0]), " to ", eq(run[-1]))] if len(run) > 2 else [(eq(n),) for n in run]
    return join(parts, last=last)


def symbols(found: Iterable[str]) -> Rich:
    """Formulas with commas between them, where a line may break."""
    return join([Math(latex) for latex in found])


def capital(text: Rich) -> Rich:
    """The text with an upper-case first letter."""
    first = text[0] if text else ""
    return (first[:1].upper() + first[1:], *text[1:]) if isinstance(first, str) else text
