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

ARGUMENT = ""  # in the place of a function's name: the argument itself

# (coefficient, name of the function, power): sigmoid' = 1 sigmoid^1 - 1 sigmoid^2, log' = 1 u^-1
Polynomial = tuple[tuple[Fraction, str, int], ...]

U, E = sp.Symbol("u", real=True), sp.Symbol("E", positive=True)
ABOVE, BELOW = sp.Symbol("above", positive=True), sp.Symbol("below", negative=True)  # u on the two sides of a kink at 0
WAVES = sp.symbols("sine cosine", real=True)


@cache
def derivative(fn: str) -> Polynomial | None:
    """The derivative of a function in terms of function values at the same argument; None if none was found.

    In powers of the function's own value if that is possible, else in those of another function, in as few terms as can be.
    Of a function with a kink at 0 the derivative is found on both sides; one that jumps at whole numbers is constant between.
    """
    function = FUNCTIONS[fn]
    if function.kinks == "integers":
        return () if function.constant else None
    sides = (ABOVE, BELOW) if function.kinks else (U,)
    slopes = [sp.diff(function.definition(u), u) for u in sides]
    if [sp.simplify(slope * u) for slope, u in zip(slopes, sides, strict=True)] == [1]:
        return ((Fraction(1), ARGUMENT, -1),)
    others = (name for name in FUNCTIONS if name != fn and FUNCTIONS[name].kinks == function.kinks)
    tried = ((name, degree) for name in (fn, *others) for degree in range(1, DEGREE + 1))
    found = [terms for name, degree in tried if (terms := _in_powers(slopes, sides, name, degree)) is not None]
    return min(found, key=lambda terms: (any(name != fn for _, name, _ in terms), len(terms)), default=None)


def _in_powers(slopes: list[sp.Expr], sides: tuple[sp.Symbol, ...], fn: str, degree: int) -> Polynomial | None:
    """Coefficients c with slope = Σ c_k y^k for y the function's value on every side, if there are any."""
    unknown = sp.symbols(f"c0:{degree + 1}")
    equations: list[sp.Expr] = []
    for slope, u in zip(slopes, sides, strict=True):
        left, y = _rational(slope, u), _rational(FUNCTIONS[fn].definition(u), u)
        if left is None or y is None:
            return None
        residual = sp.numer(sp.together(left - sum(c * y**k for k, c in enumerate(unknown))))
        equations += sp.Poly(residual, E, ABOVE, BELOW, *WAVES).coeffs()
    solutions = sp.linsolve(equations, unknown)
    for solution in solutions:
        if not any(c.free_symbols for c in solution):
            return tuple((Fraction(int(c.p), int(c.q)), fn, k) for k, c in enumerate(solution) if c != 0)
    return None


def _rational(expr: sp.Expr, u: sp.Symbol) -> sp.Expr | None:
    """The expression as a rational function of E = exp(u), of sin(u) and cos(u), or of u on one side of a kink, if it is one."""
    found = sp.sympify(expr)
    if u == U:
        found = found.subs(dict(zip((sp.sin(u), sp.cos(u)), WAVES, strict=True)))
        found = sp.together(found.rewrite(sp.exp).replace(sp.exp, lambda arg: E ** sp.expand(arg / U)))
    symbols = {E, *WAVES} if u == U else {u}
    return found if found.free_symbols <= symbols and found.is_rational_function(*symbols) else None
