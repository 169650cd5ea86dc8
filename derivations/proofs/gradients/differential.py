"""Derivatives of polynomials in array elements, and substitution into them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import cast

from derivations.proofs.gradients.derivatives import ARGUMENT, derivative
from derivations.proofs.gradients.elements import (
    DELTA,
    POWER,
    SIZE,
    VALUE,
    VARIABLE,
    Algebra,
    Atom,
    Index,
    Poly,
    add,
    constant,
    mapped,
    renamed,
    scale,
)


class Substitution:
    """Puts polynomials in the place of the elements of an array, also within function values."""

    def __init__(self, algebra: Algebra, name: str, value: Callable[[tuple[Index, ...]], Poly]) -> None:
        self.algebra, self.name, self.value = algebra, name, value
        self.within: dict[str, Poly] = {}  # by label of a function value

    def __call__(self, poly: Poly) -> Poly:
        """The polynomial with every such element replaced."""
        out: Poly = {}
        for (bound, factors), c in poly.items():
            free = {v: next(self.algebra.fresh) for v in range(len(bound))}
            found = constant(c)
            for atom, exponent in mapped(factors, free):
                found = self.algebra.multiply(found, self.of_atom(atom, exponent))
            for v, size in enumerate(bound):
                found = self.algebra.bind(found, free[v], size)
            out = add(out, found)
        return out

    def of_atom(self, atom: Atom, exponent: Fraction | int) -> Poly:
        kind, label, indices = atom
        if kind == VARIABLE and label == self.name:
            return self.algebra.power(self.value(indices), Fraction(exponent), indices)
        if kind not in (VALUE, POWER):
            return {((), ((atom, exponent),)): 1}
        fn, argument = self.algebra.inside[label]
        if label not in self.within:
            self.within[label] = self(argument)
        inner = self.algebra.inner_at(self.within[label], indices)
        return self.algebra.power(inner if kind == POWER else self.algebra.opaque(fn, inner, indices), Fraction(exponent), indices)


class Differential:
    """A derivation in the sense of algebra: linear, with the product and chain rules; ``seed`` gives it on array elements."""

    def __init__(self, algebra: Algebra, seed: Callable[[str, tuple[Index, ...]], Poly]) -> None:
        self.algebra, self.seed = algebra, seed
        self.known: dict[tuple[str, tuple[Index, ...]], Poly] = {}

    def __call__(self, poly: Poly) -> Poly:
        """The derivative of a polynomial."""
        out: Poly = {}
        for (bound, factors), c in poly.items():
            for n, (atom, exponent) in enumerate(factors):
                rest = factors[:n] + (((atom, exponent - 1),) if exponent != 1 else ()) + factors[n + 1 :]
                place = {-1 - k: i[0] for k, i in enumerate(atom[2])}
                for (inner_bound, inner), value in self.of_atom(atom).items():
                    factors_of_slope = renamed(inner, place, len(inner_bound), len(bound))
                    self.algebra.put(out, c * exponent * value, bound + inner_bound, rest + factors_of_slope)
        return out

    def of_atom(self, atom: Atom) -> Poly:
        """The derivative of one element, at the indices -1, -2, …"""
        kind, label, indices = atom
        if kind in (DELTA, SIZE):
            return {}
        formal = tuple((-1 - k, size, offset) for k, (_, size, offset) in enumerate(indices))
        if (label, formal) not in self.known:
            self.known[label, formal] = self.seed(label, formal) if kind == VARIABLE else self.of_opaque(label, formal)
        return self.known[label, formal]

    def of_opaque(self, label: str, formal: tuple[Index, ...]) -> Poly:
        """The chain rule; the slope of a function is a polynomial in function values, or else opaque itself."""
        fn, argument = self.algebra.inside[label]
        inner = self(argument)
        if not fn or not inner:
            return inner
        known, slope = derivative(fn), cast(Poly, {})
        for c, name, k in ((1, fn + "'", 1),) if known is None else known:
            value = argument if name == ARGUMENT else self.algebra.opaque(name, argument, formal)
            slope = add(slope, scale(self.algebra.power(value, Fraction(k), formal), c))
        return self.algebra.multiply(slope, inner)
