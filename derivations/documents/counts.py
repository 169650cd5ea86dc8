"""Operations counted from the equations: polynomials in the sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd

from derivations.equations import Program
from derivations.notation.tree import Apply, Concat, Expr, MatMul, Name, Part, Power, Product, Quotient, Ref, Total, Transpose, children
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
    """Shapes of expressions over the names of a program."""

    def __init__(self, program: Program) -> None:
        self.shapes: Mapping[Name, Shape] = program.shapes

    def of(self, expr: Expr) -> Shape:
        """The shape of the value of an expression."""
        match expr:
            case Ref():
                return self.shapes[expr.name]
            case MatMul(left=left, right=Transpose(arg=right)) if len(self.of(left)) == 1:
                return (self.of(left)[0], self.of(right)[0])
            case MatMul():
                return (self.of(expr.left)[0], *self.of(expr.right)[1:])
            case Transpose():
                return self.of(expr.arg)[::-1]
            case Concat():
                return (tuple(sorted(atom for part in expr.parts for atom in self.of(part)[0])),)
            case Part():
                return (expr.split[expr.index],)
            case Total():
                return ()
            case _:
                return max((self.of(child) for child in children(expr)), key=len, default=())

    def multiplications(self, expr: Expr) -> tuple[Count, Count]:
        """Multiplications and divisions in an expression as it stands: in products with matrices, and entry by entry."""
        matrix: Count = Counter()
        entry: Count = Counter()
        for child in children(expr):
            inner_matrix, inner_entry = self.multiplications(child)
            matrix += inner_matrix
            entry += inner_entry
        match expr:
            case MatMul(left=left, right=Transpose()) if len(self.of(left)) == 1:
                matrix += area(self.of(expr))
            case MatMul():
                shared = self.of(expr.left)[-1]
                matrix += product(area(self.of(expr)), area((shared,)))
            case Product():
                for k in range(1, len(expr.factors)):
                    entry += area(max((self.of(f) for f in expr.factors[: k + 1]), key=len))
            case Quotient():
                entry += area(self.of(expr)) if not _constant(expr) else Counter()
            case Power():
                entry += area(self.of(expr))
            case _:
                pass
        return matrix, entry

    def functions(self, expr: Expr) -> Count:
        """Function values in an expression."""
        found: Count = area(self.of(expr)) if isinstance(expr, Apply) else Counter()
        for child in children(expr):
            found += self.functions(child)
        return found


def _constant(expr: Expr) -> bool:
    return not isinstance(expr, Ref) and all(_constant(child) for child in children(expr))


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
    outer = (str(number) if number > 1 else "") + _monomial(common)
    text = "+".join((str(n) if n > 1 or not m else "") + _monomial(m) for m, n in inside)
    if len(inside) == 1:
        return (outer + ("" if text == "1" and outer else text)) or "1"
    return f"{outer}({text})" if outer else text


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
        letter = LETTERS.get(atom) or rf"\mathrm{{{atom.replace('_', ' ')}}}".replace(" ", r"\ ")
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
