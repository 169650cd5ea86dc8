"""Bounds of the blocks of the state Jacobian, from the ranges of the values in their factors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

from derivations.documents.context import Context
from derivations.documents.jacobian import Jacobian, Path
from derivations.documents.model import Row
from derivations.equations import Pointwise
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Apply, Compare, Constant, Expr, Neg, Number, Power, Product, Ref, Sum, children

SLOPE = Fraction(1, 4)  # the largest of a sigmoid
MOST_COMPARED = 6  # comparisons whose values are tried out


@dataclass(frozen=True, slots=True)
class Size:
    """``number × max|v| × …``: a bound of the absolute value of every entry."""

    number: Fraction = Fraction(1)
    largest: tuple[Ref, ...] = ()

    def __mul__(self, other: Size) -> Size:
        return Size(self.number * other.number, (*self.largest, *other.largest))


def bound_rows(context: Context, jacobian: Jacobian) -> tuple[Row, ...]:
    """One row for every block that has a bound and contains a matrix."""
    rows = []
    for root in jacobian.roots:
        for state in jacobian.before:
            if jacobian.reads(root, state):
                row = _row(context, jacobian, root, state)
                rows += [row] if row else []
    return tuple(rows)


def _row(context: Context, jacobian: Jacobian, root: Ref, state: Ref) -> Row | None:
    own, through = jacobian.block(root, state)
    if root.name == state.name and not through and not any(path.matrix for path in own):
        return None  # the direct path says it
    pieces: list[str] = []
    for path in own:
        size = _sizes(context, path)
        if size is None:
            return None
        pieces.append(_term(context, size, _norm(context, path)))
    for path, between in through:
        size = _sizes(context, path)
        if size is None:
            return None
        inner = rf"\lVert \partial {context.maths.tex(between)}/\partial {context.maths.tex(state)}\rVert"
        outer = _norm(context, path)
        pieces.append(_term(context, size, outer + (r"\," if outer else "") + inner))
    number = context.next_number()
    lhs = rf"\lVert \partial {context.maths.tex(root)}/\partial {context.maths.tex(state)}\rVert"
    rhs = (rf"\le {pieces[0]}", *(f"+ {p}" for p in pieces[1:]))
    return Row(number, f"bound-{context.label(root, 0)}-{context.label(state, 0)}", lhs, rhs)


def _norm(context: Context, path: Path) -> str:
    if path.matrix is None:
        return ""
    columns = rf"^{{({context.maths.tex(path.columns)})}}" if path.columns is not None else ""
    return rf"\lVert {context.maths.tex(path.matrix)}{columns}\rVert"


def _term(context: Context, sizes: tuple[Size, ...], norm: str) -> str:
    """``1/4 max|c_{t-1}| ‖U_f‖``; several sizes in brackets."""
    shown = [_size(context, size) for size in sizes]
    factor = shown[0] if len(shown) == 1 else rf"\bigl({' + '.join(s or '1' for s in shown)}\bigr)"
    return (factor + (r"\," if factor and norm else "") + norm) or "1"


def _size(context: Context, size: Size) -> str:
    largest = r"\,".join(_absolute(context, ref) for ref in size.largest)
    if size.number == 1:
        return largest
    number = rf"\tfrac{{{size.number.numerator}}}{{{size.number.denominator}}}" if size.number.denominator > 1 else str(size.number)
    return number + (r"\," if largest else "") + largest


def _absolute(context: Context, ref: Ref) -> str:
    symbol = context.maths.tex(ref)
    return f"|{symbol}|" if ref.name in context.scalars else rf"\max_j|({symbol})_j|"


def _sizes(context: Context, path: Path) -> tuple[Size, ...] | None:
    """Bounds of the product of the factors: a sum of products."""
    factors, parts = list(path.factors), []
    while factors:
        size = _slope_pair(context, factors) or _factor(context, factors.pop(0))
        if size is None:
            return None
        parts.append(size)
    return _multiplied(parts)


def _slope_pair(context: Context, factors: list[Expr]) -> tuple[Size, ...] | None:
    """``f ⊙ (1 − f)`` of a sigmoid is at most a quarter."""
    for first in factors:
        if isinstance(first, Ref) and _function(context, first) == "sigmoid":
            complement = next((f for f in factors if _is_one_minus(f, first)), None)
            if complement is not None:
                factors.remove(first)
                factors.remove(complement)
                return (Size(SLOPE),)
    return None


def _is_one_minus(candidate: Expr, ref: Ref) -> bool:
    """Whether an expression is ``1 − ref``."""
    match candidate:
        case Sum(terms=(Number(value=value), Neg(arg=arg))):
            return value == 1 and arg == ref
        case _:
            return False


def _function(context: Context, ref: Ref) -> str | None:
    eq = context.forward.definition.get(ref)
    return eq.function if isinstance(eq, Pointwise) else None


def in_unit_interval(context: Context, factor: Expr) -> bool:
    """Whether a factor is a sigmoid's value or one minus it."""
    match factor:
        case Ref():
            return _function(context, factor) == "sigmoid"
        case Sum(terms=(Number(value=value), Neg(arg=Ref() as inner))) if value == 1:
            return _function(context, inner) == "sigmoid"
        case _:
            return False


def _factor(context: Context, factor: Expr) -> tuple[Size, ...] | None:
    if in_unit_interval(context, factor):
        return (Size(),)
    if (number := _of_comparisons(factor)) is not None:
        return (Size(number),)
    match factor:
        case Number(value=value):
            return (Size(abs(value)),)
        case Ref() if (largest := _largest(_function(context, factor))) is not None:
            return (Size(largest),)
        case Apply() if (largest := _largest(factor.fn)) is not None:
            return (Size(largest),)
        case Compare():
            return (Size(),)
        case Ref():
            return (Size(largest=(factor,)),)
        case Constant():
            return (Size(largest=(Ref(factor.name),)),)
        case Sum(terms=(Number(value=value), Neg(arg=Power(base=Ref() as inner, exponent=exponent)))) if value == 1 and exponent == 2:
            return (Size(),) if _function(context, inner) == "tanh" else None
        case Sum():
            parts = [_factor(context, term.arg if isinstance(term, Neg) else term) for term in factor.terms]
            known = [part for part in parts if part is not None]
            return tuple(size for part in known for size in part) if len(known) == len(parts) else None
        case Product():
            parts = [_factor(context, part) for part in factor.factors]
            known = [part for part in parts if part is not None]
            return _multiplied(known) if len(known) == len(parts) else None
        case _:
            return None


def _of_comparisons(factor: Expr) -> Fraction | None:
    """The largest absolute value of an expression in comparisons and numbers: each of them is 0 or 1."""
    atoms = tuple(dict.fromkeys(_comparisons(factor)))
    if not atoms or len(atoms) > MOST_COMPARED:
        return None
    try:
        return max(abs(_at(factor, dict(zip(atoms, values, strict=True)))) for values in product((0, 1), repeat=len(atoms)))
    except KeyError:
        return None


def _comparisons(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Compare):
        yield expr
    else:
        for child in children(expr):
            yield from _comparisons(child)


def _at(expr: Expr, values: Mapping[Expr, int]) -> Fraction:
    """The value of sums and products of comparisons."""
    match expr:
        case Number():
            return expr.value
        case Neg():
            return -_at(expr.arg, values)
        case Sum():
            return sum((_at(term, values) for term in expr.terms), Fraction(0))
        case Product():
            return prod((_at(factor, values) for factor in expr.factors), start=Fraction(1))
        case _:
            return Fraction(values[expr])


def _largest(fn: str | None) -> Fraction | None:
    """The largest absolute value of a function, if it is bounded."""
    if fn is None:
        return None
    box = FUNCTIONS[fn].range
    found = max(abs(box.low), abs(box.high))
    return Fraction(int(found)) if found.is_Integer else None


def _multiplied(parts: Iterable[tuple[Size, ...]]) -> tuple[Size, ...]:
    """Sums of sizes multiplied out."""
    total: tuple[Size, ...] = (Size(),)
    for part in parts:
        total = tuple(a * b for a in total for b in part)
    return total
