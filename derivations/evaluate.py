"""Evaluation of equations with any kind of number: floats, complex, mpmath, SymPy symbols in object arrays.

Vectors are columns without a batch: arrays of one axis. ``functions`` says what sigmoid and tanh mean for the numbers
in use. The author's equations are evaluated as they were typed, without the lowering and the calculus, so that checks
of those have something independent to compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction
from derivations.notation.tree import (
    Apply,
    Assignment,
    Call,
    Choice,
    Compare,
    Concat,
    Constant,
    Diagonal,
    Dimension,
    Expr,
    Fold,
    Identity,
    MatMul,
    Neg,
    Number,
    Ones,
    Part,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    Times,
    Total,
    Transpose,
    Windows,
)
from derivations.sizes import Shape, shape_value, size_value

Functions = Mapping[str, Callable[[Any], Any]]
Values = dict[Ref, Any]
Constructor = Callable[[Fraction], Any]
NO_SIZES: Mapping[str, int] = MappingProxyType({})


def _int_or_float(value: Fraction) -> Any:
    return value.numerator if value.denominator == 1 else value.numerator / value.denominator


def evaluate_expr(
    expr: Expr, values: Mapping[Ref, Any], functions: Functions, constant: Constructor = _int_or_float, sizes: Mapping[str, int] = NO_SIZES
) -> Any:
    """The value of a typed expression; ``constant`` makes a number of the kind in use from an exact fraction.

    ``sizes`` are needed where a size is used as a number or gives the size of a vector of ones. A comparison is 1 or 0, so
    that symbols can be compared: ``step`` says what is known of their order.
    """

    def go(node: Expr) -> Any:
        match node:
            case Ref():
                return values[node]
            case Number():
                return constant(node.value)
            case Constant():
                return values[Ref(node.name)]
            case Dimension():
                return constant(Fraction(size_value(node.size, sizes)))
            case Identity():
                n = size_value(node.size, sizes)
                return _filled(np.eye(n, dtype=int), constant)
            case Ones():
                return _filled(np.ones(size_value(node.size, sizes), int), constant)
            case Compare():
                return _compared(go(node.left), node.op, go(node.right), functions["step"])
            case Choice():
                return _chosen(node, go)
            case Sum():
                total = go(node.terms[0])
                for term in node.terms[1:]:
                    total = total + go(term)
                return total
            case Neg():
                return -go(node.arg)
            case Product():
                found = go(node.factors[0])
                for factor in node.factors[1:]:
                    found = found * go(factor)
                return found
            case Quotient():
                return go(node.num) / go(node.den)
            case Power():
                return go(node.base) ** constant(node.exponent)
            case MatMul():
                return _product(node, go)
            case Apply():
                return functions[node.fn](go(node.arg))
            case Concat():
                return np.concatenate([go(part) for part in node.parts])
            case Transpose():
                return np.transpose(go(node.arg))
            case Total(op="logsumexp"):
                return functions["log"](np.sum(functions["exp"](go(node.arg))))
            case Total():
                return np.sum(go(node.arg))
            case Part():
                lengths = shape_value(node.split, sizes)
                return go(node.arg)[sum(lengths[: node.index]) : sum(lengths[: node.index + 1])]
            case Windows():
                return windows(go(node.arg), node.width)
            case Diagonal() | Call() | Times() | Fold():
                raise TypeError(f"{type(node).__name__} is not an author's expression")

    return go(expr)


def _product(node: MatMul, go: Callable[[Expr], Any]) -> Any:
    """A product of matrices; a column before a row makes a matrix, a diagonal matrix scales."""
    if isinstance(node.left, Diagonal):
        return go(node.left.arg)[:, None] * go(node.right)
    if isinstance(node.right, Diagonal):
        return go(node.left) * go(node.right.arg)
    left, right = np.asarray(go(node.left)), np.asarray(go(node.right))
    if isinstance(node.right, Transpose) and right.ndim == 1 and not isinstance(node.left, Transpose):
        return np.multiply.outer(left, right)
    return np.dot(left, right)


def _compared(left: Any, op: str, right: Any, step: Callable[[Any], Any]) -> Any:
    match op:
        case ">":
            return step(left - right)
        case "<":
            return step(right - left)
        case "≥":
            return 1 - step(right - left)
        case "≤":
            return 1 - step(left - right)
        case _:
            return 1 - step(left - right) - step(right - left)


def _chosen(node: Choice, go: Callable[[Expr], Any]) -> Any:
    """The greater, the smaller or the one that a comparison says."""
    if node.fn == "where":
        first = go(node.args[0])
        yes, no = node.args[1:]
    else:
        yes, no = node.args
        first = go(Compare(yes, "≥" if node.fn == "max" else "≤", no))
    return first * go(yes) + (1 - first) * go(no)


def _filled(integers: Any, constant: Callable[[Fraction], Any]) -> Any:
    """An array of whole numbers as numbers of the kind in use; ``constant`` may give arrays of one entry."""
    if constant is _int_or_float:
        return integers
    return np.array([np.ravel(constant(Fraction(int(n))))[0] for n in np.ravel(integers)]).reshape(integers.shape)


def windows(matrix: Any, width: int) -> Any:
    """The columns of a matrix and their neighbours below each other: ``[rows, columns]`` to ``[width · rows, columns]``."""
    columns, half = matrix.shape[1], width // 2
    padding = _zeros(matrix, half)
    padded = np.concatenate([padding, matrix, padding], axis=1)
    return np.concatenate([padded[:, k : k + columns] for k in range(width)])


def _zeros(matrix: Any, columns: int) -> Any:
    """Columns of zeros, of the numbers that a matrix is made of."""
    return np.full((matrix.shape[0], columns), matrix.flat[0] * 0, matrix.dtype)


def fold(matrix: Any, width: int) -> Any:
    """The adjoint of ``windows``: every entry is added to the one that it is a copy of."""
    rows, columns = matrix.shape[0] // width, matrix.shape[1]
    half, found = width // 2, matrix[rows * (width // 2) : rows * (width // 2 + 1)]
    for k in range(width):
        shift, block = k - half, matrix[rows * k : rows * (k + 1)]
        if shift and abs(shift) < columns:
            padding = _zeros(block, abs(shift))
            moved = [padding, block[:, :-shift]] if shift > 0 else [block[:, -shift:], padding]
            found = found + np.concatenate(moved, axis=1)
    return found


def evaluate_cell(
    equations: Sequence[Assignment],
    values: Mapping[Ref, Any],
    functions: Functions,
    constant: Constructor = _int_or_float,
    sizes: Mapping[str, int] = NO_SIZES,
) -> Values:
    """One step of an author's equations: every value that it computes, added to ``values``."""
    known: Values = dict(values)
    for eq in equations:
        known[eq.target] = evaluate_expr(eq.expr, known, functions, constant, sizes)
    return known


def evaluate_program(
    program: Program, values: Mapping[Ref, Any], functions: Functions, sizes: Mapping[str, int], constant: Constructor = _int_or_float
) -> Values:
    """Every value of a program of the four kinds, added to ``values``."""
    known: Values = dict(values)
    for eq in program.equations:
        known[eq.target] = _evaluate(eq, known, functions, sizes, program.shapes, constant)
    return known


def _evaluate(
    eq: Equation, known: Values, functions: Functions, sizes: Mapping[str, int], shapes: Mapping[Any, Shape], constant: Constructor
) -> Any:
    match eq:
        case Pointwise():
            value = evaluate_expr(eq.expr, known, functions, constant, sizes)
            shape = shape_value(shapes[eq.target.name], sizes)
            return value if np.shape(value) == shape else np.broadcast_to(value, shape)
        case Contraction():
            return contract(eq.spec, known[eq.left], known[eq.right])
        case Reduction():
            return evaluate_expr(Total(eq.operand, eq.op), known, functions)
        case Layout(op="windows"):
            return windows(known[eq.operands[0]], eq.index)
        case Layout(op="fold"):
            return fold(known[eq.operands[0]], eq.index)
        case Layout(op="concat"):
            return np.concatenate([known[ref] for ref in eq.operands])
        case Layout(op="part"):
            lengths = shape_value(eq.split, sizes)
            start = sum(lengths[: eq.index])
            return known[eq.operands[0]][start : start + lengths[eq.index]]
        case Layout():
            return np.transpose(known[eq.operands[0]])


def contract(spec: str, left: Any, right: Any) -> Any:
    """``np.einsum`` of two operands that also works for object arrays: one tensordot and one transpose."""
    operands, result = spec.split("->")
    a, b = operands.split(",")
    kept = [c for c in a if c in b and c in result]
    if kept or len(set(a) & set(b)) == 2:  # nothing is summed over these, or both axes are: an entrywise product with sums
        letters = a if len(a) > len(b) else b
        product = _along(left, a, letters) * _along(right, b, letters)
        gone = tuple(k for k, c in enumerate(letters) if c not in result)
        return product.sum(axis=gone) if gone else product
    shared = [c for c in a if c in b]
    found = np.tensordot(np.asarray(left), np.asarray(right), axes=([a.index(c) for c in shared], [b.index(c) for c in shared]))
    free = [c for c in a + b if c not in shared]
    out = np.transpose(found, [free.index(c) for c in result])
    return out[()] if out.ndim == 0 else out


def _along(array: Any, letters: str, wanted: str) -> Any:
    """An array with an axis of length 1 for every index that it has not."""
    return np.asarray(array)[tuple(slice(None) if c in letters else None for c in wanted)]
