"""Documents: a derivation as sections and formulas, written as TeX, PDF, HTML, Markdown and JSON."""

from derivations.documents.notebook import notebook_html, notebook_latex
from derivations.documents.write import FORMATS, render, write

__all__ = ["FORMATS", "notebook_html", "notebook_latex", "render", "write"]
