"""Arguments: what is wrong is refused by name, and layout, sizes and T = 1 make no difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from derivations.cell import Cell
from numeric.checks.case import Array, Case, draw_case, usual_constants
from numeric.checks.complex_step import STEP
from numeric.checks.fitness import not_finite
from numeric.checks.gap import NOTHING, ROUNDING, Gap, compare, epsilon, rounding_bounds, worst
from numeric.checks.judge import Check
from numeric.checks.plain import INDEPENDENT, floats, loss, unroll
from numeric.checks.reference import compare_plain
from numeric.checks.richardson import direction
from numeric.checks.subject import Subject

ODD_SIZES = (1, 3, 17, 33)


def wrong_arrays(value: Array, rank: int) -> Iterator[tuple[str, Any]]:
    """Arrays that no call should accept in place of ``value``, with what is wrong about them; ``rank`` axes are time and batch."""
    if value.ndim > rank:  # an entry more of the batch is another batch
        yield "one entry too many", np.concatenate([value, value[..., :1]], axis=-1)
    yield "an axis too many", value[None]
    yield "an axis missing", value[0]
    yield "complex numbers", value.astype(np.complex128)
    yield "text", np.full(value.shape, "a")


Call = Callable[[Any], Any]


def calls(subject: Subject, case: Case) -> Iterator[tuple[str, Array, Call]]:
    """Every array argument of the module: what it is called, its right value, a call that puts another in its place."""
    p, run = subject.run(case)

    def forward(name: str) -> Call:
        def call(value: Any) -> Any:
            put = [{k: value if k == name else v for k, v in group.items()} for group in (case.inputs, case.states)]
            return subject.forward(p, *put)

        return call

    def backward(name: str) -> Call:
        return lambda value: subject.backward(p, run, {**case.upstream, name: value})

    def jvp(name: str) -> Call:
        return lambda value: subject.jvp(p, run, None, {name: value})

    yield from (("forward " + k, v, forward(k)) for k, v in (case.inputs | case.states).items())
    yield from (("backward " + k, v, backward(k)) for k, v in case.upstream.items())
    yield from ((f"jvp d{k}", v, jvp(k)) for k, v in case.variables.items() if k not in case.p)


def compare_refusals(subject: Subject, case: Case) -> Gap:
    """Each wrong array raises TypeError or ValueError with the argument's name and what came."""
    for call, value, put in calls(subject, case):
        name = call.split()[1]
        rank = 1 if (name.removeprefix("d").removesuffix("0") in case.states and name.endswith("0")) or name in case.states else 2
        for what, wrong in wrong_arrays(value, rank):
            came = str(wrong.shape) if wrong.shape != value.shape else str(wrong.dtype)
            complaint = _complaint(put, wrong, name, came)
            if complaint:
                return Gap(f"{call} with {what}: {complaint}", np.nan, np.nan, np.inf, 0.0)
    return NOTHING


def _complaint(put: Callable[[Any], Any], wrong: Any, name: str, came: str) -> str:
    try:
        put(wrong)
    except (TypeError, ValueError) as error:
        missing = [word for word in (name, came) if word not in str(error)]
        return f"the message {str(error)!r} does not say {missing[0]}" if missing else ""
    except Exception as error:  # whatever else it raises is the finding
        return f"{type(error).__name__}: {error}, expected TypeError or ValueError"
    return "nothing was raised"


def scattered(values: Mapping[str, Array]) -> dict[str, Array]:
    """The same values in arrays that are neither contiguous nor in C order."""
    found = {}
    for name, value in values.items():
        wide = np.zeros((*value.shape[:-1], 2 * value.shape[-1]), value.dtype)[..., ::2] if value.ndim else value.copy()
        wide = np.asfortranarray(wide)[..., ::-1] if value.ndim else wide
        wide[...] = value
        found[name] = wide
    return found


def compare_layouts(subject: Subject, case: Case) -> Gap:
    """Outputs and gradients for scattered arrays against those for contiguous ones."""
    other = case.with_variables(scattered(case.variables)).with_upstream(scattered(case.upstream))
    bounds = rounding_bounds(subject.gradients, case, epsilon(case), of_gradients=True)
    bounds |= rounding_bounds(subject.outputs, case, epsilon(case))
    expected = subject.gradients(case) | subject.outputs(case)
    return compare(subject.gradients(other) | subject.outputs(other), expected, bounds)


def draw_odd_sizes(cell: Cell, rng: np.random.Generator) -> Case:
    """T = 1 and batch = 1 among the sizes, and numbers that are no multiple of a vector register."""
    matrices = any(len(cell.shapes[n]) == 2 for n in (*cell.inputs, *cell.assigned))
    sizes = {name: int(rng.choice(ODD_SIZES[: 2 if matrices and k else None])) for k, name in enumerate(cell.sizes)}  # one of them large
    return draw_case(cell, rng, {"time": int(rng.choice([1, 1, 3])), "batch": int(rng.choice([1, 1, 3, 17])), **sizes}, scale=0.5)


def directional(case: Case) -> dict[str, Array]:
    """The slope of the loss along one direction of each tensor, by complex step of the equations."""
    numbers, found = floats(np.complex128), {}
    for name, value in case.variables.items():
        there = {name: value + 1j * STEP * direction(case, name, 0)}
        found[name] = np.imag(loss(unroll(case, numbers, there), case)) / STEP
    return found


def compare_odd_sizes(subject: Subject, case: Case) -> Gap:
    """Forward pass and one slope of each gradient."""
    gradients = subject.gradients(case)
    got = {k: np.sum(v * direction(case, k, 0)) for k, v in gradients.items()}
    sizes = {k: float(np.sum(np.abs(v))) * epsilon(case) for k, v in gradients.items()}  # the sum over the direction rounds too
    bounds = {k: v + sizes[k] for k, v in rounding_bounds(directional, case, epsilon(case), of_gradients=True).items()}
    return worst([compare_plain(subject, case), compare(got, directional(case), bounds)])


def _compare_usual(subject: Subject, case: Case) -> Gap:
    """Constants that nobody set, against what the cell file says."""
    usual = usual_constants(case.cell, case.sizes)
    p = subject.parameters(case.p, replace(case, constants={}), case.dtype)
    return compare({k: np.asarray(getattr(p, subject.spelled(k))) for k in usual}, usual, dict.fromkeys(usual, 0.0))


def compare_defaults(subject: Subject, case: Case) -> Gap:
    """States, upstream gradients and tangents that are left out, one after the other, against zeros; constants against theirs."""
    p, gaps = subject.p(case), [_compare_usual(subject, case)]
    for name in case.states:
        zero = case.with_variables({f"{name}0": np.zeros_like(case.states[name])})
        given = {k: v for k, v in case.states.items() if k != name}
        without = subject.read(subject.forward(p, case.inputs, given))
        gaps.append(compare(without, subject.outputs(zero), dict.fromkeys(without, 0.0)))
    for name in case.upstream:
        zero = case.with_upstream({name: np.zeros_like(case.upstream[name])})
        given = {k: v for k, v in case.upstream.items() if k != name}
        found = subject.read_gradients(subject.backward(*subject.run(case), given), case)
        gaps.append(compare(found, subject.gradients(zero), dict.fromkeys(found, 0.0)))
    nothing = subject.read(subject.jvp(*subject.run(case), None, {}))
    gaps.append(compare(nothing, {k: np.zeros_like(v) for k, v in nothing.items()}, dict.fromkeys(nothing, 0.0)))
    return worst(gaps)


ARGUMENTS = "the equations and every rule: only the code's answers to bad arguments are read"
CHECKS = (
    Check(
        "wrong shapes and types are refused by name", "arguments", ARGUMENTS, "no tolerance", compare_refusals, share=0.05, unfit=not_finite
    ),
    Check(
        "what is left out counts as zero",
        "arguments",
        ARGUMENTS,
        "no tolerance: the same numbers",
        compare_defaults,
        share=0.1,
        unfit=not_finite,
    ),
    Check("layout of the arrays does not matter", "arguments", ARGUMENTS, ROUNDING + "; ε = 2^-52", compare_layouts, share=0.2),
    Check(
        "sizes 1, 3, 17, 33, T = 1 and batch = 1",
        "complex step",
        INDEPENDENT,
        ROUNDING + "; ε = 2^-52; one direction for each gradient",
        compare_odd_sizes,
        draw=draw_odd_sizes,
        share=0.4,
    ),
)
