"""One cell to verify, as data: it travels to another process or machine as text, and its key says what the result depends on."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from derivations.catalogue import get_cell, in_catalogue
from derivations.cell import Cell
from derivations.errors import CellError

ROOT = Path(__file__).parents[2]
SOURCES = (".py", ".toml", ".lark", ".jinja")  # what of the packages can change a result
BY_CELL = ("derivations/cells", "numeric/cells")  # of these folders only what belongs to the cell


@dataclass(frozen=True, slots=True)
class Job:
    """A cell by its text, with what its results depend on besides."""

    name: str
    text: str
    file: str
    catalogue: bool  # whether the committed module of this cell is what is checked
    examples: int
    seed: int
    code: str  # a digest of gateproof itself and of what it computes with
    depends: str  # a digest of the other files that the results depend on
    weight: int  # how long it takes, roughly: larger ones go first

    @property
    def key(self) -> str:
        """Equal keys have equal results, up to the time that they took."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def cell(self) -> Cell:
        """The cell, read again where the work is done."""
        if self.catalogue:
            return get_cell(self.name)
        if self.file.endswith(".toml"):
            return Cell.from_toml(self.text, name=self.name, file=self.file)
        return Cell.from_equations(self.text, name=self.name, file=self.file)

    def run(self) -> list[dict[str, Any]]:
        """Every result, as plain data; raises ``CellError`` on a machine that has something else installed."""
        from numeric.verify import verify

        if surroundings() != self.code or (self.catalogue and get_cell(self.name).text != self.text):
            raise CellError("a worker has another version of gateproof, Python, SymPy or NumPy", hint="install the same on all machines")
        return [result.as_json() for result in verify(self.cell(), examples=self.examples, seed=self.seed)]


def jobs_of(cells: Iterable[Cell], *, examples: int, seed: int) -> tuple[Job, ...]:
    """A job for each cell."""
    return tuple(_job(cell, examples, seed) for cell in cells)


def _job(cell: Cell, examples: int, seed: int) -> Job:
    others = sorted({relation.cell for relation in cell.relations if relation.cell})
    catalogue = in_catalogue(cell)
    module = ROOT / "numeric" / "cells" / f"{cell.name}.py"
    parts = [get_cell(name).text for name in others]
    if catalogue and module.exists():
        parts.append(module.read_text(encoding="utf-8"))
    depends = sha256("\0".join(parts).encode()).hexdigest()
    return Job(cell.name, cell.text, cell.file, catalogue, examples, seed, surroundings(), depends, len(cell.program.equations))


@cache
def surroundings() -> str:
    """A digest of gateproof's own code and data, of Python and of the packages that compute."""
    digest = sha256(json.dumps([platform.python_version(), *(version(name) for name in ("sympy", "numpy", "mpmath"))]).encode())
    for path in sorted(path for package in ("derivations", "numeric") for path in (ROOT / package).rglob("*")):
        relative = path.relative_to(ROOT).as_posix()
        if path.suffix in SOURCES and not relative.startswith(BY_CELL):
            digest.update(relative.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
