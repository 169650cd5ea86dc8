"""Which random cases can be judged: the equations give finite numbers there, and no kink is so near that rounding decides.

At a kink the derivative is a convention, and next to one code and equations may stand on different sides. Such cases are
passed over and counted; they never count as tested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import DTypeLike

from derivations.functions import FUNCTIONS
from derivations.notation.tree import Expr
from numeric.checks.case import Array, Case, has_kinks
from numeric.checks.plain import Probe, floats, unroll

NEAR = "too near to a kink or a jump"
INFINITE = "where the equations give no finite number"
MOVES = 4  # random moves of all values together
ROUNDING64, ROUNDING32 = 1e-9, 1e-3  # relative moves: far more than all roundings of a case do, N ε < 1e-11 and 1e-4

Unfit = Callable[[Case], str]


class PassedOver(Exception):
    """A case that cannot be judged, with the reason; it is not counted as tested."""


class Branches(Probe):
    """Records on which side of every kink the arguments lie."""

    def __init__(self) -> None:
        self.found: list[Array] = []

    def argument(self, fn: str, real: Array) -> None:
        """The sign of the argument, or the whole number below it."""
        kinks = FUNCTIONS[fn].kinks
        if kinks:
            self.found.append(np.sign(real) if kinks == "zero" else np.floor(real))

    def branch(self, taken: Array) -> None:
        """The outcome of a comparison."""
        self.found.append(taken)


class Finite(Probe):
    """Whether every value, within equations too, is a finite number."""

    def __init__(self) -> None:
        self.finite = True

    def value(self, expr: Expr, value: Array) -> Array:
        """Looks at it."""
        self.finite = self.finite and bool(np.isfinite(value).all())
        return value


@np.errstate(all="ignore")
def is_finite(case: Case, variables: Mapping[str, Array] | None = None) -> bool:
    """Whether the equations, evaluated in the case's own type, give finite numbers only."""
    probe = Finite()
    unroll(case, floats(case.dtype), variables, probe)
    return probe.finite


@np.errstate(all="ignore")
def same_branches(case: Case, moves: Sequence[Mapping[str, Array]]) -> bool:
    """Whether every kink has the same side at ``case`` and after each of the moves, which are added to its variables."""
    if not has_kinks(case.cell):
        return True
    wide = case.astype(np.float64)
    stacked = {k: np.stack([v, *(v + move[k] if k in move else v for move in moves)]) for k, v in wide.variables.items()}
    probe, count = Branches(), len(moves) + 1
    unroll(wide, floats(), stacked, probe)
    return all(
        np.array_equal(found, np.broadcast_to(found[:1], found.shape), equal_nan=True)
        for found in probe.found
        if found.shape[:1] == (count,)
    )


def not_finite(case: Case) -> str:
    """Why a case cannot be judged even at a kink; "" if it can."""
    return "" if is_finite(case) else INFINITE


def unfit(case: Case) -> str:
    """Why a case cannot be judged in its own type; "" if it can."""
    return _unfit(case, np.dtype(case.dtype).name)


def unfit_float32(case: Case) -> str:
    """Why a case cannot be judged in float32; "" if it can."""
    return _unfit(case, "float32")


@lru_cache(maxsize=512)
def _unfit(case: Case, dtype: DTypeLike) -> str:
    if not is_finite(case.astype(dtype)):
        return INFINITE
    size, rng = (ROUNDING32 if dtype == "float32" else ROUNDING64), np.random.default_rng(0)
    free = {k: v for k, v in case.variables.items() if k not in case.held}
    moves = [{k: size * v * rng.choice([-1.0, 1.0], v.shape) for k, v in free.items()} for _ in range(MOVES)]
    return "" if same_branches(case, moves) else NEAR
