"""The cells that come with gateproof, and a person's own: one data file each, discovered, no list to maintain."""

from __future__ import annotations

import difflib
import os
import sys
import tomllib
from functools import lru_cache
from pathlib import Path

from derivations.cell import Cell, read_text
from derivations.errors import CellError

FOLDER = Path(__file__).parent / "cells"
SUFFIXES = (".toml", ".txt", ".tex")
OWN = "GATEPROOF_CELLS"  # the environment variable that names folders of own cells, separated as in PATH


@lru_cache(maxsize=1)
def cell_names() -> tuple[str, ...]:
    """The names of all cells, sorted."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in FOLDER.iterdir() if f.name.endswith(".toml")))


@lru_cache(maxsize=1)
def aliases() -> dict[str, str]:
    """Other names of cells, such as ``rnn`` and ``gru``."""
    return {alias: name for name in cell_names() for alias in tomllib.loads(_text(name)).get("aliases", ())}


def _text(name: str) -> str:
    return FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def _load(name: str) -> Cell:
    return Cell.from_toml(_text(name), name=name, file=f"derivations/cells/{name}.toml")


def own_cells() -> dict[str, Path]:
    """The cell files in the folders that GATEPROOF_CELLS names; raises ``CellError`` where there is no folder, or a name is taken."""
    found: dict[str, Path] = {}
    for folder in (Path(part) for part in os.environ.get(OWN, "").split(os.pathsep) if part):
        if not folder.is_dir():
            raise CellError(f"{folder} is no folder", hint=f"{OWN} names folders of cell files")
        for path in sorted(folder.glob("*.toml")):
            taken = found.get(path.stem) or next((FOLDER for names in (cell_names(), aliases()) if path.stem in names), None)
            if taken:
                raise CellError(f"{path}: there is a cell {path.stem!r} in {taken}", hint="rename the file: its name is that of the cell")
            found[path.stem] = path
    return found


def all_names() -> tuple[str, ...]:
    """The names of the catalogue and of own cells, sorted."""
    return tuple(sorted((*cell_names(), *own_cells())))


@lru_cache(maxsize=256)
def _own(path: Path, changed: int) -> Cell:
    return Cell.from_file(path)


def get_cell(name: str) -> Cell:
    """A cell of the catalogue by its name or an alias, or an own one; raises ``CellError`` with the nearest names."""
    if name in cell_names():
        return _load(name)
    own = own_cells()
    if name in own:
        return _own(own[name], own[name].stat().st_mtime_ns)
    if name in aliases():
        return _load(aliases()[name])
    near = difflib.get_close_matches(name, [*all_names(), *aliases()], n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"cells: {', '.join(all_names())}"
    raise CellError(f"no cell named {name!r}", hint=f"{hint}  A file is given by its path: ./{name}.toml, .txt or .tex")


def in_catalogue(cell: Cell) -> bool:
    """Whether a cell is the one of the catalogue, not one of a user with the same name."""
    return cell.name in cell_names() and cell is get_cell(cell.name)


def open_cell(argument: str) -> Cell:
    """The cell that a person names: of the catalogue, by the path of a file, or ``-`` for equations on standard input."""
    if argument == "-":
        return Cell.from_equations(read_text(sys.stdin.buffer, "standard input"), name="cell", file="standard input")
    path = Path(argument)
    if path.suffix in SUFFIXES:
        return Cell.from_file(path)
    if len(path.parts) > 1 or path.suffix:
        raise CellError(
            f"{argument}: unknown kind of file", hint=f"expected {', '.join(SUFFIXES)}, a name of the catalogue, or - for standard input"
        )
    return get_cell(argument)
