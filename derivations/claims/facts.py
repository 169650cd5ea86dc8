"""Facts that together prove a statement: each is checked; one that does not hold leaves the statement unproved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from derivations.claims.claim import Claim
from derivations.verdict import Result, Verdict

Counterexample = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an argument and whether its check succeeded. A theorem that is only named says so in its text."""

    text: str
    holds: bool


def concluded(
    claim: Claim,
    method: str,
    facts: Iterable[Fact],
    *,
    independent_of: str = "",
    verdict: Verdict = "proved",
    counterexample: Callable[[], Counterexample | None] = lambda: None,
    **found: Any,
) -> Result:
    """Proved if every fact holds; else refuted if there is a counterexample, and otherwise not decided."""
    known = tuple(facts)
    broken = next((fact for fact in known if not fact.holds), None)
    if broken is None:
        return claim.result(verdict, method, independent_of=independent_of, proof=tuple(fact.text for fact in known), **found)
    shown = counterexample()
    if shown is not None:
        return claim.result("refuted", "counterexample", independent_of=independent_of, counterexample=shown, why=f"false: {broken.text}")
    return claim.result("undecided", method, independent_of=independent_of, why=f"this line of the argument was not shown: {broken.text}")


def refuted(claim: Claim, method: str, facts: Iterable[Fact], shown: Counterexample, **found: Any) -> Result:
    """Refuted if every fact about the counterexample holds; otherwise not decided."""
    known = tuple(facts)
    broken = next((fact for fact in known if not fact.holds), None)
    if broken is None:
        return claim.result("refuted", method, counterexample=shown, proof=tuple(fact.text for fact in known), **found)
    return claim.result("undecided", method, why=f"the counterexample does not do what it should: {broken.text}", **found)
