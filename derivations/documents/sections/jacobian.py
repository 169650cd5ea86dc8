"""Section 9: the state Jacobian, its direct path, and bounds of its blocks."""

from __future__ import annotations

import math

from derivations.documents.context import Context
from derivations.documents.jacobian import Jacobian, NoClosedForm, Path
from derivations.documents.maths import Term, equal
from derivations.documents.model import Block, Link, Math, Paragraph, Rich, Row, Section, Steps, Table
from derivations.documents.sections.bounds import bound_rows, in_unit_interval
from derivations.documents.sections.without_blocks import without_blocks
from derivations.documents.text import join, say
from derivations.notation.tree import Product, Ref

LARGEST = 3  # states whose Jacobian is shown as one matrix
RATES = (0.5, 1 / (1 + math.exp(-1)), 0.9, 0.99, 0.999)


def jacobian_section(context: Context) -> Section:
    """Blocks in the factors of the collected form, the direct path, bounds."""
    jacobian = Jacobian(context)
    try:
        blocks = [*_blocks(context, jacobian), *_direct_path(context, jacobian), *_complete(context, jacobian)]
    except NoClosedForm:
        blocks = without_blocks(context)
    return Section("jac", "State Jacobian and vanishing gradients", tuple(blocks))


def partial_latex(context: Context, value: Ref, by: Ref, *, tall: bool = False) -> str:
    """``∂c_t/∂h_{t-1}``."""
    top, bottom = context.maths.tex(value), context.maths.tex(by)
    return rf"\frac{{\partial {top}}}{{\partial {bottom}}}" if tall else rf"\partial {top}/\partial {bottom}"


def _blocks(context: Context, jacobian: Jacobian) -> list[Block]:
    rows: list[Row] = []
    before = jacobian.before
    blocks: list[Block] = []
    if 1 < len(context.states) <= LARGEST:
        rows.append(_matrix(context, jacobian))
    for root in jacobian.roots:
        for state in before:
            if jacobian.reads(root, state):
                rows.append(_row(context, jacobian, root, state))
    what = (
        "the derivative of one step with respect to the states before it is"
        if len(before) > 1
        else "the derivative of one step with respect to the state before it is"
    )
    collected = "With the factors of Section {}, " if context.factor_rows else "In the letters of Section {}, "
    where = Link("sec", "collected") if context.factor_rows else Link("sec", "cell")
    text = say("Here $(\\partial y/\\partial u)_{ij}=\\partial y_i/\\partial u_j$. ") + say(collected + "{}", where, what)
    blocks += [Paragraph((*text, _columns_note(context, jacobian), ":"), lead=True), Steps(tuple(rows))]
    return blocks


def _columns_note(context: Context, jacobian: Jacobian) -> str:
    stacked = any(p.columns for paths in jacobian.direct.values() for p in paths)
    return ", where a matrix with a bracket above stands for the columns that multiply what the bracket names" if stacked else ""


def _matrix(context: Context, jacobian: Jacobian) -> Row:
    states, before = context.states, jacobian.before
    cells = r" \\[3pt] ".join(" & ".join(partial_latex(context, s, b) if jacobian.reads(s, b) else "0" for b in before) for s in states)
    number = context.next_number()
    top, bottom = ",".join(context.maths.tex(s) for s in states), ",".join(context.maths.tex(b) for b in before)
    rhs = (rf"= \frac{{\partial({top})}}{{\partial({bottom})}}", rf"= \begin{{pmatrix}} {cells} \end{{pmatrix}}")
    return Row(number, "jacobian", "J_t", rhs, ("state Jacobian",))


def _row(context: Context, jacobian: Jacobian, root: Ref, state: Ref) -> Row:
    own, through = jacobian.block(root, state)
    found: list[Term] = [(path.negative, _operator(context, path) or "I") for path in own]
    for path, between in through:
        operator = _operator(context, path)
        inner = partial_latex(context, between, state, tall=True)
        found.append((path.negative, operator + (r"\," if operator else "") + inner))
    number = context.next_number()
    lhs = partial_latex(context, root, state, tall=True)
    label = f"jac-{context.label(root, 0)}-{context.label(state, 0)}"
    return Row(number, label, lhs, equal(found))


def _operator(context: Context, path: Path) -> str:
    factors = path.printed
    diagonal = rf"\diag({context.maths.tex(factors[0] if len(factors) == 1 else Product(tuple(factors)))})" if factors else ""
    if path.matrix is None:
        return diagonal
    return diagonal + (r"\," if diagonal else "") + matrix_latex(context, path)


def matrix_latex(context: Context, path: Path) -> str:
    """The matrix of a path, with the columns that the path uses."""
    assert path.matrix is not None
    matrix = context.maths.tex(path.matrix)
    return matrix if path.columns is None else rf"{matrix}^{{({context.maths.tex(path.columns)})}}"


def _direct_path(context: Context, jacobian: Jacobian) -> list[Block]:
    """The blocks of a state by itself that contain no matrix."""
    kept: list[tuple[Ref, Path]] = []
    for state in context.states:
        own, _ = jacobian.block(state, Ref(state.name, -1))
        kept += [(state, path) for path in own if path.matrix is None]
    title = ("Direct path.",)
    if not kept:
        text = say(
            "Every path from a state to itself one step later passes a weight matrix; "
            "there is none along which a gradient is only scaled entry by entry."
        )
        return [Paragraph(text, title)]
    sentences: list[Rich] = []
    for state, path in kept:
        operator = _operator(context, path) or "I"
        sentences.append(_part(context, state, ("-" if path.negative else "") + operator))
    blocks: list[Block] = []
    gated = [(state, path) for state, path in kept if _gate(context, path)]
    if gated:
        state, path = gated[0]
        factor = context.maths.tex(Product(path.factors) if len(path.factors) > 1 else path.factors[0])
        steps = say(
            " Along it, entry $j$ is multiplied once in every step by the entry of {}, a number in $(0,1)$. "
            "For a constant value $\\phi$ it halves every $\\ln 2/|\\ln \\phi|$ steps:",
            Math(factor),
        )
        blocks.append(_rates())
        return [Paragraph((*join(sentences, last=" ", between=" "), *steps), title, lead=True), *blocks]
    return [Paragraph(join(sentences, last=" ", between=" "), title)]


def _part(context: Context, state: Ref, operator: str) -> Rich:
    block = Math(partial_latex(context, state, Ref(state.name, -1)))
    return say("The part of {} without weight matrices is {}.", block, Math(operator))


def _gate(context: Context, path: Path) -> bool:
    """Whether the one factor of a path is a gate or its complement."""
    return not path.negative and len(path.factors) == 1 and in_unit_interval(context, path.factors[0])


def _rates() -> Table:
    header: tuple[Rich, ...] = ((Math(r"\phi"),), *((Math(_rate(r)),) for r in RATES))
    halves: tuple[Rich, ...] = (("steps to one half",), *((Math(_digits(math.log(2) / -math.log(r))),) for r in RATES))
    hundred: tuple[Rich, ...] = (("factor after 100 steps",), *((Math(_scientific(r**100)),) for r in RATES))
    return Table(header, (halves, hundred))


def _rate(value: float) -> str:
    return r"0.731=\sigma(1)" if abs(value - RATES[1]) < 1e-9 else f"{value:g}"


def _digits(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _scientific(value: float) -> str:
    if value >= 0.01:
        return f"{value:.2f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"{mantissa}\times 10^{{{int(exponent)}}}"


def _complete(context: Context, jacobian: Jacobian) -> list[Block]:
    """What bounds the blocks, and what the direct path does not prove."""
    rows = bound_rows(context, jacobian)
    product = say(
        f"What step ${context.earlier}<t$ receives from step $t$ is multiplied by the transposes of $t-{context.earlier}$ such matrices; "
        "the length of this product is why gradients vanish or explode {}.",
        Link("cite", "pascanu"),
    )
    text = product
    if not rows:
        return [Paragraph(text, ("Complete Jacobian.",))]
    known = [_slope(fn) for fn in context.d.functions if fn in ("sigmoid", "tanh")]
    slopes = say(", with {}", Math(r",\ ".join(known))) if known else ()
    lead = (*text, " In the spectral norm", *slopes, ",")
    return [Paragraph(lead, ("Complete Jacobian.",), lead=True), Steps(rows)]


def _slope(fn: str) -> str:
    return {"sigmoid": r"0<\sigma'\le 1/4", "tanh": r"0<\tanh'\le 1"}[fn]
