"""Equations as people write them: one grammar for plain, Unicode and LaTeX notation, and printers back to all three."""

from derivations.notation.read import read, read_expr
from derivations.notation.to_latex import Style, latex, name_latex
from derivations.notation.to_plain import name_plain, plain
from derivations.notation.to_unicode import name_unicode, unicode

__all__ = ["Style", "latex", "name_latex", "name_plain", "name_unicode", "plain", "read", "read_expr", "unicode"]
