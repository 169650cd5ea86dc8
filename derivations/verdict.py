"""Verdicts: what was shown of a statement, and how. Used everywhere with exactly this meaning.

proved: an exact argument for every size. proved_at: an exact argument at the sizes in ``at`` only. tested: ``examples``
agreed within ``bound``, for the reason ``why``. refuted: ``counterexample`` shows both values. undecided: with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from traceback import extract_tb
from typing import Any, Literal, get_args

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
    also: tuple[Result, ...] = ()  # what else was shown of the same statement, by other methods

    @property
    def failed(self) -> bool:
        """Whether gateproof itself failed to judge the statement, by one of the methods."""
        return self.method == FAILED or any(result.failed for result in self.also)

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
            value = _plain(getattr(self, key))
            if value not in (None, "", [], {}):
                plain[key] = value
        if self.also:
            plain["also"] = [result.as_json() for result in self.also]
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Result:
        """The result that ``as_json`` made; raises ``ValueError`` where something else stands."""
        known = {f.name for f in fields(cls)}
        if not isinstance(data, Mapping) or not {"subject", "statement", "kind", "verdict", "method"} <= set(data) <= known:
            raise ValueError("not a result")
        if data["verdict"] not in get_args(Verdict) or data["kind"] not in get_args(Kind):
            raise ValueError(f"not a verdict: {data['verdict']}, {data['kind']}")
        numbers = {key: float(data[key]) for key in ("error", "bound", "seconds") if key in data}  # "inf" is one in JSON
        also = tuple(cls.from_json(item) for item in data.get("also", ()))
        return cls(**{**data, **numbers, "proof": tuple(data.get("proof", ())), "also": also})


FAILED = "verification"  # the method of a statement that gateproof itself failed to judge


def failure(subject: str, statement: str, error: BaseException) -> Result:
    """What is left to say where gateproof raised: nothing is known of the statement, and where to look for the mistake."""
    place = next((f" ({Path(frame.filename).name}:{frame.lineno})" for frame in reversed(extract_tb(error.__traceback__))), "")
    why = f"gateproof failed: {type(error).__name__}: {error}{place}"
    return Result(subject, statement, "code", "undecided", FAILED, why=why)


STRONGEST: tuple[Verdict, ...] = ("refuted", "proved", "proved_at", "tested", "undecided")


def merged(results: Iterable[Result]) -> tuple[Result, ...]:
    """One result for each statement: what is wrong stands first, then the strongest argument; the others are in ``also``."""
    groups: dict[tuple[str, str, Kind], list[Result]] = {}
    for result in results:
        groups.setdefault((result.subject, result.statement, result.kind), []).append(result)
    ranked = (sorted(found, key=lambda r: STRONGEST.index(r.verdict)) for found in groups.values())
    return tuple(replace(first, also=tuple(rest)) for first, *rest in ranked)


def _plain(value: Any) -> Any:
    """A value for JSON: arrays as lists, numbers that JSON does not have (NaN, infinities) as their names."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


SHOWN: Mapping[Verdict, str] = {
    "proved": "proved",
    "proved_at": "proved at",
    "tested": "tested",
    "refuted": "REFUTED",
    "undecided": "not decided",
}
