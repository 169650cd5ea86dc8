"""Operations of a schedule as lines of NumPy, each with the number of its equation."""

from __future__ import annotations

from dataclasses import dataclass

from derivations.equations import Contraction, Layout, Pointwise, Reduction
from derivations.notation.tree import Expr, Ref, Sum, rebuild, refs
from numeric.codegen.expressions import ATOM, PRODUCT, SUM, expression_text
from numeric.codegen.levels import ONCE, STEP
from numeric.codegen.places import Places
from numeric.codegen.schedule import Op
from numeric.codegen.task import Gather

WIDTH, COLUMN = 120, 72  # longest line; column of the comments


@dataclass(frozen=True)
class Line:
    """One line of code and the equation that it computes."""

    code: str
    comment: str = ""

    def indented(self, spaces: int) -> str:
        """The line as it stands in the module; a comment that does not fit stands above."""
        code = " " * spaces + self.code
        if not self.comment:
            return code
        comment = f"# {self.comment}"
        beside = f"{code.ljust(COLUMN)}  {comment}"
        if len(beside) <= WIDTH:
            return beside
        above = " " * spaces + comment
        return (above if len(above) <= WIDTH else above[: WIDTH - 1] + "…") + "\n" + code


class Printer:
    """Prints the operations of one pass."""

    def __init__(self, places: Places) -> None:
        self.places, self.task = places, places.one.task
        ops = places.one.ops
        self.user = {ref: [op for op in ops if ref in op.operands] for one in ops for ref in one.targets}
        self.inlined = {op.targets: op for op in ops if self.is_inline(op)}

    def is_inline(self, op: Op) -> bool:
        """Whether an operation is printed within the only line that uses its result, all of it."""
        if not isinstance(op.equations[0], Contraction | Gather) or any(t in self.task.labels or t in self.places.stored for t in op.targets):
            return False
        users = {id(user): user for target in op.targets for user in self.user[target]}
        if len(users) != 1 or any(t in self.task.results or t in self.task.carried.values() for t in op.targets):
            return False
        (user,) = users.values()
        position = [k for k, ref in enumerate(_positions(user)[0]) if ref in op.targets]
        column = [tuple(uses[k] for uses in _positions(user)) for k in position]
        return column == [op.targets] and user.level == op.level and isinstance(user.equations[0], Pointwise | Layout)

    def lines(self, level: int) -> list[Line]:
        """The lines of one level."""
        return [self.line(op) for op in self.places.one.at(level) if op.targets not in self.inlined]

    def line(self, op: Op) -> Line:
        """An operation as a line of code."""
        return Line(f"{self.target(op)} = {self.value(op)}", self.comment(op))

    def target(self, op: Op) -> str:
        text = self.places.text(op.targets, op.level)
        if self.places.is_parameter(op.targets[0]):
            return f"{text}[...]"
        if op.level != STEP or not self.places.has_history(op.targets[0]):
            return self.places.array(op.targets[0])
        return text

    def comment(self, op: Op) -> str:
        """Numbers of the equations, then the first of them."""
        shown = tuple(dict.fromkeys(self.shown(target) for target in op.targets))
        labels = tuple(dict.fromkeys(self.task.labels[ref] for ref in shown))
        if shown != op.targets:
            return f"for {' '.join(labels)}"
        note = self.task.shared.get(labels[0]) if len(labels) == 1 and len(shown) > 1 else None
        more = ", …" if note is None and len(shown) > 1 else ""
        return f"{' '.join(labels)} {note or self.task.notes[shown[0]]}{more}"

    def shown(self, ref: Ref) -> Ref:
        """The equation of which a value is a part."""
        while ref not in self.task.labels:
            ref = next(eq.target for eq in self.task.equations if ref in eq.operands)
        return ref

    # ------------------------------------------------------------ values

    def value(self, op: Op) -> str:
        """What an operation computes."""
        first = op.equations[0]
        match first:
            case Pointwise():
                return self.pointwise(op)
            case Contraction():
                column = list(zip(*(eq.operands for eq in op.equations), strict=True))
                return self.contraction(first, self.text(column[0], op), self.text(column[1], op), op)
            case Gather():
                pairs = list(zip(*(product.operands for product in first.products), strict=True))
                return self.contraction(first.products[0], self.text(pairs[0], op), self.text(pairs[1], op), op)
            case Reduction():
                return self.reduction(first, op)
            case Layout():
                return self.layout(op)

    def text(self, column: tuple[Ref, ...], op: Op) -> str:
        distinct = tuple(dict.fromkeys(column))
        inner = self.inlined.get(distinct)
        return self.value(inner) if inner else self.places.text(distinct, op.level)

    def pointwise(self, op: Op) -> str:
        first = op.equations[0]
        assert isinstance(first, Pointwise)
        columns = list(zip(*_positions(op), strict=True))
        places: dict[Ref, tuple[Ref, ...]] = {}
        for ref, column in zip(_positions(op)[0], columns, strict=True):
            places.setdefault(ref, column)
        rank = len(self.places.shape(first.target))

        def text(ref: Ref) -> tuple[str, int]:
            column = tuple(dict.fromkeys(places[ref]))
            inner = self.inlined.get(column)
            if inner:
                return self.value(inner), SUM if "+" in self.value(inner) else PRODUCT
            axes = rank if self.places.timed(ref) and not self.places.shape(ref) else 0
            return self.places.text(column, op.level) + (f"[..., {', '.join(['None'] * axes)}]" if axes else ""), ATOM

        if first.target.time is None and op.level != ONCE:
            return self.over_time(first.expr, text)
        return expression_text(first.expr, text)

    def over_time(self, expr: Expr, text: object) -> str:
        """The sum over time and batch; terms without time are added once."""
        terms = expr.terms if isinstance(expr, Sum) else (expr,)
        timed = [term for term in terms if any(self.places.timed(ref) for ref in refs(term))]
        once = [term for term in terms if term not in timed]
        parts = [expression_text(Sum(tuple(once)) if len(once) > 1 else once[0], text)] if once else []  # type: ignore[arg-type]
        if timed:
            parts.append(f"over_time({expression_text(Sum(tuple(timed)) if len(timed) > 1 else timed[0], text)})")  # type: ignore[arg-type]
        return " + ".join(parts)

    def contraction(self, eq: Contraction, left: str, right: str, op: Op) -> str:
        one, two = self.places.timed(eq.left), self.places.timed(eq.right)
        if eq.spec in ("ij,j->i", "ij,i->j") and not one:
            matrix = f"{left}.T" if eq.spec == "ij,j->i" else left
            return f"{right} @ {matrix}" if op.level in (ONCE, STEP) or not two else f"times({right}, {matrix})"
        if eq.spec == "i,j->ij" and eq.target.time is None and op.level != ONCE and one and two:
            return f"rows({left}).T @ rows({right})"
        lead = "yz" if eq.target.time is None else "..."
        a, b, c = eq.indices
        spec = f"{lead * one}{a},{lead * two}{b}->{'...' * ((one or two) and eq.target.time is not None)}{c}"
        return f"np.einsum({spec!r}, {left}, {right})"

    def reduction(self, eq: Reduction, op: Op) -> str:
        text = self.text((eq.operand,), op)
        rank = len(self.places.shape(eq.operand))
        return f"np.sum({text})" if eq.target.time is None else f"np.sum({text}, axis={tuple(range(-rank, 0))})"

    def layout(self, op: Op) -> str:
        first = op.equations[0]
        assert isinstance(first, Layout)
        columns = [self.text(column, op) for column in zip(*_positions(op), strict=True)]
        if first.op == "concat":
            return f"concat({', '.join(columns)})"
        if first.op == "part":
            return f"{columns[0]}[..., {self.places.columns(first.split, first.index)}]"
        return f"np.swapaxes({columns[0]}, -1, -2)"


def _positions(op: Op) -> list[tuple[Ref, ...]]:
    """The operands of each equation of an operation, position by position."""
    return [tuple(refs(eq.expr)) if isinstance(eq, Pointwise) else eq.operands for eq in op.equations]


__all__ = ["Line", "Printer", "rebuild"]
