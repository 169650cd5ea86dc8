"""Proofs of gradients, ranges, claims and relations between cells. None of them uses the rules that made what it proves."""

from derivations.proofs.claims import judge_claims
from derivations.proofs.equivalence import compare, judge_relations
from derivations.proofs.gradients import prove_gradients
from derivations.proofs.ranges import prove_ranges

__all__ = ["compare", "judge_claims", "judge_relations", "prove_gradients", "prove_ranges"]
