"""The state Jacobian of a step that is not written in blocks: where to find it, and its direct path."""

from __future__ import annotations

from derivations.documents.collected import terms
from derivations.documents.context import Context
from derivations.documents.model import Block, Link, Math, Paragraph, Rich
from derivations.documents.text import eq, join, numbers, say
from derivations.notation.tree import Diagonal, Expr, MatMul, Neg, Ref, Sum, Transpose, children, refs


def without_blocks(context: Context) -> list[Block]:
    """Why there are no blocks, which equations say the same, what of it contains no weight matrix."""
    shapes = context.backward.shapes
    matrices = [state for state in context.states if len(shapes[state.name]) == 2]
    found = [context.joining + k for k in range(len(context.states))]
    where = numbers(found, last=" and ")
    several = len(found) > 1
    apply = say("{} {} transposed derivative of one step to the adjoints of step $t$", where, "apply the" if several else "applies the")
    if matrices:
        symbols = join([context.symbol(state) for state in matrices], last=" and ")
        kind = " is a matrix" if len(matrices) == 1 else " are matrices"
        why = (*symbols, kind + ", and the derivative of a matrix by a matrix has four indices, so it is not written in blocks here. ")
    else:
        why = say(
            "The step holds more than entrywise operations and products with given matrices, "
            "so its derivative is not written in blocks here. "
        )
    product = say(
        f"; what step ${context.earlier}<t$ receives from step $t$ has passed this map $t-{context.earlier}$ times, "
        "which is why gradients vanish or explode {}.",
        Link("cite", "pascanu"),
    )
    said: Rich = ("Equation" + ("s " if several else " "), *apply, *product)
    direct = [_direct(context, state) for state in context.states]
    blocks: list[Block] = [Paragraph((*why, *said))]
    if any(direct):
        blocks.append(Paragraph(join([part for part in direct if part], last=" ", between=" "), ("Direct path.",)))
    return blocks


def _direct(context: Context, state: Ref) -> Rich:
    """The terms of what arrives that scale the state's own adjoint and pass no matrix."""
    target, bar = context.arriving(state, -1), context.bar(state)
    step = context.steps_by_target[target]
    kept = [term for term in terms(step.expr) if _adjoints(term) == {bar} and _scales(context, term)]
    if not kept:
        return ()
    shown = " ".join(context.maths.pieces(_sum(kept)))[2:]
    number = context.joining + context.states.index(state)
    return say("The part of {} in {} that passes no weight matrix is {}.", context.symbol(target), (eq(number),), Math(shown))


def _sum(kept: list[Expr]) -> Expr:
    return kept[0] if len(kept) == 1 else Sum(tuple(kept))


def _adjoints(term: Expr) -> set[Ref]:
    return {ref for ref in refs(term) if ref.name.marks}


def _scales(context: Context, term: Expr) -> bool:
    """Whether a term multiplies entries or rows of an adjoint by numbers: there is no other product in it."""
    match term:
        case Neg(arg):
            return _scales(context, arg)
        case MatMul(left=Diagonal()) | MatMul(right=Diagonal()):
            return True
        case MatMul() | Transpose():
            return False
        case _:
            return all(_scales(context, child) for child in children(term))
