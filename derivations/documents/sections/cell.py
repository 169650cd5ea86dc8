"""Section 1: the equations, the picture, and the table of uses, which is the plan of the derivation."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.calculus.families import Line
from derivations.documents.context import Context
from derivations.documents.diagram import draw
from derivations.documents.model import Block, Figure, Link, Math, Paragraph, Rich, Row, Section, Steps
from derivations.documents.sections.given import given
from derivations.documents.sections.uses import plural_of, uses_table
from derivations.documents.sizes_text import size_latex
from derivations.documents.text import eq, join, plural, say, word
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Ref

DEFINITIONS = {
    "sigmoid": r"\sigma(u)=1/(1+e^{-u})",
    "softplus": r"\operatorname{softplus}(u)=\log(1+e^{u})",
    "logsigmoid": r"\operatorname{logsigmoid}(u)=\log\sigma(u)",
    "relu": r"\operatorname{relu}(u)=\max(u,0)",
    "step": r"\operatorname{step}(u)=\E[u>0]",
    "abs": r"\operatorname{abs}(u)=|u|",
}  # of functions that a reader may know by another name


def opening(context: Context) -> tuple[Block, ...]:
    """What the cell reads and carries, and what the document does with it."""
    first = say(
        "The cell reads {} and carries {} through the steps $t=1,\\dots,T$. "
        "This document derives the gradient of a differentiable loss $L$ with respect to {}its inputs and its initial {}.",
        _spaces(context, [Ref(name, 0) for name in context.cell.inputs], "an input", "inputs"),
        _spaces(context, context.states, "a state", f"{word(len(context.states))} states"),
        f"its {_count(len(context.cell.parameters), 'parameter array')}, " if context.cell.parameters else "",
        "state" if len(context.states) == 1 else "states",
    )
    second = say(
        " Each step applies one of the {} of Section {} to one numbered equation; both are named at the right margin. "
        "The result is {} in Section {}.",
        plural(len(context.rules), "rule"),
        Link("sec", "rules"),
        Link("alg", "backward"),
        Link("sec", "collected"),
    )
    return (Paragraph(first + second),)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("s" if count != 1 else "")


def _spaces(context: Context, refs: Sequence[Ref], one: str, many: str) -> Rich:
    """``an input x_t ∈ ℝ^m``; variables of one size are named together."""
    if not refs:
        return ("no input",)
    groups: dict[str, list[str]] = {}
    for ref in refs:
        groups.setdefault(space(context, ref), []).append(context.maths.tex(ref))
    parts: list[Rich] = [(Math(rf"{', '.join(symbols)}\in{where}"),) for where, symbols in groups.items()]
    return (one if len(refs) == 1 else many, " ", *join(parts, last=" and "))


def space(context: Context, ref: Ref) -> str:
    r"""The set that a variable lives in: ``\R^n``, ``\R^{n\times m}``."""
    letters = r"\times ".join(size_latex(size) for size in context.backward.shapes[ref.name])
    return rf"\R^{{{letters}}}" if letters else r"\R"


def cell_section(context: Context) -> Section:
    """The whole cell on one page."""
    rows = tuple(forward_row(context, line) for line in context.d.forward_lines)
    caption = say(
        "One step of the cell. Arrows and black letters are the forward pass {}; the blue letter at a wire is the adjoint "
        "that runs through the same wire in the opposite direction.",
        (eq(1), " to ", eq(len(rows))) if len(rows) > 1 else (eq(1),),
    )
    plan = say("{} is the plan of the derivation: a gradient is collected from the equations in the last column.", Link("tab", "uses"))
    blocks: list[Block] = [Paragraph(_notation(context), lead=True), Steps(rows)]
    blocks += [Figure("cell", draw(context), caption), Paragraph(plan, lead=True), uses_table(context)]
    return Section("cell", "The cell", tuple(blocks))


def forward_row(context: Context, line: Line) -> Row:
    """One forward equation with the role of what it gives."""
    note: Rich = (context.roles.full(line.targets[0]) or context.roles.derived(line.targets[0]),)
    if line.family:
        note = say("{}, {}", plural_of(context.roles.derived(line.targets[0])), Math(context.maths.gates))
    return context.row(line.number, line.target, context.pieces(line.targets[0], line.expr), note)


def _notation(context: Context) -> Rich:
    functions = [Math(DEFINITIONS.get(fn, FUNCTIONS[fn].latex)) for fn in context.d.functions]
    text = say("Vectors are columns, $\\odot$ is the entrywise product")
    if functions:
        acts = " acts on each entry" if len(functions) == 1 else " act on each entry"
        text += say(", and {}{}", join(functions, last=" and "), acts)
    text += (". ",)
    named = _named_by_us(context)
    if named:
        text += say(
            "The {} {} {} so that every equation performs one kind of operation. ",
            "name" if len(named) == 1 else "names",
            join([context.symbol(ref) for ref in named], last=" and "),
            "is given" if len(named) == 1 else "are given",
        )
    return (*text, *given(context), *say("{} shows one step.", Link("fig", "cell")))


def _named_by_us(context: Context) -> list[Ref]:
    """Values that the cell's author did not name and that are no pre-activations."""
    return [
        line.target
        for line in context.d.forward_lines
        if not {t.name for t in line.targets} & set(context.cell.assigned) and not context.roles.is_argument(line.targets[0])
    ]
