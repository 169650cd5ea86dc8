"""Products of Jacobians through time: one step for every size, and the order of the factors from an unrolled run.

The run is evaluated in exact numbers that carry their partial derivatives by the initial state along; the product is
evaluated by applying the stated step to every unit vector, the first step first if the newest factor stands on the left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from derivations.claims.arguments.jacobian import verdict_on
from derivations.claims.claim import Claim
from derivations.claims.facts import Fact, concluded
from derivations.claims.stated import Stated, stated
from derivations.evaluate import Values, evaluate_expr
from derivations.notation.tree import Ref
from derivations.proofs.gradients.exact import Field, attempted
from derivations.proofs.gradients.exact_step import ExactStep, generators
from derivations.proofs.ranges.scalar import Scalars
from derivations.proofs.step import leaves
from derivations.verdict import Result


def product_of_jacobians(claim: Claim) -> Result:
    """The Jacobian of one step as stated, and over several steps its product in the stated order."""
    one = stated(claim.cell(), claim.given)
    step = verdict_on(one)
    if step["verdict"] != "proved":
        return claim.result(**step)
    newest, steps, sizes = claim.text("newest"), int(claim.number("steps")), claim.needed("sizes")
    at = ", ".join(f"{size} = {n}" for size, n in sizes.items())
    right = attempted(lambda field: Run(one, sizes, field).is_product(steps, newest == "left"), steps * generators(one.cell, sizes))
    return concluded(
        claim,
        "index contraction, chain rule",
        (
            *(Fact(text, True) for text in step["proof"]),
            Fact(
                f"{steps} steps unrolled at {at}, in exact polynomials: ∂h_T/∂h_k is the product with the newest factor {newest}",
                right,
            ),
            Fact(
                "for every T: step T is applied after the steps before, and the chain rule puts the outer factor left",
                True,
            ),
        ),
        independent_of=step["independent_of"],
        counterexample=lambda: {"T − k": steps, **sizes, "the product in the stated order": "is another polynomial than ∂h_T/∂h_k"},
    )


class Run(ExactStep):
    """Steps of a cell in exact numbers, differentiated by the initial state."""

    def __init__(self, one: Stated, sizes: Mapping[str, int], field: Field) -> None:
        super().__init__(one.cell, sizes, field)
        self.one = one

    def is_product(self, steps: int, newest_left: bool) -> bool:
        """Whether the derivative of the last state by the first is the product of the stated Jacobians."""
        (moving,) = (Ref(eq.target.name.unmarked, eq.target.time) for eq in self.one.directions)
        values: Values = {ref: self.symbols(ref.name) for ref in leaves(self.cell)}
        values[moving], places = self.field.marked(values[moving])
        history = self.run(values, steps)
        last = np.ravel(history[-1][self.one.of])
        order = history if newest_left else history[::-1]
        for k, place in enumerate(np.ravel(places)):
            column = np.ravel(self.applied(order, self.unit(len(last), k)))
            pairs = zip(last, column, strict=True)
            if not all(self.field.is_zero(h.partials.get(place, self.field.ring.zero) - c.poly) for h, c in pairs):
                return False
        return True

    def run(self, values: Values, steps: int) -> list[Values]:
        """The values of every step; inputs of each step are symbols of their own."""
        history, now = [], dict(values)
        for _ in range(steps):
            now |= {Ref(name, 0): self.symbols(name) for name in self.cell.inputs}
            known = self.computed(self.cell.equations, now)
            history.append(known)
            now |= {Ref(name, -1): known[Ref(name, 0)] for name in self.cell.states}
        return history

    def applied(self, history: Sequence[Values], vector: Any) -> Any:
        """The stated Jacobians of some steps applied to a vector, one after the other."""
        (free,) = self.one.free
        for known in history:
            plain = {ref: self.field.unmarked(value) for ref, value in known.items()} | {free: vector}
            for eq in (*self.one.let, self.one.formula):
                plain[eq.target] = evaluate_expr(eq.expr, plain, self.field.functions, self.field.constant)
            vector = plain[self.one.formula.target]
        return vector

    def unit(self, length: int, k: int) -> Any:
        """A unit vector."""
        return self.field.filled((length,), lambda place: self.field.constant(int(place == (k,))))


def kept_by_the_gate(claim: Claim) -> Result:
    """Π f_t ≥ φ^T where f_t ≥ φ, and Π f_t < 1."""
    one = stated(claim.cell(), {"of": "c", "directions": {"c": "v"}, "formula": "f_t ⊙ v"})
    box = Scalars(one.cell)[next(Ref(name, 0) for name in one.cell.assigned if name.id == "f")]
    return concluded(
        claim,
        "index contraction, induction",
        (
            Fact(
                "with h held fixed, ∂c_t/∂c_{t−1} = diag(f_t): for every size, by index contraction", verdict_on(one)["verdict"] == "proved"
            ),
            Fact("the product of diagonal matrices is the diagonal matrix of the products: unit by unit it is Π f_t", True),
            Fact("if P ≥ φ^T ≥ 0 and f ≥ φ then f P − φ^(T+1) = (f − φ) P + φ (P − φ^T), a sum of products of numbers ≥ 0", _grows()),
            Fact("0 < f_t < 1, so the product is below 1 and falls with T", (box.low, box.high) == (0, 1) and not box.high_closed),
        ),
        independent_of="the rules of differentiation",
    )


def _grows() -> bool:
    f, phi, product, power = sp.symbols("f φ P q", nonnegative=True)
    return bool(sp.expand(f * product - phi * power - (f - phi) * product - phi * (product - power)) == 0)
