"""Statements and lines of proofs, each written once and set as Unicode text and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import sympy as sp

from derivations.functions import Interval
from derivations.notation import latex, name_unicode, unicode
from derivations.notation.tree import Expr, Neg, Number, Product, Ref, Sum, rebuild
from derivations.proofs.ranges import interval as iv

_ZERO, _ONE = Number(Fraction(0)), Number(Fraction(1))

# Signs between expressions and their commands; longer ones are set as words in ``Formula.of``.
SIGNS: Mapping[str, str] = {
    "≤": r"\le ", "≥": r"\ge ", "∈": r"\in ", "−": "-", "∞": r"\infty", "φ": r"\phi", "max": r"\max", "min": r"\min",
    "⊙": r"\odot ", "ᵗ": "^t", "×": r"\times ", "²": "^2", "³": "^3", "→": r"\to ", "·": r"\cdot ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula in both notations; ``latex`` is for mathematics mode."""

    unicode: str
    latex: str

    @classmethod
    def of(cls, *pieces: Piece) -> Formula:
        """Pieces of text, expressions, numbers and formulas beside each other."""
        shown = [_piece(piece) for piece in pieces]
        return cls("".join(s.unicode for s in shown), "".join(s.latex for s in shown))

    @classmethod
    def row(cls, items: Sequence[Formula], separator: str = ", ") -> Formula:
        """Formulas with commas between them."""
        return cls(separator.join(i.unicode for i in items), (separator.strip() + r"\;").join(i.latex for i in items))


Piece: TypeAlias = str | Expr | Formula | sp.Expr


def _piece(piece: Piece) -> Formula:
    if isinstance(piece, Formula):
        return piece
    if isinstance(piece, sp.Expr):
        return number(piece)
    if not isinstance(piece, str):
        return Formula(unicode(piece), latex(piece))
    tex = piece
    for sign, command in SIGNS.items():
        tex = tex.replace(sign, command)
    return Formula(piece, tex)


def number(value: sp.Expr) -> Formula:
    """An exact number."""
    if value in (sp.oo, -sp.oo):
        return Formula.of("∞" if value == sp.oo else "−∞")
    return Formula(re.sub(r"\bE\b", "e", str(value)).replace("-", "−"), str(sp.latex(value)))


Part: TypeAlias = str | Formula | Ref
Numbering: TypeAlias = Callable[[Ref], str]


def by_name(ref: Ref) -> str:
    """How text without numbers refers to an equation."""
    return f"the equation of {name_unicode(ref.name, ref.time)}"


def by_label(ref: Ref) -> str:
    """How LaTeX refers to an equation that is labelled ``eq:c``."""
    return rf"\eqref{{eq:{ref.name.id}}}"


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One line of a proof: words, formulas, and references to equations."""

    parts: tuple[Part, ...]

    @property
    def on(self) -> tuple[Ref, ...]:
        """The equations that the line refers to, by the value that they compute."""
        return tuple(dict.fromkeys(part for part in self.parts if isinstance(part, Ref)))

    def unicode(self, numbering: Numbering = by_name) -> str:
        """The line as text; ``numbering`` says how to refer to the equation of a value."""
        return "".join(p if isinstance(p, str) else p.unicode if isinstance(p, Formula) else numbering(p) for p in self.parts)

    def latex(self, numbering: Numbering = by_label) -> str:
        """The line as LaTeX text."""
        return "".join(p if isinstance(p, str) else f"${p.latex}$" if isinstance(p, Formula) else numbering(p) for p in self.parts)


def line(*parts: Part | Sequence[Part]) -> ProofLine:
    """A line of a proof from its parts."""
    flat: list[Part] = []
    for part in parts:
        if isinstance(part, str | Formula | Ref):
            flat.append(part)
        else:
            flat.extend(part)
    return ProofLine(tuple(flat))


def listing(items: Sequence[Part]) -> list[Part]:
    """``a``, ``a and b``, ``a, b and c``."""
    found: list[Part] = []
    for k, item in enumerate(items):
        found += [("" if k == 0 else " and " if k == len(items) - 1 else ", "), item]
    return found


def membership(refs: Sequence[Ref], box: Interval) -> Formula:
    """``f_t, i_t ∈ (0, 1)``."""
    left, right = "[" if box.low_closed else "(", "]" if box.high_closed else ")"
    return Formula.of(Formula.row([Formula.of(r) for r in refs]), f" ∈ {left}", box.low, ", ", box.high, right)


def bound(value: Formula, box: Interval, *, absolute: bool) -> Formula:
    """The statement that a value lies in an interval: ``0 < f_t < 1``, ``|h_t| < 1``, ``h_t ≥ 0``."""
    below, above = ("≤" if box.low_closed else "<"), ("≤" if box.high_closed else "<")
    if iv.is_point(box):
        return Formula.of(value, " = ", box.low)
    if absolute and box.low == -box.high and box.low_closed == box.high_closed:
        return Formula.of("|", value, f"| {above} ", box.high)
    if iv.is_bounded(box):
        return Formula.of(box.low, f" {below} ", value, f" {above} ", box.high)
    if box.low == -sp.oo:
        return Formula.of(value, f" {above} ", box.high)
    return Formula.of(value, " ≥ " if box.low_closed else " > ", box.low)


def fold(expr: Expr, values: Mapping[Ref, Number]) -> Expr:
    """An expression with numbers put in for some values and what they settle carried out, in the author's order."""
    if isinstance(expr, Ref):
        return values.get(expr, expr)
    folded = rebuild(expr, lambda child: fold(child, values))
    match folded:
        case Sum():
            return _sum(folded)
        case Product():
            return _product(folded)
        case Neg(arg=Number(value=value)):
            return Number(-value)
        case _:
            return folded


def _sum(expr: Sum) -> Expr:
    numbers = [t for t in expr.terms if isinstance(t, Number)]
    total = sum((n.value for n in numbers), start=Fraction(0))
    terms: list[Expr] = []
    for term in expr.terms:
        if not isinstance(term, Number):
            terms.append(term)
        elif term is numbers[0] and total:
            terms.append(Number(total))
    return terms[0] if len(terms) == 1 else Sum(tuple(terms)) if terms else _ZERO


def _product(expr: Product) -> Expr:
    factors = tuple(f for f in expr.factors if f != _ONE)
    if _ZERO in factors:
        return _ZERO
    return factors[0] if len(factors) == 1 else Product(factors) if factors else _ONE
