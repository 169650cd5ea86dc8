"""Where the scanner stands: the text, what has been found in it so far, and which brackets are open."""

from __future__ import annotations

import re

from lark import Token

from derivations.errors import CellError, Span
from derivations.notation.brackets import Brackets
from derivations.notation.guard import Source

MAX_TOKENS = 20_000


class Cursor:
    """A place in a text, moving forward, and the tokens before it."""

    def __init__(self, source: Source) -> None:
        self.source, self.text, self.pos = source, source.text, 0
        self.tokens: list[Token] = []
        self.brackets = Brackets()
        self.dollar = ""  # '$' or '$$' inside such a formula
        self.is_latex = bool(re.search(r"[\\$]", re.sub(r"#[^\n]*", "", self.text)))
        self.is_plain = not self.is_latex and self.text.isascii()

    def emit(self, kind: str, value: str, start: int) -> None:
        """One more token, from ``start`` to here."""
        if len(self.tokens) >= MAX_TOKENS:
            raise self.error("the equations are too long", f"at most {MAX_TOKENS} symbols are read", start)
        span = self.span(start)
        # end_pos lets "directly after" be told from "after a space".
        self.tokens.append(Token(kind, value, start, span.line, span.column, None, None, self.pos))

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What matches here, moving behind it."""
        found = pattern.match(self.text, self.pos)
        self.pos = found.end() if found else self.pos
        return found

    def span(self, start: int) -> Span:
        """Line and column of an offset."""
        return self.source.span(start)

    def error(self, found: str, hint: str, start: int) -> CellError:
        """An error at an offset."""
        return CellError(found, hint=hint, span=self.span(start))

    def touches(self, start: int, *kinds: str) -> bool:
        """Whether a token of one of these kinds ends exactly at ``start``."""
        return bool(self.tokens) and self.tokens[-1].end_pos == start and self.tokens[-1].type in kinds

    def touches_name(self, start: int) -> bool:
        """Whether a name, one of its scripts or a closing bracket ends exactly at ``start``."""
        return self.touches(start, "NAME", "SUB", "SUP", "MARK", "_RPAR", "_RBRACE", "_RSQUARE", "_RMATRIX")
