"""Which brackets are open: they must match, they must not nest too deep, and inside them line ends do not count."""

from __future__ import annotations

from derivations.errors import CellError, Span

MAX_NESTING = 60

_PARTNERS = {"(": ")", "[": "]", "{": "}"}


def _partner(opening: str) -> str:
    return _PARTNERS.get(opening) or opening.replace("begin", "end")


class Brackets:
    """A stack of open brackets, and how many LaTeX displays (``\\[``, ``align``) are open around them."""

    def __init__(self) -> None:
        self._stack: list[tuple[str, Span]] = []
        self._displays = 0

    def __bool__(self) -> bool:
        """Whether a line end is only a space here."""
        return bool(self._stack) or self._displays > 0

    @property
    def depth(self) -> int:
        """How many brackets are open."""
        return len(self._stack)

    @property
    def in_matrix(self) -> bool:
        """Whether the innermost bracket is a LaTeX matrix."""
        return bool(self._stack) and self._stack[-1][0].startswith("\\")

    @property
    def in_list(self) -> bool:
        """Whether the innermost bracket may hold parts below each other."""
        return self.in_matrix or (bool(self._stack) and self._stack[-1][0] == "[")

    def open(self, bracket: str, span: Span) -> None:
        """An opening bracket, or ``\\begin`` of a matrix."""
        if len(self._stack) >= MAX_NESTING:
            hint = "give an inner part a name and an equation of its own"
            raise CellError(f"brackets are nested deeper than {MAX_NESTING}", hint=hint, span=span)
        self._stack.append((bracket, span))

    def close(self, bracket: str, span: Span) -> None:
        """A closing bracket, or ``\\end`` of a matrix."""
        if not self._stack:
            raise CellError(f"'{bracket}' closes nothing", hint="delete it, or add the bracket that it should close", span=span)
        opening, place = self._stack.pop()
        if _partner(opening) != bracket:
            raise CellError(
                f"'{bracket}' does not close the '{opening}' of line {place.line}, column {place.column}",
                hint=f"expected '{_partner(opening)}'",
                span=span,
            )

    def display(self, begins: bool) -> None:
        """The begin or the end of a display."""
        self._displays = max(0, self._displays + (1 if begins else -1))

    def finish(self) -> None:
        """At the end of the text nothing may be open."""
        if self._stack:
            opening, span = self._stack[-1]
            raise CellError(f"'{opening}' is never closed", hint=f"add the missing '{_partner(opening)}'", span=span)
