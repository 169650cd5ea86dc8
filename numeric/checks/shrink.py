"""Smaller cases that still fail: sizes towards 1, then numbers towards 0 and to few digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from numeric.checks.case import Case

LIMIT = 200  # cases tried: some seconds at most, and more than that gains little


def shrink(case: Case, fails: Callable[[Case], bool], limit: int = LIMIT) -> Case:
    """The smallest case found that still fails; ``case`` itself if nothing smaller does."""
    tried = 0
    progress = True
    while progress:
        progress = False
        for smaller in (*_smaller_sizes(case), *_plainer_numbers(case)):
            tried += 1
            if tried > limit:
                return case
            if fails(smaller):
                case, progress = smaller, True
                break
    return case


def _smaller_sizes(case: Case) -> Iterator[Case]:
    sizes = case.sizes
    for name in sizes:
        for n in sorted({1, 2, sizes[name] - 1}):
            if 1 <= n < sizes[name]:
                yield case.resized({**sizes, name: n})


def _plainer_numbers(case: Case) -> Iterator[Case]:
    for values, put in ((case.variables, case.with_variables), (case.upstream, case.with_upstream)):
        for name, value in values.items():
            for plainer in (np.zeros_like(value), np.round(value), np.round(value, 1)):
                if not np.array_equal(plainer, value, equal_nan=True):
                    yield put({name: plainer.astype(value.dtype)})
