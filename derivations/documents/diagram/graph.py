"""The data flow of one step as a graph: affine maps and functions are boxes, entrywise operations are circles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from derivations.documents.context import Context
from derivations.documents.width import width
from derivations.functions import FUNCTIONS
from derivations.notation.printing import is_scalar
from derivations.notation.tree import Apply, Concat, Expr, MatMul, Neg, Number, Power, Product, Quotient, Ref, Sum, children, refs

WIDEST = 52.0  # mm of a box; wider formulas are referred to by their number
EM = 3.2  # mm, at the size of the letters in diagrams


@dataclass(slots=True)
class Node:
    """A box, a circle, or a variable at the margin; ``names`` are what its wire carries."""

    kind: Literal["box", "circle", "left", "right"]
    latex: tuple[str, ...]
    inputs: list[int] = field(default_factory=list)
    carries: Ref | None = None
    adjoint: tuple[str, ...] = ()

    @property
    def width(self) -> float:
        """In millimetres."""
        if self.kind == "circle":
            return 5.2
        text = max(EM * width(latex) for latex in (*self.latex, *self.adjoint))
        return max(9.5, text + 3.0) if self.kind == "box" else text

    @property
    def height(self) -> float:
        """In millimetres, with the adjoint below a variable at the margin."""
        if self.kind == "circle":
            return 5.2
        return 6.0 if self.kind == "box" else 4.2 * (len(self.latex) + len(self.adjoint))


class Graph:
    """Nodes in the order of computation; an input stands before what reads it."""

    def __init__(self, context: Context, *, authors: bool = False) -> None:
        """``authors``: a node for every operation of the author's equations, instead of one for every numbered equation."""
        self.context = context
        self.nodes: list[Node] = []
        self.source: dict[Ref, int] = {}
        self.tex = context.maths.tex
        leaves = [Ref(name, -1) for name in context.cell.states] + [Ref(name, 0) for name in context.cell.inputs]
        for ref in leaves:
            self.source[ref] = self.add(Node("left", (self.tex(ref),), adjoint=(self.tex(_adjoint_of_leaf(context, ref)),)))
        shown = [(eq.target, context.forward.written(eq)) for eq in context.forward.shown]
        for target, expr in [(eq.target, eq.expr) for eq in context.cell.equations] if authors else shown:
            made = self.build(expr, context.d.numbers[target])
            if self.nodes[made].carries is not None or self.nodes[made].kind == "left":  # a copy of another value
                made = self.add(Node("box", (self.tex(expr),), [made]))
            self.nodes[made].carries = target
            self.source[target] = made
        self.outputs = [self.output(Ref(name, 0)) for name in context.cell.outputs]
        self.bundle()

    def add(self, node: Node) -> int:
        """A new node; equal operations on equal operands are one."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def output(self, ref: Ref) -> int:
        """A variable at the right margin, with what arrives from outside."""
        state = ref.name in self.context.cell.states
        arriving = self.tex(self.context.arriving(ref)) if state else self.tex(self.context.bar(ref))
        return self.add(Node("right", (self.tex(ref),), [self.source[ref]], adjoint=(arriving,)))

    def build(self, expr: Expr, number: int) -> int:
        """The node that computes an expression."""
        dated = _dated(expr)
        if isinstance(expr, Ref):
            return self.source[expr]
        if isinstance(expr, Apply) and dated and (not isinstance(expr.arg, Ref) or expr.arg in self.source):
            return self.add(Node("box", (FUNCTIONS[expr.fn].latex,), [self.build(expr.arg, number)]))
        if len(dated) <= 1 or isinstance(expr, MatMul | Concat) or _affine(expr):
            return self.box(expr, number)
        match expr:
            case Sum():
                return self.sum(expr, number)
            case Product():
                return self.product(expr, number)
            case Quotient():
                return self.add(Node("circle", (r"\div",), [self.build(expr.num, number), self.build(expr.den, number)]))
            case Neg():
                return self.add(Node("box", ("-",), [self.build(expr.arg, number)]))
            case Power():
                return self.add(Node("box", (rf"u^{{{expr.exponent}}}",), [self.build(expr.base, number)]))
            case _:
                return self.box(expr, number)

    def box(self, expr: Expr, number: int) -> int:
        """A box with the expression in it."""
        latex = self.tex(expr)
        if EM * width(latex) + 3 > WIDEST or "cases" in latex:
            latex = rf"\text{{affine, ({number})}}" if _affine(expr) else rf"\text{{see ({number})}}"
        return self.add(Node("box", (latex,), [self.source[ref] for ref in _dated(expr)]))

    def sum(self, expr: Sum, number: int) -> int:
        """Matrix products and biases in one box, everything else beside it."""
        affine = tuple(term for term in expr.terms if _affine_term(term))
        rest = [term for term in expr.terms if not _affine_term(term)]
        inputs = [self.build(term.arg if isinstance(term, Neg) and len(expr.terms) == 2 else term, number) for term in rest]
        if affine and _dated(Sum(affine)):
            inputs.insert(0, self.build(affine[0] if len(affine) == 1 else Sum(affine), number))
        elif affine:
            inputs[0] = self.add(Node("box", (f"+{self.tex(Sum(affine))}",), [inputs[0]]))
        minus = len(expr.terms) == 2 and isinstance(expr.terms[1], Neg) and expr.terms[1] in rest and len(inputs) == 2
        return self.add(Node("circle", ("-" if minus else "+",), inputs)) if len(inputs) > 1 else inputs[0]

    def product(self, expr: Product, number: int) -> int:
        """Factors that do not depend on time go into the box of the first that does."""
        fixed = tuple(f for f in expr.factors if not _dated(f))
        dated = [f for f in expr.factors if _dated(f)]
        simple = len(_dated(dated[0])) == 1
        first = self.build(Product((*fixed, dated[0])) if fixed and simple else dated[0], number)
        if fixed and not simple:
            scaled = is_scalar(Product(fixed), self.context.scalars)
            first = self.add(Node("box", ((r"\times " if scaled else r"\odot ") + self.tex(Product(fixed)),), [first]))
        if len(dated) == 1:
            return first
        inputs = [first, *(self.build(f, number) for f in dated[1:])]
        return self.add(Node("circle", (r"\odot",), list(dict.fromkeys(inputs)) if len(set(inputs)) > 1 else inputs))

    def bundle(self) -> None:
        """Variables at the left margin that the same boxes read share one wire."""
        readers: dict[tuple[int, ...], list[int]] = {}
        for index, node in enumerate(self.nodes):
            if node.kind == "left":
                found = tuple(k for k, other in enumerate(self.nodes) if index in other.inputs)
                if len(found) and all(self.nodes[k].kind == "box" for k in found):
                    readers.setdefault(found, []).append(index)
        for found, members in readers.items():
            if len(members) < 2:
                continue
            first, *others = sorted(members, reverse=True)  # inputs stand above states
            self.nodes[first].latex = tuple(s for m in (first, *others) for s in self.nodes[m].latex)
            self.nodes[first].adjoint = tuple(s for m in (first, *others) for s in self.nodes[m].adjoint)
            for k in found:
                self.nodes[k].inputs = [first, *(i for i in self.nodes[k].inputs if i not in members)]
            for m in others:
                self.nodes[m].latex = self.nodes[m].adjoint = ()

    @property
    def live(self) -> list[int]:
        """The nodes that are drawn."""
        return [k for k, node in enumerate(self.nodes) if node.latex and (node.kind != "left" or any(k in n.inputs for n in self.nodes))]


def _adjoint_of_leaf(context: Context, ref: Ref) -> Ref:
    return Ref(ref.name.marked("from"), -1) if ref.time == -1 else context.bar(ref)


def _dated(expr: Expr) -> list[Ref]:
    """The variables of an expression that depend on time, each once."""
    return list(dict.fromkeys(ref for ref in refs(expr) if ref.time is not None))


def _affine(expr: Expr) -> bool:
    return isinstance(expr, Sum) and all(_affine_term(term) for term in expr.terms)


def _affine_term(term: Expr) -> bool:
    """A matrix product, a bias, a number, or a fixed multiple of one variable: not a bare variable."""
    inner = term.arg if isinstance(term, Neg) else term
    if isinstance(inner, Ref):
        return inner.time is None
    if isinstance(inner, MatMul | Number):
        return len(_dated(inner)) <= 1
    return isinstance(inner, Product) and len(_dated(inner)) <= 1 and not any(map(_nonlinear, inner.factors))


def _nonlinear(expr: Expr) -> bool:
    return (isinstance(expr, Sum | Quotient | Power | Apply) and bool(_dated(expr))) or any(map(_nonlinear, children(expr)))
