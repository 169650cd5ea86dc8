"""Pointwise expressions as NumPy text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from derivations import CellError
from derivations.notation.tree import (
    Apply,
    Choice,
    Compare,
    Constant,
    Dimension,
    Expr,
    Identity,
    Neg,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    children,
)
from numeric.codegen.activations import CALLS, TEXTS

FUNCTIONS = (*TEXTS, *CALLS)
SUM, PRODUCT, NEGATIVE, POWER, ATOM = range(5)  # how strongly an operator binds
OPERATORS = {"<": "<", "≤": "<=", ">": ">", "≥": ">=", "=": "=="}
ONE = Number(Fraction(1))

Written: TypeAlias = tuple[str, int]  # text and how strongly it binds
Text: TypeAlias = Callable[[Ref | Constant], Written]
Part: TypeAlias = Callable[[Expr, int], str]


def number_text(value: Fraction) -> str:
    """An exact constant; ``1 / 3`` where no decimal is exact."""
    if value.denominator == 1:
        return str(value.numerator)
    exact = Fraction(repr(float(value))) == value
    return repr(float(value)) if exact else f"({value.numerator} / {value.denominator})"


def bracketed(written: Written, least: int = ATOM) -> str:
    """A text, in brackets if it binds less strongly than is needed."""
    text, strength = written
    return f"({text})" if strength < least else text


def size_sum(sizes: Sequence[Sequence[str]]) -> str:
    """The sum of sizes as text: ``3 * hidden + inputs``."""
    atoms = [atom for size in sizes for atom in size]
    counts = {atom: atoms.count(atom) for atom in atoms}
    return " + ".join(atom if n == 1 else f"{n} * {atom}" for atom, n in counts.items())


def is_plain(expr: Expr) -> bool:
    """Whether an expression is a number of Python, which takes the dtype of any array that it meets."""
    if isinstance(expr, Ref | Constant | Identity | Ones):
        return False
    return all(map(is_plain, children(expr)))


def expression_text(expr: Expr, text: Text, least: int = SUM) -> str:
    """``expr`` in Python, in the order of its author; ``text`` gives values and constants."""
    return bracketed(written(expr, text), least)


def written(expr: Expr, text: Text) -> Written:
    """``expr`` in Python and how strongly it binds."""

    def part(child: Expr, least: int) -> str:
        return expression_text(child, text, least)

    match expr:
        case Ref() | Constant():
            return text(expr)
        case Number():
            return number_text(expr.value), ATOM
        case Dimension():
            return size_sum([expr.size]), ATOM if len(expr.size) == 1 else PRODUCT if len(set(expr.size)) == 1 else SUM
        case Identity():
            return f"np.eye({size_sum([expr.size])}, dtype=p.dtype)", ATOM
        case Ones():
            return f"np.ones({size_sum([expr.size])}, p.dtype)", ATOM
        case Sum():
            first, *rest = expr.terms
            terms = [part(first, SUM)]
            terms += [f" - {part(t.arg, PRODUCT)}" if isinstance(t, Neg) else f" + {part(t, PRODUCT)}" for t in rest]
            return "".join(terms), SUM
        case Product() | Quotient() if masks(expr):
            return _masked(expr, part)
        case Product():
            first, *rest = expr.factors
            return " * ".join([part(first, PRODUCT), *(part(f, NEGATIVE) for f in rest)]), PRODUCT
        case Quotient():
            return f"{part(expr.num, PRODUCT)} / {part(expr.den, NEGATIVE)}", PRODUCT
        case Neg():
            return f"-{part(expr.arg, NEGATIVE)}", NEGATIVE
        case Power():
            return _power(expr, part)
        case Apply():
            if expr.fn not in FUNCTIONS:
                raise CellError(f"the NumPy generator does not know the function {expr.fn}", hint=f"it knows {', '.join(FUNCTIONS)}")
            return f"{CALLS.get(expr.fn, expr.fn)}({part(expr.arg, SUM)})", ATOM
        case Compare():
            return f"np.asarray({_condition(expr, part)}, p.dtype)", ATOM
        case Choice():
            return _choice(expr, part)
        case _:
            raise CellError(f"the NumPy generator cannot print {type(expr).__name__}", hint="please report the cell")


def _power(expr: Power, part: Part) -> Written:
    base = part(expr.base, ATOM)
    if expr.exponent == 2 and isinstance(expr.base, Ref) and not base.startswith("("):
        return f"{base} * {base}", PRODUCT
    exponent = number_text(expr.exponent)
    return f"{base} ** {f'({exponent})' if exponent.startswith('-') else exponent}", POWER


def _condition(expr: Compare, part: Part) -> str:
    return f"{part(expr.left, SUM)} {OPERATORS[expr.op]} {part(expr.right, SUM)}"


def _choice(expr: Choice, part: Part) -> Written:
    """The greater, the smaller or the one that a comparison says; of two numbers of Python again one of Python."""
    if expr.fn != "where":
        name = expr.fn if is_plain(expr) else f"np.{expr.fn}imum"
        return f"{name}({', '.join(part(arg, SUM) for arg in expr.args)})", ATOM
    first, yes, no = expr.args
    if isinstance(first, Compare):
        return _where(_condition(first, part), part(yes, SUM), part(no, SUM), is_plain(yes) and is_plain(no))
    return f"{part(first, NEGATIVE)} * {part(yes, NEGATIVE)} + (1 - {part(first, PRODUCT)}) * {part(no, NEGATIVE)}", SUM


def _where(condition: str, yes: str, no: str, plain: bool) -> Written:
    return f"np.where({condition}, {yes}, {no})" + ".astype(p.dtype)" * plain, ATOM


def masks(expr: Expr) -> list[tuple[Compare, bool]]:
    """The comparisons that multiply an expression, each as it is or, if False, as 1 minus the comparison."""
    if isinstance(expr, Quotient):
        return masks(expr.num)
    found = []
    for factor in expr.factors if isinstance(expr, Product) else (expr,):
        match factor:
            case Compare():
                found.append((factor, True))
            case Sum(terms=(Number(value=value), Neg(arg=Compare() as condition))) if value == 1:
                found.append((condition, False))
    return found


def _masked(expr: Product | Quotient, part: Part) -> Written:
    """A product with comparisons as a choice between the rest and 0, so that what is not chosen may be infinite."""
    rest, found = _unmasked(expr), masks(expr)
    if rest == ONE:
        return f"np.asarray({_all_hold(found, part)}, p.dtype)", ATOM
    if found[1:]:
        return _where(_all_hold(found, part), part(rest, SUM), "0", is_plain(rest))
    ((condition, holds),) = found
    values = (part(rest, SUM), "0") if holds else ("0", part(rest, SUM))
    return _where(_condition(condition, part), *values, is_plain(rest))


def _all_hold(found: Sequence[tuple[Compare, bool]], part: Part) -> str:
    texts = [_condition(condition, part) if holds else f"np.logical_not({_condition(condition, part)})" for condition, holds in found]
    return " & ".join(f"({text})" if holds else text for text, (_, holds) in zip(texts, found, strict=True)) if found[1:] else texts[0]


def _unmasked(expr: Expr) -> Expr:
    """A product without its comparisons."""
    if isinstance(expr, Quotient):
        return Quotient(_unmasked(expr.num), expr.den)
    factors = expr.factors if isinstance(expr, Product) else (expr,)
    rest = tuple(factor for factor in factors if not masks(factor))
    return Product(rest) if len(rest) > 1 else rest[0] if rest else ONE
