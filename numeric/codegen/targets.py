"""From a cell to the text of a module, for each target."""

from __future__ import annotations

from derivations import Cell, CellError, derive
from numeric.codegen.module import module_text
from numeric.codegen.schedule import schedule

TARGETS = ("numpy",)


def check_target(target: str) -> None:
    """Refuse a target that there is no printer for."""
    if target not in TARGETS:
        raise CellError(f"no target {target!r}", hint=f"targets: {', '.join(TARGETS)}")


def generate(cell: Cell, target: str = "numpy") -> str:
    """The text of a module that computes a cell forward, backward and in forward mode; the same for every run."""
    check_target(target)
    if not cell.parameters:
        raise CellError(
            "the cell has no parameters", hint="code is generated for cells with something to learn, as in W x_t", file=cell.file
        )
    if not cell.sizes:
        raise CellError(
            "everything in the cell is a scalar", hint="code is generated for states that are vectors or matrices", file=cell.file
        )
    return module_text(schedule(derive(cell)))
