"""What a wrong gradient looks like: the right one transposed, scaled, of another name, of one row, of one step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from numeric.checks.case import Array, Case
from numeric.checks.foreign import Slopes, call_forward, entries, read_outputs

CLOSE = 1e-6  # relative; a hint is a suggestion, so rounding need not be told from a likeness
FLOAT32 = 1e-9  # nothing but float32 explains a distance between this and CLOSE


def _like(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.any(b)) and bool(np.max(np.abs(a - b)) <= CLOSE * np.max(np.abs(b)))


def hints(slopes: Slopes, name: str, got: Array, right: Array, others: Mapping[str, Array]) -> Iterator[str]:
    """Likenesses of the wrong gradient ``got`` of ``name``; ``others`` are the gradients that the code gave for other names."""
    case = slopes.case
    if not np.all(np.isfinite(got)):
        yield "it is not finite"
        return
    if _like(got, right):
        distance = float(np.max(np.abs(got - right)) / np.max(np.abs(right)))
        yield f"it agrees to {distance:.1g} of its largest entry" + (": a float32 somewhere?" if distance > FLOAT32 else "")
        return
    if got.ndim == 2 and got.size > 1 and _like(got.T, right):
        yield "it is the right one transposed"
    yield from _factor(got, right, case)
    for other, value in others.items():
        if other.partition("_")[0] == name.partition("_")[0] and _like(value, right):
            yield f"the right one is what was returned for {other}: exchanged?"
    for text, part in _parts(case):
        if _like(got, entries(slopes, name, part)):
            yield text
    if case.sizes["time"] > 1 and name in case.p and _like(got, _without_time(slopes, name)):
        yield "it is the sum of the gradients of single steps: nothing comes back from later steps"


def _factor(got: Array, right: Array, case: Case) -> Iterator[str]:
    """A constant factor, with the sizes that explain it."""
    if not np.any(right) or got.shape != right.shape:
        return
    if not np.any(got):
        yield "it is zero everywhere"
        return
    factor = float(np.vdot(right, got) / np.vdot(right, right))
    if got.size > 1 and _like(got, factor * right):
        sizes = case.sizes
        named = {-1.0: "the sign"} | {1 / n: f"1/{k}" for k, n in sizes.items() if n > 1} | {float(n): k for k, n in sizes.items() if n > 1}
        why = next((text for value, text in named.items() if np.isclose(value, factor)), "")
        yield f"it is the right one times {factor:.6g}" + (f" ({why})" if why else "")


def _parts(case: Case) -> Iterator[tuple[str, Case]]:
    """Losses that leave something out, in the words of the mistake that computes them."""
    for key in case.upstream if len(case.upstream) > 1 else ():
        yield f"it is the gradient without {key}", case.with_upstream({key: np.zeros_like(case.upstream[key])})
    for axis, count, what in ((1, case.sizes["batch"], "row"), (0, case.sizes["time"], "step")):
        for index in (0, count - 1) if count > 1 else ():
            only = np.zeros(count)
            only[index] = 1.0
            masked = {k: np.moveaxis(np.moveaxis(v, axis, -1) * only, -1, axis) for k, v in case.upstream.items()}
            yield f"it is the gradient of the loss of {what} {index} alone", case.with_upstream(masked)


def _without_time(slopes: Slopes, name: str) -> Array:
    """The sum of the gradients of single steps, each from the states that the run had before it."""
    case, total = slopes.case, np.zeros(slopes.case.variables[name].shape)
    states = dict(case.states)
    outputs = read_outputs(call_forward(slopes.forward, case), case)
    for t in range(case.sizes["time"]):
        one = {k: v[t : t + 1] for k, v in case.upstream.items()}
        step = replace(case, inputs={k: v[t : t + 1] for k, v in case.inputs.items()}, states=states, upstream=one)
        total = total + entries(slopes, name, step)
        states = {k: outputs[k][t] for k in case.states}
    return total
