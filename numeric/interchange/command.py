"""``gateproof convert``: weights from one library's layout to another's, through the parameters of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from derivations.catalogue import get_cell
from derivations.errors import CellError
from numeric.interchange.convert import Converted, checked, from_library, to_library
from numeric.interchange.layout import layouts
from numeric.interchange.onnx_nodes import read_onnx, write_onnx
from numeric.interchange.weight_files import read_arrays, write_arrays

OWN = "gateproof"  # the names of the cell itself


@dataclass(frozen=True, slots=True)
class Names:
    """What chooses a layer within a file."""

    suffix: str | None = None
    prefix: str = ""
    node: str = ""
    direction: int | None = None


def convert_file(cell: str, source: Path, output: Path, libraries: tuple[str, str], names: Names) -> tuple[str, ...]:
    """Convert a file; returns the notes on what was added up or could not be checked."""
    first, second = libraries
    cell = get_cell(cell).name
    if output.exists() and source.exists() and output.samefile(source):
        raise CellError(f"{output} holds the weights that are read", hint="give another file to write to")
    if source.suffix == ".onnx":
        if first != "onnx":
            raise CellError(f"{source} is an ONNX model", hint="--from onnx")
        found, arrays = read_onnx(source, node=names.node, direction=names.direction)
        if found != cell:
            raise CellError(f"the node of {source} is the cell {found}", hint=f"gateproof convert {found} …")
    else:
        arrays = read_arrays(source)
    own = checked(cell, arrays) if first == OWN else from_library(cell, first, arrays, suffix=names.suffix, prefix=names.prefix)
    made = own if second == OWN else to_library(cell, second, own.arrays, suffix=names.suffix)
    if output.suffix == ".onnx":
        if second != "onnx":
            raise CellError(f"{output} is to be an ONNX model", hint="--to onnx")
        write_onnx(output, cell, Converted(made.arrays, own.sizes, ()))
    else:
        write_arrays(output, made.arrays)
    return (*own.notes, *(made.notes if made is not own else ()))


def layout_list() -> list[tuple[str, str, str, str]]:
    """Library, layer, cell and arrays of every layout."""
    return [(one.library, one.layer, one.cell, ", ".join(one.named(None))) for one in layouts()]
