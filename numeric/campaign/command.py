"""``gateproof verify`` for cells: each cell's verdicts are shown as they come in, in the order asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from derivations.cell import Cell
from derivations.verdict import Result
from numeric.campaign.job import jobs_of
from numeric.campaign.store import Store
from numeric.campaign.workers import FAILED, Workers, hand_out
from numeric.progress import CellProgress

Show = Callable[[int, list[Result]], None]


def verify_cells(
    cells: Sequence[Cell], store: Store, workers: Workers, show: Show | None, *, examples: int, seed: int
) -> list[list[Result]]:
    """The results of every cell, in order.

    ``show`` gets the number of a cell and its results, once those before it were shown; None shows nothing.
    """
    found: dict[int, list[Result]] = {}
    shown = 0
    with CellProgress(len(cells)) as progress:
        for number, results, kept in hand_out(jobs_of(cells, examples=examples, seed=seed), store, workers):
            found[number] = results
            progress.done(f"{cells[number].name}{' (kept from before)' if kept else ''}")
            while show and shown in found:
                with progress.paused():
                    show(shown, found[shown])
                shown += 1
    return [found[number] for number in range(len(cells))]


def exit_code(results: Iterable[Result]) -> int:
    """1 if something is refuted, 3 if gateproof itself failed on a cell, else 0."""
    known = list(results)
    return 1 if any(result.verdict == "refuted" for result in known) else 3 if any(result.method == FAILED for result in known) else 0
