"""Identities of vectors and matrices for every size, and what follows from them.

A step of the argument is an identity (``same = "left = right"``: both sides are written out in elements of arrays of the shapes
that are given, and have the same normal form), an identity of numbers (``scalar``), or a conclusion in words (``says``),
which has to follow from the steps before it or to name a theorem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from random import Random
from typing import Any

import numpy as np

from derivations.claims.arguments.slopes import apart
from derivations.claims.claim import Claim
from derivations.claims.facts import Fact, concluded
from derivations.claims.scalars import is_zero, scalar
from derivations.errors import CellError
from derivations.evaluate import evaluate_expr
from derivations.leaves import with_leaves
from derivations.notation import read_expr
from derivations.notation.tree import Assignment, Expr, Name, Ref, refs
from derivations.proofs.gradients.elements import Algebra
from derivations.proofs.gradients.expansion import Expansion
from derivations.resolve import Roles
from derivations.shapes import infer_shapes
from derivations.sizes import Shape, shape_value
from derivations.verdict import Result

DRAWS = 5
SIZE = 2  # of every axis of a counterexample


def argued(claim: Claim) -> Result:
    """All identities of the steps, in order."""
    shapes = {name: tuple((size,) for size in sizes) for name, sizes in claim.given.get("shapes", {}).items()}
    facts, wrong = [], []
    for step in claim.needed("steps"):
        ((kind, text),) = step.items()
        if kind == "says":
            facts.append(Fact(text, True))
            continue
        if kind not in ("same", "scalar"):
            raise CellError(f"a step {kind!r}", hint="a step is same, scalar or says", file=claim.file)
        left, right = (side.strip() for side in text.split("=", 1))
        if kind == "scalar":
            difference = scalar(left) - scalar(right)
            facts.append(Fact(f"{text}, as numbers", is_zero(difference)))
            shown = None if facts[-1].holds else apart([difference])
        else:
            identity = Identity(left, right, shapes)
            facts.append(Fact(f"{text}: the same normal form for every size", identity.holds))
            shown = None if facts[-1].holds else identity.counterexample()
        if shown:
            wrong.append({**shown, "fails": text})
    kinds = {kind for step in claim.needed("steps") for kind in step}
    method = ", ".join(name for kind, name in (("same", "index contraction"), ("scalar", "scalar identity")) if kind in kinds)
    return concluded(claim, method, facts, independent_of="the calculus", counterexample=lambda: wrong[0] if wrong else None)


@dataclass(frozen=True)
class Identity:
    """Two expressions over arrays of some shapes."""

    left: str
    right: str
    shapes: Mapping[str, Shape]

    @cached_property
    def typed(self) -> tuple[tuple[Expr, ...], dict[Name, Shape], Shape]:
        """Both sides with their products resolved, the shapes of their names, and the shape of the sides."""
        sides = [read_expr(text) for text in (self.left, self.right)]
        target = Name("q", sub="9001")
        used = tuple(dict.fromkeys(ref.name for side in sides for ref in refs(side) if ref.name.id in self.shapes))
        declared = {name.id: self.shapes[name.id] for name in used}
        sizes = dict.fromkeys(size for known in self.shapes.values() for size in known)
        for shape in ((), *product(sizes), *product(sizes, sizes)):  # the shape of the sides is not written down
            try:
                written, _ = with_leaves([Assignment(Ref(target, 0), side) for side in sides], {}, declared)
                equations, shapes = infer_shapes(written, Roles((used[-1],), (), used, (target,)), declared | {target.id: shape})
                return tuple(eq.expr for eq in equations), {name: shapes[name] for name in used}, shape
            except CellError as error:
                last = error
        raise last

    @property
    def holds(self) -> bool:
        """Whether both sides have the same normal form."""
        (left, right), shapes, shape = self.typed
        expansion = Expansion(Algebra(), (), shapes)
        indices = tuple((-101 - axis, size[0], ()) for axis, size in enumerate(shape))
        return expansion.element(left, indices) == expansion.element(right, indices)

    def counterexample(self) -> dict[str, Any] | None:
        """Small whole numbers at which the sides differ."""
        (left, right), shapes, _ = self.typed
        for draw in range(DRAWS):
            random = Random(draw)
            sizes = {atom: SIZE for shape in shapes.values() for size in shape for atom in size}
            values = {Ref(name): _drawn(random, shape_value(shape, sizes)) for name, shape in shapes.items()}
            one, other = (np.asarray(evaluate_expr(side, values, {}, sizes=sizes)) for side in (left, right))
            if not np.all(one == other):
                return {
                    **{str(ref.name): np.asarray(v).tolist() for ref, v in values.items()},
                    "left": one.tolist(),
                    "right": other.tolist(),
                }
        return None


def _drawn(random: Random, shape: tuple[int, ...]) -> Any:
    out = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        out[place] = random.randint(-3, 3)
    return out[()]
