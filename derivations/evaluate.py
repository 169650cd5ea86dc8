"""Evaluation of equations with any kind of number: floats, complex, mpmath, SymPy symbols in object arrays.

Vectors are columns without a batch: arrays of one axis. ``functions`` says what sigmoid and tanh mean for the numbers
in use. The author's equations are evaluated as they were typed, without the lowering and the calculus, so that checks
of those have something independent to compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction
from derivations.notation.tree import (
    Apply,
    Assignment,
    Concat,
    Expr,
    MatMul,
    Neg,
    Number,
    Part,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    Times,
    Total,
    Transpose,
)
from derivations.sizes import Shape, shape_value

Functions = Mapping[str, Callable[[Any], Any]]
Values = dict[Ref, Any]
Constant = Callable[[Fraction], Any]


def _int_or_float(value: Fraction) -> Any:
    return value.numerator if value.denominator == 1 else value.numerator / value.denominator


def evaluate_expr(expr: Expr, values: Mapping[Ref, Any], functions: Functions, constant: Constant = _int_or_float) -> Any:
    """The value of a typed expression; ``constant`` makes a number of the kind in use from an exact fraction."""

    def go(node: Expr) -> Any:
        match node:
            case Ref():
                return values[node]
            case Number():
                return constant(node.value)
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
                return np.dot(go(node.left), go(node.right))
            case Apply():
                return functions[node.fn](go(node.arg))
            case Concat():
                return np.concatenate([go(part) for part in node.parts])
            case Transpose():
                return np.transpose(go(node.arg))
            case Total():
                return np.sum(go(node.arg))
            case Part() | Times():
                raise TypeError(f"{type(node).__name__} is not an author's expression")

    return go(expr)


def evaluate_cell(
    equations: Sequence[Assignment], values: Mapping[Ref, Any], functions: Functions, constant: Constant = _int_or_float
) -> Values:
    """One step of an author's equations: every value that it computes, added to ``values``."""
    known: Values = dict(values)
    for eq in equations:
        known[eq.target] = evaluate_expr(eq.expr, known, functions, constant)
    return known


def evaluate_program(
    program: Program, values: Mapping[Ref, Any], functions: Functions, sizes: Mapping[str, int], constant: Constant = _int_or_float
) -> Values:
    """Every value of a program of the four kinds, added to ``values``."""
    known: Values = dict(values)
    for eq in program.equations:
        known[eq.target] = _evaluate(eq, known, functions, sizes, program.shapes, constant)
    return known


def _evaluate(
    eq: Equation, known: Values, functions: Functions, sizes: Mapping[str, int], shapes: Mapping[Any, Shape], constant: Constant
) -> Any:
    match eq:
        case Pointwise():
            value = evaluate_expr(eq.expr, known, functions, constant)
            shape = shape_value(shapes[eq.target.name], sizes)
            return value if np.shape(value) == shape else np.broadcast_to(value, shape)
        case Contraction():
            return contract(eq.spec, known[eq.left], known[eq.right])
        case Reduction():
            return np.sum(known[eq.operand])
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
    shared = [c for c in a if c in b]
    found = np.tensordot(np.asarray(left), np.asarray(right), axes=([a.index(c) for c in shared], [b.index(c) for c in shared]))
    free = [c for c in a + b if c not in shared]
    out = np.transpose(found, [free.index(c) for c in result])
    return out[()] if out.ndim == 0 else out
