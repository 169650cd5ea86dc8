"""From a cell to the text of a module, for each target."""

from __future__ import annotations

from derivations import Cell, CellError, derive
from numeric.codegen.module import module_text
from numeric.codegen.names import NOT_SIZES
from numeric.codegen.schedule import schedule

TARGETS = ("numpy",)


def check_target(target: str) -> None:
    """Refuse a target that there is no printer for."""
    if target not in TARGETS:
        raise CellError(f"no target {target!r}", hint=f"targets: {', '.join(TARGETS)}")


def generate(cell: Cell, target: str = "numpy") -> str:
    """The text of a module that computes a cell forward, backward and in forward mode; the same for every run."""
    check_target(target)
    taken = next((size for size in cell.sizes if size in NOT_SIZES), None)
    if taken:
        raise CellError(f"{taken!r} cannot name a size", hint="generated code uses the word for something else", file=cell.file)
    return module_text(schedule(derive(cell)))
