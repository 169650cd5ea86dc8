"""Proofs of gradients, ranges and claims. None of them uses the rules that made what it proves."""

from derivations.proofs.claims import judge_claims
from derivations.proofs.gradients import prove_gradients
from derivations.proofs.ranges import prove_ranges

__all__ = ["judge_claims", "prove_gradients", "prove_ranges"]
