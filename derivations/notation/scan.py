"""From text to the terminals of ``grammar.lark``: here plain, Unicode and LaTeX notation become one."""

from __future__ import annotations

import re
from collections.abc import Callable

from derivations.notation import commands, raised, words
from derivations.notation.cursor import Cursor
from derivations.notation.guard import Source, quote
from derivations.notation.spelling import COMBINING, EQUAL_SIGNS, MINUS_SIGNS, OPERATORS, RELATIONS, SUBSCRIPTS, SUPERSCRIPTS

_PATTERN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<percent>%[^\n]*)
  | (?P<newline>\n)
  | (?P<space>[^\S\n]+)
  | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[A-Za-z][A-Za-z0-9]{0,80})
  | (?P<bracket_command>\\(?:[{}]|[lr]br(?:ace|ack)(?![A-Za-z])))
  | (?P<command>\\(?:[A-Za-z]+\*?|.|\n|\Z))
  | (?P<power>\*\*)
  | (?P<script>[_^])
  | (?P<relation>[<>]=?|[≤≥]|==)
  | (?P<equal>:=|=)
  | (?P<transpose>\.T(?![A-Za-z0-9_]))
  | (?P<attribute>\.[A-Za-z_]+)
  | (?P<bracket>[(\[{}\])])
  | (?P<raised>[SCRIPTS])
  | (?P<sign>.)
    """.replace("SCRIPTS", "".join({**SUBSCRIPTS, **SUPERSCRIPTS})),
    re.VERBOSE,
)
_OPENING = {"(": "_LPAR", "[": "_LSQUARE", "{": "_LBRACE"}
_CLOSING = {")": "_RPAR", "]": "_RSQUARE", "}": "_RBRACE"}
_BRACKET_COMMANDS = {r"\lbrace": "{", r"\rbrace": "}", r"\lbrack": "[", r"\rbrack": "]", r"\{": "{", r"\}": "}"}


def scan(source: Source) -> Cursor:
    """The tokens of a text; all of its brackets match."""
    cursor = Cursor(source)
    while cursor.pos < len(cursor.text):
        start = cursor.pos
        found = cursor.take(_PATTERN)
        assert found, "newline and sign match every character"
        kind = found.lastgroup or "sign"
        _HANDLERS[kind](cursor, found[0], start)
    cursor.brackets.finish()
    return cursor


def _skip(cursor: Cursor, value: str, start: int) -> None:
    """Spaces and comments."""


def _percent(cursor: Cursor, value: str, start: int) -> None:
    """A comment in LaTeX, and at the beginning of a line; ``a % b`` is a remainder in other languages."""
    line = cursor.text[cursor.text.rfind("\n", 0, start) + 1 : start]
    if not cursor.is_latex and line.strip():
        raise words.stray(cursor, "%", start)


def _newline(cursor: Cursor, value: str, start: int) -> None:
    if not cursor.brackets and not cursor.dollar:
        cursor.emit("SOFT", "\n", start)


def _number(cursor: Cursor, value: str, start: int) -> None:
    mantissa, _, exponent = value.lower().partition("e")
    if len(mantissa) > 40 or len(exponent.lstrip("+-")) > 3:
        raise cursor.error(f"the number {quote(value)} is too long", "use at most 40 digits and 3 in the exponent", start)
    cursor.emit("NUMBER", value, start)


def _attribute(cursor: Cursor, value: str, start: int) -> None:
    raise cursor.error(f"attribute access {quote(value)}", "equations are not programs; names are letters with scripts, as in W_f", start)


def _bracket(cursor: Cursor, value: str, start: int) -> None:
    if value == "[" and raised.index(cursor, start):
        return
    if value in _OPENING:
        cursor.brackets.open(value, cursor.span(start))
        cursor.emit(_OPENING[value], value, start)
    else:
        cursor.brackets.close(value, cursor.span(start))
        cursor.emit(_CLOSING[value], value, start)


def _bracket_command(cursor: Cursor, value: str, start: int) -> None:
    _bracket(cursor, _BRACKET_COMMANDS[value], start)


def _equal(cursor: Cursor, value: str, start: int) -> None:
    cursor.emit("RELATION" if cursor.brackets.depth else "_EQUAL", value, start)


def _relation(cursor: Cursor, value: str, start: int) -> None:
    """A comparison, which has a place within brackets only."""
    if cursor.brackets.depth:
        cursor.emit("RELATION", RELATIONS[value], start)
    elif value == "==":
        raise cursor.error("'==' is not part of the notation", "an equation has one '='", start)
    else:
        raise words.stray(cursor, value, start)


def _sign(cursor: Cursor, value: str, start: int) -> None:
    """Any other single character."""
    if value in MINUS_SIGNS:
        cursor.emit("MINUS", "-", start)
    elif value in OPERATORS:
        cursor.emit("OPERATOR", OPERATORS[value], start)
    elif value == "/":
        cursor.emit("SLASH", value, start)
    elif value in EQUAL_SIGNS:
        cursor.emit("_EQUAL", value, start)
    elif value in COMBINING:
        cursor.emit("MARK", COMBINING[value], start)
    elif value in _PUNCTUATION:
        _PUNCTUATION[value](cursor, value, start)
    else:
        words.letter(cursor, value, start)


def _separator(cursor: Cursor, value: str, start: int) -> None:
    between_equations = value == ";" and not cursor.brackets.depth
    cursor.emit("HARD" if between_equations else {"+": "_PLUS", ".": "DOT"}.get(value, "_COMMA"), value, start)


def _dollar(cursor: Cursor, value: str, start: int) -> None:
    if cursor.text.startswith("$", cursor.pos):
        cursor.pos += 1
    mark = cursor.text[start : cursor.pos]
    cursor.dollar = "" if cursor.dollar == mark else mark
    cursor.emit("HARD", mark, start)


def _ampersand(cursor: Cursor, value: str, start: int) -> None:
    if cursor.brackets.in_matrix:
        raise cursor.error("'&' inside a matrix", "only columns are read: separate the parts with \\\\", start)
    if not cursor.is_latex:
        raise words.stray(cursor, value, start)


def _tilde(cursor: Cursor, value: str, start: int) -> None:
    """A space in LaTeX, an accent behind a name elsewhere."""
    if cursor.is_latex:
        return
    if not cursor.touches_name(start):
        raise words.stray(cursor, value, start)
    cursor.emit("MARK", "tilde", start)


_Handler = Callable[[Cursor, str, int], None]

_PUNCTUATION: dict[str, _Handler] = {
    ",": _separator,
    ";": _separator,
    "+": _separator,
    ".": _separator,
    "$": _dollar,
    "&": _ampersand,
    "~": _tilde,
}
_HANDLERS: dict[str, _Handler] = {
    "comment": _skip,
    "percent": _percent,
    "newline": _newline,
    "space": _skip,
    "number": _number,
    "word": words.word,
    "bracket_command": _bracket_command,
    "command": commands.command,
    "power": raised.power,
    "script": raised.script,
    "relation": _relation,
    "equal": _equal,
    "transpose": raised.transpose,
    "attribute": _attribute,
    "bracket": _bracket,
    "raised": raised.characters,
    "sign": _sign,
}
