"""Code of recurrent cells: generated, checked and judged.

Importing this package imports neither SymPy nor NumPy; ``load`` does when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from derivations import Cell

__all__ = ["load"]


def load(cell: str | Path | Cell, target: str = "numpy") -> ModuleType:
    """The module of a cell: a name of the catalogue, the path of a cell file, or a ``Cell`` of your own.

    A catalogue cell is imported from ``numeric.cells``; for any other the module is generated and imported from memory.
    """
    from numeric.codegen.loading import load_module

    return load_module(cell, target)
