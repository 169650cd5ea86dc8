"""Where a formula is broken that is wider than the page: first its note goes below, then it breaks before a sign."""

from __future__ import annotations

from derivations.documents.width import width

RIGHT = 43.8 - 8.7  # em from the equality signs to the right margin
NOTE = 0.86  # footnotes are set in 8 pt, whose letters are relatively wider
SECOND = 9.5  # em to the second formula of a row
GAP = 1.0


def broken(lhs: str, rhs: tuple[str, ...], also: str, note: float) -> tuple[list[str], bool]:
    """The lines of the right side, and whether the note needs a line of its own."""
    whole = " ".join(rhs)
    total = width(whole)
    if also:
        total = max(total + 2.3, SECOND) + width(also)
    if total + NOTE * note + GAP <= RIGHT:
        return [_line(whole, also)], False
    if total <= RIGHT:
        return [_line(whole, also)], True
    lines = _fill(rhs)
    if also:
        lines.append(rf"\phantom{{{{}}={{}}}}{also}" if width(also) < RIGHT - 2 else rf"\fitmath{{{also}}}")
    last = width(lines[-1].replace(r"\phantom", ""))
    below = last + NOTE * note + GAP > RIGHT or len(lines) > 1
    return lines, below


def _line(whole: str, also: str) -> str:
    if not also:
        return whole
    return rf"\two{{{whole},}}{{{also}}}" if width(whole) < SECOND - 0.8 else rf"{whole},\qquad {also}"


def _fill(pieces: tuple[str, ...]) -> list[str]:
    """Pieces on as few lines as their order allows; a piece that is too wide alone is set smaller."""
    lines: list[list[str]] = [[]]
    room = RIGHT
    for piece in pieces:
        need = width(piece)
        if lines[-1] and need > room:
            lines.append([])
            room = RIGHT - 2.2
        lines[-1].append(piece)
        room -= need
    shown = []
    for position, line in enumerate(lines):
        text = " ".join(line)
        if width(text) > RIGHT - (2.2 if position else 0):
            text = rf"\fitmath{{{text}}}"
        shown.append((r"\quad " if position else "") + text)
    return shown
