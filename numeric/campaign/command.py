"""``gateproof verify`` for cells: each cell's verdicts are shown as they come in, in the order asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.verdict import Result
from numeric.campaign.job import jobs_of
from numeric.campaign.store import Store
from numeric.campaign.workers import Workers, hand_out
from numeric.progress import CellProgress

Show = Callable[[int, list[Result]], None]


@dataclass(frozen=True, slots=True)
class Verified:
    """The results of the cells that were read, in order, and what was wrong with the others."""

    cells: tuple[tuple[Cell, list[Result]], ...]
    unread: tuple[CellError, ...]

    @property
    def results(self) -> list[Result]:
        """Everything that was found."""
        return [result for _, results in self.cells for result in results]

    @property
    def exit_code(self) -> int:
        """1 if something is refuted, 2 if a cell cannot be read, 3 if gateproof itself failed on one, else 0."""
        if any(result.verdict == "refuted" for result in self.results):
            return 1
        return 2 if self.unread else 3 if any(result.failed for result in self.results) else 0


def verify_cells(cells: Sequence[Cell], store: Store, workers: Workers, show: Show | None, *, examples: int, seed: int) -> Verified:
    """Verify every cell; raises ``CellError`` if none can be read.

    ``show`` gets the number of a cell and its results, once those before it were shown; None shows nothing.
    """
    found: dict[int, list[Result] | CellError] = {}
    shown = 0
    with CellProgress(len(cells)) as progress:
        for number, results, kept in hand_out(jobs_of(cells, examples=examples, seed=seed), store, workers):
            found[number] = results
            progress.done(f"{cells[number].name}{' (kept from before)' if kept else ''}")
            while show and shown in found:
                ready = found[shown]
                if not isinstance(ready, CellError):
                    with progress.paused():
                        show(shown, ready)
                shown += 1
    return _verified(cells, found)


def _verified(cells: Sequence[Cell], found: Mapping[int, list[Result] | CellError]) -> Verified:
    read = tuple((cell, results) for number, cell in enumerate(cells) if not isinstance(results := found[number], CellError))
    errors = [error for _, error in sorted(found.items()) if isinstance(error, CellError)]
    unread = {str(error): error for error in errors}  # where every cell meets the same obstacle, it is said once
    if unread and not read:
        raise next(iter(unread.values()))
    return Verified(read, tuple(unread.values()))
