"""From comparisons to verdicts: many cases, the worst gap, and a counterexample as small as it gets."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from traceback import walk_tb
from typing import Any

import numpy as np

from derivations.cell import Cell
from derivations.verdict import Result, failure
from numeric.checks import subject as subjects
from numeric.checks.case import Case, draw_case
from numeric.checks.fitness import PassedOver, Unfit, unfit
from numeric.checks.gap import NOTHING, Gap, worst
from numeric.checks.shrink import shrink
from numeric.checks.subject import Subject

Draw = Callable[[Cell, np.random.Generator], Case]
PATIENCE = 25  # draws for each case wanted, before what was judged by then has to do


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
    unfit: Unfit = unfit  # why a case cannot be judged; "" if it can


def judge(check: Check, subject: Subject, examples: int, seed: int) -> Result:
    """Run ``check`` on random cases: tested, or refuted with the smallest failing case found; undecided where the check itself raises."""
    try:
        return _judge(check, subject, examples, seed)
    except Exception as error:  # a mistake of ours says nothing about the code
        return failure(subject.name, check.statement, error)


def _judge(check: Check, subject: Subject, examples: int, seed: int) -> Result:
    started, passed, gaps = time.perf_counter(), Counter[str](), list[Gap]()
    wanted = number_of_cases(check, examples)
    for case in islice(draws(check, subject.cell, seed), PATIENCE * wanted):
        gap = attempt(check, subject, case)
        if gap.passed_over:
            passed[gap.passed_over] += 1
            continue
        if gap.ratio > 1:
            small = shrink(case, lambda smaller: attempt(check, subject, smaller).ratio > 1)
            return _result(check, subject, attempt(check, subject, small), None, started, small, passed)
        gaps.append(gap)
        if len(gaps) == wanted:
            break
    return _result(check, subject, worst(gaps), len(gaps), started, None, passed)


def draws(check: Check, cell: Cell, seed: int) -> Iterator[Case]:
    """The random cases of a check, without end."""
    rng = np.random.default_rng(seed)
    while True:
        yield check.draw(cell, rng)


def number_of_cases(check: Check, examples: int) -> int:
    """A check's share of the examples, at least one."""
    return max(1, round(examples * check.share))


def cases(check: Check, cell: Cell, examples: int, seed: int) -> Iterator[Case]:
    """The cases that a check judges: its share of ``examples``, without those that it passes over."""
    wanted = number_of_cases(check, examples)
    fit = (case for case in islice(draws(check, cell, seed), PATIENCE * wanted) if not check.unfit(case))
    return islice(fit, wanted)


def attempt(check: Check, subject: Subject, case: Case) -> Gap:
    """The gap of one case; code that raises disagrees without measure, and what cannot be judged is passed over.

    Raises what the check itself raised, which is no answer of the code.
    """
    reason = check.unfit(case)
    if reason:
        return replace(NOTHING, passed_over=reason)
    try:
        return check.compare(subject, case)
    except PassedOver as reasons:
        return replace(NOTHING, passed_over=str(reasons))
    except Exception as error:
        if not by_code(error, subject):
            raise
        return Gap(f"{type(error).__name__}: {error}", np.nan, np.nan, np.inf, 0.0)


def by_code(error: Exception, subject: Subject) -> bool:
    """Whether code raised, or gave something that cannot be read: the module's own lines, or ``Subject``'s, are on the way."""
    own = {subjects.__file__, getattr(subject.module, "__file__", None)}
    return any(frame.f_code.co_filename in own for frame, _ in walk_tb(error.__traceback__))


def _result(
    check: Check, subject: Subject, gap: Gap, examples: int | None, started: float, small: Case | None, passed: Mapping[str, int]
) -> Result:
    drawn = {reason: f"{count} draw{'s were' if count > 1 else ' was'} passed over, {reason}" for reason, count in passed.items()}
    reading = "; ".join(drawn.values())
    if examples == 0:
        why = f"no case could be judged: {reading}"
        return Result(subject.name, check.statement, "code", "undecided", check.method, why=why, seconds=time.perf_counter() - started)
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
        reading=reading,
        counterexample=None if small is None else counterexample(small, gap),
        seconds=time.perf_counter() - started,
    )


def counterexample(case: Case, gap: Gap) -> dict[str, Any]:
    """The values of a case by name, then both sides."""
    values: Iterable[tuple[str, Any]] = {**case.variables, **case.constants, **case.upstream}.items()
    plain = {name: value.tolist() for name, value in values}
    return {"sizes": case.sizes, "dtype": str(case.dtype), **plain, "where": gap.where, "code": gap.got, "expected": gap.expected}
