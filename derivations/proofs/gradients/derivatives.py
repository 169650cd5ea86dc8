"""Derivatives of the entrywise functions as polynomials in function values, found from their definitions.

Nothing here reads the derivative that ``FUNCTIONS`` states: SymPy differentiates the definition, everything is written
as a rational function of E = exp(u), and the coefficients of the polynomial come from a linear system.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import sympy as sp

from derivations.functions import FUNCTIONS

DEGREE = 3  # of the polynomials that are tried; σ, tanh and exp need 2, 2 and 1

# (coefficient, name of the function, power): sigmoid' = 1 sigmoid^1 - 1 sigmoid^2
Polynomial = tuple[tuple[Fraction, str, int], ...]

U, E = sp.Symbol("u", real=True), sp.Symbol("E", positive=True)


@cache
def derivative(fn: str) -> Polynomial | None:
    """The derivative of a function in terms of function values at the same argument; None if none was found.

    The function's own value is tried first, then the value of every other function.
    """
    slope = _rational(sp.diff(FUNCTIONS[fn].definition(U), U))
    if slope is None:
        return None
    others = (name for name in FUNCTIONS if name != fn)
    return next((found for name in (fn, *others) if (found := _in_powers(slope, name)) is not None), None)


def _in_powers(slope: sp.Expr, fn: str) -> Polynomial | None:
    """Coefficients c with slope = Σ c_k y^k for y the function's value, if there are any."""
    y = _rational(FUNCTIONS[fn].definition(U))
    if y is None:
        return None
    unknown = sp.symbols(f"c0:{DEGREE + 1}")
    residual = sp.together(slope - sum(c * y**k for k, c in enumerate(unknown)))
    solutions = sp.linsolve(sp.Poly(sp.numer(residual), E).coeffs(), unknown)
    for solution in solutions:
        if not any(c.free_symbols for c in solution):
            return tuple((Fraction(int(c.p), int(c.q)), fn, k) for k, c in enumerate(solution) if c != 0)
    return None


def _rational(expr: sp.Expr) -> sp.Expr | None:
    """The expression as a rational function of E = exp(u), if it is one."""
    found = sp.sympify(expr).rewrite(sp.exp).replace(sp.exp, lambda arg: E ** sp.expand(arg / U))
    found = sp.together(found)
    return found if found.free_symbols <= {E} and found.is_rational_function(E) else None
