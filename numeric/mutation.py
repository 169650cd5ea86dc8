"""How many planted errors the checks catch: every mutant of a generated backward pass is run through all checks.

``gateproof mutate lstm`` prints the score. A mutant that no check refutes is called equivalent only if its
gradients equal the original's on many cases of all kinds, bit for bit or within the rounding of a sum; otherwise it survived.
A mutant that raises an error on an ordinary case needs no check: it counts neither as caught nor as missed.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

import numpy as np

from derivations.catalogue import get_cell
from numeric.checks import Case, Check, Subject, all_checks, attempt, draw_case
from numeric.checks.case import Array
from numeric.checks.complex_step import METHOD as COMPLEX_STEP
from numeric.checks.gap import largest
from numeric.checks.judge import cases
from numeric.checks.mutants import Mutant, mutants
from numeric.codegen.loading import module_of_text

EXAMPLES, SEED = 8, 0
SAME_CASES = 200  # random cases on which an equivalent mutant agrees, beside those of the checks
ROUNDING_ULPS = 64  # a mutant that only sums in another order stays below; a wrong term or a lost digit does not
SECONDS = 60.0  # for all checks of one mutant, which take about 2; beyond it the mutant hangs
Fate = Literal["caught", "equivalent", "survived", "raised"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutant, and by which check."""

    line: int
    function: str
    change: str
    fate: Fate
    by: str


@dataclass(frozen=True, slots=True)
class Score:
    """The outcomes for one cell."""

    cell: str
    outcomes: tuple[Outcome, ...]

    def count(self, fate: Fate) -> int:
        """How many mutants had this fate."""
        return sum(outcome.fate == fate for outcome in self.outcomes)

    @property
    def judged(self) -> int:
        """How many mutants compute something else."""
        return self.count("caught") + self.count("survived")

    @property
    def survivors(self) -> tuple[Outcome, ...]:
        """The mutants that no check noticed although they compute something else."""
        return tuple(outcome for outcome in self.outcomes if outcome.fate == "survived")

    def table(self) -> str:
        """The score for people: totals, by check, and what was not caught."""
        more = f"{self.count('equivalent')} more are equivalent, {self.count('raised')} raise an error"
        lines = [f"{self.cell}: {self.count('caught')} of {self.judged} mutants caught; {more}"]
        by = [outcome.by for outcome in self.outcomes if outcome.fate == "caught"]
        lines += [f"  {by.count(check):5}  {check}" for check in sorted(set(by), key=lambda c: -by.count(c))]
        rest = [outcome for outcome in self.outcomes if outcome.fate not in ("caught", "raised")]
        lines += [f"  {o.fate}: line {o.line}, {o.function}: {o.change} ({o.by})" for o in rest]
        return "\n".join(lines)


def source_path(name: str) -> Path:
    """The file of a generated module, without running it."""
    spec = importlib.util.find_spec(f"numeric.cells.{get_cell(name).name}")
    if spec is None or spec.origin is None:
        raise ValueError(f"no generated module for {name}: run gateproof generate {name}")
    return Path(spec.origin)


@lru_cache(maxsize=8)
def _prepared(name: str) -> tuple[tuple[Check, tuple[Case, ...]], ...]:
    """Every check with its cases, the sharpest first, drawn once for all mutants (their truths are cached with them)."""
    cell = get_cell(name)
    found = list(all_checks(Subject(cell, None)))
    found.sort(key=lambda check: (check.method != COMPLEX_STEP, check.method != "50 digits"))  # stable: the rest keeps its order
    return tuple((check, tuple(cases(check, cell, EXAMPLES, SEED))) for check in found)


def fate(name: str, mutant: Mutant) -> Outcome:
    """Run the checks on one mutant until one refutes it."""
    verdict: tuple[Fate, str]
    try:
        subject = Subject(get_cell(name), module_of_text("mutant", mutant.source))
        subject.gradients(draw_case(subject.cell, np.random.default_rng(SEED)))
    except Exception as error:  # it does not load, or not run
        verdict = "raised", type(error).__name__
    else:
        refuted = (check for check, drawn in _prepared(name) if _refutes(check, subject, drawn))
        check = next(refuted, None)
        verdict = ("caught", f"{check.method}: {check.statement}") if check else _unnoticed(name, subject)
    return Outcome(mutant.line, mutant.function, mutant.change, *verdict)


def _refutes(check: Check, subject: Subject, drawn: Iterable[Case]) -> bool:
    """Whether a check finds a mistake; one that fails itself finds none."""
    with suppress(Exception):
        return any(attempt(check, subject, case).ratio > 1 for case in drawn)
    return False


def _unnoticed(name: str, subject: Subject) -> tuple[Fate, str]:
    """Compare the gradients with the original's, to tell a mutant that computes the same from one that slipped through."""
    original = Subject(subject.cell, module_of_text(name, source_path(name).read_text(encoding="utf-8")))
    furthest, count = 0.0, 0
    for case in _many_cases(name):
        try:
            mine, right = subject.gradients(case), original.gradients(case)
        except Exception as error:  # whatever a mutant raises, no check has seen it
            return "survived", f"{type(error).__name__} on a case of sizes {case.sizes}"
        furthest, count = max(furthest, *(_ulps(mine[k], right[k]) for k in right)), count + 1
        if furthest > ROUNDING_ULPS:
            return "survived", f"{furthest:.1g} ulp off on a case of sizes {case.sizes}"
    return "equivalent", f"the same bits on {count} cases" if not furthest else f"at most {furthest:.2g} ulp off on {count} cases"


def _ulps(mine: Array, right: Array) -> float:
    """The largest difference in ulp of the largest entry; cases at the tails have one entry, so there it is a relative one."""
    if mine.shape != right.shape or not np.array_equal(np.isnan(mine), np.isnan(right)):
        return np.inf
    difference = largest(np.where((mine == right) | np.isnan(right), 0, mine - right))
    return difference / (float(np.finfo(right.dtype).eps) * largest(right)) if difference else 0.0


def _many_cases(name: str) -> Iterator[Case]:
    """The cases of every check, and random ones in both types."""
    rng = np.random.default_rng(SEED)
    random = (draw_case(get_cell(name), rng).astype((np.float32, np.float64)[k % 2]) for k in range(SAME_CASES))
    return chain((case for _, drawn in _prepared(name) for case in drawn), random)


# ---------------------------------------------------------------- processes: a mutant may hang or crash


def _work(pipe: Connection, name: str) -> None:
    with np.errstate(all="ignore"):
        while True:
            pipe.send(fate(name, pipe.recv()))


class _Worker:
    """A process that judges one mutant after the other, and is replaced when one hangs or kills it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, self.name), daemon=True)
        self.process.start()
        theirs.close()

    def judge(self, mutant: Mutant) -> Outcome:
        self.pipe.send(mutant)
        try:
            if self.pipe.poll(SECONDS):
                found: Outcome = self.pipe.recv()
                return found
            by = "time limit"
        except EOFError:
            by = "crash"
        self.stop()
        self._start()
        return Outcome(mutant.line, mutant.function, mutant.change, "caught", by)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def campaign(name: str, *, workers: int = 2, every: int = 1) -> Score:
    """Judge every mutant of the cell's generated backward pass (each ``every``-th, for a sample)."""
    chosen = list(mutants(source_path(name).read_text(encoding="utf-8")))[::every]
    crew = [_Worker(get_cell(name).name) for _ in range(workers)]
    try:
        with ThreadPoolExecutor(workers) as pool:
            shares = pool.map(lambda k: [crew[k].judge(mutant) for mutant in chosen[k::workers]], range(workers))
            found = list(chain.from_iterable(shares))
    finally:
        for worker in crew:
            worker.stop()
    return Score(get_cell(name).name, tuple(sorted(found, key=lambda o: (o.line, o.change))))
