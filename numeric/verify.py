"""Everything that can be said of a cell, statement by statement: its gradients, its ranges, its claims, its relations, its code."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from derivations.calculus import derive
from derivations.cell import Cell
from derivations.verdict import Result, merged


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the verification: its name for the progress line, and what it finds."""

    name: str
    run: Callable[[], Iterable[Result]]


def stages(cell: Cell, *, examples: int, seed: int) -> tuple[Stage, ...]:
    """The parts of a verification in order; each imports what it needs when it runs."""
    return (
        Stage("gradients", lambda: _gradients(cell)),
        Stage("ranges", lambda: _ranges(cell)),
        Stage("claims", lambda: _claims(cell)),
        Stage("relations", lambda: _relations(cell)),
        Stage("code", lambda: _code(cell, examples, seed)),
    )


def verify(cell: Cell, *, examples: int = 20, seed: int = 0, progress: Callable[[str], None] | None = None) -> Iterator[Result]:
    """Every result for one cell, one for each statement."""
    for stage in stages(cell, examples=examples, seed=seed):
        if progress:
            progress(stage.name)
        yield from merged(_timed(stage.run()))


def _timed(results: Iterable[Result]) -> Iterator[Result]:
    start = time.perf_counter()
    for result in results:
        now = time.perf_counter()
        yield result if result.seconds is not None else replace(result, seconds=now - start)
        start = now


def _gradients(cell: Cell) -> Iterable[Result]:
    from derivations.proofs import prove_gradients

    return prove_gradients(derive(cell))


def _ranges(cell: Cell) -> Iterable[Result]:
    from derivations.proofs import prove_ranges

    return prove_ranges(cell)


def _claims(cell: Cell) -> Iterable[Result]:
    from derivations.proofs import judge_claims

    return judge_claims(cell)


def _relations(cell: Cell) -> Iterable[Result]:
    from derivations.proofs import judge_relations

    return judge_relations(cell)


def _code(cell: Cell, examples: int, seed: int) -> Iterable[Result]:
    from numeric import load
    from numeric.checks import Subject, run_checks

    module = load(cell)
    return run_checks(Subject(cell, module), examples=examples, seed=seed)
