"""Evidence about code: one independent method per file.

A check compares code with something that the generator had no part in: the author's equations in complex or in 50-digit
arithmetic, the code's own forward pass, a law. It gives ``tested`` with the number of examples, the largest error and the
reason of the bound, or ``refuted`` with a small counterexample.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derivations.verdict import Result
from numeric.checks import complex_step, dot_product, ranges, reference, richardson, shapes, tails, time_law
from numeric.checks.case import Case, draw_case
from numeric.checks.judge import Check, attempt, judge
from numeric.checks.ranges import Bound
from numeric.checks.subject import Subject

__all__ = ["Bound", "Case", "Check", "Subject", "all_checks", "attempt", "draw_case", "judge", "run_checks"]

METHODS = (reference, complex_step, richardson, dot_product, time_law, tails, shapes)


def all_checks(subject: Subject, claims: Sequence[str] | None = None, bounds: Sequence[Bound] = ()) -> Iterator[Check]:
    """Every check in a fixed order; ``claims`` default to what is proved of the cell."""
    for method in METHODS:
        yield from method.CHECKS
    yield from ranges.checks(subject.cell, claims, bounds)


def run_checks(
    subject: Subject, *, examples: int = 20, seed: int = 0, claims: Sequence[str] | None = None, bounds: Sequence[Bound] = ()
) -> Iterator[Result]:
    """Every check of ``subject`` on ``examples`` random cases (expensive checks take a share of them), as results come."""
    for check in all_checks(subject, claims, bounds):
        yield judge(check, subject, examples, seed)
