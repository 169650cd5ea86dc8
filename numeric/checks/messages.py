"""Failure messages for people: what is wrong, both values, what it looks like, the case as code, how to run it again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from numeric.checks.case import Case
from numeric.checks.gap import Gap


class Failure(AssertionError):
    """A failed assertion whose message is made when it is shown: shrinking fails hundreds of times and shows one."""

    def __init__(self, message: Callable[[], str]) -> None:
        super().__init__()
        self._message = lru_cache(maxsize=1)(message)

    def __str__(self) -> str:
        """The message."""
        return self._message()


def failure(headline: str, case: Case, call: str, *, details: Iterable[str] = ()) -> str:
    """A whole message; ``call`` is the assertion as code, on ``case``."""
    lines = [headline, *(f"  {line}" for line in details), "", *_again(case, call)]
    return "\n".join(lines)


def values(gap: Gap, what: str, method: str) -> str:
    """One line with both values."""
    both = f"{what} gave {gap.where} = {gap.got:.12g}, expected {gap.expected:.12g}"
    return f"{both} ({method}; difference {gap.error:.3g}, allowed {gap.bound:.1g})"


def name_of(function: Any) -> str:
    """How a function is called in code."""
    return str(getattr(function, "__name__", "") or type(function).__name__)


def _again(case: Case, call: str) -> Iterable[str]:
    sizes = ", ".join(f"{name} {n}" for name, n in case.sizes.items())
    yield f"The case ({sizes}), as code:"
    yield ""
    yield "from numeric.testing import Case, " + call.partition("(")[0]
    yield f"case = {case!r}"
    yield call
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" (")[0]
    if test:
        yield ""
        yield f"Run it again: pytest '{test}'"
