"""The one error that bad input raises, with the place, what was found and what would be right."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands in a text; lines and columns count from 1."""

    line: int
    column: int


class CellError(ValueError):
    """A cell, an equation or a request that cannot be read.

    ``str(error)`` is the whole message: ``file:line:column: what was found; what would be right``.
    """

    def __init__(self, found: str, *, hint: str = "", span: Span | None = None, file: str = "") -> None:
        self.found, self.hint, self.span, self.file = found, hint, span, file
        place = file or ("equations" if span else "")
        if span:
            place += f":{span.line}:{span.column}"
        super().__init__((place + ": " if place else "") + found + (f"\n  {hint}" if hint else ""))

    def located(self, *, file: str, line_offset: int = 0) -> CellError:
        """The same error, placed in ``file``; ``line_offset`` lines stand before the equations."""
        span = replace(self.span, line=self.span.line + line_offset) if self.span else None
        return CellError(self.found, hint=self.hint, span=span, file=self.file or file)
