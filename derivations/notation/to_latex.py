r"""Trees as LaTeX, in the notation of derivation documents: ``f_t \odot c_{t-1} + i_t \odot g_t``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derivations.functions import FUNCTIONS
from derivations.notation.printing import ATOM, FACTOR, PRODUCT, ROOT, Piece, Printer, Scalars, is_scalar, scripted, squared
from derivations.notation.spelling import GREEK_COMMANDS, RELATION_LATEX, TIME_SUFFIX
from derivations.notation.tree import (
    Apply,
    Call,
    Choice,
    Compare,
    Dimension,
    Expr,
    MatMul,
    Name,
    Number,
    Power,
    Quotient,
    Ref,
    Sum,
    Times,
    Total,
    Transpose,
)
from derivations.sizes import size_letter


@dataclass(frozen=True, slots=True)
class Style:
    r"""What a document may set with macros of its own (``\T``, ``\E``, ``\had``)."""

    transpose: str = r"^{\!\top}"
    one: str = r"\mathbf 1"
    ones: bool = True  # whether a 1 beside vectors prints as ``one``
    entrywise: str = r"\odot"
    cases: bool = False  # whether ``where`` prints with a brace
    loss: str = "L"


def latex(expr: Expr, *, style: Style = Style(), scalars: Scalars = frozenset()) -> str:
    """``expr`` in LaTeX for mathematics mode; with the default style ``read_expr`` reads it back."""
    return _Latex(style, scalars).text(expr)


def name_latex(name: Name, time: int | None = None, *, style: Style = Style()) -> str:
    r"""A name: ``\tilde h_t``, ``a_{f,t}``, ``\bar c_t``, ``\bar{c}^{\leftarrow}_t``, ``\frac{\partial L}{\partial h_t}``."""
    if name.marks and name.marks[-1] == "direct":
        inner = name_latex(replace(name, marks=name.marks[:-1]), time, style=style)
        return rf"\frac{{\partial {style.loss}}}{{\partial {inner}}}"
    letter, primes, arrow = _letter(name)
    above = r"\leftarrow" if arrow else ""
    if name.sup:
        # TeX refuses a prime and a superscript side by side.
        above, primes = r"\prime" * primes + f"({_labels(name.sup)})" + above, 0
    return letter + "'" * primes + scripted("^", above) + scripted("_", ",".join(filter(None, (_labels(name.sub), TIME_SUFFIX[time]))))


def _letter(name: Name) -> tuple[str, int, bool]:
    """The letter under its accents and marks, the primes that still follow it, and whether an arrow does."""
    letter, primes, arrow = _base(name.base), 0, False
    for accent in (*name.accents, *name.marks):
        if accent == "prime":
            primes += 1
            continue
        arrow = arrow or accent == "from"
        letter, primes = _over("bar" if accent == "from" else accent, letter + "'" * primes, accent == "from"), 0
    return letter, primes, arrow


def _over(accent: str, letter: str, braces: bool) -> str:
    if accent == "direct":  # under another mark, as in the adjoint of a seed
        return rf"(\partial L/\partial {letter})"
    single = len(letter) == 1 or (letter.startswith("\\") and letter[1:].isalpha())
    return rf"\{accent} {letter}" if single and not braces else rf"\{accent}{{{letter}}}"


def _base(base: str) -> str:
    if base in GREEK_COMMANDS:
        return f"\\{base}"
    return base if len(base) == 1 else rf"\mathrm{{{base}}}"


def _labels(text: str) -> str:
    """Labels of one or two letters are letters, longer ones are words."""
    return ",".join(part if len(part) < 3 or part.isdigit() else _base(part) for part in text.split("_"))


class _Latex(Printer):
    entrywise, matrix, minus = "⊙", "", "-"

    def __init__(self, style: Style, scalars: Scalars) -> None:
        super().__init__(scalars)
        self.style = style
        self.relations, self.ones_sign = RELATION_LATEX, style.one
        self.signs = {"*": "*", "⊙": style.entrywise, "@": "@", "·": r"\cdot"}

    def bracket(self, text: str) -> str:
        return rf"\left({text}\right)" if r"\frac" in text else f"({text})"

    def term(self, expr: Expr, total: Sum) -> str:
        if self.style.ones and isinstance(expr, Number) and expr.value == 1 and not is_scalar(total, self.scalars):
            return self.style.one
        return self.at(expr, PRODUCT)

    def beside(self, left: Expr, right: Expr) -> str:
        """A thin space where scripts and accents would touch."""
        last = left.right if isinstance(left, MatMul) or (isinstance(left, Times) and not left.op) else left
        first = right.arg if isinstance(right, Transpose) else right
        return r"\," if isinstance(last, Transpose | Apply | Compare) or _decorated(last) or _decorated(first) else " "

    def ref(self, ref: Ref) -> Piece:
        # A second superscript on one letter is an error of TeX.
        occupied = bool(ref.name.sup) or {"prime", "from", "direct"} & {*ref.name.accents, *ref.name.marks}
        return name_latex(ref.name, ref.time, style=self.style), FACTOR if occupied else ATOM

    def quotient(self, expr: Quotient) -> Piece:
        return rf"\frac{{{self.text(expr.num)}}}{{{self.text(expr.den)}}}", FACTOR

    def power(self, expr: Power) -> Piece:
        if squared(expr, self.scalars):
            return self.piece(Times("⊙", expr.base, expr.base))
        if expr.exponent == ROOT:
            return rf"\sqrt{{{self.text(expr.base)}}}", ATOM
        return self.at(expr.base, ATOM) + scripted("^", str(expr.exponent)), FACTOR

    def choice(self, expr: Choice | Call) -> str:
        if expr.fn != "where" or not self.style.cases:
            return super().choice(expr)
        condition, yes, no = expr.args
        assert isinstance(condition, Compare)
        first = rf"{self.text(yes)} & \text{{where }} {self.compare(condition)}"
        return rf"\begin{{cases}} {first} \\ {self.text(no)} & \text{{elsewhere}} \end{{cases}}"

    def word(self, word: str) -> str:
        return rf"\{word}" if word in ("max", "min") else rf"\operatorname{{{word}}}"

    def dimension(self, expr: Dimension) -> str:
        return size_latex(expr.size)

    def total(self, expr: Total) -> str:
        return self.style.one + self.style.transpose + r"\," + self.at(expr.arg, FACTOR)

    def transpose(self, expr: Transpose) -> str:
        return self.at(expr.arg, ATOM) + self.style.transpose

    def call(self, expr: Apply) -> str:
        spelling = FUNCTIONS[expr.fn].latex if expr.fn in FUNCTIONS else rf"\operatorname{{{expr.fn}}}"
        return spelling + self.bracket(self.text(expr.arg))


def size_latex(size: Sequence[str]) -> str:
    """A size in a formula: ``n``, ``n+m``, ``4n``."""
    return "+".join(part if len(part) == 1 else labelled_latex(part) for part in size_letter(tuple(size)).split("+"))


def labelled_latex(text: str) -> str:
    """A size with a name of several letters: ``d_k`` as a letter with its label, ``4n`` as it is, a word upright."""
    letter, _, label = text.partition("_")
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz_")
    if digits:
        return digits + _base(text.removeprefix(digits))
    return _base(letter) + scripted("_", _labels(label))


def _decorated(expr: Expr) -> bool:
    return isinstance(expr, Ref) and bool(expr.name.accents or expr.name.marks)
