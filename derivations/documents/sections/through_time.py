"""Sections 5 and 6: what joins two steps, both ends of time, and the parameters as sums over time."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.calculus.derivation import Step
from derivations.calculus.families import indexed
from derivations.documents.context import Context
from derivations.documents.maths import equal
from derivations.documents.model import Block, Link, Paragraph, Rich, Row, Section, Steps
from derivations.documents.sections.backward import step_note
from derivations.documents.sizes_text import size_latex
from derivations.documents.text import eq, numbers, say
from derivations.notation.tree import MatMul, Ref, Transpose


def time_section(context: Context) -> Section:
    """The joining equations one step earlier, then the last step and the first."""
    steps = [context.steps_by_target[context.arriving(state, -1)] for state in context.states]
    rows = tuple(_shifted(context, step, context.joining + k) for k, step in enumerate(steps))
    which = numbers((s.number for s in steps), last=" and ")
    only = say("Equations {} are the only ones", which) if len(steps) > 1 else say("Equation {} is the only one", which)
    verb = " that join two steps" if len(steps) > 1 else " that joins two steps"
    again = "repeated use of them" if len(steps) > 1 else "repeated use of it"
    says = "they say" if len(steps) > 1 else "it says"
    text = only + say(
        "{}; {} is backpropagation through time {}. Read one step earlier, {} what step $t$ sends to step $t-1$:",
        verb,
        again,
        Link("cite", "werbos"),
        says,
    )
    ends = say(f"No step follows step $T$, and ${_initial(context)}$ {'are no arguments' if len(steps) > 1 else 'is no argument'} of $L$:")
    return Section("time", "Through time", (Paragraph(text, lead=True), Steps(rows), Paragraph(ends, lead=True), Steps(_ends(context))))


def _initial(context: Context) -> str:
    return ", ".join(context.maths.at(state, "0") for state in context.states)


def _shifted(context: Context, step: Step, number: int) -> Row:
    note = say("{} with $t-1$ for $t$", eq(step.number))
    return context.row(
        number, step.target, context.pieces(step.target, step.expr), note, label=f"sent-{context.label(step.target, step.number)}"
    )


def _ends(context: Context) -> tuple[Row, Row]:
    number = context.joining + len(context.states)
    arriving = [context.maths.at(context.arriving(s), "T") for s in context.states]
    starts = [f"{lhs} = 0" for lhs in arriving]
    initial = [context.maths.at(context.bar(s), "0") for s in context.states]
    finals = [f"{bar} = {context.maths.at(context.arriving(s), '0')}" for bar, s in zip(initial, context.states, strict=True)]
    return (
        Row(number, "last-step", arriving[0], _list(starts, arriving[0]), ("start of the backward pass",)),
        Row(number + 1, "first-step", initial[0], _list(finals, initial[0]), ("end of the backward pass",)),
    )


def _list(formulas: Sequence[str], lhs: str) -> tuple[str, ...]:
    """Several formulas in one row, the left side of the first taken off."""
    first = formulas[0].removeprefix(lhs).strip()
    pieces = [first, *formulas[1:]]
    return tuple(piece + (r",\quad" if k < len(pieces) - 1 else "") for k, piece in enumerate(pieces))


def parameter_section(context: Context) -> Section:
    """Every parameter's adjoint, summed over the steps that use it."""
    rows, readers = [], set[int]()
    for steps in context.parameter_lines:
        rows.append(parameter_row(context, steps))
        readers |= set(steps[0].on)
    where = say("by {}", numbers(readers, last=" and "))
    text = say("Each parameter is used {} in every step, so by {} its adjoint is a sum over time:", where, context.rule("uses"))
    if len(rows) == 1:
        text = say("It is used {} in every step, so by {} its adjoint is a sum over time:", where, context.rule("uses"))
    blocks: list[Block] = [Paragraph(text, lead=True), Steps(tuple(rows))]
    shapes = _shapes(context)
    if shapes:
        blocks.append(Paragraph(shapes))
    return Section("param", "Parameters", tuple(blocks))


def parameter_row(context: Context, steps: Sequence[Step]) -> Row:
    """One parameter, or one for every gate of the family."""
    step, shown = steps[0], context.collective([s.target for s in steps])
    note = step_note(context, step)
    if "uses" not in step.rules:
        at = next((k for k, part in enumerate(note) if part == " on "), len(note))
        note = (*note[:at], ", " if at else "", context.rule("uses"), *note[at:])
    label = context.label(shown, step.number)
    return context.row(step.number, shown, over_time(context, step, many=len(steps) > 1), note, label=label)


def over_time(context: Context, step: Step, *, many: bool) -> tuple[str, ...]:
    """The sum over time of what each step contributes."""
    expr = step.expr
    if many and context.family:
        expr = indexed(expr, step.target.name.sub, context.family.index)
    terms = context.maths.terms(expr)
    sigma = r"\sum_{t=1}^{T} "
    if len(terms) == 1:
        negative, text = terms[0]
        return equal([(negative, sigma + text)])
    pieces = list(equal(terms, ""))
    pieces[0], pieces[-1] = f"= {sigma}\\bigl({pieces[0].strip()}", pieces[-1] + r"\bigr)"
    return tuple(pieces)


def _shapes(context: Context) -> Rich:
    """The shape of the first gradient that is a product of a column and a row."""
    for steps in context.parameter_lines:
        expr = steps[0].expr
        if not (isinstance(expr, MatMul) and isinstance(expr.left, Ref) and isinstance(expr.right, Transpose)):
            continue
        assert isinstance(expr.right.arg, Ref)
        product = context.maths.tex(context.collective_expr(expr, steps))
        rows, columns = (size_latex(context.backward.shapes[r.name][0]) for r in (expr.left, expr.right.arg))
        whole = context.maths.tex(context.collective([Ref(s.adjoint.of.name) for s in steps]))
        high, wide = (f"({size})" if "+" in size else size for size in (rows, columns))
        return say(f"Shapes: ${product}$ is $({high}\\times1)(1\\times {wide})$, hence ${high}\\times {wide}$ as ${whole}$.")
    return ()
