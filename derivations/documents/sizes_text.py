"""Sizes in formulas: ``n``, ``n+m``; sizes without a usual letter keep their name, set upright."""

from __future__ import annotations

import re

from derivations.notation.to_latex import labelled_latex, size_latex

__all__ = ["size_latex", "upright"]

_NAME = re.compile(r"[0-9]*[A-Za-z][A-Za-z0-9_]+")


def upright(text: str) -> str:
    """Names of several letters set upright, their labels lowered."""
    return _NAME.sub(lambda found: labelled_latex(found[0]), text)
