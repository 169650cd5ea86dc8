"""The author's equations, evaluated as they were typed: no lowering, no calculus, no generated code.

Every value may carry further axes in front (many directions, the batch), so one evaluation serves them all. It works
with any kind of number that NumPy holds: floats, complex numbers, mpmath numbers in object arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add, mul, truediv
from typing import Any

import numpy as np

from derivations.notation.tree import (
    Apply,
    Choice,
    Compare,
    Concat,
    Constant,
    Diagonal,
    Dimension,
    Expr,
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
    Total,
    Transpose,
    Windows,
)
from derivations.sizes import shape_value, size_value
from numeric.checks.case import Array, Case
from numeric.checks.numbers import Numbers, floats, high_precision

__all__ = ["INDEPENDENT", "Numbers", "Probe", "Valued", "evaluate", "floats", "high_precision", "loss", "unroll"]

INDEPENDENT = "the calculus, the lowering and the generated code: the author's equations are evaluated as typed"  # of checks that use it
ROW = -1  # the kind of a transposed vector; 0, 1, 2: scalar, vector, matrix
Valued = tuple[Array, int]  # an array, and which of its last axes are the value's own
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": np.greater, "<": np.less, "≥": np.greater_equal, "≤": np.less_equal, "=": np.equal,
}  # fmt: skip


class Probe:
    """Looks on while equations are evaluated. This one does nothing."""

    def value(self, expr: Expr, value: Array) -> Array:
        """What to go on with for the value of an expression."""
        return value

    def argument(self, fn: str, real: Array) -> None:
        """The real part of what a function is applied to."""

    def divisor(self, value: Array) -> None:
        """What is divided by, or raised to a power that is no whole number."""

    def branch(self, taken: Array) -> None:
        """Which way a comparison, a maximum or a minimum went."""


@dataclass(frozen=True, eq=False)
class _Evaluation:
    values: Mapping[Ref, Valued]
    numbers: Numbers
    sizes: Mapping[str, int]
    probe: Probe

    def go(self, expr: Expr) -> Valued:
        value, kind = self.node(expr)
        return self.probe.value(expr, np.asarray(value)), kind  # NumPy makes a bare object of an array with one object and no axes

    def node(self, expr: Expr) -> Valued:
        match expr:
            case Ref():
                return self.values[expr]
            case Number() | Constant() | Dimension() | Identity() | Ones():
                return self.leaf(expr)
            case Sum():
                return _entrywise(partial(reduce, add), [self.go(term) for term in expr.terms])
            case Product():
                return _entrywise(partial(reduce, mul), [self.go(factor) for factor in expr.factors])
            case Quotient():
                num, den = self.go(expr.num), self.go(expr.den)
                self.probe.divisor(den[0])
                return _entrywise(partial(reduce, truediv), [num, den])
            case Neg():
                value, kind = self.go(expr.arg)
                return -value, kind
            case Power():
                value, kind = self.go(expr.base)
                if expr.exponent < 0 or expr.exponent.denominator > 1:
                    self.probe.divisor(value)
                return value ** self.numbers.constant(expr.exponent), kind
            case Apply():
                return self.applied(expr)
            case Compare():
                return _entrywise(partial(self.compared, expr.op), [self.go(expr.left), self.go(expr.right)])
            case Choice():
                return self.chosen(expr)
            case _:
                return self.arranged(expr)

    def leaf(self, expr: Expr) -> Valued:
        match expr:
            case Number():
                return np.asarray(self.numbers.constant(expr.value)), 0
            case Dimension():
                return self.numbers.array(np.asarray(float(size_value(expr.size, self.sizes)))), 0
            case Identity():
                return self.numbers.array(np.eye(size_value(expr.size, self.sizes))), 2
            case Ones():
                return self.numbers.array(np.ones(size_value(expr.size, self.sizes))), 1
            case Constant():
                return self.values[Ref(expr.name)]
        raise TypeError(f"{type(expr).__name__} is not a leaf")

    def arranged(self, expr: Expr) -> Valued:
        """Products of matrices, sums of entries, relabelling."""
        match expr:
            case MatMul():
                return self.product(expr)
            case Concat():
                return _below([self.go(part)[0] for part in expr.parts]), 1
            case Transpose():
                value, kind = self.go(expr.arg)
                return (np.swapaxes(value, -1, -2), 2) if kind == 2 else (value, -kind)
            case Total():
                return self.total(expr)
            case Part():
                value, kind = self.go(expr.arg)
                lengths = shape_value(expr.split, self.sizes)
                return value[..., sum(lengths[: expr.index]) : sum(lengths[: expr.index + 1])], kind
            case Windows():
                return _windows(self.go(expr.arg)[0], expr.width), 2
        raise TypeError(f"{type(expr).__name__} is not an author's expression")

    def applied(self, expr: Apply) -> Valued:
        value, kind = self.go(expr.arg)
        self.probe.argument(expr.fn, self.numbers.real(value))
        return self.numbers.functions[expr.fn](value), kind

    def compared(self, op: str, operands: Sequence[Array]) -> Array:
        return self.numbers.array(self.holds(op, *operands).astype(np.float64))

    def holds(self, op: str, left: Array, right: Array) -> Array:
        """Where a comparison of the real parts holds."""
        real = self.numbers.real
        found = np.asarray(COMPARISONS[op](real(left), real(right)), dtype=bool)
        self.probe.branch(found)
        return found

    def chosen(self, expr: Choice) -> Valued:
        """The first of two values where a condition holds, else the second; NaN is not lost in a maximum."""
        if expr.fn == "where":
            return _entrywise(lambda v: np.where(self.numbers.real(v[0]) != 0, v[1], v[2]), [self.go(arg) for arg in expr.args])

        def extreme(v: Sequence[Array]) -> Array:
            first = self.holds("≥" if expr.fn == "max" else "≤", v[0], v[1]) | (v[0] != v[0])
            return np.where(first, v[0], v[1])

        return _entrywise(extreme, [self.go(arg) for arg in expr.args])

    def product(self, expr: MatMul) -> Valued:
        if isinstance(expr.left, Diagonal):
            return self.go(expr.left.arg)[0][..., :, None] * self.go(expr.right)[0], 2
        if isinstance(expr.right, Diagonal):
            return self.go(expr.left)[0] * self.go(expr.right.arg)[0][..., None, :], 2
        return _product(self.go(expr.left), self.go(expr.right))

    def total(self, expr: Total) -> Valued:
        value, kind = self.go(expr.arg)
        own = tuple(range(-abs(kind), 0))
        if expr.op == "sum":
            return value.sum(axis=own), 0
        top = self.numbers.real(value).max(axis=own)  # so that no exponential overflows
        shifted = value - np.asarray(top).reshape(top.shape + (1,) * len(own))
        return self.numbers.functions["log"](np.asarray(self.numbers.functions["exp"](shifted).sum(axis=own))) + top, 0


def evaluate(
    expr: Expr, values: Mapping[Ref, Valued], numbers: Numbers, sizes: Mapping[str, int] | None = None, probe: Probe | None = None
) -> Valued:
    """The value of an expression and its kind; ``sizes`` where it uses a size; constants are given as ``values[Ref(name)]``."""
    return _Evaluation(values, numbers, sizes or {}, probe or Probe()).go(expr)


def _entrywise(operation: Callable[[Sequence[Array]], Any], operands: Sequence[Valued]) -> Valued:
    kind = max((kind for _, kind in operands), key=abs)
    return operation([value.reshape(value.shape + (1,) * (abs(kind) - abs(own))) for value, own in operands]), kind


def _product(left: Valued, right: Valued) -> Valued:
    """Matrix products of matrices, columns and rows."""
    (a, kind_a), (b, kind_b) = left, right
    a = a[..., :, None] if kind_a == 1 else a[..., None, :] if kind_a == ROW else a
    b = b[..., :, None] if kind_b == 1 else b[..., None, :] if kind_b == ROW else b
    c = np.matmul(a, b)
    match kind_a, kind_b:
        case (2, 1):
            return c[..., 0], 1
        case (-1, 2):
            return c[..., 0, :], ROW
        case (-1, 1):
            return c[..., 0, 0], 0
        case _:
            return c, 2


def _below(parts: Sequence[Array]) -> Array:
    front = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
    return np.concatenate([np.broadcast_to(part, front + part.shape[-1:]) for part in parts], axis=-1)


def _windows(matrix: Array, width: int) -> Array:
    """Each column and its neighbours below each other, zeros beyond the ends."""
    half, columns = width // 2, matrix.shape[-1]
    zeros = np.zeros((*matrix.shape[:-1], half), matrix.dtype)
    padded = np.concatenate([zeros, matrix, zeros], axis=-1)
    return np.concatenate([padded[..., k : k + columns] for k in range(width)], axis=-2)


def unroll(case: Case, numbers: Numbers, variables: Mapping[str, Array] | None = None, probe: Probe | None = None) -> dict[str, Array]:
    """All outputs, ``[..., time, batch, size]``. ``variables``, by their names in ``case.variables``, take the place of the
    case's own; all of those given have the same axes in front."""
    cell, sizes = case.cell, case.sizes
    kinds = {name: len(shape) for name, shape in cell.shapes.items()}
    values = {k: numbers.array(v) for k, v in {**case.variables, **case.constants, **(variables or {})}.items()}
    # a batch axis for the parameters, in front of their own axes
    fixed = (*cell.parameters, *cell.constants)
    known: dict[Ref, Valued] = {Ref(n): (np.expand_dims(values[n.id], -1 - kinds[n]), kinds[n]) for n in fixed}
    state = {name: values[f"{name.id}0"] for name in cell.states}
    found: dict[str, list[Array]] = {name.id: [] for name in cell.outputs}
    for t in range(sizes["time"]):
        known |= {Ref(n, 0): (values[n.id].take(t, axis=-2 - kinds[n]), kinds[n]) for n in cell.inputs}
        known |= {Ref(n, -1): (value, kinds[n]) for n, value in state.items()}
        for eq in cell.equations:
            value, kind = evaluate(eq.expr, known, numbers, sizes, probe)
            known[eq.target] = _filled((value, abs(kind)), shape_value(cell.shapes[eq.target.name], sizes))
        state = {name: known[Ref(name, 0)][0] for name in cell.states}
        for name in cell.outputs:
            found[name.id].append(_over_batch(known[Ref(name, 0)], sizes["batch"]))
    return {n.id: np.stack(np.broadcast_arrays(*found[n.id]), axis=-2 - kinds[n]) for n in cell.outputs}


def _filled(valued: Valued, shape: tuple[int, ...]) -> Valued:
    """A scalar where the equation gives a vector or a matrix: the same number in every entry."""
    value, kind = valued
    if kind == len(shape):
        return valued
    wide = value.reshape(value.shape + (1,) * len(shape))
    return np.broadcast_to(wide, (*value.shape, *shape)), len(shape)


def _over_batch(valued: Valued, batch: int) -> Array:
    """A value with an entry for each row of the batch, also if it depends on parameters only."""
    value, kind = valued
    front, own = value.shape[: value.ndim - kind - 1], value.shape[value.ndim - kind :]
    return np.broadcast_to(value, (*front, batch, *own))


@np.errstate(invalid="ignore", over="ignore")  # infinities give NaN, which no comparison passes
def loss(outputs: Mapping[str, Array], case: Case) -> Array:
    """The linear loss Σ upstream · output, for every index of the axes in front."""
    terms = [value * case.upstream[f"d{key}"] for key, value in outputs.items()]
    own = {key: case.upstream[f"d{key}"].ndim for key in outputs}
    return np.asarray(sum(term.sum(axis=tuple(range(-own[key], 0))) for key, term in zip(outputs, terms, strict=True)))
