"""Parameters of a cell from the arrays of a library, and back, by a layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from derivations.catalogue import get_cell
from derivations.cell import Cell
from derivations.errors import CellError
from derivations.sizes import Shape, shape_value
from numeric.interchange.layout import Array, Entry, Layout, find_layout

Values: TypeAlias = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Converted:
    """Arrays by their names, the sizes that they have, and what a conversion changed or could not check."""

    arrays: Values
    sizes: dict[str, int]
    notes: tuple[str, ...]


def from_library(cell: str, library: str, arrays: Mapping[str, Any], *, suffix: str | None = None, prefix: str = "") -> Converted:
    """The parameters of a cell from the arrays of a library, as they are in its state dictionary or file.

    ``suffix`` chooses the layer and direction of torch (``_l1``, ``_l0_reverse``, or "" for LSTMCell); ``prefix`` is what
    stands before every name. Nested mappings are read with dots between the names. float32 and float64 stay what they are.
    Raises ``CellError`` for arrays that are missing, not understood, not finite or of another shape.
    """
    layout, opened = find_layout(library, cell), get_cell(cell)
    wanted = {prefix + name: array for name, array in layout.named(suffix).items()}
    given = _flat(arrays, prefix)
    _check_names(layout, wanted, given)
    blocks = {name: _turned(name, array, given[name]) for name, array in wanted.items()}
    sizes = _sizes(opened, wanted, blocks)
    found: Values = {}
    places: Counter[str] = Counter()
    for name, array in wanted.items():
        for entry, block in zip(array.entries, _split(opened, array, blocks[name], sizes), strict=True):
            places[entry.parameter] += 1
            offset = entry.offset if places[entry.parameter] == 1 else 0.0
            value = (block - block.dtype.type(offset) if offset else block) * entry.sign
            value = value.reshape(shape_value(_shape(opened, entry.parameter), sizes))
            found[entry.parameter] = found[entry.parameter] + value if entry.parameter in found else value.copy()
    notes = [f"{name} stands in {n} places, which are added up" for name, n in places.items() if n > 1]
    return Converted(found, sizes, tuple(notes + _ambiguous(wanted, given)))


def to_library(cell: str, library: str, parameters: Mapping[str, Any], *, suffix: str | None = None, prefix: str = "") -> Converted:
    """The arrays of a library from the parameters of a cell; where the library has a bias twice, the second is 0."""
    layout, opened = find_layout(library, cell), get_cell(cell)
    names = {name.id for name in opened.parameters}
    given = _flat(parameters, "")
    _check_names_of(names, given, f"the cell {cell}")
    sizes = _own_sizes(opened, given)
    written: set[str] = set()
    out: Values = {}
    for name, array in layout.named(suffix).items():
        rows = []
        for row in array.rows:
            blocks = []
            for entry in row:
                value = np.atleast_2d(given[entry.parameter].T).T * entry.sign
                if entry.offset:
                    value = value + value.dtype.type(entry.offset)
                blocks.append(np.zeros_like(value) if entry.parameter in written else value)
                written.add(entry.parameter)
            rows.append(blocks)
        out[prefix + name] = _laid_out(array, rows, len(_shape(opened, array.entries[0].parameter)))
    twice = [name for name, n in Counter(e.parameter for a in layout.arrays for e in a.entries).items() if n > 1]
    notes = [f"{', '.join(twice)}: the first place holds the value, the second 0"] if twice else []
    return Converted(out, sizes, tuple(notes))


def checked(cell: str, parameters: Mapping[str, Any]) -> Converted:
    """Parameters by the cell's own names, with their sizes; raises ``CellError`` where they do not fit each other."""
    opened, given = get_cell(cell), _flat(parameters, "")
    _check_names_of({name.id for name in opened.parameters}, given, f"the cell {cell}")
    return Converted(given, _own_sizes(opened, given), ())


def _laid_out(array: Array, rows: list[list[np.ndarray[Any, Any]]], rank: int) -> np.ndarray[Any, Any]:
    """Blocks as the array of the library: vectors beside each other in a row, matrices below each other."""
    if rank == 1:
        flat = [np.concatenate([block[:, 0] for block in row]) for row in rows]
        whole = np.stack(flat) if _is_table(array) else np.concatenate(flat)
    else:
        whole = np.block(rows)
        whole = whole.T if array.transposed else whole
    return np.ascontiguousarray(whole.reshape((1,) * array.lead + whole.shape))


def _is_table(array: Array) -> bool:
    """Whether rows of vectors are rows of the array, as the two biases of Keras."""
    return len(array.rows) > 1 and any(len(row) > 1 for row in array.rows)


def _flat(arrays: Mapping[str, Any], prefix: str) -> Values:
    if not isinstance(arrays, Mapping):
        raise CellError(f"a {type(arrays).__name__} came", hint="give a mapping of names to arrays, such as a state dictionary")
    found: Values = {}

    def read(at: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                read(f"{at}.{key}" if at else str(key), inner)
            return
        try:
            array = np.asarray(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise CellError(f"{at} is no array: {error}", hint="give a state dictionary, or arrays") from None
        if array.dtype not in (np.float32, np.float64):
            raise CellError(f"{at} holds {array.dtype}", hint="parameters are float32 or float64")
        if not np.isfinite(array).all():
            raise CellError(f"{at} holds NaN or infinities", hint="nothing was converted")
        found[at] = array

    read("", {key: value for key, value in arrays.items() if str(key).startswith(prefix)})
    dtypes = {str(array.dtype) for array in found.values()}
    if len(dtypes) > 1:
        raise CellError(f"arrays of {' and '.join(sorted(dtypes))}", hint="all parameters of a cell have one dtype")
    return found


def _check_names(layout: Layout, wanted: Mapping[str, Array], given: Values) -> None:
    _check_names_of(set(wanted), given, f"{layout.library}'s {layout.layer}")


def _check_names_of(wanted: set[str], given: Values, what: str) -> None:
    missing, extra = sorted(wanted - set(given)), sorted(set(given) - wanted)
    if missing:
        hint = f"there are {', '.join(sorted(given)) or 'none'}; --suffix and --prefix choose a layer, or the library is another one"
        raise CellError(f"{what} has {', '.join(missing)}, which is missing", hint=hint)
    if extra:
        raise CellError(
            f"{what} has no {', '.join(extra)}", hint=f"it has {', '.join(sorted(wanted))}; a layer is chosen with --suffix or --prefix"
        )


def _turned(name: str, array: Array, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array without its leading axes, rows first."""
    if array.lead and (value.ndim <= array.lead or value.shape[: array.lead] != (1,) * array.lead):
        raise CellError(f"{name} has the shape {value.shape}", hint="expected one direction in front: convert the directions one by one")
    value = value.reshape(value.shape[array.lead :])
    return value.T if array.transposed else value


def _shape(cell: Cell, parameter: str) -> Shape:
    return next(shape for name, shape in cell.shapes.items() if name.id == parameter)


def _axes(cell: Cell, array: Array) -> list[Counter[str]]:
    """The sizes along each axis of an array, added up."""
    first = [_shape(cell, entry.parameter) for entry in array.rows[0]]
    if len(first[0]) == 1:
        rows = [sum((Counter(_shape(cell, e.parameter)[0]) for e in row), Counter[str]()) for row in array.rows]
        return [Counter({"": len(rows)}), rows[0]] if _is_table(array) else [sum(rows, Counter[str]())]
    down = sum((Counter(_shape(cell, row[0].parameter)[0]) for row in array.rows), Counter[str]())
    return [down, sum((Counter(shape[1]) for shape in first), Counter[str]())]


def _sizes(cell: Cell, wanted: Mapping[str, Array], blocks: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, int]:
    """The sizes that all arrays agree on."""
    known: dict[str, int] = {"": 1}
    axes = [(name, _axes(cell, array), blocks[name].shape) for name, array in wanted.items()]
    for name, told, shape in axes:
        if len(told) != len(shape):
            raise CellError(f"{name} has {len(shape)} axes", hint=f"expected {_formula(told)}")
    for _ in cell.sizes:
        for _, told, shape in axes:
            for sizes, n in zip(told, shape, strict=True):
                rest = n - sum(k * known[size] for size, k in sizes.items() if size in known)
                unknown = [(size, k) for size, k in sizes.items() if size not in known]
                if len(unknown) == 1 and rest > 0 and rest % unknown[0][1] == 0:
                    known[unknown[0][0]] = rest // unknown[0][1]
    for name, told, shape in axes:
        expected = tuple(sum(k * known.get(size, 0) for size, k in sizes.items()) for sizes in told)
        if expected != shape:
            sizes_text = ", ".join(f"{size} = {n}" for size, n in known.items() if size)
            stored = shape[::-1] if wanted[name].transposed else shape
            hint = f"expected {_formula(told)}{' transposed' * wanted[name].transposed}, with {sizes_text or 'no size known'}"
            raise CellError(f"{name} has the shape {stored}", hint=f"{hint}: another layout, or a matrix that is transposed?")
    lacking = [size for size in cell.sizes if size not in known]
    if lacking:
        raise CellError(f"the arrays leave {', '.join(lacking)} open", hint="a size is at least 1: arrays without entries are no weights")
    return {size: known[size] for size in cell.sizes}


def _formula(axes: list[Counter[str]]) -> str:
    def one(sizes: Counter[str]) -> str:
        return " + ".join(f"{k} {size}".strip() if k > 1 or not size else size for size, k in sizes.items())

    return f"({', '.join(map(one, axes))})"


def _own_sizes(cell: Cell, given: Values) -> dict[str, int]:
    wanted = {name.id: Array(name.id, ((Entry(name.id),),)) for name in cell.parameters}
    return _sizes(cell, wanted, given)


def _split(cell: Cell, array: Array, value: np.ndarray[Any, Any], sizes: Mapping[str, int]) -> list[np.ndarray[Any, Any]]:
    """The blocks of an array, row by row."""
    shapes = [[shape_value(_shape(cell, entry.parameter), sizes) for entry in row] for row in array.rows]
    if len(shapes[0][0]) == 1:
        flat = value.reshape(-1)
        stops = np.cumsum([shape[0] for row in shapes for shape in row])[:-1]
        return np.split(flat, stops)
    out: list[np.ndarray[Any, Any]] = []
    for row, part in zip(shapes, np.split(value, np.cumsum([row[0][0] for row in shapes])[:-1]), strict=True):
        out += np.split(part, np.cumsum([shape[1] for shape in row])[:-1], axis=1)
    return out


def _ambiguous(wanted: Mapping[str, Array], given: Values) -> list[str]:
    """What no shape can tell: whether a square array is transposed."""
    square = [
        name for name in wanted if given[name].ndim - wanted[name].lead == 2 and len(set(given[name].shape[wanted[name].lead :])) == 1
    ]
    return [f"{', '.join(square)}: square, so that a transposed array would have the same shape; nothing could tell"] if square else []
