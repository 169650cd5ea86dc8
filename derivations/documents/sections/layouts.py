"""Section 11: the same equations for other layouts: matrices beside each other, and a batch whose sequences are rows."""

from __future__ import annotations

from derivations.calculus.families import indexed
from derivations.documents.batch import NOT_TURNED, Batch, is_plain
from derivations.documents.context import Context
from derivations.documents.model import Block, Math, Paragraph, Rich, Section, Table
from derivations.documents.sections.through_time import over_time
from derivations.documents.text import eq, say
from derivations.notation.tree import Expr, MatMul, Neg, Ref, Sum, Transpose, children

TableRow = tuple[Rich, ...]


def layouts_section(context: Context) -> Section:
    """Equations with several matrices in one, then every equation with a matrix for a batch."""
    blocks: list[Block] = []
    beside = _beside_rows(context)
    if beside:
        text = say("Matrices beside each other: one product does the work of several, and its gradient is one product too.")
        blocks += [Paragraph(text, lead=True), Table((("equation",), ("this document",), ("matrices beside each other",)), tuple(beside))]
    batch = Batch(context)
    rows = [*_forward(context, batch), *_backward(context, batch), *_parameters(context, batch)]
    if rows:
        text = say("Batch: row $r$ of {} belongs to sequence $r$ of $B$; the parameters are unchanged, and $\\E\\in\\R^B$.", batch.sample)
        blocks += [Paragraph(text, lead=True), Table((("equation",), ("this document",), ("batch of rows",)), tuple(rows))]
        blocks.append(Paragraph(say(_others(context))))
    return Section("layout", "Other layouts", tuple(blocks))


def _others(context: Context) -> str:
    """What is said of the equations that are not in the table."""
    exprs = [context.forward.written(eq) for eq in context.forward.shown]
    if all(is_plain(context, expr) for expr in exprs if not _is_entrywise(expr)):
        return "All entrywise equations read the same in every layout."
    return "All entrywise equations read the same in every layout; every other equation is applied to each sequence by itself."


def _is_entrywise(expr: Expr) -> bool:
    return not isinstance(expr, (MatMul, *NOT_TURNED)) and all(_is_entrywise(child) for child in children(expr))


def _beside_rows(context: Context) -> list[TableRow]:
    """Sums of matrix products, and the parameters in them."""
    rows: list[TableRow] = []
    for line in context.d.forward_lines:
        products = _products(line.expr)
        if len(products) < 2:
            continue
        tex = context.maths.tex
        matrix = _brackets([tex(p.left) for p in products], " & ")
        vector = _brackets([tex(p.right) for p in products], r" \\ ")
        terms = line.expr.terms if isinstance(line.expr, Sum) else ()
        rest = "".join(
            rf" {'-' if isinstance(t, Neg) else '+'} {tex(t.arg if isinstance(t, Neg) else t)}" for t in terms if t not in products
        )
        rows.append(((eq(line.number),), (Math(f"{tex(line.target)} = {tex(line.expr)}"),), (Math(f"{matrix} {vector}{rest}"),)))
        rows += _beside_gradients(context, products, tex(context.bar(line.target)))
    return rows


def _brackets(cells: list[str], separator: str) -> str:
    return rf"\begin{{pmatrix}} {separator.join(cells)} \end{{pmatrix}}"


def _products(expr: Expr) -> list[MatMul]:
    """The products of a matrix and a vector that are summands."""
    terms = expr.terms if isinstance(expr, Sum) else ()
    return [t for t in terms if isinstance(t, MatMul) and isinstance(t.left, Ref) and isinstance(t.right, Ref)]


def _beside_gradients(context: Context, products: list[MatMul], bar: str) -> list[TableRow]:
    """The gradients of the matrices in one formula."""
    shown: list[tuple[int, str, str]] = []
    for steps in context.parameter_lines:
        whole = context.collective([Ref(s.adjoint.of.name) for s in steps])
        position = next((k for k, p in enumerate(products) if p.left == whole), None)
        if position is not None and isinstance(steps[0].expr, MatMul):
            shown.append((steps[0].number, context.maths.tex(context.bar(whole, time=None)), context.maths.tex(products[position].right)))
    if len(shown) != len(products):
        return []
    found = sorted(shown)
    columns = _brackets([vector for _, _, vector in found], r" \\ ") + r"\T"
    lhs = _brackets([matrix for _, matrix, _ in found], " & ")
    plain = say("{}", Math(", ".join(matrix for _, matrix, _ in found)))
    first, last = found[0][0], found[-1][0]
    where: Rich = (eq(first), " to ", eq(last)) if last - first > 1 else (eq(first), ", ", eq(last))
    return [(where, plain, (Math(rf"{lhs} = \sum_t {bar}\,{columns}"),))]


def _has_matrix(expr: Expr) -> bool:
    return isinstance(expr, MatMul) or any(_has_matrix(child) for child in children(expr))


def _forward(context: Context, batch: Batch) -> list[TableRow]:
    rows: list[TableRow] = []
    for line in context.d.forward_lines:
        expr = context.forward.written(context.forward.definition[line.targets[0]])
        if not _has_matrix(expr) or not is_plain(context, expr):
            continue
        target, turned = batch.turned(line.targets[0]), batch.turned(expr)
        if line.family:
            letter = line.targets[0].name.sub
            target, turned = indexed(target, letter, line.family.index), indexed(turned, letter, line.family.index)
        column = f"{context.maths.tex(line.target)} = {context.maths.tex(line.expr)}"
        rows.append(((eq(line.number),), (Math(column),), (Math(f"{batch.tex(target)} = {batch.tex(turned)}"),)))
    return rows


def _backward(context: Context, batch: Batch) -> list[TableRow]:
    rows: list[TableRow] = []
    for step in context.d.steps:
        if step.kind == "parameter" or not _has_matrix(step.expr) or not is_plain(context, step.expr):
            continue
        number = step.number
        if step.kind == "arriving":
            number = context.joining + [s.name for s in context.states].index(step.adjoint.of.name)
        column = f"{context.maths.tex(step.target)} {' '.join(context.maths.pieces(step.expr))}"
        shown = f"{batch.tex(batch.turned(step.target))} {batch.pieces(step.expr)}"
        rows.append(((eq(number),), (Math(column),), (Math(shown),)))
    return rows


def _parameters(context: Context, batch: Batch) -> list[TableRow]:
    rows: list[TableRow] = []
    for steps in context.parameter_lines:
        step = steps[0]
        if (
            not isinstance(step.expr, MatMul | Ref)
            or not is_plain(context, step.expr)
            or len(context.backward.shapes[step.target.name]) == 0
        ):
            continue
        lhs = context.maths.tex(context.collective([s.target for s in steps]))
        column = f"{lhs} {' '.join(over_time(context, step, many=len(steps) > 1))}".replace(r"\sum_{t=1}^{T}", r"\sum_t")
        turned = batch.turned(step.expr) if isinstance(step.expr, MatMul) else MatMul(Transpose(batch.turned(step.expr)), batch.ones)
        shown = batch.tex(context.collective_expr(turned, steps))
        rows.append(((eq(step.number),), (Math(column),), (Math(rf"{lhs} = \sum_t {shown}"),)))
    return rows
