"""What the bias of a forget gate keeps of a cell state, and the bias that keeps 1/e of it over T steps."""

from __future__ import annotations

from typing import Any

import sympy as sp

from derivations.claims.claim import Claim
from derivations.claims.enclosures import below, exactly, given, middle, run
from derivations.claims.facts import Fact, concluded
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Ref
from derivations.verdict import Result

TWO_DIGITS = "0.05"  # a number of two digits is off by at most 5 % of itself


def kept(claim: Claim) -> Result:
    """Π f_t over ``steps`` steps with zero weights, for each bias in ``kept``, and for the bias log(T − 1)."""
    steps = int(claim.number("steps"))
    products = {int(bias): _product(claim, int(bias), steps) for bias in claim.needed("kept")}
    stated = {int(bias): str(text) for bias, text in claim.needed("kept").items()}
    facts = (
        Fact("zero weights: f_t = σ(b_f) in every step, so the direct path keeps σ(b_f)^T", True),
        *(
            Fact(f"b_f = {bias}: σ({bias})^{steps} = {middle(product)}, stated as {stated[bias]}", _near(product, stated[bias]))
            for bias, product in products.items()
        ),
        *_chrono(),
    )
    shown = {f"b_f = {bias}": middle(product) for bias, product in products.items()}
    return concluded(
        claim, "enclosed to 50 digits; limit", facts, independent_of="the calculus", counterexample=lambda: {**shown, "stated": stated}
    )


def _product(claim: Claim, bias: int, steps: int) -> Any:
    """The product of the forget gates of the cell itself, enclosed."""
    cell = claim.cell()
    gate = next(Ref(name, 0) for name in cell.assigned if name.id == "f")
    product = exactly(1)
    for known in run(cell, given(cell, dict.fromkeys(cell.sizes, 1), {"b_f": [bias]}), steps):
        product = product * known[gate][0]
    return product


def _near(product: Any, stated: str) -> bool:
    return below(abs(product - exactly(stated)), exactly(stated) * exactly(TWO_DIGITS))


def _chrono() -> tuple[Fact, ...]:
    steps = sp.Symbol("T", positive=True)
    value = FUNCTIONS["sigmoid"].definition(sp.log(steps - 1))
    return (
        Fact("σ(log(T − 1)) = 1 − 1/T, exactly", sp.simplify(value - (1 - 1 / steps)) == 0),
        Fact("(1 − 1/T)^T → 1/e as T → ∞", sp.limit((1 - 1 / steps) ** steps, steps, sp.oo) == sp.exp(-1)),
    )
