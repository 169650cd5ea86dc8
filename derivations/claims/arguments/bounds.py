"""Bounds on states: read as claims about the cells and proved over boxes, then shown to be the best possible."""

from __future__ import annotations

import sympy as sp

from derivations.catalogue import get_cell
from derivations.cell import Cell
from derivations.claims.claim import Claim
from derivations.claims.enclosures import below, exactly, given, middle, run
from derivations.claims.facts import Fact, concluded
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Ref
from derivations.proofs import prove_ranges
from derivations.proofs.claims import judge_claim
from derivations.proofs.claims.refute import enclosing_functions
from derivations.verdict import Result

INDEPENDENT = "the calculus and all gradients"


def read(claim: Claim) -> Result:
    """``says`` as claims about every cell that is named, ``found`` as ranges that the tool finds in each by itself."""
    facts = []
    cells = [claim.cell()] if claim.equations else [get_cell(name) for name in claim.cells]
    for cell in cells:
        name = cell.name
        for text in claim.given.get("says", ()):
            result = judge_claim(cell, text)
            if result.verdict == "refuted":
                return claim.result(
                    "refuted", result.method, counterexample={"cell": name, **(result.counterexample or {})}, why=result.why
                )
            facts.append(Fact(f"{name}: {text}: {' '.join(result.proof)}", result.verdict == "proved"))
        ranges = {one.statement: one for one in prove_ranges(cell)} if claim.given.get("found") else {}
        for text in claim.given.get("found", ()):
            proof = ranges[text].proof if text in ranges else ()
            facts.append(Fact(f"{name}: {text}: {' '.join(proof)}", text in ranges))
    return concluded(claim, "vertices of a box, induction", facts, independent_of=INDEPENDENT)


def sharp_lstm(claim: Claim) -> Result:
    """sup |c_t| = t and sup |h_t| = tanh(t) from c_0 = 0: bounds for all parameters, and parameters that come as near as one likes."""
    cell = claim.cell()
    bounds = [judge_claim(cell, text) for text in ("|c_t| < |c_{t-1}| + 1", "0 < o_t < 1", "h_t = o_t ⊙ tanh(c_t)")]
    facts = (
        *(Fact(f"{one.statement}: {' '.join(one.proof)}", one.verdict == "proved") for one in bounds),
        Fact("hence |c_t| < t from c_0 = 0, by induction over t ≥ 1, and |h_t| = o_t |tanh(c_t)| < tanh(t), since tanh increases", True),
        *_approached(),
        *_instance(cell, int(claim.number("bias")), int(claim.number("steps"))),
    )
    return concluded(claim, "induction, a sequence that approaches the bound", facts, independent_of=INDEPENDENT)


def _approached() -> tuple[Fact, ...]:
    """With zero weights and all biases β the state is a geometric sum that tends to t."""
    beta, t, f = sp.Symbol("β", positive=True), sp.Symbol("t", positive=True, integer=True), sp.Symbol("f", positive=True)
    total = (1 - f**t) / (1 - f)
    step = sp.simplify(f * total + 1 - total.subs(t, t + 1)) == 0
    limits = [sp.limit(FUNCTIONS[fn].definition(beta), beta, sp.oo) for fn in ("sigmoid", "tanh")]
    return (
        Fact(
            "with zero weights and all biases β: c_t = i g (1 − f^t)/(1 − f), since f (1 − f^t)/(1 − f) + 1 = (1 − f^(t+1))/(1 − f)", step
        ),
        Fact("as β → ∞, σ(β) → 1 and tanh(β) → 1", limits == [1, 1]),
        Fact("(1 − f^t)/(1 − f) → t as f → 1, so c_t → t and h_t → tanh(t)", sp.limit(total, f, 1) == t),
    )


def _instance(cell: Cell, bias: int, steps: int) -> tuple[Fact, ...]:
    """One member of the sequence: how near it comes to the bound, enclosed."""
    values = given(cell, dict.fromkeys(cell.sizes, 1), {name.id: [bias] for name in cell.parameters if name.base == "b"})
    known = run(cell, values, steps)[-1]
    c, h = (known[Ref(name, 0)][0] for name in cell.assigned if name.id in ("c", "h"))
    top, near = enclosing_functions()["tanh"](exactly(steps)), exactly("1e-15")
    return (
        Fact(f"β = {bias}: {steps} − c_{steps} = {middle(steps - c)}, enclosed in (0, 1e-15)", below(c, steps) and below(steps - c, near)),
        Fact(f"β = {bias}: tanh({steps}) − h_{steps} = {middle(top - h)}, enclosed in (0, 1e-15)", below(h, top) and below(top - h, near)),
    )


def geometric(claim: Claim) -> Result:
    """|c_t| ≤ φᵗ |c_0| + (1 − φᵗ)/(1 − φ) where the forget gate is at most φ."""
    phi, size, t = sp.Symbol("φ", positive=True), sp.Symbol("c0", nonnegative=True), sp.Symbol("t", nonnegative=True, integer=True)
    bound = phi**t * size + (1 - phi**t) / (1 - phi)
    facts = (
        Fact(
            "|c_t| ≤ f_t |c_{t−1}| + |i_t g_t| ≤ φ |c_{t−1}| + 1: the triangle inequality, i_t in (0, 1) and |g_t| < 1",
            _parts_bounded(claim),
        ),
        Fact("the bound B_t = φᵗ |c_0| + (1 − φᵗ)/(1 − φ) has B_0 = |c_0|", sp.simplify(bound.subs(t, 0) - size) == 0),
        Fact("and B_{t+1} = φ B_t + 1, exactly, so |c_t| ≤ B_t by induction", sp.simplify(bound.subs(t, t + 1) - phi * bound - 1) == 0),
        Fact("the range is also found by the tool from the equations alone", _is_found(claim)),
    )
    return concluded(claim, "induction", facts, independent_of=INDEPENDENT)


def _parts_bounded(claim: Claim) -> bool:
    cell = claim.cell()
    return all(judge_claim(cell, text).verdict == "proved" for text in ("0 < i_t < 1", "|g_t| < 1", "c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t"))


def _is_found(claim: Claim) -> bool:
    return any(one.statement.startswith("|c_t| ≤ φᵗ |c_0| + (1 − φᵗ)/(1 − φ)") for one in prove_ranges(claim.cell()))
