"""Numbers for exact evaluation: polynomials over the rationals that carry their partial derivatives along.

Every entry of every array is a generator of one SymPy polynomial ring, every distinct value of a function is one, and so
is every distinct reciprocal. Sums, products and the chain rule act on value and partial derivatives at once, so one
evaluation of a cell's equations gives the derivative of everything by everything. No indices, no matrices, no trees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from itertools import count, product
from typing import Any, TypeAlias, TypeVar

import numpy as np
from sympy.polys.domains import QQ, ZZ
from sympy.polys.rings import PolyElement, ring

from derivations.evaluate import Functions
from derivations.functions import FUNCTIONS
from derivations.proofs.gradients.derivatives import ARGUMENT, Polynomial, derivative


class Inexact(Exception):
    """What cannot be computed exactly, or not in reasonable time."""


class TooSmall(Inexact):
    """A ring without enough generators, or one of integers that meets a fraction."""


class TooMuch(Inexact):
    """A computation of more products of terms than a proof may take."""


MOST = 25_000_000  # entries of exponents computed in one evaluation, a second or two

Found = TypeVar("Found")


def attempted(work: Callable[[Field], Found], generators: int) -> Found:
    """What ``work`` finds in the smallest ring that serves it."""
    for fractions, factor in product((False, True), (1, 2, 8)):
        try:
            return work(Field(generators * factor, fractions=fractions))
        except TooSmall:
            continue
    raise TooSmall


class Field:
    """The ring, with the meaning of its generators."""

    def __init__(self, generators: int, *, fractions: bool = False) -> None:
        self.ring, *self.free = ring([f"g{k}" for k in range(generators)], QQ if fractions else ZZ)  # ZZ is faster
        self.free.reverse()
        self.places = count()  # numbers for what is differentiated by
        self.spent, self.most = 0, MOST  # entries of exponents computed so far, and how many may be
        self.values: dict[tuple[str, PolyElement], PolyElement] = {}
        self.logarithms: dict[PolyElement, PolyElement] = {}  # generator → what it is the logarithm of
        self.roots: dict[tuple[PolyElement, int], PolyElement] = {}  # (base, n) → generator with generator^n = base; n = -1: 1/base

    def new(self) -> PolyElement:
        """A generator that has no meaning yet."""
        if not self.free:
            raise TooSmall
        return self.free.pop()

    def spend(self, products: int) -> None:
        """Count products of terms; raises ``TooMuch`` when they are too many."""
        self.spent += products * self.ring.ngens
        if self.spent > self.most:
            raise TooMuch(f"polynomials in {self.ring.ngens} symbols with too many terms")

    def constant(self, value: Fraction | int) -> Exact:
        """A rational number."""
        if value.denominator > 1 and self.ring.domain is ZZ:
            raise TooSmall
        number = QQ(value.numerator, value.denominator) if value.denominator > 1 else value.numerator
        return Exact(self, self.ring(number), {})

    def symbols(self, shape: tuple[int, ...]) -> Any:
        """An array whose entries are symbols of their own."""
        return self.filled(shape, lambda _: Exact(self, self.new(), {}))

    def filled(self, shape: tuple[int, ...], entry: Callable[[tuple[int, ...]], Exact]) -> Any:
        """An array of exact numbers; of no axes, one number."""
        out = np.empty(shape, dtype=object)
        for place in np.ndindex(*shape):
            out[place] = entry(place)
        return out[()]

    def marked(self, values: Any) -> tuple[Any, Any]:
        """The same values, differentiated by from here on, and the place of each in ``partials``."""
        places = np.frompyfunc(lambda _: next(self.places), 1, 1)(values)
        one = self.ring.one
        return np.frompyfunc(lambda v, at: Exact(self, v.poly, {**v.partials, at: one}), 2, 1)(values, places), places

    def named(self, values: Any) -> Any:
        """The same values, each with one symbol in the place of a polynomial; equal polynomials get equal symbols."""
        return np.frompyfunc(lambda v: Exact(self, self.symbol("", v.poly), v.partials) if len(v.poly) > 1 else v, 1, 1)(values)

    def unmarked(self, values: Any) -> Any:
        """The same values without their derivatives."""
        return np.frompyfunc(lambda v: Exact(self, v.poly, {}), 1, 1)(values)

    def equal(self, claim: Any, places: Any, partials: Mapping[int, PolyElement]) -> bool:
        """Whether an array is, entry by entry and exactly, the array of the partial derivatives at some places."""
        pairs = zip(np.ravel(claim), np.ravel(places), strict=True)
        return np.shape(claim) == np.shape(places) and all(self.is_zero(c.poly - partials.get(at, self.ring.zero)) for c, at in pairs)

    @property
    def functions(self) -> Functions:
        """The functions of cells on arrays of exact numbers."""
        return {fn: np.frompyfunc(partial(self.function, fn), 1, 1) for fn in FUNCTIONS}

    def function(self, fn: str, number: Exact) -> Exact:
        """A function value: one symbol for one argument; its slope is a polynomial in symbols for function values."""
        value, slope = self.value(fn, number.poly), self.ring.zero
        for c, other, k in self.slope(fn) if number.partials else ():
            base = number.poly if other == ARGUMENT else self.value(other, number.poly)
            slope += self.constant(c).poly * (self.inverse(base) if k < 0 else base**k)
        return Exact(self, value, {at: slope * d for at, d in number.partials.items()})

    @staticmethod
    def slope(fn: str) -> Polynomial:
        """The derivative of a function in terms of function values."""
        found = derivative(fn)
        if found is None:
            raise Inexact(f"no derivative of {fn} in terms of function values is known")
        return found

    def value(self, fn: str, argument: PolyElement) -> PolyElement:
        """A function value; exp(u − log s) is exp(u)/s, as a share of a sum is computed."""
        logarithm = next((known for known in self.logarithms if argument.coeff(known)), None) if fn == "exp" else None
        if logarithm is None:
            found = self.symbol(fn, argument)
            if fn == "log":
                self.logarithms[found] = argument
            return found
        times = int(argument.coeff(logarithm))
        base = self.logarithms[logarithm]
        return self.value(fn, argument - times * logarithm) * (self.inverse(base) ** -times if times < 0 else base**times)

    def symbol(self, fn: str, argument: PolyElement) -> PolyElement:
        """The generator that stands for a function value."""
        if (fn, argument) not in self.values:
            self.values[fn, argument] = self.new()
        return self.values[fn, argument]

    def root(self, base: PolyElement, n: int) -> PolyElement:
        """The generator whose n-th power is ``base``; the reciprocal for n = -1."""
        if (base, n) not in self.roots:
            self.roots[base, n] = self.new()
        return self.roots[base, n]

    def inverse(self, base: PolyElement) -> PolyElement:
        """1 / base as a power of a generator; the reciprocal of a square is the square of a reciprocal that is known."""
        for (known, n), generator in self.roots.items():
            for k in (2, 3, 4) if n < 0 else ():
                if all(k * e == b for e, b in zip(known.LM, base.LM, strict=True)) and known**k == base:  # powers are dear
                    return generator**k
        return self.root(base, -1)

    def is_zero(self, poly: PolyElement) -> bool:
        """Whether a polynomial is 0 by what its generators mean: denominators are cleared, powers of roots put in."""
        for (base, n), generator in reversed(self.roots.items()):
            at = self.ring.index(generator)
            highest = max((exponents[at] for exponents in poly), default=0)
            if not highest:
                continue
            cleared = self.ring.zero
            for exponents, c in poly.items():
                k = exponents[at]
                others = self.ring({(*exponents[:at], 0 if n < 0 else k % n, *exponents[at + 1 :]): c})
                power = base ** (highest - k if n < 0 else k // n)
                self.spend(len(others) * len(power) + len(cleared) // 8)  # the sum is copied each time
                cleared += others * power
            poly = cleared
        return not poly


Operation: TypeAlias = Callable[["Exact", "Exact"], "Exact"]


def _lifting(operation: Operation) -> Callable[[Exact, Any], Any]:
    """Numbers on the right become exact; arrays take over."""

    def operate(self: Exact, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        return operation(self, other if isinstance(other, Exact) else self.field.constant(Fraction(other)))

    return operate


def _reflected(operation: Operation) -> Callable[[Exact, Any], Any]:
    return _lifting(lambda self, other: operation(other, self))


def _add(left: Exact, right: Exact) -> Exact:
    partials = dict(left.partials)
    for at, d in right.partials.items():
        partials[at] = partials[at] + d if at in partials else d
    return Exact(left.field, left.poly + right.poly, partials)


def _multiply(left: Exact, right: Exact) -> Exact:
    left.field.spend(_terms(left) * len(right.poly) + len(left.poly) * _terms(right))
    partials = {at: d * right.poly for at, d in left.partials.items()}
    for at, d in right.partials.items():
        partials[at] = partials[at] + left.poly * d if at in partials else left.poly * d
    return Exact(left.field, left.poly * right.poly, partials)


def _terms(number: Exact) -> int:
    return sum(map(len, (number.poly, *number.partials.values())))


def _subtract(left: Exact, right: Exact) -> Exact:
    return _add(left, _multiply(right, right.field.constant(Fraction(-1))))


def _divide(left: Exact, right: Exact) -> Exact:
    if right.poly.is_ground:
        return _multiply(left, left.field.constant(1 / _number(right)))
    inverse = left.field.inverse(right.poly)
    return _multiply(left, Exact(left.field, inverse, {at: -(inverse**2) * d for at, d in right.partials.items()}))


def _power(base: Exact, exponent: Exact) -> Exact:
    power, one = _number(exponent), base.field.constant(Fraction(1))
    found = one
    for _ in range(abs(power.numerator)):
        found = _multiply(found, base if power.denominator == 1 else base.root(power.denominator))
    return found if power >= 0 else _divide(one, found)


def _number(constant: Exact) -> Fraction:
    value = constant.poly.coeff(1)
    return Fraction(int(value.numerator), int(value.denominator))


class Exact:
    """A polynomial and its partial derivatives by the entries that are differentiated by."""

    __slots__ = ("field", "partials", "poly")

    def __init__(self, field: Field, poly: PolyElement, partials: dict[int, PolyElement]) -> None:
        self.field, self.poly, self.partials = field, poly, partials

    __add__, __radd__ = _lifting(_add), _reflected(_add)
    __mul__, __rmul__ = _lifting(_multiply), _reflected(_multiply)
    __sub__, __rsub__ = _lifting(_subtract), _reflected(_subtract)
    __truediv__, __rtruediv__ = _lifting(_divide), _reflected(_divide)
    __pow__ = _lifting(_power)

    def __neg__(self) -> Exact:
        return _multiply(self, self.field.constant(Fraction(-1)))

    def root(self, n: int) -> Exact:
        """The n-th root r, with dr = r / (n · base) · d base."""
        root = self.field.root(self.poly, n)
        slope = root * self.field.inverse(self.poly) * self.field.constant(Fraction(1, n)).poly
        return Exact(self.field, root, {at: slope * d for at, d in self.partials.items()})
