"""Expressions rewritten: other names, other times, other sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from derivations.notation.tree import Call, Constant, Expr, Identity, Ones, Ref, Times, Transpose, rebuild


def plain(expr: Expr, time: int | None) -> Expr:
    """An expression without marks, at another time."""
    if isinstance(expr, Ref):
        return Ref(expr.name.unmarked, None if expr.time is None else time)
    return rebuild(expr, lambda child: plain(child, time))


def resized(node: Expr, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Expr:
    """An expression with other sizes in the nodes that hold some, such as parts of vectors and vectors of ones."""
    new: dict[str, Any] = {}
    if hasattr(node, "size"):
        new["size"] = change(node.size)
    if hasattr(node, "split"):
        new["split"] = tuple(change(size) for size in node.split)
    return rebuild(replace(node, **new) if new else node, lambda child: resized(child, change))


def standing(expr: Expr) -> Expr:
    """``diag(u)`` that is no factor of a product as u onesᵀ ⊙ I, a matrix of its own."""
    if isinstance(expr, Call) and expr.fn == "diag":
        (arg,) = expr.args
        return Times("⊙", Times("", arg, Transpose(Ones(()))), Identity(()))
    if isinstance(expr, Times) and expr.op not in ("⊙", "*"):
        return rebuild(expr, lambda side: side if isinstance(side, Call) and side.fn == "diag" else standing(side))
    return rebuild(expr, standing)


def before(ref: Ref) -> Ref:
    """The same value at the step before."""
    return replace(ref, time=-1)


def dated(expr: Expr, time: int) -> Expr:
    """An expression in the states of another step."""
    if isinstance(expr, Ref):
        return expr if expr.time is None else replace(expr, time=time)
    return rebuild(expr, lambda child: dated(child, time))


def marked(node: Expr, mark: str) -> Expr:
    """An expression with every name marked."""
    if isinstance(node, Ref):
        return replace(node, name=node.name.marked(mark))
    if isinstance(node, Constant):
        return Ref(node.name.marked(mark))
    return rebuild(node, lambda child: marked(child, mark))
