"""What generated modules call: parameters of their own kind from the arrays of a library, and back."""

from __future__ import annotations

from typing import Any

from derivations.errors import CellError
from numeric.interchange.convert import Values, from_library, to_library


def read_params(kind: Any, cell: str, library: str, state: Any, **options: Any) -> Any:
    """Parameters of the class ``kind`` from a state dictionary; raises ``ValueError``."""
    try:
        found = from_library(cell, library, state, **options)
    except CellError as error:
        raise ValueError(str(error)) from None
    p = kind(**found.sizes, dtype=next(iter(found.arrays.values())).dtype)
    for name, value in found.arrays.items():
        setattr(p, name, value)
    return p


def write_params(p: Any, cell: str, library: str, **options: Any) -> Values:
    """The arrays of a library from the parameters of a module."""
    return to_library(cell, library, dict(p.items()), **options).arrays
