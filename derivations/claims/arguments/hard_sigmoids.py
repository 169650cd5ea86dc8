"""How far a clipped line is from the logistic function, and two clipped lines from each other, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from derivations.claims.claim import Claim
from derivations.claims.facts import Fact, concluded
from derivations.claims.scalars import is_zero
from derivations.verdict import Result

A, S = sp.Symbol("a", real=True), sp.Symbol("s", positive=True)
SIGMA = 1 / (1 + sp.exp(-A))
DIGITS = 30


@dataclass(frozen=True, slots=True)
class Line:
    """``slope · a + 1/2``, clipped to [0, 1]; it leaves the open interval at ±1/(2 slope)."""

    slope: sp.Rational

    @property
    def edge(self) -> sp.Rational:
        return 1 / (2 * self.slope)


def gaps(claim: Claim) -> Result:
    """The largest distances of two clipped lines to σ and to each other, beside the stated numbers."""
    first, second = (Line(sp.Rational(Fraction(text))) for text in claim.needed("slopes"))
    to_sigma = [_to_sigma(line) for line in (first, second)]
    apart, edge = _to_each_other(first, second)
    stated = [*map(str, claim.needed("to_sigma")), str(claim.needed("to_each_other"))]
    facts = [
        Fact("σ(−a) = 1 − σ(a), and each clipped line has the same symmetry: a ≥ 0 suffices", is_zero(SIGMA.subs(A, -A) - 1 + SIGMA)),
        Fact("σ′ = s (1 − s) falls for a ≥ 0, since its derivative s (1 − s)(1 − 2 s) ≤ 0 for s ≥ 1/2", _falls()),
        Fact("beyond its edge a clipped line is 1, and 1 − σ falls", True),
    ]
    for line, (gap, at), text in zip((first, second), to_sigma, stated, strict=False):
        places = ", ".join(str(sp.N(place, 4)) for place in _candidates(line))
        facts.append(
            Fact(
                f"|{line.slope} a + 1/2 − σ(a)| up to the edge {line.edge} is largest at 0, the edge, or where σ′ is the slope: {places}",
                True,
            )
        )
        facts.append(Fact(f"it is {sp.N(gap, 6)} at a = ±{sp.N(at, 4)}; stated: {text}", round(float(gap), _digits(text)) == float(text)))
    facts.append(
        Fact(
            f"both lines are linear between edges: they are {apart} apart at a = ±{edge}, and nowhere more",
            apart == sp.Rational(Fraction(stated[-1])),
        )
    )
    found = [*(str(sp.N(gap, 6)) for gap, _ in to_sigma), str(apart)]
    return concluded(
        claim,
        "critical points and ends, exactly",
        facts,
        independent_of="sampling",
        counterexample=lambda: {"found": found, "stated": stated},
    )


def _falls() -> bool:
    """(s (1 − s))′ · s′ = (1 − 2 s) s (1 − s), which is ≤ 0 on [1/2, 1)."""
    return bool(sp.expand(sp.diff(S * (1 - S), S) * S * (1 - S) - S * (1 - S) * (1 - 2 * S)) == 0)


def _to_sigma(line: Line) -> tuple[sp.Expr, sp.Expr]:
    """The largest |line − σ| up to the edge, and where it is."""
    distances = {at: sp.N(sp.Abs(line.slope * at + sp.Rational(1, 2) - SIGMA.subs(A, at)), DIGITS) for at in _candidates(line)}
    place = max(distances, key=lambda at: distances[at])
    return distances[place], place


def _candidates(line: Line) -> list[sp.Expr]:
    """Both ends, and where σ′(a) = slope: the root s > 1/2 of s (1 − s) = slope, at a = log(s / (1 − s)), if it lies before the edge."""
    roots = [root for root in sp.solve(S * (1 - S) - line.slope, S) if root.is_real and root > sp.Rational(1, 2)]
    places = [sp.log(root / (1 - root)) for root in roots]
    return [sp.Integer(0), line.edge, *(at for at in places if sp.N(at, DIGITS) < line.edge)]


def _to_each_other(first: Line, second: Line) -> tuple[sp.Rational, sp.Rational]:
    """Two clipped lines are linear between their edges: the largest distance is at an edge."""
    apart = {
        at: abs(sp.Min(1, first.slope * at + sp.Rational(1, 2)) - sp.Min(1, second.slope * at + sp.Rational(1, 2)))
        for at in (first.edge, second.edge)
    }
    place = max(apart, key=lambda at: apart[at])
    return apart[place], place


def _digits(text: str) -> int:
    return len(text.partition(".")[2])
