"""Which axes of the arrays of a cell count the same units, so that they can be numbered in another order together."""

from __future__ import annotations

from collections.abc import Iterator

from derivations.cell import Cell
from derivations.notation.tree import Concat, Expr, MatMul, Name, Ref, Windows, children, nodes, refs

Axes = tuple[tuple[str, ...], ...]


def turned_size(cell: Cell) -> str | None:
    """A size of a state whose units have no order of their own; None if there is none.

    Neighbouring columns of windows have an order, and so has an axis of several blocks if no concatenation says which comes first.
    """
    ordered = {atom for node in _nodes(cell) if isinstance(node, Windows) for ref in refs(node) for atom in _columns(cell, ref)}
    ordered |= {atom for axes in unit_axes(cell).values() for blocks in axes if not blocks for atom in cell.sizes}
    found = (atom for name in cell.states for size in cell.shapes[name] for atom in size)
    return next((atom for atom in found if atom not in ordered), None)


def _columns(cell: Cell, ref: Ref) -> tuple[str, ...]:
    return tuple(atom for size in cell.shapes[ref.name][1:] for atom in size)


def unit_axes(cell: Cell) -> dict[str, Axes]:
    """The sizes along each axis of every array, by name; an axis may hold several blocks, in the order of a concatenation.

    () stands for several blocks in an order that is not known."""
    written = {eq.target.name: eq.expr for eq in cell.equations}

    def blocks(expr: Expr, within: frozenset[Name] = frozenset()) -> tuple[str, ...]:
        """The blocks of a vector, in order; of a name that holds several, those of the equation that gives it."""
        match expr:
            case Ref(name=name):
                own = cell.shapes[name][0] if cell.shapes[name] else ()
                several = len(own) > 1 and name in written and name not in within
                return (blocks(written[name], within | {name}) if several else ()) or own
            case Concat(parts=parts):
                return tuple(size for part in parts for size in blocks(part, within))
            case MatMul(left=left) if not isinstance(left, Ref):
                return ()
        return next((found for child in children(expr) if (found := blocks(child, within))), ())

    columns = {
        node.left.name: blocks(node.right)
        for node in _nodes(cell)
        if isinstance(node, MatMul) and isinstance(node.left, Ref) and _mixed(cell, node.left.name)
    }
    found: dict[str, Axes] = {}
    for name in (*cell.parameters, *cell.inputs, *cell.outputs, *cell.constants):
        shape = cell.shapes[name]
        axes = (*shape[:-1], columns.get(name) or shape[-1]) if len(shape) == 2 else (blocks(Ref(name)),) if shape else ()
        pairs = zip(axes, shape, strict=True)
        known = tuple(own if len(set(own)) == 1 else axis if sorted(axis) == sorted(own) else () for axis, own in pairs)
        over_time = () if name in (*cell.parameters, *cell.constants) else (("time",), ("batch",))
        found[name.id] = over_time + known
    return found | {f"{name.id}0": found[name.id][1:] for name in cell.states}


def _mixed(cell: Cell, matrix: Name) -> bool:
    """Whether the columns of a matrix belong to several sizes."""
    shape = cell.shapes[matrix]
    return len(shape) == 2 and len(shape[1]) > 1


def _nodes(cell: Cell) -> Iterator[Expr]:
    return (node for eq in cell.equations for node in nodes(eq.expr))
