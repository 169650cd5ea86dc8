"""The shape of the value of a typed expression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from derivations.notation.tree import (
    Concat,
    Constant,
    Diagonal,
    Expr,
    Fold,
    Identity,
    MatMul,
    Name,
    Ones,
    Part,
    Ref,
    Total,
    Transpose,
    Windows,
    children,
)
from derivations.sizes import Shape, Size


def shape_of(expr: Expr, shapes: Mapping[Name, Shape]) -> Shape:
    """Sizes along each axis, from the shapes of the names; entrywise operations broadcast scalars."""

    def of(node: Expr) -> Shape:
        match node:
            case Ref() | Constant():
                return shapes[node.name]
            case MatMul():
                return _of_product(node, of(node.left), of(node.right))
            case Diagonal():
                return of(node.arg) * 2
            case Identity():
                return (node.size, node.size)
            case Ones():
                return (node.size,)
            case Part():
                return (node.split[node.index],)
            case Windows():
                height, width = of(node.arg)
                return (tuple(sorted(height * node.width)), width)
            case Fold():
                height, width = of(node.arg)
                return (_divided(height, node.width), width)
            case Total():
                return ()
            case Transpose():
                return of(node.arg)[::-1]
            case Concat():
                return (tuple(sorted(atom for part in node.parts for atom in of(part)[0])),)
            case _:
                return max((of(child) for child in children(node)), key=len, default=())

    return of(expr)


def _of_product(node: MatMul, left: Shape, right: Shape) -> Shape:
    """A row before a vector makes a number, a column before a row a matrix."""
    row = isinstance(node.left, Transpose) and len(left) == 1
    outer = isinstance(node.right, Transpose) and len(right) == 1
    return (*(() if row else left[:1]), *(right if outer else right[1:]))


def _divided(size: Size, by: int) -> Size:
    return tuple(sorted(atom for atom, count in Counter(size).items() for _ in range(count // by)))
