"""The entrywise functions that equations may use: one record each. The NumPy text of a function is in ``numeric.codegen.activations``.

``derivative`` is written in the argument ``u``, the function's own value ``y`` and the values of other functions at the same
argument. It is stated here and proved from ``definition`` by the test suite; proofs of gradients do not read it.

At a kink (relu at 0) the derivative is a convention: that of the side on which the function is constant, and 0 where a
function jumps. Nothing is claimed there; checks of code stay away from kinks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sympy as sp


@dataclass(frozen=True, slots=True)
class Interval:
    """The values that a function takes over the reals; ``closed`` ends are attained."""

    low: sp.Expr
    high: sp.Expr
    low_closed: bool = False
    high_closed: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One entrywise function."""

    name: str  # ASCII, as generated code spells it
    spellings: tuple[str, ...]  # accepted in plain and Unicode notation
    latex: str
    unicode: str
    definition: Callable[[sp.Expr], sp.Expr]
    derivative: Callable[[sp.Expr, Callable[[str], sp.Expr], sp.Expr], sp.Expr]  # (own value, value of another function, argument)
    range: Interval = field(default_factory=lambda: Interval(-sp.oo, sp.oo))
    increasing: bool = False  # nowhere decreasing
    kinks: str = ""  # where it has no derivative: "" nowhere, "zero" at 0, "integers" at every whole number
    constant: bool = False  # between kinks, so that its derivative is 0
    reason: str = ""  # why the derivative is what it is, in one line of LaTeX


ONE, ZERO = sp.Integer(1), sp.Integer(0)


def _by_sign(above: Callable[[sp.Expr], sp.Expr], at: sp.Expr, below: Callable[[sp.Expr], sp.Expr]) -> Callable[[sp.Expr], sp.Expr]:
    """A function by its values above, at and below 0."""
    return lambda u: sp.Piecewise((above(u), u > 0), (below(u), u < 0), (at, True))


FUNCTIONS: dict[str, Function] = {
    f.name: f
    for f in (
        Function(
            "sigmoid",
            ("σ", "sigmoid", "sigma", "logistic"),
            r"\sigma",
            "σ",
            lambda u: 1 / (1 + sp.exp(-u)),
            lambda y, *_: y * (1 - y),
            range=Interval(sp.Integer(0), ONE),
            increasing=True,
            reason=r"since $1-\sigma=e^{-u}/(1+e^{-u})$",
        ),
        Function(
            "tanh",
            ("tanh",),
            r"\tanh",
            "tanh",
            sp.tanh,
            lambda y, *_: 1 - y**2,
            range=Interval(-ONE, ONE),
            increasing=True,
            reason=r"quotient rule on $\sinh/\cosh$",
        ),
        Function(
            "exp",
            ("exp",),
            r"\exp",
            "exp",
            sp.exp,
            lambda y, *_: y,
            range=Interval(sp.Integer(0), sp.oo),
            increasing=True,
            reason="the exponential function is its own derivative",
        ),
        Function(
            "softplus",
            ("softplus",),
            r"\operatorname{softplus}",
            "softplus",
            lambda u: sp.log(1 + sp.exp(u)),
            lambda y, value, u: value("sigmoid"),
            range=Interval(sp.Integer(0), sp.oo),
            increasing=True,
            reason=r"chain rule on $\log(1+e^{u})$",
        ),
        Function(
            "logsigmoid",
            ("logsigmoid",),
            r"\operatorname{logsigmoid}",
            "logsigmoid",
            lambda u: -sp.log(1 + sp.exp(-u)),
            lambda y, value, u: 1 - value("sigmoid"),
            range=Interval(-sp.oo, ZERO),
            increasing=True,
            reason=r"chain rule on $-\log(1+e^{-u})$",
        ),
        Function(
            "log",
            ("log", "ln"),
            r"\log",
            "log",
            sp.log,
            lambda y, value, u: 1 / u,
            increasing=True,
            reason="the inverse of the exponential function",
        ),
        Function(
            "relu",
            ("relu", "ReLU"),
            r"\operatorname{relu}",
            "relu",
            _by_sign(lambda u: u, ZERO, lambda u: ZERO),
            lambda y, value, u: value("step"),
            range=Interval(ZERO, sp.oo, low_closed=True),
            increasing=True,
            kinks="zero",
            reason=r"slope 1 above 0 and 0 below; 0 at 0 by convention",
        ),
        Function(
            "step",
            ("step",),
            r"\operatorname{step}",
            "step",
            _by_sign(lambda u: ONE, ZERO, lambda u: ZERO),
            lambda *_: ZERO,
            range=Interval(ZERO, ONE, low_closed=True, high_closed=True),
            increasing=True,
            kinks="zero",
            constant=True,
            reason="constant on both sides of its jump",
        ),
        Function(
            "abs",
            ("abs",),
            r"\operatorname{abs}",
            "abs",
            _by_sign(lambda u: u, ZERO, lambda u: -u),
            lambda y, value, u: value("sign"),
            range=Interval(ZERO, sp.oo, low_closed=True),
            kinks="zero",
            reason=r"slope 1 above 0 and $-1$ below; 0 at 0 by convention",
        ),
        Function(
            "sign",
            ("sign", "sgn"),
            r"\operatorname{sign}",
            "sign",
            _by_sign(lambda u: ONE, ZERO, lambda u: -ONE),
            lambda *_: ZERO,
            range=Interval(-ONE, ONE, low_closed=True, high_closed=True),
            increasing=True,
            kinks="zero",
            constant=True,
            reason="constant on both sides of its jump",
        ),
        Function(
            "floor",
            ("floor",),
            r"\operatorname{floor}",
            "floor",
            sp.floor,
            lambda *_: ZERO,
            increasing=True,
            kinks="integers",
            constant=True,
            reason="constant between two whole numbers",
        ),
        Function(
            "sin",
            ("sin",),
            r"\sin",
            "sin",
            sp.sin,
            lambda y, value, u: value("cos"),
            range=Interval(-ONE, ONE, low_closed=True, high_closed=True),
            reason=r"addition theorem and $\lim\sin(u)/u=1$",
        ),
        Function(
            "cos",
            ("cos",),
            r"\cos",
            "cos",
            sp.cos,
            lambda y, value, u: -value("sin"),
            range=Interval(-ONE, ONE, low_closed=True, high_closed=True),
            reason=r"$\cos u=\sin(u+\pi/2)$",
        ),
    )
}


@lru_cache(maxsize=1)
def float_functions() -> dict[str, Callable[[Any], Any]]:
    """Every function on floats and NumPy arrays of them, compiled from its definition."""
    u = sp.Symbol("u", real=True)
    return {name: sp.lambdify(u, f.definition(u), "numpy") for name, f in FUNCTIONS.items()}
