"""The formulas of a document, evaluated: the derived backward pass beside the complex step on the author's equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp

from derivations.documents.context import Context
from derivations.documents.jacobian import Jacobian, NoClosedForm, Path
from derivations.documents.sizes_text import size_latex
from derivations.equations import Layout
from derivations.evaluate import Functions, evaluate_cell, evaluate_expr, evaluate_program
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Ref
from derivations.sizes import shape_value

STEP = 1e-30
SEED = 0
# Steps, the smallest and the largest number drawn; the first run whose values stay tame counts: with huge values, rounding is all there
# is to see. Logarithms and roots may need positive numbers.
RUNS = ((6, -0.8, 0.8), (6, -0.4, 0.4), (3, -0.2, 0.2), (2, -0.05, 0.05), (4, 0.1, 0.8))
TAME = 1e2
Values = dict[Ref, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """Groups of gradients with the number of entries compared and the largest relative error."""

    seed: int
    sizes: str
    rows: tuple[tuple[tuple[str, ...], int, float | None], ...]


def measure(context: Context) -> Measured:
    """Every gradient by parameters, inputs and initial states over a few steps."""
    run = next((r for r in (_Run(context, *how) for how in RUNS) if r.is_tame), None) or _Run(context, *RUNS[-1])
    with np.errstate(all="ignore"):  # what is not finite is shown as not run
        wanted = run.backward()
        found = run.complex_step()
    groups: list[tuple[tuple[str, ...], int, float | None]] = []
    for keys, symbols in _grouped(context):
        members = [key for key in found if key[0] in keys]
        error = max((_error(wanted[key], found[key]) for key in members), default=0.0)
        if members:
            groups.append((symbols, sum(int(np.size(found[key])) for key in members), error if np.isfinite(error) else None))
    jacobian = _jacobian(context, run)
    if jacobian:
        groups.append(jacobian)
    sizes = r",\ ".join(f"{size_latex((name,))}={value}" for name, value in run.sizes.items())
    return Measured(SEED, rf"{sizes},\ T={run.length}", tuple(groups))


def _jacobian(context: Context, run: _Run) -> tuple[tuple[str, ...], int, float | None] | None:
    """The blocks of the state Jacobian beside the complex step on the states before."""
    jacobian = Jacobian(context)
    try:
        assert jacobian.direct is not None  # asks whether there is a closed form before anything is evaluated
        blocks = {(s, before): run.block(jacobian, s, before) for s in context.states for before in jacobian.before}
    except NoClosedForm:
        return None
    measured = run.moved_states()
    error = max(_error(blocks[key], measured[key]) for key in blocks)
    symbols = tuple(rf"\partial {context.maths.tex(s)}/\partial {context.maths.tex(b)}" for s, b in blocks if jacobian.reads(s, b))
    return symbols, sum(int(np.size(block)) for block in blocks.values()), error


@lru_cache(maxsize=32)
def _numeric(fn: str) -> Callable[[Any], Any]:
    """A function by its definition, for real and complex arrays; which piece of it holds is decided by the real part."""
    u = sp.Symbol("u")
    whole = FUNCTIONS[fn].definition(u)
    if isinstance(whole, sp.Piecewise):
        pieces = [(sp.lambdify(u, expr, "numpy"), sp.lambdify(u, where, "numpy")) for expr, where in whole.args]
        return lambda x: _select(pieces, np.asarray(x))
    made: Callable[[Any], Any] = sp.lambdify(u, whole, "numpy")
    return (lambda x: made(np.real(x))) if FUNCTIONS[fn].constant else made


def _select(pieces: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]], x: Any) -> Any:
    """A function that is defined by pieces."""
    shape = np.shape(x)
    holds = [np.broadcast_to(where(np.real(x)), shape) for _, where in pieces]
    return np.select(holds, [np.broadcast_to(expr(x), shape) for expr, _ in pieces])


def _grouped(context: Context) -> list[tuple[set[Ref], tuple[str, ...]]]:
    groups: list[tuple[set[Ref], tuple[str, ...]]] = []
    members = [
        ({s.adjoint.of for s in steps}, context.maths.tex(context.collective([s.target for s in steps])))
        for steps in context.parameter_lines
    ]
    if members:
        groups.append((set().union(*(m for m, _ in members)), tuple(symbol for _, symbol in members)))
    inputs = [Ref(name, 0) for name in context.cell.inputs]
    initial = [Ref(s.name, -1) for s in context.states]
    symbols = [context.maths.tex(context.bar(ref)) for ref in inputs] + [context.maths.at(context.bar(s), "0") for s in context.states]
    return [*groups, (set(inputs) | set(initial), tuple(symbols))]


def _error(a: Any, b: Any) -> float:
    return float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b)), initial=0.0))


class _Run:
    """One random sequence, run forward from the author's equations and backward through the derivation."""

    def __init__(self, context: Context, length: int, smallest: float, largest: float) -> None:
        self.context, self.cell, self.length = context, context.cell, length
        self.functions: Functions = {fn: _numeric(fn) for fn in FUNCTIONS}
        rng = np.random.default_rng(SEED)
        self.sizes: dict[str, int] = {name: 3 + k for k, name in enumerate(self.cell.sizes)}

        def draw(ref: Ref) -> Any:
            return rng.uniform(smallest, largest, shape_value(context.forward.shapes[ref.name], self.sizes))

        self.constants: Values = {
            Ref(c): np.full(shape_value(self.cell.shapes[c], self.sizes), float(value)) for c, value in self.cell.constants.items()
        }
        # leaves by variable and step: None for a parameter, -1 for an initial state
        self.leaves: dict[tuple[Ref, int | None], Any] = {(Ref(p), None): draw(Ref(p)) for p in self.cell.parameters}
        self.leaves |= {(Ref(s, -1), 0): draw(Ref(s)) for s in self.cell.states}
        self.leaves |= {(Ref(x, 0), t): draw(Ref(x)) for t in range(length) for x in self.cell.inputs}
        self.direct = [{name: draw(Ref(name)) for name in self.cell.outputs} for _ in range(length)]

    @property
    def is_tame(self) -> bool:
        """Whether no value grows out of bounds."""
        with np.errstate(all="ignore"):
            starts = self.forward(self.leaves)[1]
            last = evaluate_program(self.context.forward, starts[-1], self.functions, self.sizes)
        return all(bool(np.all(np.abs(value) < TAME)) for value in last.values())

    def forward(self, leaves: Mapping[tuple[Ref, int | None], Any]) -> tuple[Any, list[Values]]:
        """The loss, linear in the outputs, and the values that each step starts from."""
        loss: Any = 0.0
        states = {Ref(s, -1): leaves[Ref(s, -1), 0] for s in self.cell.states}
        starts: list[Values] = []
        parameters = {Ref(p): leaves[Ref(p), None] for p in self.cell.parameters} | self.constants
        for t in range(self.length):
            start: Values = {**parameters, **states, **{Ref(x, 0): leaves[Ref(x, 0), t] for x in self.cell.inputs}}
            known = evaluate_cell(self.cell.equations, start, self.functions, sizes=self.sizes)
            loss = loss + sum((known[Ref(name, 0)] * weight).sum() for name, weight in self.direct[t].items())
            states = {Ref(s, -1): known[Ref(s, 0)] for s in self.cell.states}
            starts.append(start)
        return loss, starts

    def backward(self) -> dict[tuple[Ref, int | None], Any]:
        """Every gradient by the recursion of the document."""
        _, starts = self.forward(self.leaves)
        total: dict[tuple[Ref, int | None], Any] = {key: np.zeros_like(value) for key, value in self.leaves.items()}
        arriving = {s: np.zeros(shape_value(self.context.forward.shapes[s], self.sizes)) for s in self.cell.states}
        for t in reversed(range(self.length)):
            known = evaluate_program(self.context.forward, starts[t], self.functions, self.sizes)
            seeds: Values = {Ref(name.marked("direct"), 0): value for name, value in self.direct[t].items()}
            seeds |= {Ref(s.marked("from"), 0): value for s, value in arriving.items()}
            known = evaluate_program(self.context.backward, {**known, **seeds}, self.functions, self.sizes)
            for p in self.cell.parameters:
                total[Ref(p), None] = total[Ref(p), None] + known[Ref(p.marked("bar"), None)]
            for x in self.cell.inputs:
                total[Ref(x, 0), t] = known[Ref(x.marked("bar"), 0)]
            arriving = {s: known[Ref(s.marked("from"), -1)] for s in self.cell.states}
        for s in self.cell.states:
            total[Ref(s, -1), 0] = arriving[s]
        return total

    @cached_property
    def first(self) -> Values:
        """Every value of the first step."""
        return evaluate_program(self.context.forward, self.forward(self.leaves)[1][0], self.functions, self.sizes)

    def moved_states(self) -> dict[tuple[Ref, Ref], Any]:
        """The derivative of every state after the first step by every entry of every state before it."""
        start = self.forward(self.leaves)[1][0]
        found: dict[tuple[Ref, Ref], Any] = {}
        for before in (Ref(s, -1) for s in self.cell.states):
            columns = []
            for k in range(np.size(start[before])):
                moved = np.array(start[before], dtype=complex)
                moved[k] += 1j * STEP
                columns.append(evaluate_cell(self.cell.equations, {**start, before: moved}, self.functions, sizes=self.sizes))
            for after in self.context.states:
                found[after, before] = np.stack([np.imag(c[after]) / STEP for c in columns], axis=-1)
        return found

    def block(self, jacobian: Jacobian, root: Ref, state: Ref) -> Any:
        """One block of the Jacobian, from its paths."""
        size = [shape_value(self.context.forward.shapes[r.name], self.sizes)[0] for r in (root, state)]
        total = np.zeros(size)
        if not jacobian.reads(root, state):
            return total
        own, through = jacobian.block(root, state)
        for path in own:
            total = total + self.operator(path, size[1])
        for path, between in through:
            inner = self.block(jacobian, between, state)
            total = total + self.operator(path, inner.shape[0]) @ inner
        return total

    def operator(self, path: Path, columns: int) -> Any:
        """``± diag(factors) matrix``."""
        factors = np.ones(1)
        for factor in path.factors:
            factors = factors * evaluate_expr(factor, self.first, self.functions, sizes=self.sizes)
        matrix = np.eye(columns) if path.matrix is None else self.first[path.matrix]
        if path.columns is not None:
            matrix = matrix[:, self.columns(path)]
        return (-1 if path.negative else 1) * factors[:, None] * matrix

    def columns(self, path: Path) -> slice:
        """The columns of a matrix that meet one block of a concatenation."""
        for eq in self.context.forward.equations:
            if isinstance(eq, Layout) and eq.op == "concat" and path.columns in eq.operands and path.stacked == eq.target:
                index = eq.operands.index(path.columns)
                before = sum(shape_value(eq.split, self.sizes)[:index])
                return slice(before, before + shape_value(eq.split, self.sizes)[index])
        raise NoClosedForm

    def complex_step(self) -> dict[tuple[Ref, int | None], Any]:
        """The derivative of the loss by every entry of every leaf."""
        found = {}
        for key, value in self.leaves.items():
            gradient = np.zeros(np.shape(value))
            for index in np.ndindex(np.shape(value)):
                moved = np.array(value, dtype=complex)
                moved[index] += 1j * STEP
                gradient[index] = np.imag(self.forward({**self.leaves, key: moved})[0]) / STEP
            found[key] = gradient
        return found
