"""Trees as Unicode text: ``f_t ⊙ c_{t-1} + i_t ⊙ g_t``."""

from __future__ import annotations

from types import MappingProxyType

from derivations.functions import FUNCTIONS
from derivations.notation.printing import ATOM, BESIDE, FACTOR, PRODUCT, ROOT, Piece, Printer, Scalars, scripted, squared
from derivations.notation.spelling import COMBINING_OF, GREEK_CHARACTERS, RELATION_LATEX, SUPERSCRIPT_OF, TIME_SUFFIX
from derivations.notation.tree import Apply, Expr, Name, Power, Quotient, Ref, Times, Total, Transpose
from derivations.notation.words import ONES


def unicode(expr: Expr, *, scalars: Scalars = frozenset()) -> str:
    """``expr`` as one line of text that ``read_expr`` reads back."""
    return _Unicode(scalars).text(expr)


def name_unicode(name: Name, time: int | None = None) -> str:
    """A name: ``h̃_t``, ``a_{f,t}``, ``c̄_t``; ``∂L/∂h_t`` for a direct derivative."""
    if name.marks and name.marks[-1] == "direct":
        return f"∂L/∂{name_unicode(Name(name.base, name.accents, name.sub, name.sup, name.marks[:-1]), time)}"
    letter = GREEK_CHARACTERS.get(name.base, name.base) + "".join(COMBINING_OF[accent] for accent in name.accents)
    for mark in name.marks:
        letter = _marked(letter, mark)
    above = f"({_labels(name.sup)})" if name.sup else ""
    below = ",".join(filter(None, (_labels(name.sub), TIME_SUFFIX[time])))
    return letter + scripted("^", above) + scripted("_", below)


def _marked(letter: str, mark: str) -> str:
    if mark == "direct":  # under another mark, as in the adjoint of a seed
        return f"(∂L/∂{letter})"
    return letter + (COMBINING_OF["bar"] + "←" if mark == "from" else COMBINING_OF.get(mark, ""))  # marks for internal use do not print


def _labels(text: str) -> str:
    return ",".join(GREEK_CHARACTERS.get(part, part) for part in text.split("_"))


class _Unicode(Printer):
    entrywise, matrix, minus = "⊙", "", "−"
    signs = MappingProxyType({"*": "*", "⊙": "⊙", "@": "@", "·": "·"})
    relations = MappingProxyType({op: op for op in RELATION_LATEX})
    ones_sign = ONES

    def ref(self, ref: Ref) -> Piece:
        slashed = bool(ref.name.marks) and ref.name.marks[-1] == "direct"
        return name_unicode(ref.name, ref.time), BESIDE if slashed else ATOM

    def quotient(self, expr: Quotient) -> Piece:
        return f"{self.at(expr.num, PRODUCT)} / {self.at(expr.den, FACTOR)}", PRODUCT

    def power(self, expr: Power) -> Piece:
        if squared(expr, self.scalars):
            return self.piece(Times("⊙", expr.base, expr.base))
        if expr.exponent == ROOT:
            return self.called("sqrt", [self.text(expr.base)]), ATOM
        exponent = str(expr.exponent)
        if expr.exponent.denominator == 1:
            return self.at(expr.base, ATOM) + "".join(SUPERSCRIPT_OF[c] for c in exponent), FACTOR
        return f"{self.at(expr.base, ATOM)}^{{{exponent}}}", FACTOR

    def total(self, expr: Total) -> str:
        return ONES + "ᵀ " + self.at(expr.arg, FACTOR)

    def transpose(self, expr: Transpose) -> str:
        return self.at(expr.arg, ATOM) + "ᵀ"

    def call(self, expr: Apply) -> str:
        spelling = FUNCTIONS[expr.fn].unicode if expr.fn in FUNCTIONS else expr.fn
        return f"{spelling}({self.text(expr.arg)})"
