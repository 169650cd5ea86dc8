"""The entrywise functions that equations may use: one record each. The NumPy text of a function is in ``numeric.codegen.activations``.

``derivative`` is a polynomial in the function's own value ``y`` and in the values of other functions at the same
argument. It is stated here and proved from ``definition`` by the test suite; proofs of gradients do not read it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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
    derivative: Callable[[sp.Expr, Callable[[str], sp.Expr]], sp.Expr]  # (own value, value of another function at the same argument)
    range: Interval = field(default_factory=lambda: Interval(-sp.oo, sp.oo))
    increasing: bool = False
    reason: str = ""  # why the derivative is what it is, in one line of LaTeX


ONE = sp.Integer(1)

FUNCTIONS: dict[str, Function] = {
    f.name: f
    for f in (
        Function(
            "sigmoid",
            ("σ", "sigmoid", "sigma", "logistic"),
            r"\sigma",
            "σ",
            lambda u: 1 / (1 + sp.exp(-u)),
            lambda y, _: y * (1 - y),
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
            lambda y, _: 1 - y**2,
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
            lambda y, _: y,
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
            lambda _, value: value("sigmoid"),
            range=Interval(sp.Integer(0), sp.oo),
            increasing=True,
            reason=r"chain rule on $\log(1+e^{u})$",
        ),
    )
}
