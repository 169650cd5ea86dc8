"""Section 10: operations of one step, counted from the equations as they stand."""

from __future__ import annotations

from dataclasses import dataclass

from derivations.documents.collected import used_forward_values
from derivations.documents.context import Context
from derivations.documents.counts import Count, Shapes, area, polynomial, summed
from derivations.documents.model import Link, Math, Paragraph, Rich, Section, Table
from derivations.documents.text import numbers, say, symbols
from derivations.notation.tree import Ref


@dataclass(frozen=True, slots=True)
class Costs:
    """Counts for one step and one sequence."""

    parameters: Count
    forward_matrix: Count
    forward_entry: Count
    functions: Count
    backward_matrix: Count
    backward_entry: Count
    kept: Count


def costs(context: Context) -> Costs:
    """Counted from the equations of the step and of its derivation, each expression once."""
    shapes = Shapes(context.backward)
    forward = [context.forward.written(eq) for eq in context.forward.shown]
    backward = [step.expr for step in context.d.steps]
    forward_counts = [shapes.multiplications(expr) for expr in forward]
    backward_counts = [shapes.multiplications(expr) for expr in backward]
    kept = used_forward_values(context, backward)
    return Costs(
        summed(area(context.forward.shapes[name]) for name in context.cell.parameters),
        summed(matrix for matrix, _ in forward_counts),
        summed(entry for _, entry in forward_counts),
        summed(shapes.functions(expr) for expr in forward),
        summed(matrix for matrix, _ in backward_counts),
        summed(entry for _, entry in backward_counts),
        summed(area(context.backward.shapes[ref.name]) for ref in kept),
    )


def cost_section(context: Context) -> Section:
    """The table of counts."""
    shapes, found = Shapes(context.backward), costs(context)
    lines = {context.d.numbers[eq.target]: context.forward.written(eq) for eq in context.forward.shown}
    steps = [(step.number, step.expr) for step in context.d.steps]
    kept = used_forward_values(context, [step.expr for step in context.d.steps])
    rows: list[tuple[Rich, ...]] = [
        _row("parameters", found.parameters, (Link("tab", "uses"),)),
        _row(
            "multiplications, forward, matrices", found.forward_matrix, numbers(n for n, e in lines.items() if shapes.multiplications(e)[0])
        ),
        _row(
            "multiplications, forward, entrywise", found.forward_entry, numbers(n for n, e in lines.items() if shapes.multiplications(e)[1])
        ),
        _row("function values, forward", found.functions, numbers(n for n, e in lines.items() if shapes.functions(e))),
        _row("multiplications, backward, matrices", found.backward_matrix, numbers(n for n, e in steps if shapes.multiplications(e)[0])),
        _row("multiplications, backward, entrywise", found.backward_entry, numbers(n for n, e in steps if shapes.multiplications(e)[1])),
        _row("numbers kept for the backward pass", found.kept, symbols(context.maths.tex(ref) for ref in kept)),
    ]
    header: tuple[Rich, ...] = (("quantity",), ("count",), ("from",))
    shown = tuple(row for row in rows if row[1] != (Math("0"),))
    first = Paragraph(
        say("Counted from the equations as they stand, for one step and one sequence; a division counts as a multiplication."), lead=True
    )
    return Section("cost", "Cost", (first, Table(header, shown, wide=(2,)), *_remark(context)))


def _row(what: str, count: Count, source: Rich) -> tuple[Rich, ...]:
    return ((what,), (Math(polynomial(count)),), source)


def _remark(context: Context) -> tuple[Paragraph, ...]:
    """What is spared without the gradient of the inputs."""
    shapes = Shapes(context.backward)
    inputs = [step for step in context.d.steps if step.kind == "input"]
    spared = summed(shapes.multiplications(step.expr)[0] for step in inputs)
    if not spared:
        return ()
    symbols = ", ".join(context.maths.tex(context.bar(Ref(name, 0))) for name in context.cell.inputs)
    verb = "is" if len(context.cell.inputs) == 1 else "are"
    return (
        Paragraph(
            say(
                f"Of the products with matrices of the backward pass, ${polynomial(spared)}$ multiplications "
                f"are spared if ${symbols}$ {verb} not needed."
            )
        ),
    )
