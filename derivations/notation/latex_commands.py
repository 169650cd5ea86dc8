"""The LaTeX commands that mean something to the scanner, and the text of scripts without its LaTeX."""

from __future__ import annotations

import re

from derivations.errors import CellError, Span
from derivations.notation.guard import quote
from derivations.notation.spelling import (
    ACCENT_COMMANDS,
    EQUAL_SIGNS,
    FUNCTION_COMMANDS,
    GREEK_COMMANDS,
    GREEK_LETTERS,
    MINUS_SIGNS,
    OPERATORS,
)

UPRIGHT = frozenset({"mathrm", "text", "textrm", "textit", "textsf", "texttt", "mathsf", "mathtt", "mathit", "operatorname", "mbox", "rm"})
FONTS = UPRIGHT | {"mathbf", "boldsymbol", "bm", "mathbb", "mathcal", "mathfrak", "mathscr", "textbf", "bf", "it", "cal", "vec", "pmb"}
IGNORED = frozenset(
    [",", ";", "!", ":", ">", "quad", "qquad", "displaystyle", "textstyle", "limits", "nonumber", "notag", "left", "right", "middle"]
) | {" ", "/", "-", "\n"}
IGNORED |= {f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")}
WITH_ARGUMENT = frozenset({"label", "tag", "hspace", "vspace", "phantom", "hphantom", "vphantom"})
MATRICES = frozenset({"bmatrix", "pmatrix", "matrix", "smallmatrix", "Bmatrix", "array"})
DISPLAYS = frozenset(
    {"align", "aligned", "alignat", "alignedat", "equation", "gather", "gathered", "split", "eqnarray", "multline", "math", "displaymath"}
)
REFUSED = {
    "otimes": "write \\odot for the entrywise product; an outer product is u v^\\top",
    "times": "write \\odot for the entrywise product, or a space for a matrix product",
    "oplus": "write + for a sum and [a, b] for a concatenation",
    "Vert": "write [a, b] for a concatenation",
    "|": "write [a, b] for a concatenation",
    "sum": "sums over an index are not part of the notation; write the vector form",
    "documentclass": "only equations are read, not whole documents",
    "dot": "accents are \\tilde, \\hat, \\bar and '",
}
KNOWN = sorted(
    {*FUNCTION_COMMANDS, *GREEK_COMMANDS, *ACCENT_COMMANDS, *FONTS, *WITH_ARGUMENT, "frac", "begin", "end", "top"}
    | {spelling[1:] for spelling in (*OPERATORS, *EQUAL_SIGNS) if spelling.startswith("\\")}
)

# A script without braces: letters (the scanner takes the first), a command with its argument, or one sign.
ARGUMENT = re.compile(r"[A-Za-z0-9]+|\\[A-Za-z]+(?:\s*\{[^{}]*\}|(?<=\\mathsf|\\mathrm)\s*[A-Za-z])?|[^\s{}\\]")

_IN_SCRIPTS = {
    "top": "T", "intercal": "T", "T": "T", "prime": "'", "langle": "<", "rangle": ">", "lt": "<", "gt": ">", "_": ",",
    "left": "", "right": "",
}  # fmt: skip
_PIECE = re.compile(r"\\([A-Za-z]+|.)|(.)", re.DOTALL)
_SIGNS = {"⊤": "T", "′": "'", "⟨": "<", "⟩": ">", "~": "", "{": "", "}": ""} | dict.fromkeys(MINUS_SIGNS, "-") | GREEK_LETTERS


def braced(text: str, start: int, span: Span) -> str:
    """What stands between the brace at ``start`` and its partner."""
    depth = 0
    for found in re.compile(r"\\.|[{}]").finditer(text, start):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if not depth:
            return text[start + 1 : found.start()]
    raise CellError("'{' is never closed", hint="add the missing '}'", span=span)


def flatten(text: str, span: Span) -> str:
    """The text of a script without fonts, spaces and braces, in ASCII."""
    pieces = []
    for command, sign in _PIECE.findall(text):
        if command in _IN_SCRIPTS:
            pieces.append(_IN_SCRIPTS[command])
        elif command in GREEK_COMMANDS:
            pieces.append(GREEK_COMMANDS[command])
        elif command and command not in FONTS | IGNORED:
            hint = "scripts hold letters, digits and times"
            raise CellError(f"unknown command {quote(chr(92) + command)} in a script", hint=hint, span=span)
        elif sign and sign in "_^":
            raise CellError("a script inside a script", hint="write labels with commas, as in W_{x,f}", span=span)
        elif not sign.isspace():
            pieces.append(_SIGNS.get(sign, sign))
    return "".join(pieces)
