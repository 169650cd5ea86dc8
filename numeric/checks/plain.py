"""The author's equations, evaluated as they were typed: no lowering, no calculus, no generated code.

Every value may carry further axes in front (many directions, the batch), so one evaluation serves them all. It works
with any kind of number that NumPy holds: floats, complex numbers, mpmath numbers in object arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from operator import add, mul, truediv
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from derivations.cell import Cell
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Apply, Concat, Expr, MatMul, Neg, Number, Power, Product, Quotient, Ref, Sum, Total, Transpose
from numeric.checks.case import Array, Case

INDEPENDENT = "the calculus, the lowering and the generated code: the author's equations are evaluated as typed"  # of checks that use it
ROW = -1  # the kind of a transposed vector; 0, 1, 2: scalar, vector, matrix
Valued = tuple[Array, int]  # an array, and which of its last axes are the value's own


@dataclass(frozen=True, eq=False)
class Numbers:
    """A kind of number: what its functions are, and how it is made from a fraction or from an array."""

    functions: Mapping[str, Callable[[Any], Any]]
    constant: Callable[[Fraction], Any]
    array: Callable[[Array], Array]


@lru_cache(maxsize=2)
def _functions(library: str) -> Mapping[str, Callable[[Any], Any]]:
    u = sp.Symbol("u")
    made = {name: sp.lambdify(u, f.definition(u), library) for name, f in FUNCTIONS.items()}
    return made if library == "numpy" else {name: np.frompyfunc(f, 1, 1) for name, f in made.items()}


def floats(dtype: Any = np.float64) -> Numbers:
    """float64 or complex128."""
    return Numbers(_functions("numpy"), lambda q: q.numerator / q.denominator, lambda a: np.asarray(a, dtype))


def high_precision() -> Numbers:
    """mpmath numbers; the caller sets the digits with ``mpmath.workdps``."""
    exact = np.frompyfunc(mpmath.mpmathify, 1, 1)
    return Numbers(
        _functions("mpmath"),
        lambda q: mpmath.mpf(q.numerator) / q.denominator,
        lambda a: np.asarray(a if a.dtype == object else exact(a), object),
    )


Rounded = Callable[[Array], Array]


def _as_it_is(value: Array) -> Array:
    return value


def evaluate(expr: Expr, values: Mapping[Ref, Valued], numbers: Numbers, rounded: Rounded = _as_it_is) -> Valued:
    """The value of an expression and its kind; ``rounded`` is applied to the value of each of its parts that is computed."""

    def go(node: Expr) -> Valued:
        value, kind = evaluate(node, values, numbers, rounded)
        value = np.asarray(value)  # NumPy makes a bare object of an array with one object and no axes
        return value if isinstance(node, Ref | Number) else rounded(value), kind

    match expr:
        case Ref():
            return values[expr]
        case Number():
            return np.asarray(numbers.constant(expr.value)), 0
        case Sum():
            return _entrywise(add, [go(term) for term in expr.terms])
        case Product():
            return _entrywise(mul, [go(factor) for factor in expr.factors])
        case Quotient():
            return _entrywise(truediv, [go(expr.num), go(expr.den)])
        case Neg():
            value, kind = go(expr.arg)
            return -value, kind
        case Power():
            value, kind = go(expr.base)
            return value ** numbers.constant(expr.exponent), kind
        case Apply():
            value, kind = go(expr.arg)
            return np.asarray(numbers.functions[expr.fn](value)), kind
        case MatMul():
            return _product(go(expr.left), go(expr.right))
        case Concat():
            return _below([go(part)[0] for part in expr.parts]), 1
        case Transpose():
            value, kind = go(expr.arg)
            return (np.swapaxes(value, -1, -2), 2) if kind == 2 else (value, -kind)
        case Total():
            value, kind = go(expr.arg)
            return value.sum(axis=tuple(range(-abs(kind), 0))), 0
    raise TypeError(f"{type(expr).__name__} is not an author's expression")


def _entrywise(operation: Callable[[Any, Any], Any], operands: Sequence[Valued]) -> Valued:
    kind = max((kind for _, kind in operands), key=abs)
    wide = [value.reshape(value.shape + (1,) * (abs(kind) - abs(own))) for value, own in operands]
    return reduce(operation, wide), kind


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


def unroll(cell: Cell, variables: Mapping[str, Array], numbers: Numbers, rounded: Rounded = _as_it_is) -> dict[str, Array]:
    """All outputs, ``[..., time, batch, size]``; variables by the names of ``Case.variables``, with the same axes in front.

    ``rounded`` is applied to everything that is computed, to see what a rounding there would do."""
    kinds = {name: len(cell.shapes[name]) for name in cell.shapes}
    values = {k: numbers.array(v) for k, v in variables.items()}
    # a batch axis for the parameters, in front of their own axes
    known: dict[Ref, Valued] = {Ref(n): (np.expand_dims(values[n.id], -1 - kinds[n]), kinds[n]) for n in cell.parameters}
    state = {name: values[f"{name.id}0"] for name in cell.states}
    found: dict[str, list[Array]] = {name.id: [] for name in cell.outputs}
    for t in range(variables[cell.inputs[0].id].shape[-2 - kinds[cell.inputs[0]]]):
        known |= {Ref(n, 0): (values[n.id].take(t, axis=-2 - kinds[n]), kinds[n]) for n in cell.inputs}
        known |= {Ref(n, -1): (value, kinds[n]) for n, value in state.items()}
        for eq in cell.equations:
            value, kind = evaluate(eq.expr, known, numbers, rounded)
            known[eq.target] = rounded(value), kind
        state = {name: known[Ref(name, 0)][0] for name in cell.states}
        for name in cell.outputs:
            found[name.id].append(known[Ref(name, 0)][0])
    return {n.id: np.stack(np.broadcast_arrays(*found[n.id]), axis=-2 - kinds[n]) for n in cell.outputs}


@np.errstate(invalid="ignore", over="ignore")  # infinities give NaN, which no comparison passes
def loss(outputs: Mapping[str, Array], case: Case) -> Array:
    """The linear loss Σ upstream · output, for every index of the axes in front."""
    terms = [value * case.upstream[f"d{key}"] for key, value in outputs.items()]
    own = {key: case.upstream[f"d{key}"].ndim for key in outputs}
    return np.asarray(sum(term.sum(axis=tuple(range(-own[key], 0))) for key, term in zip(outputs, terms, strict=True)))
