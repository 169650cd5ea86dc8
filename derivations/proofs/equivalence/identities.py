"""The normal form of sums of products, with the identities of functions that relations between cells need.

``signs``: σ(−a) = 1 − σ(a), tanh(a) = 2σ(2a) − 1, and functions at numbers. ``rational``: σ(a) = 1 − 1/(1 + eᵃ) and
softplus(a) = log(1 + eᵃ), so that everything made of σ, tanh, exp, log and softplus is a rational function of exponentials;
denominators are taken out as far as they do not stand in a sum over an index. Positive factors leave abs, max and relu.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derivations.proofs.gradients.elements import (
    POWER,
    SIZE,
    UNIT,
    VALUE,
    VARIABLE,
    Algebra,
    Atom,
    Factors,
    Index,
    Poly,
    add,
    constant,
    scale,
)

AT_ZERO: dict[str, Fraction | int] = {
    "sigmoid": Fraction(1, 2),
    "tanh": 0,
    "relu": 0,
    "abs": 0,
    "sign": 0,
    "step": 0,
    "floor": 0,
    "sin": 0,
    "cos": 1,
}
ODD, EVEN = {"tanh", "sin", "sign"}, {"abs", "cos"}
HOMOGENEOUS = {"relu": 1, "abs": 1, "sign": 0, "step": 0}  # f(c·u) = c^degree f(u) for c > 0
TAKEN_OUT = (VARIABLE, VALUE, POWER, SIZE)  # kinds of atoms that can be a common factor
MOST_CLEARED = 8  # rounds of multiplying by denominators


class Identities(Algebra):
    """Polynomials in which the values of functions are brought to one form."""

    def __init__(self, *, rational: bool = False) -> None:
        super().__init__()
        self.rational = rational

    def opaque(self, fn: str, poly: Poly, indices: tuple[Index, ...], exponent: Fraction | int = 1) -> Poly:
        """The value of a function, or (``fn`` = "") a power, as a polynomial in values of one form."""
        if fn == "":
            return self.power(poly, Fraction(exponent), indices)
        indices = self.used(poly, indices)
        if not poly and fn in AT_ZERO:
            return constant(AT_ZERO[fn])
        match fn:
            case "sigmoid":
                return self.sigmoid(poly, indices)
            case _ if fn in HOMOGENEOUS:
                return self.homogeneous(fn, poly, indices)
            case "tanh":
                return add(scale(self.opaque("sigmoid", scale(poly, 2), indices), 2), constant(-1))
            case "softplus" if self.rational:
                return self.opaque("log", add(constant(1), self.opaque("exp", poly, indices)), indices)
            case "logsigmoid" if self.rational:
                return scale(self.opaque("softplus", scale(poly, -1), indices), -1)
            case "logsigmoid":
                return add(poly, scale(self.opaque("softplus", poly, indices), -1))
            case "softplus" if negative(poly):
                return add(poly, self.opaque("softplus", scale(poly, -1), indices))
            case _ if (fn in ODD or fn in EVEN) and negative(poly):
                return scale(self.opaque(fn, scale(poly, -1), indices), -1 if fn in ODD else 1)
            case "floor" if self.is_whole(poly):
                return poly
        return super().opaque(fn, poly, indices)

    def homogeneous(self, fn: str, poly: Poly, indices: tuple[Index, ...]) -> Poly:
        """A function with a kink at 0: without positive factors, of an argument that begins with a positive coefficient."""
        factor, rest = self.positive_content(poly)
        if not rest:
            return constant(AT_ZERO[fn])
        lead = Fraction(rest[min(rest)])
        flipped = lead < 0 and fn != "step"
        size = abs(lead)
        rest = scale(rest, (-1 if flipped else 1) / size)
        found = self.kinked(fn, rest, self.used(rest, indices))
        if flipped:  # relu(−a) = relu(a) − a, |−a| = |a|, sign(−a) = −sign(a)
            found = add(found, scale(rest, -1)) if fn == "relu" else scale(found, -1) if fn == "sign" else found
        return scale(self.multiply(self.raised(factor, HOMOGENEOUS[fn]), found), size ** HOMOGENEOUS[fn])

    def kinked(self, fn: str, poly: Poly, indices: tuple[Index, ...]) -> Poly:
        """The value of a function with a kink at 0, brought to this form."""
        return self.single(fn, poly, indices)

    def is_whole(self, poly: Poly) -> bool:
        """Whether a polynomial is a sum of whole multiples of whole numbers."""
        floors = all(atom[1].startswith("floor#") and e == 1 for _, factors in poly for atom, e in factors)
        return floors and all(c == int(c) for c in poly.values())

    def sigmoid(self, poly: Poly, indices: tuple[Index, ...]) -> Poly:
        """σ with an argument that begins with a positive coefficient: itself, or 1 − 1/(1 + exp)."""
        if negative(poly):
            return add(constant(1), scale(self.sigmoid(scale(poly, -1), indices), -1))
        if not self.rational:
            return self.single("sigmoid", poly, indices)
        below = self.power(add(constant(1), self.opaque("exp", poly, indices)), Fraction(-1), indices)
        return add(constant(1), scale(below, -1))

    def logarithm(self, poly: Poly, indices: tuple[Index, ...]) -> Poly:
        """Exponentials that are a factor of the argument leave the logarithm."""
        factor = tuple((atom, e) for atom, e in self.positive_content(poly)[0] if self.inside[atom[1]][0] == "exp")
        rest = self.times(poly, self.inverse(factor))
        rest_of_log = {} if rest == constant(1) else super().logarithm(rest, self.used(rest, indices))
        return add(rest_of_log, *(scale(self.inner(atom), e) for atom, e in factor))

    def power(self, poly: Poly, exponent: Fraction, indices: tuple[Index, ...]) -> Poly:
        """A power; of a sum that is no natural number, the common factors and the leading coefficient stand outside."""
        if (exponent.denominator == 1 and exponent >= 0) or len(poly) <= 1:
            return super().power(poly, exponent, indices)
        if exponent.denominator == 1:
            factor, rest = self.content(poly)
            lead = Fraction(rest[min(rest)])
        else:
            factor, rest = self.positive_content(poly)
            lead = Fraction(1)
        rest = scale(rest, 1 / lead)
        if len(rest) == 1:
            powered = super().power(rest, exponent, self.used(rest, indices))
        else:
            powered = self.single("", rest, self.used(rest, indices), exponent if exponent.denominator > 1 else int(exponent))
        outside: Poly = {((), tuple((atom, e * exponent) for atom, e in factor)): lead ** int(exponent) if lead != 1 else 1}
        return self.multiply(outside, powered)

    def put(self, out: Poly, c: Fraction | int, bound: tuple[str, ...], factors: Factors) -> None:
        """Add c times a product; E/(1 + E) and 1/(E (1 + E)) are split, so that equal rational functions have one form."""
        split = self.rational and self.splittable(factors)
        if not split:
            super().put(out, c, bound, factors)
            return
        plus, minus = split
        self.put(out, c, bound, factors + plus)
        self.put(out, -c, bound, factors + minus)

    def splittable(self, factors: Factors) -> tuple[Factors, Factors] | None:
        """For E^k D^-n with D = 1 + E: by what the product is multiplied in the two parts of its difference; None if there is no such."""
        powers: dict[Atom, Fraction | int] = {}
        for atom, e in factors:
            powers[atom] = powers.get(atom, 0) + e
        for atom, e in powers.items():
            if atom[0] != POWER or e >= 0 or e != int(e):
                continue
            inner = self.inner(atom)
            exponential = _one_plus(inner)
            if exponential is None:
                continue
            shared = [powers.get(a, 0) / Fraction(k) for a, k in exponential]
            if all(s >= 1 for s in shared):  # E/D^n = 1/D^(n-1) - 1/D^n
                down = self.inverse(exponential)
                return (*down, (atom, 1)), down
            if all(s <= -1 for s in shared):  # 1/(E D^n) = 1/(E D^(n-1)) - 1/D^n
                return ((atom, 1),), exponential
        return None

    def content(self, poly: Poly) -> tuple[Factors, Poly]:
        """Π atom^e with the least exponent that each atom has in any product, and the polynomial without it."""
        return self.taken_out(poly, lambda atom: True)

    def positive_content(self, poly: Poly) -> tuple[Factors, Poly]:
        """The same for values that are positive."""
        return self.taken_out(poly, self.is_positive)

    def is_positive(self, atom: Atom) -> bool:
        """Whether a value is positive by its form: of exp or σ, or a power of a sum of such values."""
        if atom[0] == VALUE:
            return self.inside[atom[1]][0] in ("exp", "sigmoid")
        if atom[0] != POWER:
            return False
        inner = self.inside[atom[1]][1]
        return all(c > 0 and all(self.is_positive(a) for a, _ in factors) for (_, factors), c in inner.items())

    def taken_out(self, poly: Poly, wanted: Callable[[Atom], bool]) -> tuple[Factors, Poly]:
        each = [dict(factors) for _, factors in poly]
        free = (a for powers in each for a in powers if a[0] in TAKEN_OUT and all(i[0] < 0 for i in a[2]))
        atoms = dict.fromkeys(a for a in free if wanted(a))
        least = {a: min(powers.get(a, 0) for powers in each) for a in atoms}
        factor = tuple((a, e) for a, e in least.items() if e)
        return factor, self.times(poly, self.inverse(factor)) if factor else poly

    def inverse(self, factor: Factors) -> Factors:
        return tuple((atom, -e) for atom, e in factor)

    def times(self, poly: Poly, factor: Factors) -> Poly:
        return self.multiply(poly, {((), factor): 1})

    def raised(self, factor: Factors, degree: int) -> Poly:
        return {((), tuple((atom, e * degree) for atom, e in factor)): 1} if degree else constant(1)

    def vanishes(self, poly: Poly) -> bool:
        """Whether a polynomial is 0 wherever it is defined, as far as multiplying by denominators shows it."""
        for _ in range(MOST_CLEARED):
            if not poly:
                return True
            factor = tuple((a, e) for a, e in self.content(poly)[0] if a[0] == POWER and e < 0)
            if not factor or not self.rational:
                return False
            poly = self.times(poly, self.inverse(factor))
        return not poly

    def label(self, fn: str, formal: Poly) -> str:
        """One name for values of equal arguments, also where their equality needs denominators to be cleared."""
        key = (fn, frozenset(formal.items()))
        if self.rational and key not in self.labels:
            for label, (other, inside) in list(self.inside.items()):
                if other == fn and _looks(inside) == _looks(formal) and self.vanishes(add(inside, scale(formal, -1))):
                    self.labels[key] = label
                    break
        return super().label(fn, formal)


def negative(poly: Poly) -> bool:
    """Whether the least product of a polynomial has a negative coefficient."""
    return bool(poly) and poly[min(poly)] < 0


def _one_plus(poly: Poly) -> Factors | None:
    """The factors of E if the polynomial is 1 + E with a product E of exponentials."""
    if len(poly) != 2 or poly.get(UNIT) != 1:
        return None
    ((bound, factors),) = (term for term in poly if term != UNIT)
    return factors if poly[bound, factors] == 1 and not bound and all(a[1].startswith("exp#") for a, _ in factors) else None


def _looks(poly: Poly) -> frozenset[tuple[int, str]]:
    """The free indices of a polynomial."""
    return frozenset((i[0], i[1]) for _, factors in poly for (_, _, at), _ in factors for i in at if i[0] < 0)
