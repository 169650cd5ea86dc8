"""Lines of code with comments, at most 120 columns wide."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

WIDTH, COLUMN = 120, 72  # longest line; column of the comments


@dataclass(frozen=True)
class Line:
    """One statement and the equation that it computes."""

    code: str
    comment: str = ""

    def indented(self, spaces: int) -> str:
        """The statement as it stands in the module; a comment that does not fit beside it stands above."""
        lead = " " * spaces
        code = lead + self.code
        beside = f"{code.ljust(COLUMN)}  # {self.comment}" if self.comment else code
        if len(beside) <= WIDTH:
            return beside
        above = textwrap.wrap(self.comment, WIDTH, initial_indent=f"{lead}# ", subsequent_indent=f"{lead}#     ")
        return "\n".join([*above, *_wrapped(code)])


def _wrapped(code: str) -> list[str]:
    """An assignment on several lines, broken before the operators of its outermost sum, if it is too long for one."""
    if len(code) <= WIDTH:
        return [code]
    target, _, value = code.partition(" = ")
    lead = " " * (len(code) - len(code.lstrip()) + 4)
    if value.startswith("(run.kept"):  # brackets of its own
        value = value[1:-1]
    start = [f"{target} = ("]
    if len(start[0]) > WIDTH:
        start = [f"{lead[4:]}(", *textwrap.wrap(target.strip(), WIDTH, initial_indent=lead, subsequent_indent=lead), f"{lead[4:]}) = ("]
    return [*start, *textwrap.wrap(value, WIDTH, initial_indent=lead, subsequent_indent=lead), lead[4:] + ")"]
