"""The normal form with case distinctions: where an argument is positive, where it is negative, where it is 0.

Every function with a kink becomes a polynomial in s = [a > 0] and n = [a < 0] with s² = s, s n = 0 and a n = a − a s; every
function of such a polynomial is told apart by cases: f(p + s q) = s f(p + q) + (1 − s) f(p). The sign of ``a`` is fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derivations.proofs.equivalence.identities import Identities, negative
from derivations.proofs.gradients.elements import (
    POWER,
    VALUE,
    VARIABLE,
    Atom,
    Factors,
    Index,
    Poly,
    Unwritten,
    add,
    constant,
    mapped,
    scale,
)

STEP = "step"
MOST_CASES = 3000  # distinctions of cases in one proof; more take minutes
BY_SIGN = {"relu": (1, 0), "abs": (1, -1)}  # f(a) = (first s − second n) a, up to signs: slopes above and below 0


class Cases(Identities):
    """Polynomials in which functions with kinks are told apart by the sign of their argument."""

    def __init__(self) -> None:
        super().__init__(rational=True)
        self.told = 0  # how often cases were told apart

    def opaque(self, fn: str, poly: Poly, indices: tuple[Index, ...], exponent: Fraction | int = 1) -> Poly:
        """The value of a function, by the cases of the signs that its argument depends on."""
        case = self.case(poly, indices)
        if case is None:
            return super().opaque(fn, poly, indices, exponent)
        return self.told_apart(poly, case, lambda part: self.opaque(fn, part, indices, exponent))

    def kinked(self, fn: str, poly: Poly, indices: tuple[Index, ...]) -> Poly:
        """A function with a kink as a polynomial in the signs of its argument."""
        if fn == STEP:
            return self.single(fn, poly, indices)
        up, down = (self.opaque(STEP, scale(poly, sign), indices) for sign in (1, -1))
        if fn == "sign":
            return add(up, scale(down, -1))
        above, below = BY_SIGN[fn]
        return self.multiply(poly, add(scale(up, above), scale(down, below)))

    def power(self, poly: Poly, exponent: Fraction, indices: tuple[Index, ...]) -> Poly:
        """A power, by cases."""
        case = None if exponent.denominator == 1 and exponent >= 0 else self.case(poly, indices)
        if case is None:
            return super().power(poly, exponent, indices)
        return self.told_apart(poly, case, lambda part: self.power(part, exponent, indices))

    def case(self, poly: Poly, indices: tuple[Index, ...]) -> Atom | None:
        """A sign that a polynomial depends on, at indices that its function has; None if there is none."""
        free = {i[0] for i in indices}
        signs = (atom for _, factors in poly for atom, _ in factors if self.is_step(atom) and {i[0] for i in atom[2]} <= free)
        return min(signs, default=None)

    def is_step(self, atom: Atom) -> bool:
        return atom[0] == VALUE and self.inside[atom[1]][0] == STEP

    def told_apart(self, poly: Poly, case: Atom, value: Callable[[Poly], Poly]) -> Poly:
        """s f(where the sign holds) + (1 − s) f(where it does not)."""
        self.told += 1
        if self.told > MOST_CASES:
            raise Unwritten(f"more than {MOST_CASES} distinctions of cases")
        sign: Poly = {((), ((case, 1),)): 1}
        holds, not_holds = (value(self.where(poly, case, one)) for one in (1, 0))
        return add(self.multiply(sign, holds), self.multiply(add(constant(1), scale(sign, -1)), not_holds))

    def where(self, poly: Poly, case: Atom, one: int) -> Poly:
        """A polynomial with a sign put to 1 (and the opposite sign to 0), or to 0."""
        opposite = self.opposite(case)
        out: Poly = {}
        for (bound, factors), c in poly.items():
            atoms = {atom for atom, _ in factors}
            if (case in atoms and not one) or (one and opposite in atoms):
                continue
            self.put(out, c, bound, tuple(f for f in factors if f[0] != case))
        return out

    def opposite(self, case: Atom) -> Atom:
        """[a < 0] for [a > 0], and the other way round."""
        inner = self.inside[case[1]][1]
        return VALUE, self.label(STEP, scale(inner, -1)), case[2]

    def vanishes(self, poly: Poly) -> bool:
        """Whether a polynomial is 0, in each of the cases of the first sign that it depends on."""
        signs = (atom for _, factors in poly for atom, _ in factors if self.is_step_of(atom) and all(i[0] < 0 for i in atom[2]))
        case = min(signs, default=None)
        if case is None:
            return super().vanishes(poly)
        opposite = self.opposite(case)
        above, below = (self.where(poly, sign, 1) for sign in (case, opposite))
        between = self.where(self.where(poly, case, 0), opposite, 0)
        argument = self.inner(case)
        if len(argument) == 1 and (zero := next(iter(argument))[1]) and len(zero) == 1 and zero[0][0][0] == VARIABLE:
            between = self.without(between, zero[0][0])
        return self.vanishes(above) and self.vanishes(below) and self.vanishes(between)

    def without(self, poly: Poly, zero: Atom) -> Poly:
        """A polynomial with one element put to 0, wherever that element stands by itself."""
        out: Poly = {}
        for (bound, factors), c in poly.items():
            free = {v: next(self.fresh) for v in range(len(bound))}
            found = constant(c)
            for atom, e in mapped(factors, free):
                if atom == zero and e > 0:
                    found = {}
                elif atom[0] in (VALUE, POWER):
                    fn, inner = self.inside[atom[1]][0], self.without(self.inner(atom), zero)
                    value = inner if atom[0] == POWER else self.opaque(fn, inner, atom[2])
                    value = self.power(value, Fraction(e), atom[2])
                    found = self.multiply(found, value)
                else:
                    found = self.multiply(found, {((), ((atom, e),)): 1})
            for v, size in enumerate(bound):
                found = self.bind(found, free[v], size)
            out = add(out, found)
        return out

    def put(self, out: Poly, c: Fraction | int, bound: tuple[str, ...], factors: Factors) -> None:
        """Add c times a product: a sign squared is itself, opposite signs exclude each other, and a n = a − a s."""
        powers: dict[Atom, Fraction | int] = {}
        for atom, e in factors:
            powers[atom] = 1 if self.is_step_of(atom) else powers.get(atom, 0) + e
        for atom in [atom for atom in powers if self.is_step_of(atom)]:
            opposite = self.opposite(atom)
            if opposite in powers:
                return
            inner = self.inner(atom)
            if negative(self.inside[atom[1]][1]) and len(inner) == 1:
                ((within, wanted),) = inner
                if not within and all(powers.get(a, 0) >= e > 0 for a, e in wanted):
                    del powers[atom]
                    rest = tuple(powers.items())
                    self.put(out, c, bound, rest)
                    self.put(out, -c, bound, (*rest, (opposite, 1)))
                    return
        super().put(out, c, bound, tuple(powers.items()))

    def is_step_of(self, atom: Atom) -> bool:
        return atom[1] in self.inside and self.is_step(atom)
