"""All claims of textbooks: those about equations, and those about floating point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from derivations import claims as exact
from derivations.claims import Argument, Claim, Judgement, read_folder
from numeric.claims import floating

ARGUMENTS: Mapping[str, Argument] = {
    **exact.ARGUMENTS,
    "equal over the reals only": floating.apart,
    "floating-point range": floating.ranges,
    "floating-point threshold": floating.thresholds,
}


@lru_cache(maxsize=1)
def all_claims() -> tuple[Claim, ...]:
    """Every claim that comes with gateproof, in the order of the table."""
    found = (*read_folder(exact.FOLDER), *read_folder(Path(__file__).parent / "textbook"))
    return tuple(sorted(found, key=lambda claim: (claim.order, claim.name)))


def judge(claim: Claim) -> Judgement:
    """A verdict on one claim."""
    return exact.judge(claim, ARGUMENTS)


def judge_all() -> Iterator[Judgement]:
    """A verdict on every claim, one after the other."""
    return map(judge, all_claims())
