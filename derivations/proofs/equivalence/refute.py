"""Refutation of an equality of two cells: the smallest run found on which they give different numbers.

The author's equations of both cells are evaluated as they were typed, in float64, from matched states, with the matched
parameters and inputs. Sizes are tried from 1 on; then every number is replaced by 0, 1, −1, … while the two values stay different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from random import Random
from typing import Any, TypeAlias

import numpy as np

from derivations.evaluate import Values, evaluate_expr
from derivations.functions import float_functions
from derivations.notation import unicode
from derivations.notation.tree import Ref
from derivations.proofs.equivalence.system import Goal, System
from derivations.sizes import shape_value

DIFFERENT = 1e-6  # relative; a step in float64 rounds to about 1e-13, and what a reader sees is the sixth digit
DRAWS = 6  # runs drawn at each choice of sizes
LONGEST = 3  # steps: what two cells differ in may first reach a state that is not compared
ENTRIES = (2.0, 1.0, -1.0, 0.5, -0.5)  # exact in binary
SMALLEST = (0.0, 1.0, -1.0, 0.5)  # what an entry is replaced by where the refutation survives it


@dataclass(frozen=True)
class Run:
    """A run of both cells: sizes, everything that is given, and the inputs of each step."""

    pair: System
    sizes: Mapping[str, int]
    given: Values
    steps: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a run ends in two values: the step, the compared value, its entry, and both numbers."""

    step: int
    goal: Goal
    entry: tuple[int, ...]
    sides: tuple[float, float]


Wanted: TypeAlias = Callable[[Run, Values, int], Difference | None]


def search(pair: System) -> dict[str, Any] | None:
    """The smallest run found on which the cells differ, as plain data; None if none was found."""
    for run in _runs(pair):
        if _difference(run):
            return described(_shrunk(run, _differing))
    return None


def half_defined(pair: System) -> dict[str, Any] | None:
    """A run of one step in which only one of the two sides has values, as plain data; None if none was found."""
    for run in islice(_runs(pair), 1 + DRAWS):
        if _first(run, _one_sided):
            return described(_shrunk(run, _one_sided), _one_sided)
    return None


def differ(pair: System) -> bool:
    """Whether a few runs of one step, at sizes that are all different, show a difference: then no proof has to be tried."""
    atoms = _atoms(pair)
    sizes = {**{atom: k for k, atom in enumerate(atoms, 2)}, **dict.fromkeys(pair.single, 1)}
    return any(_difference(_drawn(pair, sizes, 1, Random(draw))) for draw in range(2))


def _atoms(pair: System) -> tuple[str, ...]:
    """The named sizes that are not fixed."""
    return tuple(dict.fromkeys(atom for shape in pair.shapes.values() for size in shape for atom in size if atom not in pair.single))


def _runs(pair: System) -> Iterator[Run]:
    """Runs to try, short and small ones first; before them the one in which everything is 0, where functions have their kinks."""
    atoms = _atoms(pair)
    yield _zero(pair, dict.fromkeys((*atoms, *pair.single), 1))
    small = sorted(product((1, 2), repeat=len(atoms)), key=sum) if len(atoms) <= 4 else [(1,) * len(atoms), (2,) * len(atoms)]
    for length in range(1, LONGEST + 1):
        for sizes in [*small, tuple(range(2, len(atoms) + 2))]:
            for draw in range(DRAWS):
                yield _drawn(pair, {**dict(zip(atoms, sizes, strict=True)), **dict.fromkeys(pair.single, 1)}, length, Random(draw))


def _drawn(pair: System, sizes: Mapping[str, int], length: int, random: Random) -> Run:
    def array(ref: Ref) -> Any:
        shape = shape_value(pair.shapes[ref.name], sizes)
        return np.array([random.choice(ENTRIES) for _ in range(int(np.prod(shape)))]).reshape(shape)

    given = {ref: array(ref) for ref in pair.given if ref.time != 0}
    steps = tuple({ref: array(ref) for ref in pair.given if ref.time == 0} for _ in range(length))
    return Run(pair, sizes, given, steps)


def _zero(pair: System, sizes: Mapping[str, int]) -> Run:
    run = _drawn(pair, sizes, 1, Random(0))
    given, step = ({ref: np.zeros_like(value) for ref, value in values.items()} for values in (run.given, run.steps[0]))
    return Run(pair, sizes, given, (step,))


def _difference(run: Run) -> Difference | None:
    """The first entry of a compared value that differs at the last step, if the run has values at all."""
    return _first(run, _differing)


def _first(run: Run, wanted: Wanted) -> Difference | None:
    known, pair = dict(run.given), run.pair
    with np.errstate(all="ignore"):
        for number, step in enumerate(run.steps, 1):
            known |= step
            for eq in pair.equations:
                if number == 1 or eq.target.time != -1:
                    shape = shape_value(pair.shapes[eq.target.name], run.sizes)
                    known[eq.target] = np.broadcast_to(evaluate_expr(eq.expr, known, float_functions(), sizes=run.sizes), shape)
            found = wanted(run, known, number) if number == len(run.steps) else None
            known |= {before: known[Ref(before.name, 0)] for before in list(known) if before.time == -1}
    return found


def _differing(run: Run, known: Values, step: int) -> Difference | None:
    for goal in run.pair.goals:
        left = np.asarray(known[goal.value], dtype=float)
        right = np.broadcast_to(evaluate_expr(goal.expr, known, float_functions(), sizes=run.sizes), left.shape)
        far = np.abs(left - right) > DIFFERENT * np.maximum(1.0, np.abs(right))
        for entry in np.ndindex(*left.shape):
            if far[entry] and np.isfinite(left[entry]) and np.isfinite(right[entry]):
                return Difference(step, goal, entry, (float(left[entry]), float(right[entry])))
    return None


def _one_sided(run: Run, known: Values, step: int) -> Difference | None:
    """Where the one side has a value and the other has none, as log a at a < 0."""
    for goal in run.pair.goals:
        left = np.asarray(known[goal.value], dtype=float)
        right = np.broadcast_to(evaluate_expr(goal.expr, known, float_functions(), sizes=run.sizes), left.shape)
        for entry in np.ndindex(*left.shape):
            if np.isfinite(left[entry]) != np.isfinite(right[entry]):
                return Difference(step, goal, entry, (float(left[entry]), float(right[entry])))
    return None


def _shrunk(run: Run, wanted: Wanted) -> Run:
    """Every number replaced by the first of 0, 1, −1, 1/2 with which the cells still differ."""
    for values in (run.given, *run.steps):
        for ref in values:
            for at in np.ndindex(*values[ref].shape):
                now = values[ref][at]
                for candidate in SMALLEST[: SMALLEST.index(now)] if now in SMALLEST else SMALLEST:
                    values[ref][at] = candidate
                    if _first(run, wanted):
                        break
                    values[ref][at] = now
    return run


def described(run: Run, wanted: Wanted | None = None) -> dict[str, Any]:
    """A run as plain data: sizes, everything given that is not 0, the entry, and its two values."""
    found = _first(run, wanted or _differing)
    assert found is not None
    shown: dict[str, Any] = dict(run.sizes)
    for number, values in enumerate((run.given, *run.steps)):
        at = f" at step {number}" if number and len(run.steps) > 1 else ""
        shown |= {f"{run.pair.shown(ref)}{at}": value.tolist() for ref, value in values.items() if np.any(value)}
    shown["everything else"] = 0
    entry = unicode(Ref(found.goal.value.name.unmarked, 0)) + (f"[{', '.join(str(k + 1) for k in found.entry)}]" if found.entry else "")
    shown["entry"] = entry + (f" after {found.step} steps" if found.step > 1 else "")
    shown |= zip(run.pair.sides, found.sides, strict=True)
    return shown
