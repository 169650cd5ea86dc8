"""Smaller cases that still fail: sizes towards 1, then numbers towards 0 and to few digits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from numeric.checks.case import Case

LIMIT = 200  # cases tried; more than that gains little
SECONDS = 3.0  # and no longer than this, for cases that take long to judge


def shrink(case: Case, fails: Callable[[Case], bool], limit: int = LIMIT) -> Case:
    """The smallest case found that still fails; ``case`` itself if nothing smaller does."""
    tried, progress, end = 0, True, time.monotonic() + SECONDS
    while progress:
        progress = False
        for smaller in (*_smaller_sizes(case), *_plainer_numbers(case)):
            tried += 1
            if tried > limit or time.monotonic() > end:
                return case
            if fails(smaller):
                case, progress = smaller, True
                break
    return case


def _smaller_sizes(case: Case) -> Iterator[Case]:
    sizes = case.sizes
    for name in sizes:
        for n in sorted({1, sizes[name] // 2, sizes[name] - 1}):
            if 1 <= n < sizes[name]:
                yield case.resized({**sizes, name: n})


def _plainer_numbers(case: Case) -> Iterator[Case]:
    for values, put in ((case.variables, case.with_variables), (case.upstream, case.with_upstream)):
        for name, value in values.items():
            with np.errstate(over="ignore", invalid="ignore"):
                plainer_values = np.zeros_like(value), np.round(value), np.round(value, 1)
            for plainer in plainer_values:
                if not np.array_equal(plainer, value, equal_nan=True) and np.isfinite(plainer).all():
                    yield put({name: plainer.astype(value.dtype)})
