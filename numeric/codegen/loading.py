"""Modules from cells: the committed ones by import, those of other cells from generated text."""

from __future__ import annotations

import importlib
import linecache
from pathlib import Path
from types import ModuleType

from derivations import Cell, CellError, get_cell
from derivations.catalogue import SUFFIXES, in_catalogue
from numeric.codegen.targets import check_target, generate


def load_module(cell: str | Path | Cell, target: str) -> ModuleType:
    """See ``numeric.load``."""
    check_target(target)
    if isinstance(cell, Path) or (isinstance(cell, str) and cell.endswith(SUFFIXES)):
        cell = Cell.from_file(cell)
    if isinstance(cell, str):
        cell = get_cell(cell)
    if not isinstance(cell, Cell):
        raise CellError(f"load() got a {type(cell).__name__}", hint='expected a name, a path or a Cell: load("lstm")')
    if in_catalogue(cell):
        return importlib.import_module(f"numeric.cells.{cell.name}")
    return module_of_text(cell.name, generate(cell, target))


def module_of_text(name: str, text: str) -> ModuleType:
    """A module from a text that ``generate`` made, or one like it; tracebacks show its lines."""
    safe = "".join(c if c.isalnum() else "_" for c in name)
    file = f"<generated {safe}>"
    module = ModuleType(f"numeric.generated.{safe}")
    module.__file__ = file
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), module.__dict__)
    return module
