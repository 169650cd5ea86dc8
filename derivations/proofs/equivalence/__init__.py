"""Relations between cells: proved for every size by elements and induction over the steps, or refuted by a run."""

from derivations.proofs.equivalence.judge import compare
from derivations.proofs.equivalence.stated import judge_relation, judge_relations

__all__ = ["compare", "judge_relation", "judge_relations"]
