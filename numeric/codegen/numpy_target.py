"""Operations of a schedule as lines of NumPy, each with the number of its equation."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.equations import Contraction, Layout, Pointwise, Reduction
from derivations.notation.tree import Constant, Expr, Ref, Sum, refs
from numeric.codegen.contractions import Factor, product_text, total_text
from numeric.codegen.expressions import ATOM, PRODUCT, SUM, Text, Written, bracketed, expression_text, is_plain, written
from numeric.codegen.fusion import Op
from numeric.codegen.levels import BLOCK, STEP
from numeric.codegen.lines import Line
from numeric.codegen.places import Places, axes_text, slice_text
from numeric.codegen.task import Gather, leaf_rank

LEAD = {STEP: ["batch"], BLOCK: ["last - first", "batch"]}  # the axes of values with time before their own, at other levels time and batch


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
        return Line(f"{self._target(op)} = {self._value(op)[0]}", self._comment(op))

    def _target(self, op: Op) -> str:
        first = op.targets[0]
        text = self.places.text(op.targets, op.level)
        if self.places.is_parameter(first):
            return text if "[" in text else f"{text}[...]"
        written_into = self.places.over_time(first) and (op.level == STEP or first.name in self.places.states)
        return text if written_into else self.places.array(first)

    def _is_inline(self, op: Op) -> bool:
        """Whether a value is printed within the only line that uses it, all of it at one place: products, and what nobody named."""
        fixed = {*self.task.labels, *self.task.results, *self.task.carried.values(), *self.places.stored}
        if not fixed.isdisjoint(op.targets):
            return False
        product = isinstance(op.equations[0], Contraction | Gather)
        if not product and not all(ref.name.base == "inline" for ref in op.targets):
            return False
        users = [user for user in self.places.one.ops if not set(op.targets).isdisjoint(user.operands)]
        kinds = Pointwise | Layout if product else Pointwise | Reduction | Contraction
        if len(users) != 1 or users[0].level != op.level or not isinstance(users[0].equations[0], kinds):
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

    def _value(self, op: Op) -> Written:
        """The right side of a line, in all of the axes of the target."""
        first, eq = op.targets[0], op.equations[0]
        lead = LEAD.get(op.level, ["time", "batch"]) if self.places.timed(first) else []
        axes = axes_text([*lead, *self.places.axes(op.targets)])
        if isinstance(eq, Pointwise) and not op.operands:
            if not lead and self._rank(eq) == len(self.places.shape(first)) and not is_plain(eq.expr):
                return written(eq.expr, self._leaf)
            return f"np.full({axes}, {expression_text(eq.expr, self._leaf)}, p.dtype)", ATOM
        text, strength = self._plain_value(op)
        if lead and not any(self.places.timed(ref) for ref in op.operands):
            return f"np.broadcast_to(np.asarray({text}, p.dtype), {axes})", ATOM
        if isinstance(eq, Pointwise) and self._rank(eq) < len(self.places.shape(first)):
            return f"np.broadcast_to({text}, {axes})", ATOM
        return text, strength

    def _rank(self, eq: Pointwise) -> int:
        """The number of axes that an expression has by itself."""
        return max(leaf_rank(eq.expr, self.task.shapes), *(len(self.places.shape(ref)) for ref in eq.operands), 0)

    def _leaf(self, leaf: Ref | Constant) -> Written:
        return f"p.{self.places.names.variable(leaf.name)}", ATOM

    def _plain_value(self, op: Op) -> Written:
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

    def _written(self, column: Sequence[Ref], op: Op) -> Written:
        distinct = tuple(dict.fromkeys(column))
        inner = self.inlined.get(distinct)
        return self._value(inner) if inner else (self.places.text(distinct, op.level), ATOM)

    def _pointwise(self, eq: Pointwise, op: Op) -> Written:
        columns = {column[0]: tuple(dict.fromkeys(column)) for column in op.columns}
        rank = len(self.places.shape(eq.target))

        def text(leaf: Ref | Constant) -> Written:
            if isinstance(leaf, Constant):
                return self._leaf(leaf)
            own = self._written(columns[leaf], op)
            if not rank or not self.places.timed(leaf) or self.places.shape(leaf):
                return own
            return f"{bracketed(own)}[..., {', '.join(['None'] * rank)}]", ATOM

        if eq.target.time is None and any(self.places.timed(ref) for ref in eq.operands):
            return self._summed(eq.expr, text)
        return written(eq.expr, text)

    def _summed(self, expr: Expr, text: Text) -> Written:
        """The sum over time and batch; terms without time are added once."""
        terms = expr.terms if isinstance(expr, Sum) else (expr,)
        timed = tuple(term for term in terms if any(self.places.timed(ref) for ref in refs(term)))
        once = tuple(term for term in terms if term not in timed)
        parts = [expression_text(_total(once), text)] if once else []
        total = [f"over_time({expression_text(_total(timed), text)})"] if timed else []
        return " + ".join([*parts, *total]), SUM if parts else ATOM

    def _contraction(self, eq: Contraction, lefts: tuple[Ref, ...], rights: tuple[Ref, ...], op: Op) -> Written:
        a, b, result = eq.indices
        left = Factor(self._written(lefts, op), a, self.places.timed(eq.left))
        right = Factor(self._written(rights, op), b, self.places.timed(eq.right))
        if eq.target.time is None and left.timed and right.timed:
            return total_text(left, right, result)
        if eq.target.time is None:  # summed first: one product for all
            left, right = self._over_time(left), self._over_time(right)
        if eq.spec in ("ij,i->j", "ij,j->i") and not left.timed:
            return self._by_matrix(left, right, lefts, op), PRODUCT
        return product_text(left, right, result)

    def _over_time(self, factor: Factor) -> Factor:
        return Factor((f"over_time({factor.written[0]})", ATOM), factor.letters, False) if factor.timed else factor

    def _by_matrix(self, left: Factor, right: Factor, matrices: tuple[Ref, ...], op: Op) -> str:
        """A product with a matrix that has no time: the rows of all batch entries, or of all steps, at once."""
        matrix = left.atom if left.letters == "ij" and right.letters == "i" else f"{left.atom}.T"
        if right.timed and op.level != STEP:
            return f"times({right.written[0]}, {matrix})"
        if right.timed and right.letters == "j":
            matrix = self._laid_out(matrices, left.atom)
        return f"{bracketed(right.written, PRODUCT)} @ {matrix}"

    def _laid_out(self, matrices: tuple[Ref, ...], text: str) -> str:
        """The name of the transposed matrix, copied before the loop: products with it are faster."""
        name = self.places.names.of(("transposed", matrices), f"{self.places.own_name(matrices)}_T")
        self.transposed[name] = f"np.ascontiguousarray({text}.T)"
        return name

    def _reduction(self, eq: Reduction, op: Op) -> Written:
        text, _ = self._written((eq.operand,), op)
        axes = axes_text([str(k) for k in range(-len(self.places.shape(eq.operand)), 0)])
        if eq.op == "logsumexp":
            return f"logsumexp({text}, {axes})", ATOM
        return f"np.sum({text})" if eq.target.time is None else f"np.sum({text}, axis={axes})", ATOM

    def _layout(self, eq: Layout, op: Op) -> Written:
        columns = [self._written(column, op) for column in op.columns]
        timed = [self.places.timed(ref) for ref in eq.operands]
        if eq.target.time is None:
            columns = [(f"over_time({column[0]})", ATOM) if own else column for column, own in zip(columns, timed, strict=True)]
            timed = [False] * len(timed)
        first = bracketed(columns[0])
        match eq.op:
            case "concat" if all(timed):
                return f"np.concatenate({axes_text([text for text, _ in columns])}, axis=-1)", ATOM
            case "concat":
                return f"concat({', '.join(text for text, _ in columns)})", ATOM
            case "part":
                lead = "..." if timed[0] or len(self.places.shape(eq.operands[0])) == 1 else ":"
                return f"{first}[{lead}, {slice_text(eq.split, eq.index, eq.index + 1)}]", ATOM
            case "transpose":
                return f"{first}.{'mT' if timed[0] else 'T'}", ATOM
            case _:
                return f"{eq.op}({columns[0][0]}, {eq.index})", ATOM


def _total(terms: tuple[Expr, ...]) -> Expr:
    return terms[0] if len(terms) == 1 else Sum(terms)
