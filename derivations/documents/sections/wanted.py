"""Section 2: what an adjoint is, and which adjoints are wanted."""

from __future__ import annotations

from derivations.documents.context import Context
from derivations.documents.model import Link, Math, Paragraph, Rich, Row, Section, Steps, Table
from derivations.documents.text import join, say, symbols
from derivations.notation.tree import Ref


def wanted_section(context: Context) -> Section:
    """The loss, the adjoint, the goal, the notation."""
    first = context.states[0]
    text = say(
        "The loss is a function {}. "
        "Its direct derivative {} varies this one argument and holds the others fixed; it is known, since the loss is known. "
        "The adjoint {} varies {} and lets all later quantities follow. "
        "For any variable $v$ of the cell, in the notation of reverse-mode differentiation {},",
        Math(loss_latex(context)),
        Math(context.maths.slash(first)),
        context.symbol(context.bar(first)),
        context.symbol(first),
        Link("cite", "gw"),
    )
    adjoint = Row(
        len(context.d.forward_lines) + 1,
        "adjoint",
        r"\bar v_j",
        (r"= \frac{\mathrm{d} L}{\mathrm{d} v_j}\qquad\text{for every entry }j\text{ of }v",),
        say("adjoint; $\\bar v$ is shaped like $v$"),
    )
    goal = say("The goal is {}.", _goal(context))
    return Section(
        "want", "What is wanted", (Paragraph(text, lead=True), Steps((adjoint,)), Paragraph(goal, lead=True), _notation(context))
    )


def loss_latex(context: Context) -> str:
    """``L(h_1,…,h_T,c_1,…,c_T)``."""
    parts = []
    for name in context.cell.outputs:
        ref = Ref(name, 0)
        parts.append(rf"{context.maths.at(ref, '1')},\dots,{context.maths.at(ref, 'T')}")
    return f"L({', '.join(parts)})"


def _goal(context: Context) -> Rich:
    parameters: list[str] = []
    family = False
    for steps in context.parameter_lines:
        shown = context.collective([step.target for step in steps])
        family = family or len(steps) > 1
        parameters.append(context.maths.tex(shown))
    parts: list[Rich] = []
    if parameters:
        parts.append(symbols(parameters) + (say(f" for ${context.maths.gates}$") if family else ()))
    inputs = [context.maths.tex(context.bar(Ref(name, 0))) for name in context.cell.inputs]
    initial = [context.maths.at(context.bar(state), "0") for state in context.states]
    parts.append(symbols(inputs + initial))
    return join(parts, last=", and ")


def _notation(context: Context) -> Table:
    state = context.states[0]
    arriving = symbols(context.maths.tex(context.arriving(s)) for s in context.states[:2])
    rows: list[tuple[Rich, ...]] = [
        (say("$\\bar v$"), say("adjoint of $v$, shaped like $v$"), say("one mark for every variable; $v-\\eta\\bar v$ is a descent step")),
        ((Math(context.maths.slash(state)),), ("direct derivative",), say("used for the arguments of $L$ only, so never ambiguous")),
        (arriving, say("part that arrives from step $t+1$"), say("keeps apart what arrives and what is made at $t$")),
        *_argument_row(context),
        (say("$M\\T$"), ("transpose",), say("upright, so it is not the length $T$")),
        (say("$\\E$"), ("vector of ones",), say("makes $\\E-v$ a difference of vectors")),
    ]
    header: tuple[Rich, ...] = (("notation",), ("meaning",), ("reason",))
    return Table(header, tuple(rows), ("Notation, and why.",), "notation", wide=(2,))


def _argument_row(context: Context) -> list[tuple[Rich, ...]]:
    """The letter of pre-activations, which the cell's author did not choose."""
    line = next((line for line in context.d.forward_lines if context.roles.is_argument(line.targets[0])), None)
    if line is None:
        return []
    gate = say(" of gate {}", Math(line.family.index)) if line.family else ()
    reason = say("the letter {} names nothing else in the cell", Math(line.target.name.base))
    return [((Math(context.maths.tex(line.target)),), ("pre-activation", *gate), reason)]
