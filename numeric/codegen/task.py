"""What a generated function has to compute: equations of one time step, and what a step hands on to the next.

Forward, backward and forward mode are three tasks of one form, so one schedule serves them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from derivations import Derivation
from derivations.calculus.reverse import Term
from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction
from derivations.notation import unicode
from derivations.notation.tree import Apply, Constant, Expr, Identity, Name, Ones, Product, Ref, Sum, children, rebuild
from derivations.sizes import Shape

SLOPES = ("sigmoid", "tanh", "logsigmoid")  # functions whose derivative loses all digits in a tail when it is written by their value


@dataclass(frozen=True, slots=True)
class Gather:
    """The sum of products with matrices that lie below each other: one product."""

    target: Ref
    products: tuple[Contraction, ...]

    @property
    def operands(self) -> tuple[Ref, ...]:
        """The operands of all products."""
        return tuple(ref for product in self.products for ref in product.operands)


Node: TypeAlias = Equation | Gather


@dataclass(frozen=True)
class Task:
    """The equations of one step of a pass over time.

    ``carried`` maps what a step reads of its neighbour to what it hands on itself. ``results`` are wanted at the end;
    a result without time sums over time. ``labels`` and ``notes`` are the numbers and the text of the equations,
    ``shared`` the text of the lines that several equations share, by number. ``stacks`` says which values are
    concatenations, ``absorbed`` which numbers an equation stands for besides its own after passes have rewritten it. ``kept`` values are
    read by a later pass.
    """

    equations: tuple[Node, ...]
    shapes: Mapping[Name, Shape]
    carried: Mapping[Ref, Ref]
    results: tuple[Ref, ...]
    labels: Mapping[Ref, str]
    notes: Mapping[Ref, str]
    shared: Mapping[str, str]
    stacks: Mapping[Ref, Layout]
    absorbed: Mapping[Ref, tuple[str, ...]] = field(default_factory=dict)
    kept: tuple[Ref, ...] = ()

    @property
    def definition(self) -> dict[Ref, Node]:
        """The equation that gives each value."""
        return {eq.target: eq for eq in self.equations}

    def users(self) -> dict[Ref, list[Node]]:
        """The equations that read each value."""
        found: dict[Ref, list[Node]] = {}
        for eq in self.equations:
            for ref in dict.fromkeys(eq.operands):
                found.setdefault(ref, []).append(eq)
        return found

    def shown(self, ref: Ref) -> Ref:
        """The numbered equation of which a value is a part."""
        while ref not in self.labels:
            ref = next(eq.target for eq in self.equations if ref in eq.operands)
        return ref

    def having(self, equations: tuple[Node, ...], shapes: Mapping[Name, Shape]) -> Task:
        """The same task by other equations."""
        return replace(self, equations=equations, shapes={**self.shapes, **shapes})


def forward_task(d: Derivation) -> Task:
    """The cell itself."""
    carried = {Ref(name, -1): Ref(name, 0) for name in d.cell.states}
    labels = {ref: f"({number})" for ref, number in d.numbers.items()}
    shared = {f"({line.number})": f"{unicode(line.target)} = {unicode(line.expr)}" for line in d.forward_lines}
    results = tuple(Ref(name, 0) for name in d.cell.outputs)
    return Task(d.forward.equations, d.forward.shapes, carried, results, labels, _notes(d.forward), shared, _stacks(d.forward))


def backward_task(d: Derivation) -> Task:
    """The adjoints of a step; what arrives from step t+1 is carried."""
    carried = {Ref(name.marked("from"), 0): Ref(name.marked("from"), -1) for name in d.cell.states}
    returned = tuple(a.target for a in d.reverse.adjoints if a.of not in d.forward.definition)
    equations = tuple(_with_slopes(d, eq) for eq in d.backward.equations)
    labels = {step.target: f"({step.number})" for step in d.steps}
    notes = {step.target: step.unicode() for step in d.steps}
    return Task(equations, d.backward.shapes, carried, returned, labels, notes, {}, _stacks(d.forward))


def tangent_task(d: Derivation) -> Task:
    """The tangents of a step."""
    carried = {Ref(name.marked("dot"), -1): Ref(name.marked("dot"), 0) for name in d.cell.states}
    equations = tuple(_tangent_with_slope(d, eq) for eq in d.tangent.equations)
    labels = {Ref(ref.name.marked("dot"), ref.time): f"d({number})" for ref, number in d.numbers.items()}
    results = tuple(Ref(name.marked("dot"), 0) for name in d.cell.outputs)
    return Task(equations, d.tangent.shapes, carried, results, labels, _notes(d.tangent), {}, {**_stacks(d.forward), **_stacks(d.tangent)})


def _notes(program: Program) -> dict[Ref, str]:
    return {eq.target: f"{unicode(eq.target)} = {unicode(program.written(eq))}" for eq in program.shown}


def _stacks(program: Program) -> dict[Ref, Layout]:
    return {eq.target: eq for eq in program.equations if isinstance(eq, Layout) and eq.op == "concat"}


def _with_slopes(d: Derivation, eq: Node) -> Node:
    """An adjoint whose terms through functions in ``SLOPES`` use the derivative as a function of the argument: exact in the tails."""
    adjoint = next((a for a in d.reverse.adjoints if a.target == eq.target), None)
    if adjoint is None or not any(term.function in SLOPES for term in adjoint.terms):
        return eq
    terms = tuple(_slope_term(d, term) for term in adjoint.terms)
    return Pointwise(eq.target, terms[0] if len(terms) == 1 else Sum(terms))


def _slope_term(d: Derivation, term: Term) -> Expr:
    slope = _slope(d.forward, term.on)
    if slope is None or not isinstance(term.expr, Product):
        return term.expr
    return Product((term.expr.factors[0], slope))


def _tangent_with_slope(d: Derivation, eq: Node) -> Node:
    origin = Ref(eq.target.name.unmarked, eq.target.time)
    slope = _slope(d.forward, origin) if isinstance(eq, Pointwise) and eq.target.name.marks else None
    if slope is None or not isinstance(slope.arg, Ref):
        return eq
    moved = Ref(slope.arg.name.marked("dot"), slope.arg.time)
    return Pointwise(eq.target, Product((slope, moved))) if moved in eq.operands else eq


def _slope(program: Program, target: Ref | None) -> Apply | None:
    """The derivative of a function of a that is in ``SLOPES`` as a function of a, if that is what gives ``target``."""
    eq = program.definition.get(target) if target else None
    if isinstance(eq, Pointwise) and isinstance(eq.expr, Apply) and eq.expr.fn in SLOPES:
        return Apply(f"{eq.expr.fn}_slope", eq.expr.arg)
    return None


def leaf_rank(expr: Expr, shapes: Mapping[Name, Shape]) -> int:
    """The number of axes of the arrays in an expression that are no values of the task: constants, ones, identity matrices."""
    match expr:
        case Constant():
            return len(shapes[expr.name])
        case Identity():
            return 2
        case Ones():
            return 1
        case _:
            return max((leaf_rank(child, shapes) for child in children(expr)), default=0)


def untimed_names(task: Task) -> frozenset[Name]:
    """Values that depend on parameters only: they are the same in every step, so they have no time."""
    found: set[Name] = set()
    fixed = {*task.results, *task.carried.values()}
    for eq in task.equations:
        if eq.target not in fixed and all(ref.time is None or ref.name in found for ref in eq.operands):
            found.add(eq.target.name)
    return frozenset(found)


def without_time(task: Task, names: frozenset[Name]) -> Task:
    """The task with the time of ``names``, and of what is computed from them alone, removed.

    The adjoint of such a value sums over time, as that of a parameter does.
    """
    early = frozenset(name.marked(mark) for name in names for mark in ("bar", "dot")) | names
    started = _renamed(task, early)
    return _renamed(started, untimed_names(started) | early)


def _renamed(task: Task, names: frozenset[Name]) -> Task:
    def new(ref: Ref) -> Ref:
        return replace(ref, time=None) if ref.name in names else ref

    equations = tuple(with_refs(eq, new) for eq in task.equations)
    stacks = {new(ref): replace(eq, operands=tuple(map(new, eq.operands))) for ref, eq in task.stacks.items()}
    labels, notes = ({new(ref): text for ref, text in texts.items()} for texts in (task.labels, task.notes))
    return replace(task, equations=equations, labels=labels, notes=notes, stacks=stacks)


def with_refs(eq: Node, new: Callable[[Ref], Ref]) -> Node:
    """The equation with other values in place of its target and its operands."""

    def new_expr(expr: Expr) -> Expr:
        return new(expr) if isinstance(expr, Ref) else rebuild(expr, new_expr)

    match eq:
        case Pointwise():
            return replace(eq, target=new(eq.target), expr=new_expr(eq.expr))
        case Contraction():
            return replace(eq, target=new(eq.target), left=new(eq.left), right=new(eq.right))
        case Layout():
            return replace(eq, target=new(eq.target), operands=tuple(map(new, eq.operands)))
        case Reduction():
            return replace(eq, target=new(eq.target), operand=new(eq.operand))
        case Gather():
            raise TypeError("products are gathered later")
