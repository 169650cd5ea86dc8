"""From a claim to its verdict: the argument that the claim names is run, and what it shows is compared with what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from derivations.claims.arguments import (
    arrays,
    bounds,
    chains,
    counts,
    forget_bias,
    gates,
    hard_sigmoids,
    jacobian,
    lstm_gradients,
    norms,
    slopes,
    structured,
)
from derivations.claims.claim import Claim
from derivations.errors import CellError
from derivations.verdict import Result

Argument = Callable[[Claim], Result]

ARGUMENTS: Mapping[str, Argument] = {
    "array identities": arrays.argued,
    "determinant": structured.determinant,
    "Euler step": structured.euler_step,
    "fewer operations": counts.cheaper,
    "forget bias": forget_bias.kept,
    "geometric bound": bounds.geometric,
    "hard sigmoids": hard_sigmoids.gaps,
    "identities": slopes.identities,
    "jacobian": jacobian.judged,
    "kept by the forget gate": chains.kept_by_the_gate,
    "kind of recurrence": structured.kinds,
    "largest slope": slopes.largest_slope,
    "latching": norms.latching,
    "no growth": norms.contraction,
    "parameters with biases": counts.with_biases,
    "product of Jacobians": chains.product_of_jacobians,
    "read as claims": bounds.read,
    "saturation": norms.saturation,
    "sharp bounds": bounds.sharp_lstm,
    "transient growth": norms.transient,
    "vanishes and explodes": lstm_gradients.neither_vanishes_nor_explodes,
    "vanishing bound": norms.vanishing_bound,
    "weights of gates": gates.weight,
}
EMPIRICAL = "empirical: an experiment may support it, no argument about the equations decides it, and no experiment is run here"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A claim with what was shown of it."""

    claim: Claim
    result: Result

    @property
    def as_recorded(self) -> bool:
        """Whether the verdict is the one that is recorded for the claim."""
        return self.result.verdict == self.claim.expected

    def as_json(self) -> dict[str, Any]:
        """The result as plain data, with what the claim says."""
        claim = self.claim
        told = {key: getattr(claim, key) for key in ("topic", "sentence", "source", "expected", "true_form")}
        return {**self.result.as_json(), **{key: value for key, value in told.items() if value}}


def judge(claim: Claim, arguments: Mapping[str, Argument] = ARGUMENTS) -> Judgement:
    """A verdict on one claim; raises ``CellError`` if it names an argument that there is not."""
    start = perf_counter()
    if claim.kind == "empirical":
        return Judgement(claim, claim.result("undecided", "none", why=claim.why or EMPIRICAL, seconds=0.0))
    if claim.argument not in arguments:
        raise CellError(f"no argument {claim.argument!r}", hint=f"arguments: {', '.join(arguments)}", file=claim.file)
    result = arguments[claim.argument](claim)
    return Judgement(claim, replace(result, seconds=perf_counter() - start))
