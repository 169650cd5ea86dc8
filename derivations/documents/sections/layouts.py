"""Section 11: the same equations for other layouts: matrices beside each other, and a batch whose sequences are rows."""

from __future__ import annotations

from dataclasses import replace

from derivations.calculus.families import indexed
from derivations.documents.context import Context
from derivations.documents.maths import STYLE
from derivations.documents.model import Math, Paragraph, Rich, Section, Table
from derivations.documents.sections.through_time import over_time
from derivations.documents.text import eq, say
from derivations.notation import latex
from derivations.notation.tree import Concat, Expr, MatMul, Name, Neg, Part, Product, Ref, Sum, Total, Transpose, children, rebuild, refs


def layouts_section(context: Context) -> Section:
    """One row for every equation that a matrix stands in."""
    batch = Batch(context)
    rows = [*_forward(context, batch), *_backward(context, batch), *_parameters(context, batch)]
    if not rows:
        return Section("layout", "Other layouts", ())
    stacked = any(row[2] for row in rows)
    header: tuple[Rich, ...] = (("equation",), ("this document",), ("matrices beside each other",), ("batch of rows",))
    shown = tuple(row if stacked else (row[0], row[1], row[3]) for row in rows)
    text = say("Batch: row $r$ of {} belongs to sequence $r$ of $B$; the parameters are unchanged, and $\\E\\in\\R^B$. ", batch.sample)
    end = Paragraph(say("All entrywise equations read the same in every layout."))
    return Section("layout", "Other layouts", (Paragraph(text, lead=True), Table(header if stacked else (header[0], header[1], header[3]), shown), end))


class Batch:
    """Expressions for a batch: vectors become matrices whose rows are sequences, products turn round."""

    def __init__(self, context: Context) -> None:
        self.context = context
        names = context.backward.shapes
        self.vectors = {name for name, shape in names.items() if len(shape) == 1}
        self.parameters = set(context.cell.parameters)
        dated = {n.unmarked for n in self.vectors} - self.parameters
        bases = {name.base for name in names}
        self.capital = all(len(n.base) == 1 and n.base.islower() and n.base.upper() not in bases for n in dated)

    @property
    def sample(self) -> Math:
        """The matrices of the first input and the first state."""
        first = [Ref(n, 0) for n in self.context.cell.inputs[:1]] + list(self.context.states[:1])
        return Math(", ".join(self.tex(ref) for ref in first))

    def tex(self, expr: Expr) -> str:
        """An expression for the batch."""
        return latex(self.turned(expr), style=STYLE, scalars=self.context.scalars)

    def name(self, name: Name) -> Name:
        """The matrix whose rows are a vector of every sequence."""
        if name.unmarked in self.parameters or name not in self.vectors:
            return name
        return replace(name, base=name.base.upper()) if self.capital else replace(name, accents=("underline", *name.accents))

    def turned(self, expr: Expr) -> Expr:
        """``W x`` becomes ``X Wᵀ``, ``Wᵀ ā`` becomes ``Ā W``, ``ā xᵀ`` becomes ``Āᵀ X``, a bias a row in every row."""
        match expr:
            case Ref():
                return replace(expr, name=self.name(expr.name))
            case MatMul(left=Ref() as left, right=Transpose(arg=Ref() as right)) if left.name in self.vectors:
                return MatMul(Transpose(self.turned(left)), self.turned(right))
            case MatMul(left=Transpose(arg=matrix)):
                return MatMul(self.turned(expr.right), matrix)
            case MatMul():
                return MatMul(self.turned(expr.right), Transpose(expr.left))
            case Sum():
                return Sum(tuple(self._term(term) for term in expr.terms))
            case _:
                return rebuild(expr, self.turned)

    def _term(self, term: Expr) -> Expr:
        if isinstance(term, Ref) and term.name in self.parameters and term.name in self.vectors:
            return MatMul(Ref(Name("ones")), Transpose(term))
        return Neg(self._term(term.arg)) if isinstance(term, Neg) else self.turned(term)

    def shown(self, expr: Expr) -> str:
        """A right side for the batch, sums over gates kept."""
        ones = r"\mathrm{ones}"
        gathered = self.context.maths.gathered(expr.terms if isinstance(expr, Sum) else (expr,))
        text = ""
        for k, term in enumerate(gathered):
            inner = getattr(term, "expr", term)
            negative = isinstance(inner, Neg)
            body = self.tex(Sum((inner.arg if isinstance(inner, Neg) else inner,)) if isinstance(expr, Sum) else inner)
            index = getattr(term, "index", "")
            text += (" - " if negative else " + " if k else "") + (rf"\sum_{{{index}}} " if index else "") + body
        return text.replace(ones + r"\,", r"\E\,").replace(ones + " ", r"\E\,")


def _has_matrix(expr: Expr) -> bool:
    return isinstance(expr, MatMul) or any(_has_matrix(child) for child in children(expr))


def _plain(context: Context, expr: Expr) -> bool:
    """Whether the batch form is only a matter of turning products round."""
    if isinstance(expr, Total | Part | Concat):
        return False
    if isinstance(expr, Ref):
        return bool(context.backward.shapes[expr.name]) or expr.time is None
    if isinstance(expr, Product) and any(isinstance(f, Ref) and f.time is None and len(context.backward.shapes[f.name]) == 1 for f in expr.factors):
        return False
    return all(_plain(context, child) for child in children(expr))


def _forward(context: Context, batch: Batch) -> list[tuple[Rich, ...]]:
    rows: list[tuple[Rich, ...]] = []
    for line in context.d.forward_lines:
        expr = context.forward.written(context.forward.definition[line.targets[0]])
        if not _has_matrix(expr) or not _plain(context, expr):
            continue
        turned = batch.turned(expr)
        target = batch.turned(line.targets[0])
        if line.family:
            letter = line.targets[0].name.sub
            turned, target = indexed(turned, letter, line.family.index), indexed(target, letter, line.family.index)
        shown = latex(turned, style=STYLE, scalars=context.scalars).replace(r"\mathrm{ones}\,", r"\E\,").replace(r"\mathrm{ones} ", r"\E\,")
        rows.append(
            (
                (eq(line.number),),
                (Math(f"{context.maths.tex(line.target)} = {context.maths.tex(line.expr)}"),),
                _beside(context, line.expr),
                (Math(f"{latex(target, style=STYLE)} = {shown}"),),
            )
        )
    return rows


def _beside(context: Context, expr: Expr) -> Rich:
    """``(W U)(x; h) + b`` where several matrices are multiplied and added."""
    parts = expr.terms if isinstance(expr, Sum) else ()
    products = [t for t in parts if isinstance(t, MatMul) and isinstance(t.left, Ref) and isinstance(t.right, Ref)]
    if len(products) < 2:
        return ()
    tex = context.maths.tex
    matrix = r" & ".join(tex(p.left) for p in products)
    vector = r" \\ ".join(tex(p.right) for p in products)
    rest = [t for t in parts if t not in products]
    tail = "".join(f" + {tex(t)}" for t in rest if not isinstance(t, Neg))
    if any(isinstance(t, Neg) for t in rest):
        return ()
    return (Math(rf"\begin{{pmatrix}} {matrix} \end{{pmatrix}} \begin{{pmatrix}} {vector} \end{{pmatrix}}{tail}"),)


def _backward(context: Context, batch: Batch) -> list[tuple[Rich, ...]]:
    rows: list[tuple[Rich, ...]] = []
    for step in context.d.steps:
        if step.kind == "parameter" or not _has_matrix(step.expr) or not _plain(context, step.expr):
            continue
        number = step.number
        if step.kind == "arriving":
            number = context.joining + [s.name for s in context.states].index(step.adjoint.of.name)
        column = f"{context.maths.tex(step.target)} {' '.join(context.maths.pieces(step.expr))}"
        rows.append(((eq(number),), (Math(column),), (), (Math(f"{batch.tex(step.target)} = {batch.shown(step.expr)}"),)))
    return rows


def _parameters(context: Context, batch: Batch) -> list[tuple[Rich, ...]]:
    rows: list[tuple[Rich, ...]] = []
    for steps in context.parameter_lines:
        step = steps[0]
        if isinstance(step.expr, Sum) or not _plain(context, step.expr) or not isinstance(step.expr, MatMul | Ref):
            continue
        column = f"{context.maths.tex(context.collective([s.target for s in steps]))} {' '.join(over_time(context, step, many=len(steps) > 1))}"
        turned = batch.turned(step.expr) if isinstance(step.expr, MatMul) else MatMul(Transpose(batch.turned(step.expr)), Ref(Name("ones")))
        many = context.collective_expr(turned, steps)
        shown = latex(many, style=STYLE).replace(r"\mathrm{ones}", r"\E")
        lhs = context.maths.tex(context.collective([s.target for s in steps]))
        rows.append(((eq(step.number),), (Math(column.replace(r"\sum_{t=1}^{T}", r"\sum_t")),), (), (Math(rf"{lhs} = \sum_t {shown}"),)))
    return rows


__all__ = ["Batch", "layouts_section", "refs"]
