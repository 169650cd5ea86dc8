"""What is refused before anything is read: texts that are too large or that hold invisible characters."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

from derivations.errors import CellError, Span

MAX_BYTES = 256 * 1024


class Source:
    """A text that is safe to scan, with the line and column of every offset."""

    def __init__(self, text: str) -> None:
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > MAX_BYTES:
            hint = f"a cell is a handful of equations; at most {MAX_BYTES} bytes are read"
            raise CellError(f"the text is too large: {size} bytes", hint=hint)
        self.text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").replace("\r\n", "\n").replace("\r", "\n")
        self._starts = [0, *(i + 1 for i, c in enumerate(self.text) if c == "\n")]
        self._refuse_invisible()

    def span(self, offset: int) -> Span:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self._starts, offset)
        return Span(line, offset - self._starts[line - 1] + 1)

    def _refuse_invisible(self) -> None:
        """Control characters, surrogates and marks of direction can make a text look like another one."""
        if self.text.isascii() and self.text.replace("\n", "").replace("\t", "").isprintable():
            return
        for offset, character in enumerate(self.text):
            if character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
                raise CellError(f"invisible character {code(character)}", hint="delete it, or type this line again", span=self.span(offset))


def code(character: str) -> str:
    """How error messages write a character that does not print: ``U+200F``."""
    return f"U+{ord(character):04X}"


def quote(text: str) -> str:
    """A piece of input, short enough for a message."""
    return f"'{text}'" if len(text) <= 40 else f"'{text[:40]}…'"
