"""Everything that is proved about the gradients of a cell, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.proofs.gradients.every_size import prove_lowering, prove_steps, prove_tangents
from derivations.proofs.gradients.scalars import prove_at_small_sizes
from derivations.proofs.gradients.second_order import prove_second
from derivations.proofs.gradients.through_time import prove_composition, prove_unrolled
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation


def prove_gradients(derivation: Derivation) -> tuple[Result, ...]:
    """Each equation as it was lowered, each step for every size and at small sizes, forward mode, second order, runs of T steps."""
    steps = prove_steps(derivation)
    return (
        *prove_lowering(derivation),
        *steps,
        *prove_tangents(derivation),
        *prove_second(derivation),
        *prove_at_small_sizes(derivation),
        *prove_composition(derivation, steps),
        *prove_unrolled(derivation),
    )
