"""LaTeX commands: what each of them contributes to the tokens."""

from __future__ import annotations

import re
from difflib import get_close_matches

from derivations.notation import latex_commands as tex
from derivations.notation import words
from derivations.notation.cursor import Cursor
from derivations.notation.guard import quote
from derivations.notation.spelling import ACCENT_COMMANDS, CALLS, EQUAL_SIGNS, FUNCTION_COMMANDS, GREEK_COMMANDS, OPERATORS, RELATIONS

_WORD = re.compile(r"\s*\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}")
_DIGITS = re.compile(r"\s*([0-9])([0-9])?")
_DIMENSION = re.compile(r"\s*\[\s*-?[0-9.]+\s*(?:pt|em|ex|mm|cm)\s*\]")
_LIST_ENDS = re.compile(r"\s*\\end\b")
_ENVIRONMENT = re.compile(r"\s*\{\s*([A-Za-z]+)\*?\s*\}")
_SPACE = re.compile(r"\s*")


def command(cursor: Cursor, value: str, start: int) -> None:
    """A backslash with letters or one sign."""
    name = value[1:].removesuffix("*")
    if value in OPERATORS:
        cursor.emit("OPERATOR", OPERATORS[value], start)
    elif value in EQUAL_SIGNS:
        cursor.emit("_EQUAL", value, start)
    elif value in RELATIONS and cursor.brackets.depth:
        cursor.emit("RELATION", RELATIONS[value], start)
    elif name in CALLS:
        cursor.emit("CALL", name, start)
    elif name in FUNCTION_COMMANDS:
        cursor.emit("FUNCTION", FUNCTION_COMMANDS[name], start)
    elif name in GREEK_COMMANDS:
        cursor.emit("NAME", GREEK_COMMANDS[name], start)
    elif name in ACCENT_COMMANDS:
        cursor.emit("ACCENT", ACCENT_COMMANDS[name], start)
    elif name in tex.UPRIGHT:
        _upright(cursor, start)
    elif name not in tex.FONTS | tex.IGNORED:
        _structure(cursor, name, start)


def _upright(cursor: Cursor, start: int) -> None:
    found = cursor.take(_WORD)
    if found:
        words.upright(cursor, found[1], start)


def _structure(cursor: Cursor, name: str, start: int) -> None:
    """Environments, fractions, line ends and brackets that are commands."""
    if name in ("begin", "end"):
        _environment(cursor, name, start)
    elif name in ("frac", "dfrac", "tfrac"):
        cursor.emit("FRACTION", name, start)
        _single_digits(cursor)
    elif name == "\\":
        _line_end(cursor, start)
    elif name in ("[", "]"):
        cursor.brackets.display(name == "[")
        cursor.emit("HARD", name, start)
    elif name in tex.WITH_ARGUMENT:
        _skip_argument(cursor, start)
    elif name == "T":
        cursor.emit("SUP", "T", start)  # our own documents define it
    elif name == "E":
        cursor.emit("NUMBER", "1", start)
    else:
        close = get_close_matches(name[:40], tex.KNOWN, 1)
        hint = f"did you mean \\{close[0]}?" if close else "macros of your own are not expanded"
        raise cursor.error(f"unknown command {quote(chr(92) + name)}", tex.REFUSED.get(name, hint), start)


def _single_digits(cursor: Cursor) -> None:
    r"""``\frac12`` takes single digits."""
    found = _DIGITS.match(cursor.text, cursor.pos)
    for group in (1, 2):
        if found and found[group]:
            cursor.pos = found.end(group)
            cursor.emit("NUMBER", found[group], found.start(group))


def _skip_argument(cursor: Cursor, start: int) -> None:
    cursor.take(_SPACE)
    if cursor.text.startswith("{", cursor.pos):
        cursor.pos += len(tex.braced(cursor.text, cursor.pos, cursor.span(start))) + 2


def _line_end(cursor: Cursor, start: int) -> None:
    r"""``\\`` separates the parts of a list or the equations of a display; inside other brackets it is a space."""
    cursor.take(_DIMENSION)
    if cursor.brackets.in_list:
        if not _LIST_ENDS.match(cursor.text, cursor.pos):
            cursor.emit("_COMMA", "\\\\", start)
    elif not cursor.brackets.depth:
        cursor.emit("SOFT", "\\\\", start)


def _environment(cursor: Cursor, name: str, start: int) -> None:
    found = cursor.take(_ENVIRONMENT)
    environment, begins = found[1] if found else "", name == "begin"
    if begins and environment in ("array", "alignat", "alignedat"):
        _skip_argument(cursor, start)
    if environment in tex.MATRICES:
        (cursor.brackets.open if begins else cursor.brackets.close)(f"\\{name}{{{environment}}}", cursor.span(start))
        cursor.emit("_LMATRIX" if begins else "_RMATRIX", environment, start)
    elif environment in tex.DISPLAYS:
        cursor.brackets.display(begins)
        cursor.emit("HARD", environment, start)
    else:
        known = ", ".join(sorted(tex.DISPLAYS | tex.MATRICES))
        raise cursor.error(f"unknown environment {quote(environment)}", f"known are {known}", start)
