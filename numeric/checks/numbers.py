"""Kinds of numbers in which equations are evaluated: floats, complex numbers, mpmath numbers in object arrays.

A function with kinks is told apart by the real part of its argument, so that a complex step sees the slope of the piece
on which the argument lies, and at the kink itself the convention of ``derivations.functions``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy.core.relational import Relational

from derivations.functions import FUNCTIONS, Function

Array = NDArray[Any]
HUGE = 10**6
Entrywise = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Numbers:
    """A kind of number: what its functions are, and how it is made from a fraction or from an array."""

    functions: Mapping[str, Entrywise]
    constant: Callable[[Fraction], Any]
    array: Entrywise
    real: Entrywise


def floats(dtype: Any = np.float64) -> Numbers:
    """float32, float64 or complex128."""
    return Numbers(_float_functions(), lambda q: q.numerator / q.denominator, lambda a: np.asarray(a, dtype), np.real)


def high_precision() -> Numbers:
    """mpmath numbers; the caller sets the digits with ``mpmath.workdps``."""
    exact = np.frompyfunc(mpmath.mpmathify, 1, 1)
    return Numbers(
        _exact_functions(),
        lambda q: mpmath.mpf(q.numerator) / q.denominator,
        lambda a: np.asarray(a if a.dtype == object else exact(a), object),
        np.frompyfunc(mpmath.re, 1, 1),
    )


def _softplus(u: Array) -> Array:
    """log(1 + e^u) as it stands overflows at 710."""
    size = np.where(np.real(u) > 0, u, -u)  # |u|, analytic on both sides
    return np.asarray(np.where(np.real(u) > 0, u, 0) + np.log1p(np.exp(-size)))


STABLE: Mapping[str, Entrywise] = {"softplus": _softplus, "logsigmoid": lambda u: -_softplus(-u)}  # in floats


class _Functions(dict[str, Entrywise]):
    """Functions by name, compiled when they are first used: SymPy takes its time."""

    def __init__(self, entrywise: Callable[[Function], Entrywise]) -> None:
        super().__init__()
        self.entrywise = entrywise

    def __missing__(self, name: str) -> Entrywise:
        self[name] = self.entrywise(FUNCTIONS[name])
        return self[name]


@lru_cache(maxsize=1)
def _float_functions() -> Mapping[str, Entrywise]:
    return _Functions(lambda function: STABLE.get(function.name) or _with_nan(function, _compiled(function, "numpy")))


@lru_cache(maxsize=1)
def _exact_functions() -> Mapping[str, Entrywise]:
    def entrywise(function: Function) -> Entrywise:
        made = _compiled(function, "mpmath")
        found: Entrywise = np.frompyfunc(lambda u: made(u, mpmath.re(u)), 1, 1)
        return found

    return _Functions(entrywise)


def _compiled(function: Function, library: str) -> Callable[[Any, Any], Any]:
    """The function of a number and of its real part, which decides where the definition tells cases apart."""
    u, real = sp.symbols("u r")
    definition = function.definition(u).replace(lambda e: isinstance(e, Relational | sp.floor), lambda e: e.subs(u, real))
    modules = ["numpy"] if library == "numpy" else [{"log": _log, "exp": _exp}, "mpmath"]
    compiled: Callable[[Any, Any], Any] = sp.lambdify((u, real), definition, modules)
    return compiled


def _exp(u: Any) -> Any:
    """The exponential; of a huge whole number mpmath takes a power of e, which is slow."""
    if abs(u) < HUGE:
        return mpmath.exp(u)
    root = mpmath.exp(u / 3)
    return root * root * root


def _log(u: Any) -> Any:
    """The logarithm; mpmath's writes out all digits between the two parts of a complex number."""
    if not isinstance(u, mpmath.mpc) or mpmath.re(u) <= 0:
        return mpmath.log(u)
    slope = mpmath.im(u) / mpmath.re(u)
    return mpmath.mpc(mpmath.log(mpmath.re(u)), slope) if abs(slope) < mpmath.eps else mpmath.log(u)


def _with_nan(function: Function, compiled: Callable[[Any, Any], Any]) -> Entrywise:
    """NaN, of which no comparison is true, stays NaN where cases are told apart."""
    if not function.kinks:
        return lambda u: np.asarray(compiled(u, u))

    def told_apart(u: Array) -> Array:
        real = np.real(u)
        return np.asarray(np.where(np.isnan(real), u, compiled(u, real)))

    return told_apart
