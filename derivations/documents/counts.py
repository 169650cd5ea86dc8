"""Operations counted from the equations: polynomials in the sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd

from derivations.documents.sizes_text import size_latex
from derivations.equations import Program
from derivations.extent import shape_of
from derivations.notation.tree import Apply, Diagonal, Expr, MatMul, Name, Ones, Power, Product, Quotient, Total, Transpose, children, refs
from derivations.sizes import LETTERS, Shape

Count = Counter[tuple[str, ...]]  # by monomial: the sizes that are multiplied, sorted


def area(shape: Shape) -> Count:
    """The number of entries of an array."""
    total: Count = Counter({(): 1})
    for size in shape:
        total = product(total, Counter({(atom,): n for atom, n in Counter(size).items()}))
    return total


def product(a: Count, b: Count) -> Count:
    """The product of two counts."""
    found: Count = Counter()
    for x, n in a.items():
        for y, m in b.items():
            found[tuple(sorted((*x, *y)))] += n * m
    return found


class Shapes:
    """Counts of expressions over the names of a program; what holds no variable is not counted."""

    def __init__(self, program: Program) -> None:
        self.shapes: Mapping[Name, Shape] = program.shapes

    def of(self, expr: Expr) -> Shape:
        """The shape of the value of an expression."""
        return shape_of(expr, self.shapes)

    def multiplications(self, expr: Expr) -> tuple[Count, Count]:
        """Multiplications and divisions in an expression as it stands: in products with matrices, and entry by entry."""
        matrix: Count = Counter()
        entry: Count = Counter()
        if _constant(expr):
            return matrix, entry
        for child in children(expr):
            inner_matrix, inner_entry = self.multiplications(child)
            matrix += inner_matrix
            entry += inner_entry
        match expr:
            case MatMul():
                matrix += self._of_product(expr)
            case Product():
                for k in range(1, len(expr.factors)):
                    entry += area(max((self.of(f) for f in expr.factors[: k + 1]), key=len))
            case Quotient():
                entry += area(self.of(expr))
            case Power() if expr.exponent.denominator == 1:
                entry += area(self.of(expr))
            case _:
                pass
        return matrix, entry

    def _of_product(self, expr: MatMul) -> Count:
        """One for every entry of the result and of what is summed over; a vector of ones only adds or copies."""
        sides = [side.arg if isinstance(side, Transpose) else side for side in (expr.left, expr.right)]
        if any(isinstance(side, Ones) for side in sides):
            return Counter()
        result = area(self.of(expr))
        outer = isinstance(expr.right, Transpose) and len(self.of(sides[1])) == 1
        if outer or any(isinstance(side, Diagonal) for side in sides):
            return result
        return product(result, area(self.of(expr.left)[-1:]))

    def functions(self, expr: Expr) -> Count:
        """Function values in an expression, roots among them."""
        if _constant(expr):
            return Counter()
        found: Count = Counter()
        match expr:
            case Apply():
                found = area(self.of(expr))
            case Power() if expr.exponent.denominator != 1:
                found = area(self.of(expr))
            case Total(op="logsumexp"):
                found = area(self.of(expr.arg)) + area(())
            case _:
                pass
        for child in children(expr):
            found += self.functions(child)
        return found


def _constant(expr: Expr) -> bool:
    return not any(True for _ in refs(expr))


def polynomial(count: Count) -> str:
    """A count as LaTeX, a common factor before the bracket: ``4n(m+n+1)``."""
    monomials = {m: n for m, n in count.items() if n}
    if not monomials:
        return "0"
    common = _common(monomials)
    number = gcd(*monomials.values())
    inside = sorted(
        ((_without(m, common), n // number) for m, n in monomials.items()),
        key=lambda item: (-len(item[0]), item[0] != () and _key(item[0])),
    )
    outer = _multiple(number, common) if number > 1 or common else ""
    text = "+".join(_multiple(n, m) for m, n in inside)
    if len(inside) == 1:
        return (outer + ("" if text == "1" and outer else text)) or "1"
    return f"{outer}({text})" if outer else text


def _multiple(number: int, monomial: tuple[str, ...]) -> str:
    """``4n``; a thin space before a word."""
    letters = _monomial(monomial)
    if number == 1 and letters:
        return letters
    return str(number) + (r"\," if letters.startswith("\\") else "") + letters


def _common(monomials: Mapping[tuple[str, ...], int]) -> tuple[str, ...]:
    shared = None
    for monomial in monomials:
        shared = Counter(monomial) if shared is None else shared & Counter(monomial)
    return tuple(sorted((shared or Counter()).elements()))


def _without(monomial: tuple[str, ...], common: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted((Counter(monomial) - Counter(common)).elements()))


def _key(monomial: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(LETTERS.get(atom, atom) for atom in monomial)


def _monomial(monomial: tuple[str, ...]) -> str:
    parts = []
    for atom, power in sorted(Counter(monomial).items(), key=lambda item: _key((item[0],)), reverse=True):
        letter = size_latex((atom,))
        parts.append(letter + (f"^{power}" if power > 1 else ""))
    return r"\,".join(parts) if any(len(p) > 3 for p in parts) else "".join(parts)


def value(count: Count, sizes: Mapping[str, int]) -> int:
    """The number that a count is for given sizes."""
    total = Fraction(0)
    for monomial, n in count.items():
        term = Fraction(n)
        for atom in monomial:
            term *= sizes[atom]
        total += term
    return int(total)


def summed(counts: Iterable[Count]) -> Count:
    """The sum of counts."""
    total: Count = Counter()
    for count in counts:
        total += count
    return total
