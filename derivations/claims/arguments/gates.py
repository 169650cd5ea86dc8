"""What a gate does: the weight of a value in an equation, from nothing at 0 to everything at 1."""

from __future__ import annotations

import sympy as sp

from derivations.claims.claim import Claim
from derivations.claims.facts import Fact, concluded
from derivations.equations import Pointwise
from derivations.functions import Interval
from derivations.notation import name_unicode, read_expr
from derivations.notation.tree import Ref
from derivations.proofs.ranges.scalar import Scalars
from derivations.verdict import Result


def weight(claim: Claim) -> Result:
    """Each of ``gates`` weighs a value in an equation: ``{value = "c_{t-1}", gate = "f_t", in = "c_t"}``.

    The equation is affine in the value; its coefficient is 0 where the gate is 0 and 1 where it is 1 (the other way round if
    ``keeps`` is "0"), and the gate takes every value between, the ends excluded.
    """
    facts: list[Fact] = []
    wrong: dict[str, str] = {}
    for entry in claim.needed("gates"):
        found, slope = _weighs(claim, entry)
        facts += found
        if not all(fact.holds for fact in found[:2]):
            wrong[f"coefficient of {entry['value']} in {entry['in']}"] = slope
    return concluded(claim, "scalar identity", facts, independent_of="the calculus and all gradients", counterexample=lambda: wrong or None)


def _weighs(claim: Claim, entry: dict[str, str]) -> tuple[tuple[Fact, ...], str]:
    """What there is to check of one gate, and the coefficient of its value."""
    cell = claim.cell()
    scalars = Scalars(cell)
    target, gate = (_ref(entry[key]) for key in ("in", "gate"))
    equation = next(eq for eq in cell.program.equations if eq.target == target)
    assert isinstance(equation, Pointwise)
    g, v = scalars.symbol(gate), scalars.scalar(read_expr(entry["value"]))
    slope = sp.diff(sp.expand(scalars.scalar(equation.expr)), v)
    keeps, forgets = (1, 0) if entry.get("keeps", "1") == "1" else (0, 1)
    name = name_unicode(gate.name, 0)
    shown = sp.sstr(slope).replace(str(g), name)
    facts = (
        Fact(f"{entry['in']} is affine in {entry['value']}, with the coefficient {shown}", slope.free_symbols == {g}),
        Fact(f"which is 1 at {name} = {keeps} and 0 at {name} = {forgets}", slope.subs(g, keeps) == 1 and slope.subs(g, forgets) == 0),
        Fact(f"{name} lies in (0, 1): the ends are limits that no finite parameter reaches", _is_open_unit(scalars[gate])),
    )
    return facts, shown


def _is_open_unit(box: Interval) -> bool:
    return bool((box.low, box.high, box.low_closed, box.high_closed) == (0, 1, False, False))


def _ref(text: str) -> Ref:
    ref = read_expr(text)
    assert isinstance(ref, Ref)
    return ref
