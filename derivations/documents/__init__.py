"""Documents: a derivation as sections and formulas, written as TeX, PDF, HTML, Markdown and JSON."""

from derivations.documents.write import render, write

__all__ = ["render", "write"]
