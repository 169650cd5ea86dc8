"""Sub- and superscripts: found here as text in one spelling, understood in ``scripts``."""

from __future__ import annotations

import re

from derivations.notation.cursor import Cursor
from derivations.notation.guard import quote
from derivations.notation.latex_commands import ARGUMENT, braced, flatten
from derivations.notation.scripts import EXPONENT
from derivations.notation.spelling import ACCENT_WORDS, GREEK_LETTERS, MINUS_SIGNS, SUBSCRIPTS, SUPERSCRIPTS, TIME_WORDS

# Without LaTeX: a run of letters and digits, one sign, something in round brackets, or a negative number.
_PLAIN_ARGUMENT = re.compile(rf"[A-Za-z0-9]+|[{''.join(GREEK_LETTERS)}⊤'′]|\([^()\n]*\)|-[0-9]+(?![0-9.])")
_AMBIGUOUS_TIME = re.compile(rf"[{MINUS_SIGNS}+]([0-9]+)(?![0-9.])")
_INDEX_TIME = re.compile(rf"\[\s*t\s*(?:([{MINUS_SIGNS}+])\s*([0-9]+)\s*)?\]")
_EXPONENT = re.compile(r"\s*(\([^()\n]*\)|[+-]?[A-Za-z0-9.]+)")
_BLANKS = re.compile(r"[ \t]*")


def script(cursor: Cursor, sign: str, start: int) -> None:
    """``_`` or ``^`` with its argument."""
    if sign == "_" and not _has_base(cursor, start):
        raise cursor.error("a name cannot begin with '_'", "a name begins with a letter, as in W_f", start)
    if cursor.is_latex:
        cursor.take(_BLANKS)
    braces = cursor.text.startswith("{", cursor.pos)
    text = _argument(cursor, sign, start)
    if sign == "^" and not braces and text.startswith("(") and EXPONENT.fullmatch(text.strip("()")):
        cursor.emit("POWER", text.strip("()"), start)  # x^(1/2) is a power, W^{(2)} a label
    else:
        cursor.emit("SUB" if sign == "_" else "SUP", text, start)
    if (sign, text, braces) == ("_", "t", False):
        _refuse_ambiguous_time(cursor, start)


def _has_base(cursor: Cursor, start: int) -> bool:
    """Whether something stands before a subscript; LaTeX allows a space between."""
    if cursor.is_latex and cursor.text[start - 1 : start].isspace():
        return bool(cursor.tokens)
    return cursor.touches_name(start) or cursor.touches(start, "NUMBER", "FUNCTION", "POWER", "ACCENT")


def _argument(cursor: Cursor, sign: str, start: int) -> str:
    span = cursor.span(start)
    if cursor.text.startswith("{", cursor.pos):
        inside = braced(cursor.text, cursor.pos, span)
        cursor.pos += len(inside) + 2
        return flatten(inside, span)
    found = cursor.take(ARGUMENT if cursor.is_latex else _PLAIN_ARGUMENT)
    if not found:
        kind = "a subscript" if sign == "_" else "a superscript"
        raise cursor.error(f"expected {kind} after '{sign}'", "as in W_f, h_{t-1}, x^2", start)
    if cursor.is_latex and found[0][0].isalnum():
        return _one_character(cursor, found[0], start)
    return flatten(found[0], span)


def _one_character(cursor: Cursor, run: str, start: int) -> str:
    """TeX takes one character; ``W_10`` and ``h_prev`` were hardly meant so."""
    if run in TIME_WORDS or run in ACCENT_WORDS:
        return run
    if run[:2].isdigit() and len(run) > 1:
        raise cursor.error(f"the script {quote(run)} without braces is ambiguous", f"write {{{run[:40]}}}", start)
    cursor.pos -= len(run) - 1
    return run[0]


def _refuse_ambiguous_time(cursor: Cursor, start: int) -> None:
    """``h_t-1`` is the previous step to some and a difference to others."""
    found = _AMBIGUOUS_TIME.match(cursor.text, cursor.pos)
    if found:
        sign = "+" if found[0][0] == "+" else "-"
        raise cursor.error(
            f"'_t{sign}{found[1][:40]}' is ambiguous",
            f"write _{{t{sign}{found[1][:40]}}} for another time step, or '{sign} {found[1][:40]}' with spaces for the sum",
            start,
        )


def power(cursor: Cursor, value: str, start: int) -> None:
    """``**`` with its exponent."""
    found = cursor.take(_EXPONENT)
    if not found:
        raise cursor.error("expected an exponent after '**'", "as in x**2", start)
    cursor.emit("POWER", found[1].strip("()").replace(" ", ""), start)


def transpose(cursor: Cursor, value: str, start: int) -> None:
    """``.T``."""
    cursor.emit("SUP", "T", start)


def characters(cursor: Cursor, value: str, start: int) -> None:
    """A run of Unicode sub- or superscript characters."""
    table, kind = (SUBSCRIPTS, "SUB") if value in SUBSCRIPTS else (SUPERSCRIPTS, "SUP")
    text = table[value]
    while (following := cursor.text[cursor.pos : cursor.pos + 1]) in table and following:
        text += table[following]
        cursor.pos += 1
    cursor.emit(kind, text, start)


def index(cursor: Cursor, start: int) -> bool:
    """``x[t-1]``, directly behind a name."""
    found = _INDEX_TIME.match(cursor.text, start) if cursor.touches_name(start) else None
    if not found:
        return False
    cursor.pos = found.end()
    sign = "" if found[1] is None else "+" if found[1] == "+" else "-"
    cursor.emit("SUB", f"t{sign}{found[2] or ''}", start)
    return True
