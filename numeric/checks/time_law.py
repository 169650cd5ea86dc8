"""Laws of the recursion: T single steps are one run, a run can be cut anywhere, rows of a batch do not meet, order is a name.

All of them compare the code with itself, so they need no equations; what they find are mistakes of bookkeeping: a stale
state, an index off by one, a reused buffer, rows that mix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from math import prod

import numpy as np

from derivations.cell import Cell
from derivations.sizes import shape_value
from numeric.checks.case import Array, Case, draw_case
from numeric.checks.fitness import PassedOver
from numeric.checks.gap import ROUNDING, Gap, compare, epsilon, rounding_bounds
from numeric.checks.judge import Check, Draw
from numeric.checks.subject import Subject
from numeric.checks.units import Axes, turned_size, unit_axes

Both = dict[str, Array]  # outputs and gradients together, gradients as "grad W_f"


def whole(subject: Subject, case: Case) -> Both:
    """Outputs and gradients of one run."""
    p, run = subject.run(case)
    outputs = subject.read(run)
    return outputs | _named(subject.read_gradients(subject.backward(p, run, case.upstream), case))


def _named(gradients: Mapping[str, Array]) -> Both:
    return {f"grad {k}": v for k, v in gradients.items()}


def law(other: Callable[[Subject, Case], Both]) -> Callable[[Subject, Case], Gap]:
    """A comparison of one run with the same values computed in another way."""

    def compare_both(subject: Subject, case: Case) -> Gap:
        bounds = rounding_bounds(lambda moved: whole(subject, moved), case, epsilon(case), of_gradients=True)
        return compare(other(subject, case), whole(subject, case), bounds)

    return compare_both


def _piece(case: Case, start: int, stop: int, states: Mapping[str, Array], later: Mapping[str, Array]) -> Case:
    """Steps start … stop-1 of a case; ``later`` is what the steps after them send back to the states."""
    upstream = {k: v[start:stop].copy() for k, v in case.upstream.items()}
    for name, value in later.items():
        upstream[f"d{name}"][-1] += value
    inputs = {k: v[start:stop] for k, v in case.inputs.items()}
    return replace(case, inputs=inputs, states=dict(states), upstream=upstream)


def _in_pieces(subject: Subject, case: Case, cuts: list[int], run_piece: Callable[[Subject, Case], Both]) -> Both:
    """Outputs and gradients, computed piece by piece: forward in order, backward in reverse order."""
    spans = list(pairwise(cuts))
    starts, outputs = [dict(case.states)], []
    for start, stop in spans:
        found = subject.outputs(_piece(case, start, stop, starts[-1], {}))
        outputs.append(found)
        starts.append({k: found[k][-1] for k in case.states})
    total: Both = {}
    later: dict[str, Array] = {}
    pieces = []
    for (start, stop), states in reversed(list(zip(spans, starts, strict=False))):
        g = run_piece(subject, _piece(case, start, stop, states, later))
        later = {k: g[f"grad {k}0"] for k in case.states}
        pieces.append({f"grad {k}": g[f"grad {k}"] for k in case.inputs})
        for k in case.p:
            total[f"grad {k}"] = total.get(f"grad {k}", 0) + g[f"grad {k}"]
    joined = {k: np.concatenate([o[k] for o in outputs]) for k in outputs[0]}
    inputs = {f"grad {k}": np.concatenate([piece[f"grad {k}"] for piece in reversed(pieces)]) for k in case.inputs}
    return joined | total | inputs | {f"grad {k}0": v for k, v in later.items()}


def split_run(subject: Subject, case: Case) -> Both:
    """Two runs, cut in the middle."""
    time = case.sizes["time"]
    return _in_pieces(subject, case, sorted({0, time // 2, time}), whole)


def many_pieces(subject: Subject, case: Case) -> Both:
    """Runs of ten steps."""
    time = case.sizes["time"]
    return _in_pieces(subject, case, [*range(0, time, 10), time], whole)


def draw_long(cell: Cell, rng: np.random.Generator) -> Case:
    """More numbers in each array of all steps than a cache holds, so that code which works in blocks of steps has several.

    The weights are small: rounding must not grow from step to step, or there is nothing to compare."""

    def sizes(wide: int) -> dict[str, int]:
        return {name: 3 if name == "inputs" else wide for name in cell.sizes}

    def entries(wide: int) -> int:
        return max(prod(shape_value(cell.shapes[name], sizes(wide))) for name in cell.states)

    wide = next((n for n in (6, 12) if entries(n) >= 33), 33)
    return draw_case(cell, rng, {"time": 131, "batch": 61, **sizes(wide)}, scale=0.1)


def single_steps(subject: Subject, case: Case) -> Both:
    """T runs of one step."""
    return _in_pieces(subject, case, list(range(case.sizes["time"] + 1)), whole)


def step_forms(subject: Subject, case: Case) -> Both:
    """T calls of ``step`` forward, then T calls of ``step_vjp`` backward."""
    p, states = subject.p(case), dict(case.states)
    steps: list[dict[str, Array]] = []
    for t in range(case.sizes["time"]):
        states = subject.step(p, {k: v[t] for k, v in case.inputs.items()}, states)
        steps.append(states)

    def one(subject: Subject, piece: Case) -> Both:
        inputs, upstream = ({k: v[0] for k, v in values.items()} for values in (piece.inputs, piece.upstream))
        g = subject.step_vjp(p, inputs, piece.states | upstream)
        found = subject.read_gradients(g, piece)
        return _named(found | {k: found[k][None] for k in piece.inputs})

    found = _in_pieces(subject, case, list(range(case.sizes["time"] + 1)), one)
    return found | {k: np.stack([s[k] for s in steps]) for k in case.states}


def row_by_row(subject: Subject, case: Case) -> Both:
    """Each row of the batch by itself; parameter gradients add up."""
    rows = [whole(subject, _rows(case, [b])) for b in range(case.sizes["batch"])]
    return {k: _join(k, [row[k] for row in rows], case) for k in rows[0]}


def _join(key: str, parts: list[Array], case: Case) -> Array:
    name = key.removeprefix("grad ")
    if key != name and name in case.p:
        return np.asarray(sum(parts))
    return np.concatenate(parts, axis=0 if key != name and name.removesuffix("0") in case.states else 1)


def _rows(case: Case, order: list[int]) -> Case:
    return replace(
        case,
        inputs={k: v[:, order] for k, v in case.inputs.items()},
        states={k: v[order] for k, v in case.states.items()},
        upstream={k: v[:, order] for k, v in case.upstream.items()},
    )


def turned_batch(subject: Subject, case: Case) -> Both:
    """The rows of the batch in another order, and back."""
    order = np.roll(np.arange(case.sizes["batch"]), 1).tolist()
    found = whole(subject, _rows(case, order))
    back = np.argsort(order).tolist()

    def restore(key: str, value: Array) -> Array:
        name = key.removeprefix("grad ")
        if key != name and name in case.p:
            return value
        return value[back] if key != name and name.removesuffix("0") in case.states else value[:, back]

    return {k: restore(k, v) for k, v in found.items()}


def turned_units(subject: Subject, case: Case) -> Both:
    """The units under other numbers: every array permuted along every axis that counts them, and back."""
    size, axes = turned_size(subject.cell), unit_axes(subject.cell)
    if size is None:
        raise PassedOver("since no size of the cell can be numbered in another order")
    order = np.roll(np.arange(case.sizes[size]), 1)

    def turn(values: Mapping[str, Array], prefix: str, by: Array) -> Both:
        return {k: _permute(v, axes[k.removeprefix(prefix)], size, by, case.sizes) for k, v in values.items()}

    there = replace(case, constants=turn(case.constants, "", order))
    there = there.with_variables(turn(case.variables, "", order)).with_upstream(turn(case.upstream, "d", order))
    return turn(whole(subject, there), "grad ", np.argsort(order))


def _permute(value: Array, axes: Axes, size: str, order: Array, sizes: Mapping[str, int]) -> Array:
    for axis, blocks in enumerate(axes):
        index: list[int] = []
        for block in blocks:
            index += [len(index) + int(i) for i in (order if block == size else range(sizes[block]))]
        value = np.take(value, index, axis)
    return np.array(value, order="C")  # not ascontiguousarray: it gives a scalar an axis


OWN = "the equations and every rule: the code is compared with itself"


def _law(statement: str, method: str, other: Callable[[Subject, Case], Both], share: float = 0.3, draw: Draw = draw_case) -> Check:
    return Check(statement, method, OWN, ROUNDING + "; ε = 2^-52", law(other), draw=draw, share=share)


CHECKS = (
    _law("T calls of step and step_vjp give one run of T", "time law", step_forms, share=0.6),
    _law("T runs of one step give one run of T", "time law", single_steps),
    _law("two runs give one run, cut in the middle", "time law", split_run),
    _law("runs of ten steps give one long run", "time law", many_pieces, share=0.05, draw=draw_long),
    _law("each row by itself gives the batch", "batch law", row_by_row),
    _law("the order of the batch does not matter", "permutation law", turned_batch),
    _law("the numbering of the units does not matter", "permutation law", turned_units),
)
