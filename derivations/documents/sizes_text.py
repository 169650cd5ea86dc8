"""Sizes in formulas: ``n``, ``n+m``; sizes without a usual letter keep their name, set upright."""

from __future__ import annotations

import re

from derivations.sizes import size_letter

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]+")


def size_latex(size: tuple[str, ...]) -> str:
    """A size in a formula."""
    return upright(size_letter(size))


def upright(text: str) -> str:
    """Names of several letters set upright, their underscores as spaces."""
    return _NAME.sub(lambda found: rf"\mathrm{{{found[0].replace('_', chr(92) + ' ')}}}", text)
