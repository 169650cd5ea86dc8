"""Progress on standard error, so that results on standard output can be piped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress


class Progress:
    """A line on standard error that says what is being done; nothing where that is no terminal."""

    def __init__(self, name: str) -> None:
        console = Console(stderr=True)
        self.bar = RichProgress(
            SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed} statements"), TimeElapsedColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self.name = name
        self.task = self.bar.add_task(name, total=None)

    def stage(self, stage: str) -> None:
        """Say which part has begun."""
        self.bar.update(self.task, description=f"{self.name}: {stage}")

    def advance(self) -> None:
        """Count one statement."""
        self.bar.advance(self.task)

    def __enter__(self) -> Progress:
        self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.stop()


class CellProgress:
    """How many cells are done, on standard error: a bar on a terminal, else a line for each cell where there are several."""

    def __init__(self, total: int) -> None:
        self.console, self.total, self.count = Console(stderr=True), total, 0
        self.bar = RichProgress(
            SpinnerColumn(), BarColumn(), TextColumn("{task.completed} of {task.total} cells"), TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=self.console, transient=True, disable=not self.console.is_terminal,
        )  # fmt: skip
        self.task = self.bar.add_task("", total=total)

    def done(self, name: str) -> None:
        """Count one cell."""
        self.count += 1
        self.bar.update(self.task, advance=1, description=f"last: {name}")
        if self.total > 1 and not self.console.is_terminal:
            self.console.print(f"{self.count} of {self.total}: {name}", highlight=False)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The terminal is free for other text."""
        self.bar.stop()
        yield
        self.bar.start()

    def __enter__(self) -> CellProgress:
        self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.stop()
