"""Operations of a schedule as lines of NumPy, each with the number of its equation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from derivations.equations import Contraction, Layout, Pointwise, Reduction
from derivations.notation.tree import Expr, Ref, Sum, refs
from numeric.codegen.expressions import ATOM, PRODUCT, expression_text
from numeric.codegen.fusion import Op
from numeric.codegen.levels import STEP
from numeric.codegen.lines import Line
from numeric.codegen.names import joined
from numeric.codegen.places import Places, axes_text, slice_text
from numeric.codegen.task import Gather

Text = Callable[[Ref], tuple[str, int]]


class Printer:
    """Prints the operations of one pass; ``transposed`` matrices are laid out before the loop."""

    def __init__(self, places: Places) -> None:
        self.places, self.task = places, places.one.task
        self.inlined = {op.targets: op for op in places.one.ops if self._is_inline(op)}
        self.transposed: dict[str, str] = {}

    def lines(self, level: int) -> list[tuple[Op, Line]]:
        """The operations of one level with their lines."""
        return [(op, self.line(op)) for op in self.places.one.at(level) if op.targets not in self.inlined]

    def line(self, op: Op) -> Line:
        """An operation as a line of code."""
        return Line(f"{self._target(op)} = {self._value(op)}", self._comment(op))

    def _target(self, op: Op) -> str:
        first = op.targets[0]
        text = self.places.text(op.targets, op.level)
        if self.places.is_parameter(first):
            return text if "[" in text else f"{text}[...]"
        written_into = self.places.over_time(first) and (op.level == STEP or first.name in self.places.states)
        return text if written_into else self.places.array(first)

    def _is_inline(self, op: Op) -> bool:
        """Whether a product is printed within the only line that uses it, all of it at one place."""
        fixed = {*self.task.labels, *self.task.results, *self.task.carried.values(), *self.places.stored}
        if not isinstance(op.equations[0], Contraction | Gather) or not fixed.isdisjoint(op.targets):
            return False
        users = [user for user in self.places.one.ops if not set(op.targets).isdisjoint(user.operands)]
        if len(users) != 1 or users[0].level != op.level or not isinstance(users[0].equations[0], Pointwise | Layout):
            return False
        touched = [column for column in users[0].columns if not set(op.targets).isdisjoint(column)]
        return touched == [op.targets]

    def _comment(self, op: Op) -> str:
        """Numbers of the equations, then the equation, if the line computes all of it."""
        shown = tuple(dict.fromkeys(self.task.shown(target) for target in op.targets))
        labels = tuple(dict.fromkeys(self.task.labels[ref] for ref in shown))
        if shown != op.targets:
            return f"part of {' '.join(labels)}"
        absorbed = "".join(f"{label} " for label in dict.fromkeys(label for ref in shown for label in self.task.absorbed.get(ref, ())))
        note = self.task.shared.get(labels[0]) if len(labels) == 1 and len(shown) > 1 else None
        more = ", …" if note is None and len(shown) > 1 else ""
        return f"{absorbed}{' '.join(labels)} {note or self.task.notes[shown[0]]}{more}"

    def _value(self, op: Op) -> str:
        text = self._plain_value(op)
        first = op.targets[0]
        if first.time is None or not self.places.timed(first) or any(self.places.timed(ref) for ref in op.operands):
            return text
        lead = ["batch"] if op.level == STEP else ["time", "batch"]
        return f"np.broadcast_to(np.asarray({text}, p.dtype), {axes_text([*lead, *self.places.axes(first)])})"

    def _plain_value(self, op: Op) -> str:
        first = op.equations[0]
        match first:
            case Pointwise():
                return self._pointwise(first, op)
            case Contraction():
                left, right = op.columns
                return self._contraction(first, left, right, op)
            case Gather():
                left, right = zip(*(product.operands for product in first.products), strict=True)
                return self._contraction(first.products[0], left, right, op)
            case Reduction():
                return self._reduction(first, op)
            case Layout():
                return self._layout(first, op)

    def _text(self, column: Sequence[Ref], op: Op) -> str:
        distinct = tuple(dict.fromkeys(column))
        inner = self.inlined.get(distinct)
        return self._value(inner) if inner else self.places.text(distinct, op.level)

    def _pointwise(self, eq: Pointwise, op: Op) -> str:
        columns = {column[0]: tuple(dict.fromkeys(column)) for column in op.columns}
        rank = len(self.places.shape(eq.target))

        def text(ref: Ref) -> tuple[str, int]:
            written = self._text(columns[ref], op)
            axes = ["None"] * rank if self.places.timed(ref) and not self.places.shape(ref) else []
            strength = PRODUCT if columns[ref] in self.inlined else ATOM
            return f"{written}[..., {', '.join(axes)}]" if axes else written, strength

        if not columns:
            return f"np.full({axes_text(self.places.axes(eq.target))}, {expression_text(eq.expr, text)}, p.dtype)"
        if eq.target.time is None and any(self.places.timed(ref) for ref in eq.operands):
            return self._summed(eq.expr, text)
        return expression_text(eq.expr, text)

    def _summed(self, expr: Expr, text: Text) -> str:
        """The sum over time and batch; terms without time are added once."""
        terms = expr.terms if isinstance(expr, Sum) else (expr,)
        timed = tuple(term for term in terms if any(self.places.timed(ref) for ref in refs(term)))
        once = tuple(term for term in terms if term not in timed)
        parts = [expression_text(_total(once), text)] if once else []
        return " + ".join([*parts, f"over_time({expression_text(_total(timed), text)})"] if timed else parts)

    def _contraction(self, eq: Contraction, lefts: tuple[Ref, ...], rights: tuple[Ref, ...], op: Op) -> str:
        one, two = self.places.timed(eq.left), self.places.timed(eq.right)
        left, right = self._text(lefts, op), self._text(rights, op)
        if eq.target.time is None and two and not one and eq.spec in ("ij,i->j", "ij,j->i"):  # summed first: one product for all
            return f"over_time({right}) @ {left}{'' if eq.spec == 'ij,i->j' else '.T'}"
        if eq.spec == "ij,i->j" and not one:
            return f"times({right}, {left})" if two and op.level != STEP else f"{right} @ {left}"
        if eq.spec == "ij,j->i" and not one:
            if op.level == STEP:
                return f"{right} @ {self._laid_out(lefts, left)}"
            return f"times({right}, {left}.T)" if two else f"{right} @ {left}.T"
        if eq.spec == "i,j->ij" and eq.target.time is None and one and two:
            return f"rows({left}).T @ rows({right})"
        lead = "yz" if eq.target.time is None else "..."
        a, b, c = eq.indices
        spec = f"{lead * one}{a},{lead * two}{b}->{'...' * ((one or two) and eq.target.time is not None)}{c}"
        return f'np.einsum("{spec}", {left}, {right})'

    def _laid_out(self, matrices: tuple[Ref, ...], text: str) -> str:
        """The name of the transposed matrix, copied before the loop: products with it are faster."""
        name = self.places.names.of(("transposed", matrices), f"{joined([ref.name for ref in matrices])}_T")
        self.transposed[name] = f"np.ascontiguousarray({text}.T)"
        return name

    def _reduction(self, eq: Reduction, op: Op) -> str:
        text = self._text((eq.operand,), op)
        axes = [str(k) for k in range(-len(self.places.shape(eq.operand)), 0)]
        return f"np.sum({text})" if eq.target.time is None else f"np.sum({text}, axis={axes_text(axes)})"

    def _layout(self, eq: Layout, op: Op) -> str:
        columns = [self._text(column, op) for column in op.columns]
        if eq.op == "concat":
            return f"concat({', '.join(columns)})"
        if eq.op == "part":
            lead = "..." if self.places.timed(eq.operands[0]) or len(self.places.shape(eq.operands[0])) == 1 else ":"
            return f"{columns[0]}[{lead}, {slice_text(eq.split, eq.index, eq.index + 1)}]"
        return f"np.swapaxes({columns[0]}, -1, -2)"


def _total(terms: tuple[Expr, ...]) -> Expr:
    return terms[0] if len(terms) == 1 else Sum(terms)
