"""Names and expression trees: the one representation that is parsed, typed, differentiated and printed.

The order and the spelling of the author survive in it: nothing here sorts, expands or simplifies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeAlias

from derivations.errors import Span


@dataclass(frozen=True, slots=True)
class Name:
    """A variable by its spelling: letter, accents, sub- and superscript; ``marks`` make adjoints and tangents.

    ``base`` is ASCII: a Latin letter or word, or the English name of a Greek letter (``alpha``). Marks that print: "bar",
    an adjoint; "from", the part of it that arrives from step t+1; "direct", a direct derivative of the loss; "dot", a
    tangent; "check", an adjoint of second order. The generator marks parts of values in its own ways.
    """

    base: str
    accents: tuple[str, ...] = ()  # "tilde", "hat", "bar", "prime"
    sub: str = ""
    sup: str = ""
    marks: tuple[str, ...] = ()  # outermost last

    @property
    def id(self) -> str:
        """A Python identifier that tells names apart: ``W_f``, ``h_tilde``, ``bar_c``."""
        return "_".join([*reversed(self.marks), self.base, *self.accents, *(s for s in (self.sub, self.sup) if s)])

    def marked(self, mark: str) -> Name:
        """The adjoint ("bar"), arriving part ("from"), direct derivative ("direct") or tangent ("dot") of this name."""
        return replace(self, marks=(*self.marks, mark))

    @property
    def unmarked(self) -> Name:
        """The variable itself, without marks."""
        return replace(self, marks=())

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class Ref:
    """A use of a variable. ``time`` is 0 for t, -1 for t-1, 1 for t+1, None for what does not depend on time."""

    name: Name
    time: int | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Number:
    """An exact constant, with the digits that the author wrote."""

    value: Fraction
    text: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms in the author's order; a subtracted term is a ``Neg``."""

    terms: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Neg:
    """Minus an expression."""

    arg: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Times:
    """A product as written, before shapes say which one it is. ``op`` is "", "*", "⊙", "@" or "·"."""

    op: str
    left: Expr
    right: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Product:
    """Entrywise product (a scalar broadcasts), factors in the author's order."""

    factors: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MatMul:
    """Matrix product of a matrix with a vector or a matrix, or ``u vᵀ``, ``uᵀ v``."""

    left: Expr
    right: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Quotient:
    """Entrywise division."""

    num: Expr
    den: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Power:
    """Entrywise power with a constant exponent."""

    base: Expr
    exponent: Fraction
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of one argument applied to each entry (``sigmoid``, ``tanh``), by its ASCII name."""

    fn: str
    arg: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """1 where a comparison of entries holds, 0 elsewhere; ``op`` is "<", "≤", ">", "≥" or "="."""

    left: Expr
    op: str
    right: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of two values for each entry: ``max`` and ``min`` of two, ``where`` of a comparison and two."""

    fn: str
    args: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A word with arguments as written, before shapes say what it is: ``mean(v)``, ``chunk(v, 4, 1)``."""

    fn: str
    args: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Concat:
    """Vectors below each other: ``[h, x]``."""

    parts: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Transpose:
    """The transpose of a matrix, or a vector as a row."""

    arg: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Total:
    """All entries brought down to one number: their sum, ``1ᵀ v``, or the logarithm of the sum of their exponentials."""

    arg: Expr
    op: str = "sum"  # or "logsumexp"
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """The entries of a vector that belong to one block of it: ``chunk(v, 4, 1)`` if the blocks are equal.

    ``split`` holds the sizes of the blocks (each a tuple of names that are added), ``index`` counts from 0.
    """

    arg: Expr
    split: tuple[tuple[str, ...], ...]
    index: int
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Diagonal:
    """The diagonal matrix of a vector; a factor in products of matrices."""

    arg: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Windows:
    """A matrix c × L and its neighbours below each other, (width · c) × L: column l of block j is column l + j − (width − 1)/2.

    Columns outside of the matrix are 0. A 1-D convolution with "same" padding is ``K windows(X, width)``.
    """

    arg: Expr
    width: int
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fold:
    """The adjoint of ``Windows``: every entry is added to the place that it was copied from. Arises in gradients; not read."""

    arg: Expr
    width: int
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """A quantity that is given and not trained: it has a value and no derivative."""

    name: Name
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Dimension:
    """How many entries there are along a size, as a number."""

    size: tuple[str, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity matrix of a size."""

    size: tuple[str, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ones:
    """The vector of ones of a size."""

    size: tuple[str, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


Leaf: TypeAlias = Number | Constant | Dimension | Identity | Ones  # what has no derivative
LEAVES = (Number, Constant, Dimension, Identity, Ones)

Expr: TypeAlias = (
    Leaf
    | Ref
    | Sum
    | Neg
    | Times
    | Product
    | MatMul
    | Quotient
    | Power
    | Apply
    | Compare
    | Choice
    | Call
    | Concat
    | Transpose
    | Total
    | Part
    | Diagonal
    | Windows
    | Fold
)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One equation as its author wrote it: ``target = expr``."""

    target: Ref
    expr: Expr
    span: Span | None = field(default=None, compare=False, repr=False)


MANY, ONE = ("terms", "factors", "parts", "args"), ("arg", "left", "right", "num", "den", "base")  # fields that hold subexpressions


def children(node: Expr) -> tuple[Expr, ...]:
    """The direct subexpressions, left to right."""
    found: list[Expr] = []
    for name in node.__match_args__:  # the fields of a dataclass
        if name in MANY:
            found.extend(getattr(node, name))
        elif name in ONE:
            found.append(getattr(node, name))
    return tuple(found)


def rebuild(node: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The same node with ``change`` applied to each direct subexpression."""
    new: dict[str, object] = {}
    for name in node.__match_args__:
        if name in MANY:
            new[name] = tuple(change(v) for v in getattr(node, name))
        elif name in ONE:
            new[name] = change(getattr(node, name))
    return replace(node, **new) if new else node  # type: ignore[arg-type]  # fields of one dataclass, by construction


def nodes(expr: Expr) -> Iterator[Expr]:
    """An expression and everything within it, left to right."""
    yield expr
    for child in children(expr):
        yield from nodes(child)


def refs(node: Expr) -> Iterator[Ref]:
    """Every use of a variable, left to right."""
    return (found for found in nodes(node) if isinstance(found, Ref))
