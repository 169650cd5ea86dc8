"""From comparisons to verdicts: many cases, the worst gap, and a counterexample as small as it gets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from derivations.cell import Cell
from derivations.verdict import Result
from numeric.checks.case import Case, draw_case
from numeric.checks.gap import Gap, worst
from numeric.checks.shrink import shrink
from numeric.checks.subject import Subject

Draw = Callable[[Cell, np.random.Generator], Case]


@dataclass(frozen=True, eq=False)
class Check:
    """A statement about code, and how one case is judged. ``compare`` gives the worst disagreement with its bound."""

    statement: str
    method: str
    independent_of: str
    why: str  # the reason of the bound
    compare: Callable[[Subject, Case], Gap]
    draw: Draw = draw_case
    share: float = 1.0  # of the examples asked for: expensive checks take fewer


def judge(check: Check, subject: Subject, examples: int, seed: int) -> Result:
    """Run ``check`` on random cases: tested, or refuted with the smallest failing case found."""
    started = time.perf_counter()
    gaps = []
    for case in cases(check, subject.cell, examples, seed):
        gap = attempt(check, subject, case)
        if gap.ratio > 1:
            small = shrink(case, lambda smaller: attempt(check, subject, smaller).ratio > 1)
            return _result(check, subject, attempt(check, subject, small), None, started, small)
        gaps.append(gap)
    return _result(check, subject, worst(gaps), len(gaps), started, None)


def cases(check: Check, cell: Cell, examples: int, seed: int) -> Iterator[Case]:
    """The random cases of a check: its share of ``examples``, at least one."""
    rng = np.random.default_rng(seed)
    return (check.draw(cell, rng) for _ in range(max(1, round(examples * check.share))))


def attempt(check: Check, subject: Subject, case: Case) -> Gap:
    """The gap of one case; code that raises disagrees without measure."""
    try:
        return check.compare(subject, case)
    except Exception as error:  # whatever foreign code raises is its answer
        return Gap(f"{type(error).__name__}: {error}", np.nan, np.nan, np.inf, 0.0)


def _result(check: Check, subject: Subject, gap: Gap, examples: int | None, started: float, small: Case | None) -> Result:
    return Result(
        subject=subject.name,
        statement=check.statement,
        kind="code",
        verdict="tested" if small is None else "refuted",
        method=check.method,
        independent_of=check.independent_of,
        examples=examples,
        error=gap.error,
        bound=gap.bound,
        why=check.why,
        counterexample=None if small is None else counterexample(small, gap),
        seconds=time.perf_counter() - started,
    )


def counterexample(case: Case, gap: Gap) -> dict[str, Any]:
    """The values of a case by name, then both sides."""
    values: Iterable[tuple[str, Any]] = {**case.variables, **case.upstream}.items()
    plain = {name: value.tolist() for name, value in values}
    return {"sizes": case.sizes, "dtype": str(case.dtype), **plain, "where": gap.where, "code": gap.got, "expected": gap.expected}
