"""Section 3: the rules that this cell needs, with their proofs in index form, and the derivatives of its functions."""

from __future__ import annotations

import sympy as sp

from derivations.calculus.rules import RULES
from derivations.documents.context import Context
from derivations.documents.model import Block, Link, Math, Paragraph, Rich, Row, Section, Steps, Table
from derivations.documents.text import eq, say
from derivations.functions import FUNCTIONS

# How a derivative is found; a function that is not listed shows the result only.
DERIVATIVES = {
    "sigmoid": r"= \frac{e^{-u}}{(1+e^{-u})^2} = \sigma\,(1-\sigma)",
    "tanh": r"= \frac{\cosh^2 u-\sinh^2 u}{\cosh^2 u} = 1-\tanh^2",
    "softplus": r"= \frac{e^{u}}{1+e^{u}} = \sigma",
    "relu": r"= \operatorname{step} = \E[u>0]",
    "abs": r"= \operatorname{sign} = \E[u>0] - \E[u<0]",
    "logsigmoid": r"= \frac{e^{-u}}{1+e^{-u}} = 1-\sigma",
}


def rules_section(context: Context) -> Section:
    """The chain rule and what it says for each operation of the cell."""
    number = len(context.d.forward_lines) + 2
    chain = Row(number, "chain", r"\bar u_j", (r"= \sum_i \bar y_i\,\frac{\partial y_i}{\partial u_j}",), ("chain rule",))
    uses = context.rule("uses")
    text = say(
        "{} evaluates {} for each operation of the cell; {} is for a variable with several uses, "
        "of which the loss itself is one: it gives the direct derivative.",
        Link("tab", "rules"),
        eq(number),
        uses,
    )
    intro = say("Let $y$ be the only quantity that is computed directly from $u$. Then")
    blocks: list[Block] = [Paragraph(intro, lead=True), Steps((chain,)), Paragraph(text, lead=True), _table(context)]
    if context.d.functions:
        words = (
            "The function of the cell has a derivative that is"
            if len(context.d.functions) == 1
            else "The functions of the cell have derivatives that are"
        )
        said = say("{} expressed in values that the forward pass knows:", words)
        blocks += [Paragraph(said, lead=True), Steps(tuple(_derivative(fn, n) for fn, n in context.d.functions.items()))]
    return Section("rules", "Rules", tuple(blocks))


def _derivative(fn: str, number: int) -> Row:
    latex = FUNCTIONS[fn].latex
    return Row(number, f"d-{fn}", f"{latex}'", (DERIVATIVES.get(fn) or _by_values(fn),), say(FUNCTIONS[fn].reason))


def _by_values(fn: str) -> str:
    """A derivative in terms of function values, as it is stated for the calculus."""
    own, argument = sp.Symbol(FUNCTIONS[fn].latex), sp.Symbol("u")
    return f"= {sp.latex(FUNCTIONS[fn].derivative(own, lambda other: sp.Symbol(FUNCTIONS[other].latex), argument))}"


def _table(context: Context) -> Table:
    rows: list[tuple[Rich, ...]] = []
    anchors: list[str] = []
    for name in context.rules:
        rule = RULES[name]
        for position, (backward, reason) in enumerate(zip(rule.backward, rule.reason, strict=True)):
            first: tuple[Rich, ...] = ((context.rule(name),), (name,), (Math(rule.forward),)) if not position else ((), (), ())
            rows.append((*first, (Math(backward),), (Math(reason),)))
            anchors.append(name if not position else "")
    caption = say("Rules, each with its proof in index form; $\\delta_{ij}$ is $1$ for $i=j$ and $0$ otherwise.")
    header: tuple[Rich, ...] = ((), ("name",), ("forward",), ("backward",), ("because",))
    return Table(header, tuple(rows), caption, "rules", anchors=tuple(anchors))
