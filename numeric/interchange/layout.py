"""Layouts of libraries as data: which parameters of a cell stand where in which array."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from derivations.errors import CellError

FOLDER = Path(__file__).parent / "layouts"
_ENTRY = re.compile(r"(-?)(\w+)(?:\s*([+-])\s*([0-9.]+))?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One parameter within an array of a library: the library holds ``sign`` · parameter + ``offset``."""

    parameter: str
    sign: int = 1
    offset: float = 0.0  # what the library adds by itself when it runs, with the other sign


@dataclass(frozen=True, slots=True)
class Array:
    """An array of a library: blocks in rows, the whole transposed, axes of length 1 in front.

    A parameter that stands in several places is the sum of what stands there; written, it stands in the first.
    """

    name: str
    rows: tuple[tuple[Entry, ...], ...]
    transposed: bool = False
    lead: int = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All blocks, row by row."""
        return tuple(entry for row in self.rows for entry in row)


@dataclass(frozen=True, slots=True)
class Layout:
    """How one layer of a library holds the parameters of one cell."""

    library: str
    cell: str
    layer: str
    arrays: tuple[Array, ...]
    suffix: str = ""  # what stands for {suffix} in names unless somebody says otherwise

    def named(self, suffix: str | None) -> dict[str, Array]:
        """The arrays by the names that they have in the library."""
        return {array.name.replace("{suffix}", self.suffix if suffix is None else suffix): array for array in self.arrays}


@cache
def layouts() -> tuple[Layout, ...]:
    """All layouts, by library and cell."""
    return tuple(layout for path in sorted(FOLDER.glob("*.toml")) for layout in read_layouts(path.read_text(encoding="utf-8"), path.stem))


def read_layouts(text: str, library: str) -> Iterator[Layout]:
    """The layouts of one file."""
    data: dict[str, Any] = tomllib.loads(text)
    suffix = data.pop("suffix", "")
    for cell, table in data.items():
        arrays = tuple(_array(name, told) for name, told in table.items() if name != "layer")
        yield Layout(library, cell, table["layer"], arrays, suffix)


def _array(name: str, told: Mapping[str, Any]) -> Array:
    rows = told["rows"] if "rows" in told else [[entry] for entry in told["stack"]]
    return Array(name, tuple(tuple(map(_entry, row)) for row in rows), told.get("transposed", False), told.get("lead", 0))


def _entry(text: str) -> Entry:
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise ValueError(f"layout: {text!r} is no entry, expected a parameter as in -W_z or b_f - 1")
    sign, parameter, direction, number = found.groups()
    return Entry(parameter, -1 if sign else 1, float(f"{direction}{number}") if number else 0.0)


def find_layout(library: str, cell: str) -> Layout:
    """The layout of a library for a cell; raises ``CellError`` with what there is."""
    known = layouts()
    found = next((layout for layout in known if (layout.library, layout.cell) == (library, cell)), None)
    if found is not None:
        return found
    libraries = sorted({layout.library for layout in known})
    if library not in libraries:
        raise CellError(f"no library {library!r}", hint=f"libraries: {', '.join(libraries)}")
    cells = [layout.cell for layout in known if layout.library == library]
    others = [layout.library for layout in known if layout.cell == cell]
    hint = f"{library} has {', '.join(cells)}" + (f"; {cell} is in {', '.join(others)}" if others else "")
    raise CellError(f"{library} has no layer that is the cell {cell}", hint=hint)
