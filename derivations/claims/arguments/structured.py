"""Claims about recurrences with structure: volume, Euler steps, and what a scan over time needs."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import sympy as sp

from derivations.catalogue import get_cell
from derivations.claims.arguments.jacobian import verdict_on
from derivations.claims.claim import Claim
from derivations.claims.facts import Fact, concluded, refuted
from derivations.claims.scalars import scalar
from derivations.claims.stated import Stated, stated
from derivations.notation import unicode
from derivations.notation.tree import Expr, MatMul, Ref, Transpose, nodes
from derivations.structure import recurrence
from derivations.verdict import Result


def determinant(claim: Claim) -> Result:
    """The determinant of the Jacobian of a step whose states act unit by unit.

    ``directions`` move every state, ``formulas`` say how each state then moves; a formula may only act entry by entry.
    """
    cell, wanted = claim.cell(), claim.number("determinant")
    directions, formulas = claim.needed("directions"), claim.needed("formulas")
    ways = [stated(cell, {**claim.given, "of": of, "formula": text}) for of, text in formulas.items()]
    facts = [
        Fact(f"{unicode(one.formula.target)} = {unicode(one.formula.expr)}: for every size, by index contraction", _holds(one))
        for one in ways
    ]
    facts.append(Fact("every factor acts entry by entry, so unit k of the states depends on unit k only", not any(map(_mixes, ways))))
    moving = [sp.Symbol(name, real=True) for name in directions.values()]
    matrix = sp.Matrix([[scalar(text).expand().coeff(move) for move in moving] for text in formulas.values()])
    found = sp.expand(matrix.det())
    facts += [
        Fact(f"sorted by units, the Jacobian is block diagonal with the blocks {matrix.tolist()}", True),
        Fact(f"the determinant of each block is {found}, exactly, and the determinant of the whole is their product", found == wanted),
    ]
    known = found != wanted and all(map(_holds, ways))
    shown = {"determinant of a block": str(found), "stated": str(wanted)} if known else None
    independent = "the rules of differentiation"
    return concluded(claim, "index contraction, scalar identity", facts, independent_of=independent, counterexample=lambda: shown)


def _holds(one: Stated) -> bool:
    return bool(verdict_on(one)["verdict"] == "proved")


def _mixes(one: Stated) -> bool:
    return any(_has_matrix(eq.expr) for eq in (*one.directions, one.formula)) or any(_moves(one, eq.target) for eq in one.let)


def _moves(one: Stated, part: Ref) -> bool:
    """Whether a named part contains an arbitrary vector, so that it is no mere factor."""
    expr = next(eq.expr for eq in one.let if eq.target == part)
    return any(node in one.free for node in nodes(expr))


def _has_matrix(expr: Expr) -> bool:
    return any(isinstance(node, MatMul | Transpose) for node in nodes(expr))


def euler_step(claim: Claim) -> Result:
    """I + ε A for an antisymmetric A: every step lengthens vectors, so products of it grow."""
    epsilon = claim.number("epsilon")
    a = sp.Matrix([[sp.Rational(Fraction(str(x))) for x in row] for row in claim.needed("matrix")])
    step = sp.eye(a.rows) + epsilon * a
    moduli = {sp.sqrt(sp.expand(root * sp.conjugate(root))) for root in step.eigenvals()}
    largest = max(moduli, key=sp.N)
    facts = (
        Fact("A = −Aᵀ, and every eigenvalue of A is imaginary, exactly", a == -a.T and all(sp.re(root) == 0 for root in a.eigenvals())),
        Fact(f"the eigenvalues of I + {epsilon} A have the largest modulus {largest} > 1, exactly", bool(largest > 1)),
        Fact("at h = 0 with zero weights tanh′ = 1, so the Jacobian of every step is this matrix, and its powers grow", True),
    )
    shown = {
        "A": [[float(x) for x in row] for row in a.tolist()],
        "ε": str(epsilon),
        "modulus": str(largest),
        "after 1000 steps": float(largest**1000),
    }
    return refuted(claim, "exact eigenvalues", facts, shown)


def kinds(claim: Claim) -> Result:
    """Whether gates depend on the states before them, read off the equations of each cell in ``kinds``."""
    facts, wrong = [], {}
    stated_kinds: Mapping[str, str] = claim.needed("kinds")
    for name, kind in stated_kinds.items():
        found = recurrence(get_cell(name))
        gates = f"; not affine in the states before: {', '.join(map(str, found.gates))}" if found.gates else ""
        facts.append(Fact(f"{name}: {found.kind}{gates}", found.kind == kind))
        if found.kind != kind:
            wrong[name] = f"{found.kind}, stated: {kind}"
    return concluded(claim, "dependency of the equations", facts, independent_of="the calculus", counterexample=lambda: wrong or None)
