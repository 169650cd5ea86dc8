"""Text that people wrote, made harmless for each format: shown as it is, never obeyed."""

from __future__ import annotations

import html
import re
import unicodedata

_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": "'",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "⊙": r"\ensuremath{\odot}",
    "σ": r"\ensuremath{\sigma}",
    "≤": r"\ensuremath{\le}",
    "≥": r"\ensuremath{\ge}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
}
LONG, PART = 24, 6  # characters of a word that may break, and between its breaks
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$&-])")


def tex(text: str) -> str:
    """For running text in TeX; a character that pdfTeX has no letter for is named."""
    return " ".join(_word(word) for word in unicodedata.normalize("NFC", text).split())


def _word(word: str) -> str:
    """A word; a long one may break anywhere between its parts."""
    parts = [word[k : k + PART] for k in range(0, len(word), PART)] if len(word) > LONG else [word]
    return r"\allowbreak{}".join("".join(map(_tex, part)) for part in parts)


def _tex(character: str) -> str:
    if character in _TEX:
        return _TEX[character]
    if 0x20 <= ord(character) < 0x7F or (0xA0 < ord(character) < 0x180 and character.isalpha()):
        return character
    if not character.isprintable():
        return ""
    return rf"\texttt{{U+{ord(character):04X}}}"


def markup(text: str) -> str:
    """For HTML, in text and in attributes."""
    return html.escape("".join(c for c in text if c.isprintable() or c == " "), quote=True)


def markdown(text: str) -> str:
    """For Markdown, within a line."""
    return _MARKDOWN.sub(r"\\\1", " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split()))
