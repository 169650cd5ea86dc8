"""How long products of Jacobians can become: the bound by norms, what it needs, and what does not suffice.

The Jacobian of one step is proved for every size by index contraction, the slope's bound by a complete square. Two theorems
on the spectral norm are named and not proved here: ‖A B‖ ≤ ‖A‖ ‖B‖ and ‖diag(d)‖ = max |dᵢ| (R. A. Horn, C. R. Johnson,
Matrix Analysis, 5.6).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import sympy as sp

from derivations.claims.arguments.jacobian import verdict_on
from derivations.claims.arguments.slopes import Y, slope_facts, slope_in_value
from derivations.claims.claim import Claim
from derivations.claims.enclosures import below, exactly, given, middle, run
from derivations.claims.facts import Fact, concluded, refuted
from derivations.claims.scalars import scalar
from derivations.claims.stated import stated
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Ref
from derivations.proofs.claims.refute import enclosing_functions
from derivations.verdict import Result, Verdict

NAMED = "named, not proved here: ‖A B‖ ≤ ‖A‖ ‖B‖ and ‖diag(d)‖ = max |dᵢ| for the spectral norm (Horn and Johnson, Matrix Analysis, 5.6)"
EXAMPLES, LONGEST, ROUNDING = 100, 8, 1e-12


def vanishing_bound(claim: Claim) -> Result:
    """‖∂h_T/∂h_k‖ ≤ (γ ‖U‖)^(T − k + shift) for a network h_t = φ(W x_t + U h_{t−1} + b)."""
    fn, bound, shift = claim.text("function"), claim.number("bound"), int(claim.number("shift"))
    exponent = f"T − k {shift:+d}" if shift else "T − k"
    facts = (
        _step_fact(claim),
        *slope_facts(fn, bound, sp.Integer(0)),
        Fact(f"so ‖∂h_t/∂h_{{t−1}}‖ ≤ max φ′ · ‖U‖ ≤ {bound} ‖U‖; {NAMED}", True),
        Fact(f"∂h_T/∂h_k is the product of the Jacobians of the steps k+1, …, T: the exponent is {exponent}", shift == 0),
        _limit_fact(),
    )
    result = concluded(
        claim, "index contraction, complete square, norms", facts, independent_of="the rules of differentiation",
        counterexample=lambda: _too_small(fn, bound, shift),
    )  # fmt: skip
    tested = _tested(claim, fn, bound) if result.verdict == "proved" else ()
    return replace(result, also=tested)


def _step_fact(claim: Claim) -> Fact:
    """∂h_t/∂h_{t−1} = diag(φ′(a_t)) U, the slope being written with h_t = φ(a_t)."""
    cell, slope = claim.cell(), claim.text("slope")
    same = sp.expand(scalar(slope, {"h_t": Y}) - slope_in_value(claim.text("function"))) == 0
    one = stated(cell, {"of": "h", "directions": {"h": "v"}, "formula": f"({slope}) ⊙ (U v)"})
    holds = same and verdict_on(one)["verdict"] == "proved"
    return Fact(f"∂h_t/∂h_{{t−1}} = diag(φ′(a_t)) U with φ′(a_t) = {slope}: for every size, by index contraction", holds)


def _limit_fact() -> Fact:
    q, steps = sp.Symbol("q", positive=True), sp.Symbol("N", positive=True, integer=True)
    holds = sp.limit((q / (1 + q)) ** steps, steps, sp.oo) == 0  # every number in (0, 1) is q / (1 + q)
    return Fact("if γ ‖U‖ < 1, the bound falls to 0 geometrically as T − k grows", holds)


def _too_small(fn: str, bound: sp.Expr, shift: int) -> dict[str, object] | None:
    """A network of one unit at a = 0 in every step, where the Jacobian is φ′(0) u exactly; the bound with its shift is below it."""
    top = slope_in_value(fn).subs(Y, FUNCTIONS[fn].definition(sp.Integer(0)))
    for u in (sp.Rational(1, 2), sp.Integer(2), sp.Integer(8)):
        for steps in range(1, LONGEST):
            true, claimed = (top * u) ** steps, (bound * u) ** (steps + shift)
            if true > claimed:
                return {
                    "U": str(u),
                    "W, x_t": 0,
                    "a_t": "0, by b = −u φ(0)",
                    "T − k": steps,
                    "∂h_T/∂h_k": str(true),
                    "claimed bound": str(claimed),
                }
    return None


def _tested(claim: Claim, fn: str, bound: sp.Expr) -> tuple[Result, ...]:
    """Random networks of random sizes: the norm of the product over the bound."""
    draw, largest = np.random.default_rng(0), 0.0
    function = sp.lambdify(Y, FUNCTIONS[fn].definition(Y), "numpy")
    slope = sp.lambdify(Y, slope_in_value(fn), "numpy")
    for _ in range(EXAMPLES):
        n, m, steps = (int(draw.integers(1, high)) for high in (6, 4, LONGEST))
        w, u, b, h = draw.normal(size=(n, m)), draw.normal(size=(n, n)), draw.normal(size=n), draw.normal(size=n)
        product = np.eye(n)
        for _ in range(steps):
            h = function(w @ draw.normal(size=m) + u @ h + b)
            product = (slope(h)[:, None] * u) @ product
        largest = max(largest, float(np.linalg.norm(product, 2) / (float(bound) * np.linalg.norm(u, 2)) ** steps))
    why = "the ratio of the norm to its bound, which rounding can raise above 1 by no more than this"
    verdict: Verdict = "tested" if largest <= 1 + ROUNDING else "refuted"
    return (
        claim.result(verdict, "random networks", examples=EXAMPLES, error=largest, bound=1 + ROUNDING, why=why, independent_of="the proof"),
    )


def contraction(claim: Claim) -> Result:
    """No explosion without ‖U‖ > 1/γ: the bound read the other way round."""
    fn, bound = claim.text("function"), claim.number("bound")
    facts = (
        _step_fact(claim),
        *slope_facts(fn, bound, sp.Integer(0)),
        Fact(f"so ‖∂h_T/∂h_k‖ ≤ ({bound} ‖U‖)^(T−k); {NAMED}", True),
        Fact("a number in [0, 1] to any power is at most 1: no product grows if ‖U‖ ≤ 1/γ", True),
    )
    return concluded(claim, "index contraction, complete square, norms", facts, independent_of="the rules of differentiation")


def saturation(claim: Claim) -> Result:
    """U = gain · I with tanh: the norm is large, the units saturate, and the product of Jacobians vanishes."""
    gain, steps, start = claim.number("gain"), int(claim.number("steps")), claim.text("start")
    cell, sizes = claim.cell(), {"inputs": 1, "hidden": 2}
    matrix = [[str(gain), 0], [0, str(gain)]]
    history = run(cell, given(cell, sizes, {"U": matrix, "h": [start, start]}), steps)
    product = exactly(1)
    for known in history:
        product = product * (1 - known[Ref(cell.states[0], 0)][0] ** 2) * exactly(Fraction(int(gain.p), int(gain.q)))
    facts = (
        _step_fact(claim),
        Fact(f"‖U‖ = {gain} > 1 = 1/γ for U = {gain} I", bool(gain > 1)),
        Fact("U and the state are the same in every unit, so ∂h_T/∂h_0 is a number times I", True),
        Fact(f"that number, enclosed to 50 digits over {steps} steps, is {middle(product)} < 1e-20", below(product, exactly("1e-20"))),
    )
    shown = {"U": f"{gain} I", "‖U‖": str(gain), "W, x_t, b": 0, "h_0": start, "T": steps, "‖∂h_T/∂h_0‖": float(middle(product, 15))}
    return refuted(claim, "enclosed to 50 digits", facts, shown)


def transient(claim: Claim) -> Result:
    """A matrix with spectral radius below 1 whose powers grow before they fall, in exact numbers."""
    matrix = sp.Matrix([[sp.Rational(Fraction(str(x))) for x in row] for row in claim.needed("matrix")])
    early, late = int(claim.number("early")), int(claim.number("late"))
    power, end = matrix**early, matrix**late
    column = power[:, -1]
    grown, gone = sp.sqrt(column.dot(column)), sp.sqrt(sum(x**2 for x in end))
    radius = max(abs(root) for root in matrix.eigenvals())
    facts = (
        Fact(f"the eigenvalues give ρ(U) = {radius} < 1, exactly", bool(radius < 1)),
        Fact(f"‖U^{early}‖ is at least the length of its last column, {sp.N(grown, 4)} > 1, exactly", bool(grown > 1)),
        Fact(
            f"‖U^{late}‖ is at most the root of the sum of its squared entries, {sp.N(gone, 3)} < 1: the powers fall later", bool(gone < 1)
        ),
        Fact("with tanh and h_0 = 0, W = 0, b = 0 every Jacobian is U, since tanh′(0) = 1", True),
    )
    norm = sp.sqrt(max((power.T * power).eigenvals(), key=sp.N))
    shown = {
        "U": [[float(x) for x in row] for row in matrix.tolist()],
        "ρ(U)": float(radius),
        f"‖U^{early}‖": round(float(norm), 4),
        f"‖U^{late}‖ ≤": float(gone),
    }
    return refuted(claim, "exact powers", facts, shown)


def latching(claim: Claim) -> Result:
    """A region in which every Jacobian is a contraction keeps the state and forgets how it came there."""
    gain, edge, kick = claim.number("gain"), claim.number("edge"), claim.number("input")
    u, low = exactly(str(gain)), exactly(str(edge))
    smallest = enclosing_functions()["tanh"](u * low - exactly(str(kick)))
    slope = u * (1 - smallest**2)
    facts = (
        _step_fact(claim),
        Fact(
            f"for |x_t| ≤ {kick} and h ≥ {edge}, h_t ≥ tanh({gain}·{edge} − {kick}) = {middle(smallest)} > {edge}: the region is kept",
            below(low, smallest),
        ),
        Fact(f"there 0 < ∂h_t/∂h_{{t−1}} ≤ {gain} (1 − {middle(smallest)}²) = {middle(slope)} = λ < 1", below(slope, exactly(1))),
        Fact(f"hence |∂h_T/∂h_k| ≤ λ^(T−k) → 0 while the sign of the state is kept for ever; {NAMED}", True),
    )
    return concluded(claim, "enclosed to 50 digits, norms", facts, independent_of="the calculus")
