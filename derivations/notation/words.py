"""Letters become names and functions.

How they form names depends on the notation, which is LaTeX if the text holds a backslash or a dollar sign:

- in LaTeX a run of letters is a product, as TeX sets it (``Uh_{t-1}`` is ``U h_{t-1}``), unless it spells a function or
  a Greek letter;
- elsewhere a run of letters is one name (``Uh`` is a name), and digits behind it are a label (``W1`` is ``W_1``).
"""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from keyword import iskeyword

from derivations.errors import CellError
from derivations.notation.cursor import Cursor
from derivations.notation.guard import code, quote
from derivations.notation.spelling import CALLS, COMBINING, FUNCTION_WORDS, GREEK_COMMANDS, GREEK_LETTERS

MAX_WORD = 40

_DIGITS = "0123456789"
_CHAIN = re.compile(r"[A-Za-z0-9_]{0,80}")
_RUN = re.compile(r"[A-Za-z]{1,80}")
ONES = "𝟏"  # a vector of ones, as our own documents print it
_OPENED = re.compile(r"\s*(?:\\left\s*)?\(")
_TIME_CALL = re.compile(r"\(\s*t\s*(?:[-+\N{MINUS SIGN}]\s*[0-9]+\s*)?\)")
_HINTS = {
    "⊗": "write ⊙ for the entrywise product; an outer product is u vᵀ",
    "×": "write ⊙ for the entrywise product, or a space for a matrix product",
    "⊕": "write + for a sum and [a, b] for a concatenation",
    "‖": "the Euclidean norm is norm(v); a concatenation is [a, b]",
    "|": "the absolute value is abs(u)",
    "%": "'%' begins a comment in LaTeX; in plain notation write '#'",
    "&": "'&' aligns equations inside a LaTeX environment only",
    '"': "an equation holds no strings",
} | dict.fromkeys(("<", ">", "<=", ">=", "≤", "≥"), "a comparison is a claim; in an equation it stands in where(a > b, …)")


def word(cursor: Cursor, value: str, start: int) -> None:
    """A run of letters and digits that begins with a letter."""
    found = _CHAIN.match(cursor.text, start)
    chain = found[0] if found else value
    if chain in FUNCTION_WORDS:
        cursor.pos = start + len(chain)
        cursor.emit("FUNCTION", FUNCTION_WORDS[chain], start)
    elif value in FUNCTION_WORDS:
        cursor.emit("FUNCTION", FUNCTION_WORDS[value], start)
    elif called(cursor, chain, start):
        cursor.emit("CALL", chain, start)
    elif value == "concat":
        cursor.emit("_CONCAT", value, start)
    elif cursor.is_latex and value.rstrip(_DIGITS) not in GREEK_COMMANDS:
        _first_letter(cursor, start)
    else:
        _refuse_call(cursor, chain, start)
        name(cursor, value, start)


def called(cursor: Cursor, value: str, start: int) -> bool:
    """Whether a word is one that takes arguments in brackets, with the bracket behind it; else it is a name."""
    return value in CALLS and cursor.text.startswith("(", start + len(value))


def _first_letter(cursor: Cursor, start: int) -> None:
    run = _RUN.match(cursor.text, start)
    if run and (len(run[0]) > 2 or run[0].islower()):
        _refuse_call(cursor, run[0], start)
    cursor.pos = start + 1
    cursor.emit("NAME", cursor.text[start], start)
    _refuse_time(cursor)


def name(cursor: Cursor, value: str, start: int) -> None:
    """A word as one name; digits behind it are a label."""
    letters = value.rstrip(_DIGITS)
    if len(value) > MAX_WORD:
        raise cursor.error(f"the name {quote(value)} is too long", f"use at most {MAX_WORD} letters", start)
    if letters in FUNCTION_WORDS:
        raise cursor.error(f"'{letters}' is a function", "give the variable another name", start)
    if iskeyword(letters) and letters not in GREEK_COMMANDS:
        raise cursor.error(f"'{letters}' is a word of Python", "equations are not programs; give the variable another name", start)
    cursor.emit("NAME", GREEK_COMMANDS.get(letters, letters), start)
    if letters != value:
        cursor.emit("SUB", value[len(letters) :], start + len(letters))
    _refuse_time(cursor)


def upright(cursor: Cursor, value: str, start: int) -> None:
    r"""A word that LaTeX sets upright (``\mathrm{tanh}``): one name or function, whatever its letters."""
    if value in FUNCTION_WORDS:
        cursor.emit("FUNCTION", FUNCTION_WORDS[value], start)
    elif value in CALLS and _OPENED.match(cursor.text, cursor.pos):
        cursor.emit("CALL", value, start)
    elif len(value) > 1 and cursor.text.startswith("(", cursor.pos):
        raise _unknown_function(cursor, value, start)
    else:
        name(cursor, value, start)


def letter(cursor: Cursor, value: str, start: int) -> None:
    """A Greek letter, a letter with an accent, or one of a mathematical alphabet."""
    decomposed = unicodedata.normalize("NFD", value)
    base, marks = GREEK_LETTERS.get(value, decomposed[0]), decomposed[1:]
    base = base if base.isascii() else unicodedata.normalize("NFKC", base)
    base = GREEK_LETTERS.get(base, base)
    if value in FUNCTION_WORDS:
        cursor.emit("FUNCTION", FUNCTION_WORDS[value], start)
    elif value == ONES:
        cursor.emit("NAME", "ones", start)
    elif base.isascii() and base.isdigit() and not marks:
        cursor.emit("NUMBER", base, start)
    elif base.isascii() and base.isalpha() and all(mark in COMBINING for mark in marks):
        cursor.emit("NAME", base, start)
        for mark in marks:
            cursor.emit("MARK", COMBINING[mark], start)
        _refuse_time(cursor)
    else:
        raise stray(cursor, value, start)


def stray(cursor: Cursor, value: str, start: int) -> CellError:
    """The error for a character without a meaning."""
    shown = f"'{value}'" if value.isprintable() and not unicodedata.combining(value[0]) else code(value)
    hint = _HINTS.get(value, "names, numbers, + - * @ ⊙ · / ^ and brackets are")
    return cursor.error(f"{shown} is not part of the notation", hint, start)


def _refuse_call(cursor: Cursor, chain: str, start: int) -> None:
    """A word directly before a round bracket is meant as a function, unless it is a letter with its scripts."""
    first = chain.partition("_")[0]
    if len(first.rstrip(_DIGITS)) > 1 and first not in GREEK_COMMANDS and cursor.text.startswith("(", start + len(chain)):
        raise _unknown_function(cursor, chain, start)


def _unknown_function(cursor: Cursor, value: str, start: int) -> CellError:
    close = get_close_matches(value[:MAX_WORD].lower(), {**FUNCTION_WORDS, **CALLS}, 1)
    meant = f"did you mean '{close[0]}'? " if close else ""
    known = ", ".join(sorted({*FUNCTION_WORDS, *CALLS}))
    hint = f"{meant}known functions are {known}; for a product write a space before '('"
    return cursor.error(f"unknown function {quote(value)}", hint, start)


def _refuse_time(cursor: Cursor) -> None:
    """``h(t-1)`` could be a product."""
    if _TIME_CALL.match(cursor.text, cursor.pos):
        raise cursor.error("a time in brackets", "write the time as a subscript: h_t, h_{t-1}", cursor.pos)
