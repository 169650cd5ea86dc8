"""Sums of products of array elements in a normal form: two expressions are equal for every size if their forms are.

A polynomial maps products of elements to coefficients. Some indices of a product are bound: it stands for the sum over
all their values. ``Σⱼ W[p, j] x[j]`` is one product with one bound index. Equal products get equal keys: deltas are
contracted, equal factors merged, bound indices numbered in a canonical way.

Function values are opaque: σ of equal polynomials is the same element, whatever it was called where it was computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import count, permutations, product
from typing import TypeAlias

# (variable, size, offset): variables from 0 are bound, negative ones free. The index runs over a named size. In an
# array whose axis is a sum of sizes it stands ``offset`` entries further down: the second block of [h, x] is at (hidden,).
Index: TypeAlias = tuple[int, str, tuple[str, ...]]
Atom: TypeAlias = tuple[str, str, tuple[Index, ...]]  # kind, label, indices
Factors: TypeAlias = tuple[tuple[Atom, Fraction | int], ...]
Term: TypeAlias = tuple[tuple[str, ...], Factors]  # the sizes of the bound indices 0, 1, …; sorted factors with exponents
Place: TypeAlias = tuple[str, str, Fraction | int, int]  # kind, label and exponent of a factor, and which of its axes
Poly: TypeAlias = dict[Term, Fraction | int]

VARIABLE, VALUE, POWER, DELTA, SIZE = "v", "f", "p", "δ", "n"  # kinds of atoms
UNIT: Term = ((), ())


MOST = 50_000  # products of one polynomial; a proof with more takes minutes


class Unwritten(Exception):
    """What cannot be written out in elements, or not in reasonable time; then nothing is proved."""


def constant(value: Fraction | int) -> Poly:
    """A number as a polynomial."""
    return {UNIT: value} if value else {}


def element(label: str, indices: Iterable[Index]) -> Poly:
    """One element of an array."""
    return {((), (((VARIABLE, label, tuple(indices)), 1),)): 1}


def extent(size: str) -> Poly:
    """The number of entries along a named size."""
    return {((), (((SIZE, size, ()), 1),)): 1}


def delta(i: Index, j: Index) -> Poly:
    """1 where two indices over the same size are equal, 0 elsewhere."""
    return {((), (((DELTA, "", ((i[0], i[1], ()), (j[0], j[1], ()))), 1),)): 1}


def add(*polys: Poly) -> Poly:
    """The sum of polynomials."""
    out: Poly = {}
    for poly in polys:
        for term, c in poly.items():
            _accumulate(out, term, c)
    return out


def scale(poly: Poly, factor: Fraction | int) -> Poly:
    """A multiple of a polynomial."""
    return {term: c * factor for term, c in poly.items()} if factor else {}


def _accumulate(out: Poly, term: Term, c: Fraction | int) -> None:
    if len(out) > MOST:
        raise Unwritten(f"more than {MOST} products of elements")
    total = out.get(term, 0) + c
    if total:
        out[term] = total
    else:
        out.pop(term, None)


class Algebra:
    """Polynomials over one common set of function values and powers."""

    def __init__(self, most: int | None = None) -> None:
        self.most, self.spent = most, 0  # how many products of elements may be formed, and how many have been
        self.labels: dict[tuple[str, frozenset[tuple[Term, Fraction | int]]], str] = {}
        self.inside: dict[str, tuple[str, Poly]] = {}  # label → function (or "") and its argument
        self.fresh = count(-1000, -1)  # free variables that no caller uses

    def multiply(self, *polys: Poly) -> Poly:
        """The product; bound indices of the factors are kept apart."""
        found = polys[0]
        for other in polys[1:]:
            out: Poly = {}
            for (bound_a, a), ca in found.items():
                for (bound_b, b), cb in other.items():
                    self.put(out, ca * cb, bound_a + bound_b, a + renamed(b, {}, len(bound_b), len(bound_a)))
            found = out
        return found

    def bind(self, poly: Poly, variable: int, size: str) -> Poly:
        """The sum over all values of a free index."""
        out: Poly = {}
        for (bound, factors), c in poly.items():
            self.put(out, c, (*bound, size), mapped(factors, {variable: len(bound)}))
        return out

    def rename(self, poly: Poly, variables: Mapping[int, int]) -> Poly:
        """Other free indices in place of free indices."""
        out: Poly = {}
        for (bound, factors), c in poly.items():
            self.put(out, c, bound, mapped(factors, variables))
        return out

    def put(self, out: Poly, c: Fraction | int, bound: tuple[str, ...], factors: Factors) -> None:
        """Add c times a product to ``out``; ``bound`` gives the sizes of its bound indices 0, 1, …"""
        self.spent += 1
        if self.most is not None and self.spent > self.most:
            raise Unwritten(f"more than {self.most} products of elements formed")
        left, factors = _contract(bound, factors)
        powers: dict[Atom, Fraction | int] = {}
        for atom, exponent in factors:
            powers[atom] = 1 if atom[0] == DELTA else powers.get(atom, 0) + exponent
        whole = next((a for a, e in powers.items() if a[0] == POWER and e > 0 and e == int(e)), None)
        if whole is None:
            _accumulate(out, _canonical(left, powers), c)
            return
        for term, value in self.expanded(left, powers, whole).items():
            _accumulate(out, term, c * value)

    def expanded(self, bound: Mapping[int, str], powers: Mapping[Atom, Fraction | int], whole: Atom) -> Poly:
        """A product in which the exponent of an opaque polynomial became a natural number: that is multiplied out."""
        free = {v: next(self.fresh) for v in bound}
        ((opened, exponent),) = mapped(((whole, powers[whole]),), free)
        others = mapped(tuple((a, e) for a, e in powers.items() if a != whole), free)
        found = self.multiply({((), others): 1}, *[self.inner(opened)] * int(exponent))
        for v, size in bound.items():
            found = self.bind(found, free[v], size)
        return found

    def inner(self, atom: Atom) -> Poly:
        """The polynomial within a function value or power, at the indices of the atom."""
        return self.inner_at(self.inside[atom[1]][1], atom[2])

    def inner_at(self, formal: Poly, indices: tuple[Index, ...]) -> Poly:
        """A polynomial in the indices -1, -2, … at other indices."""
        return self.rename(formal, {-1 - k: i[0] for k, i in enumerate(indices)})

    def opaque(self, fn: str, poly: Poly, indices: tuple[Index, ...], exponent: Fraction | int = 1) -> Poly:
        """The value of a function of a polynomial, or (``fn`` = "") its power: one element, but for exponentials and logarithms."""
        if fn == "exp":
            return self.exponential(poly, indices)
        if fn == "log":
            return self.logarithm(poly, indices)
        return self.single(fn, poly, indices, exponent)

    def exponential(self, poly: Poly, indices: tuple[Index, ...]) -> Poly:
        """exp(Σ c m) = Π exp(m)^c over the terms of a polynomial; exp(log p) = p, where log p is a number."""
        found = constant(1)
        for term, c in poly.items():
            (bound, factors) = term
            if not bound and len(factors) == 1 and factors[0][1] == 1 and self.inside.get(factors[0][0][1], ("",))[0] == "log":
                atom = factors[0][0]
                found = self.multiply(found, self.power(self.inner(atom), Fraction(c), atom[2]))
                continue
            alone: Poly = {term: 1}
            ((_, ((atom, _),)),) = self.single("exp", alone, self.used(alone, indices))
            found = self.multiply(found, {((), ((atom, c),)): 1})
        return found

    def logarithm(self, poly: Poly, indices: tuple[Index, ...]) -> Poly:
        """log(Π exp(m)^c) = Σ c m; the logarithm of anything else is one element."""
        if len(poly) == 1 and next(iter(poly.values())) == 1:
            ((bound, factors),) = poly
            if not bound and all(self.inside.get(atom[1], ("",))[0] == "exp" for atom, _ in factors):
                return add(*(scale(self.inner(atom), c) for atom, c in factors))
        return self.single("log", poly, self.used(poly, indices))

    def used(self, poly: Poly, indices: tuple[Index, ...]) -> tuple[Index, ...]:
        """The indices that a polynomial has, in the one order that gives its values the least key."""
        seen = {i[0] for _, factors in poly for (_, _, at), _ in factors for i in at}
        left = [i for i in indices if i[0] in seen]
        orders = permutations(left)
        return min(orders, key=lambda order: sorted(self.rename(poly, {i[0]: -1 - k for k, i in enumerate(order)}).items()))

    def single(self, fn: str, poly: Poly, indices: tuple[Index, ...], exponent: Fraction | int = 1) -> Poly:
        """The value of a function of a polynomial, or (``fn`` = "") its power, as one element with these indices."""
        formal = self.rename(poly, {i[0]: -1 - k for k, i in enumerate(indices)})
        label = self.label(fn, formal)
        return {((), (((VALUE if fn else POWER, label, indices), exponent),)): 1}

    def label(self, fn: str, formal: Poly) -> str:
        """The name of a function of a polynomial in the indices -1, -2, …; equal ones have one name."""
        key = (fn, frozenset(formal.items()))
        if key not in self.labels:
            self.labels[key] = f"{fn}#{len(self.labels)}"
            self.inside[self.labels[key]] = (fn, formal)
        return self.labels[key]

    def power(self, poly: Poly, exponent: Fraction, indices: tuple[Index, ...]) -> Poly:
        """A constant power: multiplied out if natural, of one element by its exponent, opaque otherwise."""
        if exponent.denominator == 1 and exponent >= 0:
            return self.multiply(constant(1), *[poly] * int(exponent))
        if len(poly) == 1:
            ((bound, factors), c) = next(iter(poly.items()))
            if not bound and exponent.denominator == 1:
                return {((), tuple((atom, e * int(exponent)) for atom, e in factors)): Fraction(c) ** int(exponent)}
            if not bound and c == 1 and len(factors) == 1 and factors[0][1] == 1:
                return {((), ((factors[0][0], exponent),)): 1}
        return self.single("", poly, indices, exponent if exponent.denominator > 1 else int(exponent))


def mapped(factors: Factors, new: Mapping[int, int]) -> Factors:
    """Other variables in the place of some."""
    get = new.get
    return tuple([((kind, label, tuple([(get(v, v), size, at) for v, size, at in indices])), e) for (kind, label, indices), e in factors])


def renamed(factors: Factors, variables: Mapping[int, int], bound: int, shift: int) -> Factors:
    """The 0, 1, … ``bound`` variables moved up by ``shift``, free ones replaced."""
    new = {**variables, **{v: v + shift for v in range(bound)}} if shift else variables
    return mapped(factors, new) if new else factors


def _contract(bound: tuple[str, ...], factors: Factors) -> tuple[dict[int, str], Factors]:
    """Σⱼ δᵢⱼ eⱼ = eᵢ, as often as it applies; δ of two free indices stays and identifies them in all other factors."""
    left = dict(enumerate(bound))
    deltas = tuple(f for f in factors if f[0][0] == DELTA)
    if not deltas:
        return left, factors
    factors = tuple(f for f in factors if f[0][0] != DELTA)
    kept: Factors = ()
    while deltas:
        (((_, _, ((i, size, _), (j, _, _))), _), *others) = deltas
        low, high = sorted((i, j))
        deltas, factors, kept = (mapped(fs, {high: low}) for fs in (tuple(others), factors, kept))
        if high >= 0 and low != high:
            del left[high]
        elif low != high:
            kept += (((DELTA, "", ((low, size, ()), (high, size, ()))), 1),)
    return left, factors + kept


def _canonical(bound: Mapping[int, str], powers: dict[Atom, Fraction | int]) -> Term:
    """The product with its bound indices numbered in the one way that gives the least key."""
    used = {i[0] for (_, _, indices), e in powers.items() if e for i in indices}
    for size in (size for v, size in bound.items() if v not in used):  # Σⱼ 1 is the size itself
        powers[SIZE, size, ()] = powers.get((SIZE, size, ()), 0) + 1
    factors = tuple((atom, e) for atom, e in powers.items() if e)
    variables = [v for v in bound if v in used]
    if not variables:
        return (), tuple(sorted(factors))
    if len(variables) == 1:
        return (bound[variables[0]],), tuple(sorted(mapped(factors, {variables[0]: 0})))
    best = min(tuple(sorted(mapped(factors, new))) for new in _numberings(variables, bound, factors))
    sizes = {i[0]: i[1] for (_, _, indices), _ in best for i in indices if i[0] >= 0}
    return tuple(sizes[v] for v in range(len(variables))), best


def _numberings(variables: list[int], bound: Mapping[int, str], factors: Factors) -> Iterator[dict[int, int]]:
    """Numberings of the bound variables that can give the least key: only variables that look alike are permuted."""
    seen: dict[int, list[Place]] = {v: [] for v in variables}
    for (kind, label, indices), exponent in factors:
        for axis, (v, _, _) in enumerate(indices):
            if v >= 0:
                seen[v].append((kind, label, exponent, axis))
    looks: dict[tuple[str, tuple[Place, ...]], list[int]] = {}
    for v in variables:
        looks.setdefault((bound[v], tuple(sorted(seen[v]))), []).append(v)
    classes = [looks[key] for key in sorted(looks)]
    for arrangement in product(*map(permutations, classes)):
        yield {v: n for n, v in enumerate(v for block in arrangement for v in block)}
