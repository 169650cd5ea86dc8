"""Generated modules as files: written whole or not at all, and compared with what would be generated now."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from derivations.catalogue import cell_names, get_cell
from derivations.cell import Cell
from derivations.errors import CellError
from derivations.files import write_whole
from numeric.codegen.targets import generate

CELLS = Path(__file__).parent.parent / "cells"


def catalogue() -> list[Cell]:
    """Every cell of the catalogue."""
    return [get_cell(name) for name in cell_names()]


def write_all(folder: Path = CELLS, cells: Iterable[Cell] | None = None, target: str = "numpy") -> list[Path]:
    """Generate cells, by default all of the catalogue, into ``folder``; returns the files that changed.

    Nothing is written before everything has been generated.
    """
    texts = {folder / _file_name(cell): generate(cell, target) for cell in (catalogue() if cells is None else cells)}
    changed = [path for path, text in texts.items() if _read(path) != text]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CellError(f"{folder} is no folder to write to: {error.strerror}") from None
    return [write_whole(path, texts[path]) for path in changed]


def check(folder: Path = CELLS, cells: Sequence[Cell] | None = None, target: str = "numpy") -> list[str]:
    """What is wrong with generated modules: stale (with a diff) or missing; without ``cells`` also what is extra."""
    wanted = catalogue() if cells is None else cells
    problems = [problem for cell in wanted if (problem := _problem(folder / _file_name(cell), cell, target))]
    if cells is not None:
        return problems
    known = {_file_name(cell) for cell in wanted} | {"__init__.py"}
    extra = sorted(path for path in folder.glob("*.py") if path.name not in known)
    return problems + [f"{path}: extra; no cell of that name, delete it" for path in extra]


def _problem(path: Path, cell: Cell, target: str) -> str:
    old, new = _read(path), generate(cell, target)
    if old is None:
        return f"{path}: missing; gateproof generate {cell.name} writes it"
    if old == new:
        return ""
    diff = difflib.unified_diff(old.splitlines(True), new.splitlines(True), str(path), f"{path} (as generated now)", n=1)
    return f"{path}: stale; gateproof generate {cell.name} mends it\n{''.join(diff)}"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def _file_name(cell: Cell) -> str:
    """A name that Python can import."""
    name = re.sub(r"\W", "_", cell.name, flags=re.ASCII)
    return f"{name if name.isidentifier() else f'cell_{name}'}.py"
