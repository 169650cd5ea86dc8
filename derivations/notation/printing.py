"""What the three printers share: the order of operations, so that brackets stand only where reading needs them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction

from derivations.notation.tree import (
    Apply,
    Call,
    Choice,
    Compare,
    Concat,
    Constant,
    Diagonal,
    Dimension,
    Expr,
    Fold,
    Identity,
    MatMul,
    Name,
    Neg,
    Number,
    Ones,
    Part,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    Times,
    Total,
    Transpose,
    Windows,
    children,
)
from derivations.sizes import block_range, size_letter

# How tightly a printed piece holds together; the same levels as in grammar.lark.
SUM, NEGATION, PRODUCT, BESIDE, FACTOR, ATOM = range(6)

ROOT = Fraction(1, 2)  # the exponent of a square root

Scalars = frozenset[Name]
Piece = tuple[str, int]


def is_scalar(expr: Expr, scalars: Scalars) -> bool:
    """Whether an expression is made of numbers and scalar names only."""
    if isinstance(expr, Ref):
        return expr.name.unmarked in scalars
    if isinstance(expr, Total | Concat | Part | Ones | Identity | Diagonal | Windows | Fold):
        return isinstance(expr, Total)
    if isinstance(expr, Constant):
        return expr.name in scalars
    if (
        isinstance(expr, MatMul)
        and isinstance(expr.left, Transpose)
        and isinstance(expr.left.arg, Ref)
        and expr.left.arg.name.base.islower()
    ):
        return not isinstance(expr.right, Transpose)  # vᵀ w
    return all(is_scalar(child, scalars) for child in children(expr))


class Printer(ABC):
    """Prints a tree in the author's order; one subclass per notation."""

    entrywise: str  # the sign of an entrywise product, as Times spells it
    matrix: str  # the sign of a matrix product, as Times spells it
    minus: str
    signs: Mapping[str, str]  # every sign of a Times, as printed
    relations: Mapping[str, str]  # every sign of a Compare, as printed
    ones_sign: str

    def __init__(self, scalars: Scalars = frozenset()) -> None:
        self.scalars = scalars

    def text(self, expr: Expr) -> str:
        """The whole expression, without brackets around it."""
        return self.piece(expr)[0]

    def at(self, expr: Expr, level: int) -> str:
        """``expr`` where ``level`` is needed: in brackets if it is looser than that."""
        text, own = self.piece(expr)
        return text if own >= level else self.bracket(text)

    def piece(self, expr: Expr) -> Piece:
        """The text of ``expr`` and how tightly it holds together."""
        match expr:
            case Ref():
                return self.ref(expr)
            case Number():
                return self.number(expr)
            case Sum():
                return self._sum(expr)
            case Neg():
                return self.minus.strip() + self.at(expr.arg, PRODUCT), NEGATION
            case Times():
                return self._times(expr)
            case Product() | MatMul():
                return self.piece(self._as_times(expr))
            case Quotient():
                return self.quotient(expr)
            case Power():
                return self.power(expr)
            case Transpose():
                return self.transpose(expr), FACTOR
            case Apply():
                return self.call(expr), ATOM
            case Compare():
                return self.indicator(self.compare(expr)), ATOM
            case Choice() | Call():
                return self.choice(expr), ATOM
            case Constant():
                return self.ref(Ref(expr.name))
            case Dimension():
                return self.dimension(expr), ATOM if len(expr.size) == 1 else SUM
            case Identity():
                return "I", ATOM
            case Ones():
                return self.ones_sign, ATOM
            case Diagonal():
                return self.called("diag", [self.text(expr.arg)]), ATOM
            case Windows() | Fold():
                return self.called(type(expr).__name__.lower(), [self.text(expr.arg), str(expr.width)]), ATOM
            case Concat():
                return "[" + ", ".join(self.text(part) for part in expr.parts) + "]", ATOM
            case Part():
                return self.part(expr)
            case Total(op="logsumexp"):
                return self.called("logsumexp", [self.text(expr.arg)]), ATOM
            case Total():
                return self.total(expr), BESIDE

    def part(self, expr: Part) -> Piece:
        """One of equal blocks by its number, another one by its entries."""
        if len(set(expr.split)) == 1:
            return self.called("chunk", [self.text(expr.arg), str(len(expr.split)), str(expr.index + 1)]), ATOM
        return f"[{self.text(expr.arg)}]_{{{block_range(expr.split, expr.index)}}}", FACTOR

    def compare(self, expr: Compare) -> str:
        """A comparison, without brackets."""
        return f"{self.text(expr.left)} {self.relations[expr.op]} {self.text(expr.right)}"

    def choice(self, expr: Choice | Call) -> str:
        """``max(a, b)``, ``where(a ≥ b, c, d)``."""
        return self.called(expr.fn, [self.compare(arg) if isinstance(arg, Compare) else self.text(arg) for arg in expr.args])

    def called(self, word: str, arguments: Sequence[str]) -> str:
        """A word with arguments."""
        return f"{self.word(word)}({', '.join(arguments)})"

    def word(self, word: str) -> str:
        """A word that takes arguments."""
        return word

    def dimension(self, expr: Dimension) -> str:
        """The number of entries along a size."""
        return size_letter(expr.size)

    def indicator(self, comparison: str) -> str:
        """1 where a comparison holds, 0 elsewhere."""
        return f"{self.ones_sign}[{comparison}]"

    def bracket(self, text: str) -> str:
        """Round brackets around a text."""
        return f"({text})"

    def term(self, expr: Expr, total: Sum) -> str:
        """One term of a sum."""
        return self.at(expr, PRODUCT)

    def beside(self, left: Expr, right: Expr) -> str:
        """The space between two factors."""
        return " "

    @abstractmethod
    def ref(self, ref: Ref) -> Piece:
        """A name with its time."""

    @abstractmethod
    def quotient(self, expr: Quotient) -> Piece:
        """A fraction or a slash."""

    @abstractmethod
    def power(self, expr: Power) -> Piece:
        """A constant power."""

    @abstractmethod
    def transpose(self, expr: Transpose) -> str:
        """A transposed matrix."""

    @abstractmethod
    def call(self, expr: Apply) -> str:
        """A function with its argument."""

    @abstractmethod
    def total(self, expr: Total) -> str:
        """The sum of the entries of a vector."""

    def number(self, number: Number) -> Piece:
        """The digits that the author wrote; else an integer or a fraction."""
        value = number.value
        if number.text and value >= 0:
            return number.text, ATOM
        if value < 0:
            return self.piece(Neg(Number(-value)))
        if value.denominator == 1:
            return str(value.numerator), ATOM
        return self.quotient(Quotient(Number(Fraction(value.numerator)), Number(Fraction(value.denominator))))

    def _sum(self, expr: Sum) -> Piece:
        if not expr.terms:
            return "0", ATOM
        text = ""
        for index, term in enumerate(expr.terms):
            negative = isinstance(term, Neg)
            body = self.term(term.arg if isinstance(term, Neg) else term, expr)
            if index:
                text += f" {self.minus if negative else '+'} {body}"
            else:
                text = (self.minus.strip() if negative else "") + body
        return text, SUM if len(expr.terms) > 1 else NEGATION if isinstance(expr.terms[0], Neg) else PRODUCT

    def _times(self, expr: Times) -> Piece:
        if self.signs.get(expr.op):
            return f"{self.at(expr.left, PRODUCT)} {self.signs[expr.op]} {self.at(expr.right, BESIDE)}", PRODUCT
        right = self.at(expr.right, FACTOR)
        if _begins_with_number(expr.right):
            right = self.bracket(self.text(expr.right))
        return self.at(expr.left, BESIDE) + self.beside(expr.left, expr.right) + right, BESIDE

    def _as_times(self, expr: Product | MatMul) -> Expr:
        """A typed product by the signs that say the same."""
        if isinstance(expr, MatMul):
            return Times(self.matrix, expr.left, expr.right)
        groups: list[Expr] = []
        pending: Expr | None = None  # a scalar that joins the factor behind it
        for factor in expr.factors:
            joined = factor if pending is None else self._scaled(pending, factor)
            pending = joined if self.matrix == "" and is_scalar(factor, self.scalars) else None
            if pending is None:
                groups.append(joined)
        groups += [] if pending is None else [pending]
        product = groups[0] if groups else Number(Fraction(1))
        for factor in groups[1:]:
            product = Times(self.entrywise, product, factor)
        return product

    def _scaled(self, scalar: Expr, factor: Expr) -> Expr:
        """``2 W x`` needs no brackets: scaling commutes with every product."""
        if _begins_with_number(factor):
            return Times("·", scalar, factor)
        if isinstance(factor, MatMul):
            return Times("", self._scaled(scalar, factor.left), factor.right)
        return Times("", scalar, factor)


def _begins_with_number(expr: Expr) -> bool:
    """Whether digits would follow a space that means a product."""
    if isinstance(expr, Power):
        return _begins_with_number(expr.base)
    if isinstance(expr, Transpose):
        return _begins_with_number(expr.arg)
    return isinstance(expr, Number)


def squared(expr: Power, scalars: Scalars) -> bool:
    """Whether a power prints as ``s ⊙ s``: the square of a vector has no other meaning, and this one shows it."""
    return expr.exponent == 2 and isinstance(expr.base, Ref) and not is_scalar(expr.base, scalars)


def scripted(sign: str, text: str) -> str:
    """A sub- or superscript, in braces if it is longer than one character; nothing for an empty one."""
    if not text:
        return ""
    return sign + (text if len(text) == 1 else f"{{{text}}}")
