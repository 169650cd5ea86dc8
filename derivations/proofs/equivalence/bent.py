"""States that are not affine in the states before: numbers for which f(u + v) + f(0) and f(u) + f(v) differ."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Any

import numpy as np

from derivations.cell import Cell
from derivations.evaluate import Values, evaluate_expr
from derivations.functions import float_functions
from derivations.notation import unicode
from derivations.notation.tree import Name, Ref
from derivations.proofs.equivalence.refute import DIFFERENT, DRAWS, ENTRIES
from derivations.proofs.step import leaves
from derivations.sizes import shape_value


def bent(cell: Cell, moved: Collection[Name]) -> dict[str, Any] | None:
    """The first draw found for which new states are not affine in the same states before; None if none was found."""
    sizes = dict.fromkeys(cell.sizes, 1)
    for draw in range(DRAWS):
        random = Random(draw)
        drawn = {ref: _drawn(cell, ref, sizes, random) for ref in leaves(cell)}
        fixed = {ref: value for ref, value in drawn.items() if ref.time != -1 or ref.name not in moved}
        fixed |= {Ref(name): np.full(shape_value(cell.shapes[name], sizes), float(value)) for name, value in cell.constants.items()}
        u, v = ({Ref(name, -1): _drawn(cell, Ref(name, -1), sizes, random) for name in moved} for _ in range(2))
        both, none = {ref: u[ref] + v[ref] for ref in u}, {ref: 0 * u[ref] for ref in u}
        at_both, at_u, at_v, at_none = (_step(cell, {**fixed, **state}, sizes) for state in (both, u, v, none))
        for name in moved:
            ref = Ref(name, 0)
            one, other = (float(np.ravel(x)[0]) for x in (at_both[ref] + at_none[ref], at_u[ref] + at_v[ref]))
            if np.isfinite(one) and np.isfinite(other) and abs(one - other) > DIFFERENT * max(1.0, abs(other)):
                shown = {unicode(r): value.tolist() for r, value in fixed.items() if np.any(value)}
                shown |= {f"{letter}: {unicode(r)}": value.tolist() for letter, given in (("u", u), ("v", v)) for r, value in given.items()}
                sums = (f"{unicode(ref)} at u + v and at 0, added", f"{unicode(ref)} at u and at v, added")
                return {**sizes, **shown, sums[0]: one, sums[1]: other}
    return None


def _drawn(cell: Cell, ref: Ref, sizes: dict[str, int], random: Random) -> Any:
    shape = shape_value(cell.shapes[ref.name], sizes)
    return np.array([random.choice(ENTRIES) for _ in range(int(np.prod(shape)))]).reshape(shape)


def _step(cell: Cell, values: Values, sizes: dict[str, int]) -> Values:
    known = dict(values)
    with np.errstate(all="ignore"):
        for eq in cell.equations:
            known[eq.target] = np.asarray(evaluate_expr(eq.expr, known, float_functions(), sizes=sizes))
    return known
