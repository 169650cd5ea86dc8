"""Sizes of arrays and their unification.

A size is a sum of named sizes (``inputs + hidden`` for a concatenation), kept as a sorted tuple of names.
While shapes are being inferred a name may also be an integer, which stands for a size that is not known yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Size: TypeAlias = tuple[str, ...]
Shape: TypeAlias = tuple[Size, ...]

OpenSize: TypeAlias = tuple[str | int, ...]
OpenShape: TypeAlias = tuple[OpenSize, ...]


class Clash(Exception):
    """Two sizes that cannot be equal."""


class Unifier:
    """Finds the sizes that a set of equalities leaves open."""

    def __init__(self) -> None:
        self.bound: dict[int, OpenSize] = {}
        self.count = 0
        self.deferred: list[tuple[OpenSize, OpenSize]] = []

    def fresh(self) -> OpenSize:
        """A size about which nothing is known."""
        self.count += 1
        return (self.count,)

    def resolve(self, size: OpenSize) -> OpenSize:
        """The size with everything known put in."""
        atoms: list[str | int] = []
        for atom in size:
            atoms.extend(self.resolve(self.bound[atom]) if isinstance(atom, int) and atom in self.bound else (atom,))
        return tuple(sorted(atoms, key=lambda a: (isinstance(a, int), a)))

    def equal(self, a: OpenSize, b: OpenSize) -> None:
        """Demand a = b; what cannot be used yet is kept for ``settle``."""
        left, right = Counter(self.resolve(a)), Counter(self.resolve(b))
        only_left, only_right = tuple((left - right).elements()), tuple((right - left).elements())
        if not only_left and not only_right:
            return
        if not only_left or not only_right:
            raise Clash
        for one, other in ((only_left, only_right), (only_right, only_left)):
            if len(one) == 1 and isinstance(one[0], int) and one[0] not in other:
                self.bound[one[0]] = other
                return
        if all(isinstance(atom, str) for atom in only_left + only_right):
            raise Clash
        self.deferred.append((only_left, only_right))

    def settle(self) -> None:
        """Use the equalities that were put off; raises ``Clash`` where they leave a size open."""
        while self.deferred:
            waiting, self.deferred = self.deferred, []
            for a, b in waiting:
                self.equal(a, b)
            if len(self.deferred) >= len(waiting):
                raise Clash


def size_value(size: Size, values: Mapping[str, int]) -> int:
    """The number that a size is for given values of the named sizes."""
    return sum(values[name] for name in size)


def shape_value(shape: Shape, values: Mapping[str, int]) -> tuple[int, ...]:
    """The numbers that a shape is for given values of the named sizes."""
    return tuple(size_value(size, values) for size in shape)


def size_text(size: OpenSize) -> str:
    """A size for people: ``inputs + hidden``, ``4 hidden``; ``?`` where it is not known."""
    counts = Counter("?" if isinstance(atom, int) else atom for atom in size)
    return " + ".join(name if n == 1 else f"{n} {name}" for name, n in counts.items())


def shape_text(shape: OpenShape) -> str:
    """A shape for people: ``hidden × inputs``, ``scalar``."""
    return " × ".join(size_text(s) if len(s) == 1 else f"({size_text(s)})" for s in shape) if shape else "scalar"


LETTERS = {"inputs": "m", "hidden": "n"}  # as formulas write the usual sizes


def size_letter(size: Size) -> str:
    """A size in a formula: ``n``, ``n+m``, ``4n``; sizes without a usual letter keep their name."""
    counts = Counter(size)
    return "+".join((str(k) if k > 1 else "") + LETTERS.get(name, name) for name, k in counts.items())


def block_range(split: Sequence[Size], index: int) -> str:
    """The entries of one block of a concatenation, counted from 1: ``1:n``, ``n+1:n+m``."""
    before = "+".join(size_letter(size) for size in split[:index])
    own = size_letter(split[index])
    return f"{before}+1:{before}+{own}" if before else f"1:{own}"
