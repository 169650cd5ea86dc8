r"""Expressions as formulas of a document: sums over gates, shifted times, places where a line may break.

The vocabulary beyond ``derivations.notation.to_latex``: ``\T`` (transposed), ``\E`` (vector of ones), ``\diag``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from derivations.calculus.families import Family, indexed, indexed_ref
from derivations.documents.sizes_text import upright
from derivations.documents.tidy import tidy
from derivations.notation import Style, latex, name_latex
from derivations.notation.printing import is_scalar
from derivations.notation.tree import Expr, Name, Neg, Number, Product, Ref, Sum, rebuild, refs

STYLE = Style(transpose=r"\T", one=r"\E", cases=True)
LOSS = STYLE.loss

_WORD_UNDER_BAR = re.compile(r"\\bar\{(\\mathrm\{[^{}]*\})\}")
_RANGE = re.compile(r"\]_\{([^{}]*)\}")
_BESIDE_WORD = re.compile(r"((?:[A-Za-z0-9)}]|\\(?:alpha|beta|gamma|lambda|eta|tau|mu))) ?\\mathrm")

Term: TypeAlias = tuple[bool, str]  # whether it is subtracted, and its LaTeX


class Maths:
    """Prints the expressions of one cell."""

    def __init__(self, scalars: frozenset[Name], family: Family | None) -> None:
        self.scalars, self.family = scalars, family

    def tex(self, expr: Expr) -> str:
        """An expression as it stands; numbers stand before an adjoint, not behind it."""
        return words_covered(latex(tidy(expr, self.scalars), style=STYLE, scalars=self.scalars))

    def at(self, ref: Ref, time: int | str | None) -> str:
        """A variable at a time of the program (0 is t) or at a time in words: ``T``, ``0``."""
        if not isinstance(time, str):
            return self.tex(replace(ref, time=time))
        if "direct" in ref.name.marks:
            inner = self.at(replace(ref, name=replace(ref.name, marks=ref.name.marks[:-1])), time)
            return rf"\frac{{\partial {LOSS}}}{{\partial {inner}}}"
        return _timed(self.tex(replace(ref, time=0)), time)

    def slash(self, ref: Ref, time: int | str = 0) -> str:
        """The direct derivative of the loss in one line: ``∂L/∂h_t``."""
        inner = self.at(Ref(ref.name.unmarked, 0), time)
        return rf"\partial {LOSS}/\partial {inner}"

    def terms(self, expr: Expr, *, array: bool | None = None) -> tuple[Term, ...]:
        """The terms of a sum, those of the whole family as one sum over the gates; a number in an array is a multiple of ones.

        ``array`` says whether the sum is one; without it, the terms say.
        """
        array = not is_scalar(expr, self.scalars) if array is None else array
        terms = expr.terms if isinstance(expr, Sum) else (expr,)
        return tuple(self._term(term, expr, array) for term in self.gathered(terms))

    def gathered(self, terms: tuple[Expr, ...]) -> list[Expr | OverGates]:
        """Terms equal up to the letter of a gate, one for every gate of the family, become a sum over the gates."""
        if self.family is None:
            return list(terms)
        index, letters = self.family.index, self.family.letters
        found: dict[Expr, list[str]] = {}
        for term in terms:
            letter = _letter(term, letters)
            if letter:
                found.setdefault(indexed(term, letter, index), []).append(letter)
        whole = {key for key, members in found.items() if sorted(members) == sorted(letters)}
        out: list[Expr | OverGates] = []
        for term in terms:
            letter = _letter(term, letters)
            key = indexed(term, letter, index) if letter else term
            entry: Expr | OverGates = OverGates(key, index) if key in whole else term
            if entry not in out or not isinstance(entry, OverGates):
                out.append(entry)
        return out

    def _term(self, term: Expr | OverGates, total: Expr, array: bool) -> Term:
        if isinstance(term, OverGates):
            return False, rf"\sum_{{{term.index}}} {self.tex(term.expr)}"
        inside = term.arg if isinstance(term, Neg) else term
        if isinstance(inside, Number) and (not array or inside.value in (0, 1)):
            return isinstance(term, Neg), STYLE.one if array and inside.value else self.tex(inside)
        text = self.tex(inside)
        if array and is_scalar(inside, self.scalars):
            return isinstance(term, Neg), rf"{text}\,{STYLE.one}"
        return isinstance(term, Neg), f"({text})" if isinstance(inside, Sum) and isinstance(total, Sum) else text

    def pieces(self, expr: Expr, *, array: bool | None = None) -> tuple[str, ...]:
        """The right side of ``= expr``, cut before every top-level sign; ``array`` as in ``terms``."""
        return equal(self.terms(expr, array=array))

    def index(self, ref: Ref) -> Ref:
        """A member of the family with the index in the place of its letter."""
        return indexed_ref(ref, ref.name.sub, self.family.index) if self.family else ref

    @property
    def gates(self) -> str:
        """``k ∈ {f, i, o, g}``."""
        assert self.family is not None
        letters = ", ".join(name_latex(Name("x", sub=letter))[1:].removeprefix("_").strip("{}") for letter in self.family.letters)
        return rf"{self.family.index}\in\{{{letters}\}}"


def words_covered(text: str) -> str:
    """A bar as wide as a name of several letters; a thin space between such a name and a letter before it."""
    text = _RANGE.sub(lambda found: f"]_{{{upright(found[1])}}}", text)
    covered = _WORD_UNDER_BAR.sub(r"\\overline{\1}", text)
    return _BESIDE_WORD.sub(r"\1\\,\\mathrm", covered)


class OverGates:
    """A sum over the gates of the family."""

    def __init__(self, expr: Expr, index: str) -> None:
        self.expr, self.index = expr, index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OverGates) and (self.expr, self.index) == (other.expr, other.index)

    def __hash__(self) -> int:
        return hash((self.expr, self.index))


def equal(terms: Iterable[Term], relation: str = "=") -> tuple[str, ...]:
    """Terms as pieces, the relation before the first."""
    pieces = []
    for position, (negative, text) in enumerate(terms):
        if position:
            pieces.append(("- " if negative else "+ ") + text)
        else:
            pieces.append(f"{relation} " + ("-" if negative else "") + text)
    return tuple(pieces) or (f"{relation} 0",)


def _letter(term: Expr, letters: tuple[str, ...]) -> str:
    """The gate that a term is about: the one letter of the family that its subscripts show."""
    found = {ref.name.sub for ref in refs(term)} & set(letters)
    return found.pop() if len(found) == 1 else ""


def shift(expr: Expr, by: int) -> Expr:
    """Every time in an expression moved: what step t says, said for step t + by."""
    if isinstance(expr, Ref):
        return expr if expr.time is None else replace(expr, time=expr.time + by)
    return rebuild(expr, lambda child: shift(child, by))


def replace_refs(expr: Expr, values: Mapping[Ref, Expr]) -> Expr:
    """``expr`` with variables replaced; products within products are written as one."""
    if isinstance(expr, Ref):
        return values.get(expr, expr)
    built = rebuild(expr, lambda child: replace_refs(child, values))
    if isinstance(built, Product):
        return Product(tuple(g for f in built.factors for g in (f.factors if isinstance(f, Product) else (f,))))
    return built


def _timed(text: str, time: str) -> str:
    r"""``h_t`` at another time; the time is the last of the subscripts that the printer writes."""
    if text.endswith("_t"):
        return f"{text[:-1]}{time if len(time) == 1 else '{' + time + '}'}"
    if text.endswith(",t}"):
        return f"{text[:-2]}{time}}}"
    raise AssertionError(f"{text} has no time")
