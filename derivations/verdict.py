"""Verdicts: what was shown of a statement, and how. Used everywhere with exactly this meaning.

proved: an exact argument for every size. proved_at: an exact argument at the sizes in ``at`` only. tested: ``examples``
agreed within ``bound``, for the reason ``why``. refuted: ``counterexample`` shows both values. undecided: with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["proved", "proved_at", "tested", "refuted", "undecided"]
Kind = Literal["gradient", "invariant", "code", "claim", "equation"]


@dataclass(frozen=True, slots=True)
class Result:
    """One statement about one subject with its verdict."""

    subject: str  # the cell
    statement: str  # in Unicode, for people: "W̄_f = ā_f x_tᵀ", "|h_t| < 1"
    kind: Kind
    verdict: Verdict
    method: str  # "index contraction", "scalars", "complex step", …
    independent_of: str = ""  # what the method does not use
    at: Mapping[str, int] = field(default_factory=dict)  # the sizes of "proved_at"
    examples: int | None = None
    error: float | None = None
    bound: float | None = None
    why: str = ""  # why the bound is what it is; for "undecided", the reason
    counterexample: Mapping[str, Any] | None = None  # values by name, then both sides
    proof: tuple[str, ...] = ()  # the steps of a proof, one line each
    reading: str = ""
    seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The result as plain data; empty fields are left out."""
        plain: dict[str, Any] = {
            "subject": self.subject,
            "statement": self.statement,
            "kind": self.kind,
            "verdict": self.verdict,
            "method": self.method,
        }
        for key in ("independent_of", "at", "examples", "error", "bound", "why", "counterexample", "proof", "reading", "seconds"):
            value = getattr(self, key)
            if value not in (None, "", (), {}):
                plain[key] = dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
        return plain


SHOWN: Mapping[Verdict, str] = {
    "proved": "proved",
    "proved_at": "proved at",
    "tested": "tested",
    "refuted": "REFUTED",
    "undecided": "not decided",
}
