"""The cells that come with gateproof: one data file each, discovered, no list to maintain."""

from __future__ import annotations

import difflib
import sys
from functools import lru_cache
from pathlib import Path

from derivations.cell import Cell, read_text
from derivations.errors import CellError

FOLDER = Path(__file__).parent / "cells"
SUFFIXES = (".toml", ".txt", ".tex")


@lru_cache(maxsize=1)
def cell_names() -> tuple[str, ...]:
    """The names of all cells, sorted."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in FOLDER.iterdir() if f.name.endswith(".toml")))


@lru_cache(maxsize=1)
def aliases() -> dict[str, str]:
    """Other names of cells, such as ``rnn`` and ``gru``."""
    return {alias: name for name in cell_names() for alias in _load(name).aliases}


@lru_cache(maxsize=256)
def _load(name: str) -> Cell:
    return Cell.from_toml(FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8"), name=name, file=f"derivations/cells/{name}.toml")


def get_cell(name: str) -> Cell:
    """A cell of the catalogue by its name or an alias; raises ``CellError`` with the nearest names."""
    if name in cell_names():
        return _load(name)
    if name in aliases():
        return _load(aliases()[name])
    near = difflib.get_close_matches(name, [*cell_names(), *aliases()], n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"cells: {', '.join(cell_names())}"
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
