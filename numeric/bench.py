"""How long the parts take: reading, deriving, generating, proving, and the generated code itself, with the environment."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from derivations.cell import Cell
from derivations.notation.tree import Name
from derivations.sizes import shape_value

if TYPE_CHECKING:
    import numpy as np

REPEATS = 5


@dataclass(frozen=True, slots=True)
class Timing:
    """Median and spread of repeated runs, in seconds; ``limit`` is what the project promises, if it does."""

    cell: str
    what: str
    median: float
    low: float
    high: float
    limit: float | None = None


def measure(cell: str, what: str, run: Callable[[], object], *, limit: float | None = None, repeats: int = REPEATS) -> Timing:
    """Time ``run`` after one call that is not counted."""
    run()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return Timing(cell, what, statistics.median(seconds), min(seconds), max(seconds), limit)


def timings(cell: Cell) -> Iterator[Timing]:
    """What a user of one cell waits for."""
    from derivations.calculus import derive
    from derivations.documents import render
    from numeric.codegen import generate
    from numeric.verify import verify

    def fresh() -> Cell:
        return Cell.from_toml(cell.text, name=cell.name) if cell.file.endswith(".toml") else Cell.from_equations(cell.text, name=cell.name)

    yield measure(cell.name, "read and derive", lambda: derive(fresh()).steps)
    yield measure(cell.name, "derive and generate code", lambda: generate(fresh()), limit=0.5)
    yield measure(cell.name, "derive and write LaTeX", lambda: render(derive(fresh()), "tex"))
    yield measure(cell.name, "verify", lambda: list(verify(fresh())), limit=10, repeats=1)
    yield from code_timings(cell)


def code_timings(cell: Cell, *, time_steps: int = 64, batch: int = 32, size: int = 64) -> Iterator[Timing]:
    """Forward, and forward with backward, of the generated NumPy code, float32, T = 64, B = 32, all sizes 64."""
    import numpy as np

    from numeric import load

    module = load(cell)
    rng = np.random.default_rng(0)
    parameters = module.init(**dict.fromkeys(cell.sizes, size), rng=rng, dtype=np.float32)

    def drawn(name: Name) -> np.ndarray:
        shape = shape_value(cell.shapes[name], parameters.sizes())
        return rng.standard_normal((time_steps, batch, *shape)).astype(np.float32)

    inputs, upstream = list(map(drawn, cell.inputs)), drawn(cell.outputs[0])
    yield measure(cell.name, f"forward ({batch}, {size})", lambda: module.forward(parameters, *inputs))
    yield measure(
        cell.name,
        f"forward and backward ({batch}, {size})",
        lambda: module.backward(parameters, module.forward(parameters, *inputs), upstream),
    )


def import_timing() -> Timing:
    """Importing one generated module in a new process, less the time of an import of NumPy."""

    def run(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    extra = [run("import numeric.cells.lstm") - run("import numpy") for _ in range(REPEATS)]
    return Timing("lstm", "import numeric.cells.lstm, beyond numpy", statistics.median(extra), min(extra), max(extra))


def environment() -> dict[str, Any]:
    """What the figures depend on."""
    from importlib.metadata import version

    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        **{package: version(package) for package in ("numpy", "sympy", "hypothesis")},
    }


def as_json(found: list[Timing]) -> dict[str, Any]:
    """The timings as plain data."""
    return {"environment": environment(), "timings": [asdict(timing) for timing in found]}
