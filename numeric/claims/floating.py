"""Claims about floating point: expressions are evaluated by NumPy in the order in which they are written.

What NumPy returns is compared with 50 digits, or with what holds over the reals. Expressions come from the data of a claim, in
the notation of cells, with one variable ``a``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import mpmath
import numpy as np

from derivations.claims import Claim
from derivations.claims.facts import Fact, concluded, refuted
from derivations.claims.scalars import is_zero, scalar
from derivations.evaluate import evaluate_expr
from derivations.notation import read_expr
from derivations.notation.tree import Assignment, Expr, Name, Ref
from derivations.resolve import Roles
from derivations.shapes import infer_shapes
from derivations.verdict import Result

DIGITS = 50
DTYPES: Mapping[str, Any] = {"float64": np.float64, "float32": np.float32, "float16": np.float16}
FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),  # as textbooks write it
    "softplus": lambda a: np.logaddexp(np.zeros_like(a), a),
    "log": np.log,
}
DRAWN = 100_000  # random bit patterns of one type; all of float16 are tried
NEAR = 1.0  # of a threshold: libraries round exp and tanh differently in the last bit


@cache
def _typed(text: str) -> Expr:
    """An expression in one variable, entry by entry, with its products resolved."""
    target, variable = Name("q", sub="result"), Name("a")
    vector = (("hidden",),)
    roles = Roles((variable,), (), (), (target,))
    (equation,), _ = infer_shapes((Assignment(Ref(target), read_expr(text)),), roles, {"a": vector, target.id: vector})
    return equation.expr


def computed(text: str, a: Any) -> Any:
    """What NumPy makes of an expression at numbers of one type."""
    number = np.asarray(a).dtype.type
    with np.errstate(all="ignore"):
        return evaluate_expr(_typed(text), {Ref(Name("a")): a}, FUNCTIONS, lambda v: number(v.numerator) / number(v.denominator))


def precisely(text: str, a: float) -> Any:
    """The same in 50 digits, from the definitions of the functions."""
    expr = scalar(text)
    with mpmath.workdps(DIGITS):
        return mpmath.mpf(expr.evalf(DIGITS, subs=dict.fromkeys(expr.free_symbols, a)))


def apart(claim: Claim) -> Result:
    """Two expressions that are equal over the reals and give different numbers: ``left``, ``right``, ``at``, ``dtype``."""
    left, right, at = claim.text("left"), claim.text("right"), float(claim.number("at"))
    a = DTYPES[claim.text("dtype")](at)
    values = [float(computed(text, a)) for text in (left, right)]
    true = precisely(right, at)
    off = [not abs(value - float(true)) <= 1e-6 * abs(float(true)) for value in values]
    facts = (
        Fact(f"over the reals, {left} = {right} for every a", is_zero(scalar(left) - scalar(right))),
        Fact(
            f"in {claim.text('dtype')} at a = {at:g} the one is {values[0]}, the other {values[1]}, the truth {mpmath.nstr(true, 6)}",
            any(off),
        ),
    )
    shown = {"a": at, left: values[0], right: values[1], "in 50 digits": mpmath.nstr(true, 12)}
    return refuted(claim, "NumPy beside 50 digits", facts, shown, independent_of="generated code")


def thresholds(claim: Claim) -> Result:
    """From which number on an expression returns a value that it never takes over the reals.

    Each entry of ``thresholds`` has ``form``, ``dtype``, ``value``, an interval from ``start`` to ``end``, and ``from``.
    """
    entries = claim.needed("thresholds")
    facts = []
    for entry in entries:
        found, stated = _first(entry), float(entry["from"])
        facts.append(
            Fact(
                f"{entry['form']} in {entry['dtype']} is {entry['value']} from a = {found:.5g} on; stated: {stated:g}",
                abs(found - stated) < NEAR,
            )
        )
    return concluded(
        claim, "NumPy, bisection", facts, verdict="tested", examples=len(entries), bound=NEAR, independent_of="generated code",
        why="libraries round exp and tanh differently in the last bit, which moves the place by less than this",
        counterexample=lambda: {"shown": [fact.text for fact in facts]},
    )  # fmt: skip


def _first(entry: Mapping[str, Any]) -> float:
    """By bisection: the number next to ``start`` from which the value is taken."""
    number, value = DTYPES[entry["dtype"]], float(entry["value"])
    low, high = float(entry["start"]), float(entry["end"])
    for _ in range(80):
        middle = (low + high) / 2
        reached = float(computed(entry["form"], number(middle))) == value
        low, high = (low, middle) if reached else (middle, high)
    return high


def ranges(claim: Claim) -> Result:
    """Whether values lie between ``low`` and ``high``: in every float16, and in random bit patterns of larger types.

    With ``strict`` the ends are excluded; over the reals they are never taken.
    """
    strict = bool(claim.needed("strict"))
    examples = 0
    for form in claim.needed("forms"):
        low, high = (float(form[key]) for key in ("low", "high"))
        for name, number in DTYPES.items():
            a = _numbers(number)
            values = computed(form["form"], a)
            inside = (values > low) & (values < high) if strict else (values >= low) & (values <= high)
            if not inside.all():
                return _outside(claim, form, name, a, values, inside)
            examples += len(a)
    why = "a comparison of floating-point numbers is exact"
    return claim.result("tested", "NumPy", examples=examples, bound=0.0, why=why, independent_of="generated code")


def _outside(claim: Claim, form: Mapping[str, Any], dtype: str, a: Any, values: Any, inside: Any) -> Result:
    """The value nearest to 0 whose image is outside."""
    wrong = np.flatnonzero(~inside)
    k = wrong[np.argmin(np.abs(a[wrong]))]
    fact = Fact(f"in {dtype}, {form['form']} at a = {float(a[k]):g} is {float(values[k]):g}", True)
    shown = {"dtype": dtype, "a": float(a[k]), form["form"]: float(values[k]), "bounds": f"{form['low']} and {form['high']}"}
    return refuted(claim, "NumPy", [fact], shown, independent_of="generated code")


def _numbers(number: Any) -> Any:
    """Every number of a small type, or random bit patterns of a large one; NaN left out, infinities kept."""
    bits = np.dtype(f"u{np.dtype(number).itemsize}")
    if bits.itemsize == 2:
        drawn = np.arange(2**16, dtype=bits)
    else:
        drawn = np.random.default_rng(0).integers(0, np.iinfo(bits).max, DRAWN, dtype=bits, endpoint=True)
    found = drawn.view(number)
    return found[~np.isnan(found)]
