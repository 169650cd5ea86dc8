"""Slopes of activation functions: the largest value of a derivative, where it is attained, and what identities say.

A derivative is taken as a polynomial in the function's own value, found from the definition; the difference to a bound is
then a complete square, the arithmetic-geometric inequality for s and 1 − s.
"""

from __future__ import annotations

import sympy as sp

from derivations.claims.claim import Claim
from derivations.claims.facts import Fact, concluded
from derivations.claims.scalars import is_zero, scalar
from derivations.errors import CellError
from derivations.functions import FUNCTIONS
from derivations.proofs.gradients.derivatives import derivative
from derivations.proofs.ranges.sign import nonnegative
from derivations.verdict import Result

Y, A = sp.Symbol("y", real=True), sp.Symbol("a", real=True)
DIGITS = 50


def largest_slope(claim: Claim) -> Result:
    """0 < φ′ ≤ bound, with equality at one point only."""
    fn, bound, at = claim.text("function"), claim.number("bound"), claim.number("at")
    return concluded(
        claim,
        "complete square",
        slope_facts(fn, bound, at),
        independent_of="the stated derivative of the function: it is found from the definition",
        counterexample=lambda: _not_attained(fn, bound, at),
    )


def slope_facts(fn: str, bound: sp.Expr, at: sp.Expr) -> tuple[Fact, ...]:
    """Why 0 < φ′(a) ≤ bound, and that equality holds at ``at`` only."""
    function, slope = FUNCTIONS[fn], slope_in_value(fn)
    top = function.definition(at)
    square = sp.Poly(slope, Y).LC() * -1
    whole = f"{square if square != 1 else ''} (y − {top})²".strip()
    formula = sp.sstr(slope, order="rev-lex").replace("**2", "²").replace("-", "−")
    return (
        Fact(f"φ = {function.unicode}; with y = φ(a), φ′(a) = {formula}, from the definition of φ", True),
        Fact(f"{bound} − φ′ = {whole}, exactly", sp.expand(bound - slope - square * (Y - top) ** 2) == 0 and bool(square > 0)),
        Fact(
            f"y lies in ({function.range.low}, {function.range.high}), where φ′ > 0", nonnegative(slope, {Y: function.range}, strict=True)
        ),
        Fact(f"φ increases strictly and φ({at}) = {top}, so φ′ = {bound} at a = {at} only", function.increasing),
    )


def slope_in_value(fn: str) -> sp.Expr:
    """φ′ as a polynomial in y = φ."""
    terms = derivative(fn) or ()
    if not terms or any(name != fn for _, name, _ in terms):
        raise CellError(f"the derivative of {fn} is no polynomial in its value", hint="σ and tanh have such a derivative")
    return sp.Add(*(sp.Rational(c.numerator, c.denominator) * Y**k for c, _, k in terms))


def _not_attained(fn: str, bound: sp.Expr, at: sp.Expr) -> dict[str, object] | None:
    value = slope_in_value(fn).subs(Y, FUNCTIONS[fn].definition(at))
    return {"a": str(at), "φ′(a)": str(value), "bound": str(bound)} if value != bound else None


def identities(claim: Claim) -> Result:
    """Equalities of scalar expressions, ``left = right``, each for every real value of its variables."""
    pairs = [tuple(map(str.strip, text.split("=", 1))) for text in claim.needed("equalities")]
    differences = [(scalar(left) - scalar(right), f"{left} = {right}") for left, right in pairs]
    facts = [Fact(f"{text}: both sides are the same quotient of polynomials in exponentials", is_zero(d)) for d, text in differences]
    return concluded(
        claim, "scalar identity", facts, independent_of="the calculus", counterexample=lambda: apart([d for d, _ in differences])
    )


def apart(differences: list[sp.Expr]) -> dict[str, object] | None:
    """A point where two sides differ, with the difference."""
    for difference in differences:
        at = {s: sp.Rational(k, 2) for k, s in enumerate(sorted(difference.free_symbols, key=str), 1)}
        value = sp.N(difference.subs(at), DIGITS)
        if abs(value) > sp.Float(10) ** (10 - DIGITS):
            return {**{str(s): str(v) for s, v in at.items()}, "left − right": float(value)}
    return None
