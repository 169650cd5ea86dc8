"""Property tests for your own cells, with Hypothesis.

>>> from hypothesis import given
>>> from numeric.testing import assert_gradients, cell_cases
>>>
>>> @given(cell_cases("lstm"))
... def test_my_lstm(case):
...     assert_gradients(my_forward, my_backward, case)

``my_forward(p, x, h=…, c=…)`` gets the parameters (and constants) under the paper's names, ``p["W_f"]`` or ``p.W_f``, the input
``x[time, batch, inputs]`` and the initial states ``[batch, hidden]``. It returns the outputs at every time,
``[time, batch, hidden]``: as a tuple in the cell's order ``(h, c)``, as keys of a dictionary or as attributes of an object,
with anything else that your backward pass needs beside them; or ``(outputs, anything)``; or one array, if there is one output.

``my_backward(p, run, dh=…, dc=…)`` gets what ``my_forward`` returned and the gradients of the loss by each output at
each time. If its second parameter is called ``x``, it is called ``my_backward(p, x, h=…, c=…, dh=…, dc=…)`` instead. It
returns the gradients as a dictionary or an object: one for each parameter, for ``x``, and for the initial states ``h0``, ``c0``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from derivations.catalogue import get_cell
from derivations.cell import Cell
from numeric.checks.case import (
    Array,
    Case,
    Parameters,
    Sizes,
    concrete_shapes,
    equated,
    given_in_place,
    has_kinks,
    usual_constants,
    with_whole_numbers,
)
from numeric.checks.diagnosis import hints
from numeric.checks.differences import MARGIN
from numeric.checks.fitness import PassedOver, unfit
from numeric.checks.foreign import Forward, Slopes, call_forward, entries, examine, read_gradients, read_outputs
from numeric.checks.foreign import parameters as _parameters
from numeric.checks.gap import MOVE, Gap, compare, moved, rounding_bounds, roundings, unit
from numeric.checks.messages import Failure, failure, name_of, values
from numeric.checks.reference import plain_outputs
from numeric.checks.richardson import direction

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = [
    "Case", "assert_forward", "assert_gradients", "assert_invariants", "assert_jvp",
    "cell_cases", "gradients", "inputs", "parameters", "sizes", "states",
]  # fmt: skip

VALUES = tuple(k / 8 for k in range(-8, 9) if k)  # no zero: it would hide what it multiplies; exact in float32, with few digits


def _cell(cell: str | Cell) -> Cell:
    if isinstance(cell, Cell):
        return cell
    if not isinstance(cell, str):
        raise ValueError(f"cell: {type(cell).__name__} came, expected a name such as 'lstm', or a Cell")
    return get_cell(cell)


def sizes(
    cell: str | Cell = "lstm", *, max_time: int = 5, max_batch: int = 3, max_inputs: int = 4, max_hidden: int = 4
) -> SearchStrategy[Sizes]:
    """Sizes ≥ 1 by name; ``max_hidden`` holds for every size of the cell but the inputs."""
    from hypothesis import strategies as st

    limits = {"time": max_time, "batch": max_batch} | {s: max_inputs if s == "inputs" else max_hidden for s in _cell(cell).sizes}
    if any(not isinstance(n, int) or n < 1 for n in limits.values()):
        raise ValueError(f"limits of sizes: {limits} came, expected integers >= 1")
    return st.fixed_dictionaries({name: st.integers(1, n) for name, n in limits.items()})


def _arrays(
    shapes: Mapping[str, tuple[int, ...]], dtype: DTypeLike, scale: float, *, fine: bool = False
) -> SearchStrategy[dict[str, Array]]:
    """One draw for each array, not for each entry: shrinking takes a second, not a minute. 0 is the plainest array.

    ``fine`` numbers have more digits, so that sums of them seldom lie at a kink."""
    from hypothesis import strategies as st

    def filled(seed: int, shape: tuple[int, ...]) -> Array:
        rng = np.random.default_rng(seed)
        value = rng.choice(VALUES, shape) if seed else np.ones(shape)
        return np.asarray((value + rng.integers(1, 128, shape) / 4096 * fine) * scale, dtype)

    seeds = st.fixed_dictionaries({name: st.integers(0, 2**16) for name in shapes})
    return seeds.map(lambda drawn: {name: filled(drawn[name], shape) for name, shape in shapes.items()})


def _group(cell: str | Cell, group: str, at: Sizes, dtype: DTypeLike, scale: float) -> SearchStrategy[dict[str, Array]]:
    found = _cell(cell)
    return _arrays(concrete_shapes(found, at)[group], dtype, scale, fine=has_kinks(found))


def parameters(cell: str | Cell, at: Sizes, *, dtype: DTypeLike = np.float64, scale: float = 1.0) -> SearchStrategy[Parameters]:
    """Parameters by name, up to ``scale``, never zero."""
    return _group(cell, "p", at, dtype, scale).map(Parameters)


def inputs(cell: str | Cell, at: Sizes, *, dtype: DTypeLike = np.float64, scale: float = 1.0) -> SearchStrategy[dict[str, Array]]:
    """Inputs by name, ``[time, batch, inputs]``."""
    return _group(cell, "inputs", at, dtype, scale)


def states(cell: str | Cell, at: Sizes, *, dtype: DTypeLike = np.float64, scale: float = 1.0) -> SearchStrategy[dict[str, Array]]:
    """Initial states by name, ``[batch, hidden]``."""
    return _group(cell, "states", at, dtype, scale)


def gradients(cell: str | Cell, at: Sizes, *, dtype: DTypeLike = np.float64, scale: float = 1.0) -> SearchStrategy[dict[str, Array]]:
    """Upstream gradients ``dh``, ``dc`` of every output at every time."""
    return _group(cell, "upstream", at, dtype, scale)


def cell_cases(
    cell: str | Cell = "lstm",
    *,
    max_time: int = 5,
    max_batch: int = 3,
    max_inputs: int = 4,
    max_hidden: int = 4,
    dtype: DTypeLike = np.float64,
    scale: float = 1.0,
) -> SearchStrategy[Case]:
    """Cases of a cell: sizes, parameters, inputs, initial states and upstream gradients; constants are the usual ones.

    What an equality compares is a whole number in some cases; cases so near a kink that rounding decides, and those where the
    equations give no finite number, are not drawn.
    """
    from hypothesis import strategies as st

    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"dtype: {np.dtype(dtype)} came, expected float32 or float64")
    found = _cell(cell)

    limits = {"max_time": max_time, "max_batch": max_batch, "max_inputs": max_inputs, "max_hidden": max_hidden}
    chosen = sizes(found, **limits)

    @st.composite
    def cases(draw: DrawFn) -> Case:  # composite, so that Hypothesis prints a case by its repr
        at = draw(chosen)
        p = draw(parameters(found, at, dtype=dtype, scale=scale))
        rest = [draw(group(found, at, dtype=dtype, scale=scale)) for group in (inputs, states, gradients)]
        constants = usual_constants(found, at)
        if given_in_place(found) or equated(found):
            rng = np.random.default_rng(draw(st.integers(0, 2**16)))
            constants = with_whole_numbers(found, rng, rest[0], rest[1], constants)
        return Case(found, p, rest[0], rest[1], rest[2], constants={k: v.astype(dtype) for k, v in constants.items()})

    return cases().filter(lambda case: not unfit(case))


def assert_gradients(
    my_forward: Forward, my_backward: Callable[..., Any], case: Case, *, rtol: float | None = None, skip: Collection[str] = ()
) -> None:
    """``my_backward`` gives the gradients of ``my_forward``, for the loss Σ upstream · output.

    Each gradient is compared along a random direction with the slope of the loss: by complex step where complex numbers
    pass through ``my_forward``, by Richardson's differences where not. The error allowed comes from the noise that was
    measured; ``rtol`` replaces it (relative to the largest entry). ``skip`` names gradients that ``my_backward`` leaves out.
    """
    _check_case(case)
    slopes = _examined(my_forward, case)
    found = read_gradients(_backward(my_forward, my_backward, case), [name for name in case.variables if name not in skip])
    call = f"assert_gradients({name_of(my_forward)}, {name_of(my_backward)}, case)"
    given: dict[str, Array] = {}
    for name, value in found.items():
        expected = case.variables[name].shape
        if value is None or value.shape != expected:
            came = "is missing" if value is None else f"has shape {value.shape}"
            hint = f'leave it out with skip=["{name}"]' if value is None else "a gradient has the shape of its variable"
            raise Failure(partial(failure, f"gradient {name} {came}, expected shape {expected}", case, call, details=[hint]))
        if value.dtype.kind not in "biuf":
            raise Failure(partial(failure, f"gradient {name} has dtype {value.dtype}, expected {case.dtype}", case, call))
        given[name] = value.astype(np.float64)
    judged = [name for name in given if slopes.analytic or name not in case.held]  # differences cannot move what is held
    wrong = [name for name in judged if _slope_gap(slopes, name, given[name], rtol).ratio > 1]
    if wrong:
        raise Failure(partial(_wrong_gradient, slopes, given, wrong, name_of(my_backward), call, rtol))


def assert_jvp(my_forward: Forward, my_jvp: Callable[..., Any], case: Case, *, rtol: float | None = None) -> None:
    """``my_jvp(p, run, dp=…, dx=…, dh0=…, dc0=…)`` gives the tangents of the outputs; ``dp`` is a dictionary like ``p``.

    The tangents are compared through the loss Σ upstream · tangent, for a direction of everything together.
    """
    _check_case(case)
    slopes = _examined(my_forward, case)
    along = {name: direction(case, name, 0) * (name not in case.held) for name in case.variables}
    dp, rest = Parameters({k: along[k] for k in case.p}), {f"d{k}": v for k, v in along.items() if k not in case.p}
    tangents = read_outputs(my_jvp(_parameters(case), call_forward(my_forward, case), dp=dp, **rest), case)
    call = f"assert_jvp({name_of(my_forward)}, {name_of(my_jvp)}, case)"
    for key, value in tangents.items():
        only = case.with_upstream({k: v if k == f"d{key}" else np.zeros_like(v) for k, v in case.upstream.items()})
        terms = value * case.upstream[f"d{key}"]
        gap = _judged(slopes, along, float(np.sum(terms)), float(np.sum(np.abs(terms))), f"⟨d{key}, tangent⟩", rtol, only)
        if gap.ratio > 1:
            headline = f"the tangent of {key} is wrong: " + values(gap, name_of(my_jvp), slopes.method)
            raise Failure(partial(failure, headline, case, call))


def assert_forward(my_forward: Forward, case: Case, *, rtol: float | None = None) -> None:
    """``my_forward`` gives the outputs of the cell's equations."""
    _check_case(case)
    wide = case.astype(np.float64)
    expected, got = plain_outputs(wide), read_outputs(call_forward(my_forward, case), case)
    eps = max(float(np.finfo(v.dtype).eps) for v in got.values())
    bounds = rounding_bounds(plain_outputs, wide, eps)
    if rtol is not None:
        bounds = {k: rtol * float(np.max(np.abs(v))) for k, v in expected.items()}
    gap = compare(got, expected, bounds)
    if gap.ratio > 1:
        headline = f"output {gap.where} is wrong: " + values(gap, name_of(my_forward), f"the equations of {case.cell.name}")
        raise Failure(partial(failure, headline, case, f"assert_forward({name_of(my_forward)}, case)"))


def assert_invariants(my_forward: Forward, case: Case) -> None:
    """The outputs of ``my_forward`` keep to the ranges that are proved of the cell, ends included."""
    from numeric.checks.ranges import proved_claims, violation

    _check_case(case)
    outputs = read_outputs(call_forward(my_forward, case), case)
    usual = usual_constants(case.cell, case.sizes)
    as_usual = all(np.array_equal(case.constants[k], v.astype(case.dtype)) for k, v in usual.items() if v.ndim == 0)
    for claim in proved_claims(case.cell, usual=as_usual):
        gap = violation(claim, outputs, case)
        if gap.ratio > 1:
            headline = f"{gap.where} does not hold: {gap.got:.12g} on the left, {gap.expected:.12g} on the right"
            details = ["it is proved for the equations of " + case.cell.name]
            raise Failure(partial(failure, headline, case, f"assert_invariants({name_of(my_forward)}, case)", details=details))


def _check_case(case: Case) -> None:
    if not isinstance(case, Case):
        raise ValueError(f"case: {type(case).__name__} came, expected a Case, as cell_cases() draws and Case.build() makes")


def _examined(my_forward: Forward, case: Case) -> Slopes:
    """How slopes are measured; a case that differences cannot judge because of its kinks is left out of the test."""
    try:
        return examine(my_forward, case)
    except PassedOver:
        from hypothesis import reject

        reject()


def _backward(my_forward: Forward, my_backward: Callable[..., Any], case: Case) -> Any:
    """The call that fits the parameters of ``my_backward``."""
    p = _parameters(case)
    upstream = {k: np.array(v) for k, v in case.upstream.items()}
    if next(iter(case.inputs)) in inspect.signature(my_backward).parameters:
        return my_backward(p, *case.inputs.values(), **case.states, **upstream)
    return my_backward(p, call_forward(my_forward, case), **upstream)


def _slope_gap(slopes: Slopes, name: str, gradient: Array, rtol: float | None) -> Gap:
    along = direction(slopes.case, name, 0).astype(np.float64)
    terms = gradient * along
    return _judged(slopes, {name: along}, float(np.sum(terms)), float(np.sum(np.abs(terms))), f"{name} along a direction", rtol)


def _judged(
    slopes: Slopes, along: Mapping[str, Array], got: float, size: float, what: str, rtol: float | None, case: Case | None = None
) -> Gap:
    """``got`` against the slope of the loss; ``size`` is the sum of its absolute terms."""
    case = case or slopes.case
    try:
        slope, noise = slopes.along(along, case)
    except PassedOver:
        from hypothesis import reject

        reject()
    if rtol is not None:
        allowed = rtol * max(size, abs(slope))
    else:
        there = slopes.along(along, moved(case))[0] if slopes.analytic else slope
        eps = float(np.finfo(case.dtype).eps)
        allowed = MARGIN * noise + roundings(case) * eps * (abs(there - slope) / MOVE + size + abs(slope) + unit(case, of_gradients=True))
    error = abs(got - slope)
    return Gap(what, got, slope, error if np.isfinite(error) else np.inf, allowed)


def _wrong_gradient(slopes: Slopes, given: Mapping[str, Array], wrong: list[str], backward: str, call: str, rtol: float | None) -> str:
    """The message: the worst entry of the first wrong gradient, its likenesses, what else is wrong, what is right."""
    name = wrong[0]
    right, got = entries(slopes, name), given[name]
    error = np.abs(got - right)
    at = np.unravel_index(int(np.argmax(np.where(np.isnan(error), np.inf, error))), right.shape)
    where = f"{name}[{', '.join(str(int(i)) for i in at)}]" if at else name
    gap = Gap(where, float(got[at]), float(right[at]), float(error[at]), _slope_gap(slopes, name, got, rtol).bound)
    others = {k: v for k, v in given.items() if k != name}
    details = [f"hint: {hint}" for hint in hints(slopes, name, got, right, others)]
    fine = [k for k in given if k not in wrong]
    details += [f"also wrong: {', '.join(wrong[1:])}"] * bool(wrong[1:]) + [f"right: {', '.join(fine)}"] * bool(fine)
    return failure(f"gradient {name} is wrong: {values(gap, backward, slopes.method)}", slopes.case, call, details=details)
