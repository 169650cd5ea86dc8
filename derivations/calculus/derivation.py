"""The derivation of a cell: forward equations, adjoints of one step, the recursion through time, parameter sums.

Source of the method: P. J. Werbos, "Backpropagation through time", Proceedings of the IEEE 78 (1990); notation of
adjoints as in A. Griewank and A. Walther, "Evaluating Derivatives", 2nd edition (2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from derivations.calculus.families import Family, Line, find_family, lines
from derivations.calculus.forward import forward
from derivations.calculus.outline import DEFINITIONS, Head, outline
from derivations.calculus.reverse import Adjoint, Reverse, reverse
from derivations.cell import Cell
from derivations.equations import Pointwise, Program
from derivations.errors import CellError
from derivations.notation import latex, unicode
from derivations.notation.tree import Expr, Name, Ref, Sum
from derivations.verdict import Result


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a derivation: ``target = expr`` by the rules of ``adjoint.terms``."""

    number: int
    target: Ref
    expr: Expr
    kind: str  # "adjoint" of a computed value, "arriving" part of a state, "input", "parameter"
    adjoint: Adjoint
    on: tuple[int, ...]  # numbers of the forward equations that the rules are applied to

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules in the order of application, each once."""
        used = [rule for term in self.adjoint.terms for rule in term.rules]
        if len(self.adjoint.terms) > 1:
            used.append("uses")
        return tuple(dict.fromkeys(used))

    @property
    def summed(self) -> bool:
        """Whether the gradient is a sum over time, of which ``expr`` is what one step adds."""
        return self.kind == "parameter"

    @property
    def statement(self) -> str:
        """What the step says of one time, in words where it is a part of a sum."""
        return f"step t adds {unicode(self.expr)} to {unicode(self.target)}" if self.summed else self.unicode()

    def unicode(self) -> str:
        """The formula as one line of text; a parameter's gradient is a sum over time."""
        expr = unicode(self.expr)
        if self.summed:
            expr = f"Σ_t ({expr})" if isinstance(self.expr, Sum) else f"Σ_t {expr}"
        return f"{unicode(self.target)} = {expr}"

    def latex(self) -> str:
        """The formula in LaTeX; a parameter's gradient is a sum over time."""
        expr = latex(self.expr)
        if self.summed:
            expr = r"\sum_{t=1}^{T} " + (f"({expr})" if isinstance(self.expr, Sum) else expr)
        return f"{latex(self.target)} = {expr}"

    def __str__(self) -> str:
        return self.unicode()

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


@dataclass(frozen=True, eq=False)
class Derivation:
    """Every gradient of one step of a cell, with reasons; ``d["W_f"]`` is the step that gives a gradient.

    A parameter's adjoint over T steps is the sum over time of what each step adds; a state's adjoint at t = 0 is the
    part that step 1 sends. Both follow from rule "uses".
    """

    cell: Cell
    reverse: Reverse

    @property
    def forward(self) -> Program:
        """The step of the cell as equations of one kind each."""
        return self.cell.program

    @property
    def backward(self) -> Program:
        """The adjoints of one step, in the order of computation."""
        return self.reverse.program

    @cached_property
    def tangent(self) -> Program:
        """Forward mode: the tangents of one step."""
        return forward(self.forward)

    @cached_property
    def second(self) -> Reverse:
        """Second order: the adjoint program differentiated again, in reverse mode.

        Everything that the backward pass returns (parameter, input and state gradients) has a seed of its own.
        """
        both = Program(self.forward.equations + self.backward.equations, self.backward.shapes, self.backward.inline)
        computed = both.definition
        returned = [a.target for a in self.reverse.adjoints if a.of not in self.forward.definition]
        leaves = dict.fromkeys(ref for eq in both.equations for ref in eq.operands if ref not in computed)
        return reverse(both, {ref: (Ref(ref.name.marked("direct"), ref.time),) for ref in returned}, leaves, mark="check")

    @cached_property
    def family(self) -> Family | None:
        """The gates whose pre-activations are equal up to the letter."""
        return find_family(self.forward)

    @cached_property
    def forward_lines(self) -> tuple[Line, ...]:
        """The forward equations, numbered from 1."""
        return lines(((eq.target, self.forward.written(eq)) for eq in self.forward.shown), self.family, 1)

    @cached_property
    def numbers(self) -> dict[Ref, int]:
        """The number of the line that gives a value."""
        return {target: line.number for line in self.forward_lines for target in line.targets}

    @cached_property
    def functions(self) -> dict[str, int]:
        """The functions of the cell, each with the number of the line that states its derivative."""
        used = dict.fromkeys(eq.function for eq in self.forward.equations if isinstance(eq, Pointwise) and eq.function)
        return {fn: len(self.forward_lines) + DEFINITIONS + k for k, fn in enumerate(used, 1)}

    @cached_property
    def heads(self) -> tuple[Head, ...]:
        """What is told together of one step backward, in order."""
        return outline(self.forward, self.reverse, frozenset(self.cell.assigned))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step in the order in which it is told: computed values and arriving parts, inputs, parameters.

        Numbers go on from those of the forward equations and of the definitions; between the step that tells of the
        inputs and the first parameter stand the lines that join two steps: one for each state, and both ends of time.
        """
        backward = [self._step(a, number) for number, a in enumerate((a for head in self.heads for a in head.adjoints), self.first_step)]
        first = self.first_step + len(backward) + len(self.cell.states) + 2
        by_target = {a.target: a for a in self.reverse.adjoints if a.of.time is None and a.of not in self.forward.definition}
        written = ((target, self.written[target]) for target in by_target)
        return (*backward, *(self._step(by_target[t], line.number) for line in lines(written, self.family, first) for t in line.targets))

    @property
    def first_step(self) -> int:
        """The number of the first step backward."""
        return len(self.forward_lines) + DEFINITIONS + len(self.functions) + 1

    @cached_property
    def written(self) -> dict[Ref, Expr]:
        """The right side of every shown equation of the backward pass."""
        return {eq.target: self.backward.written(eq) for eq in self.backward.shown}

    def _step(self, adjoint: Adjoint, number: int) -> Step:
        return Step(number, adjoint.target, self.written[adjoint.target], self._kind(adjoint.of), adjoint, self._on(adjoint))

    def _kind(self, ref: Ref) -> str:
        if ref in self.forward.definition:
            return "adjoint"
        return "parameter" if ref.time is None else "arriving" if ref.time == -1 else "input"

    def _on(self, adjoint: Adjoint) -> tuple[int, ...]:
        shown = (self.visible(term.on) for term in adjoint.terms if term.on)
        return tuple(dict.fromkeys(self.numbers[ref] for ref in shown))

    def visible(self, ref: Ref) -> Ref:
        """The shown equation in which an inline value stands."""
        while ref.name in self.forward.inline:
            (user,) = self.forward.uses(ref)[:1]
            ref = user.target
        return ref

    def __getitem__(self, name: str | Name) -> Step:
        """The step that gives the adjoint of a variable, by its name: ``W_f``, ``h``, ``c_prev``, ``x``."""
        wanted, arriving = (name.id, False) if isinstance(name, Name) else (name.removesuffix("_prev"), name.endswith("_prev"))
        for step in self.steps:
            if step.adjoint.of.name.id == wanted and (step.kind == "arriving") == arriving:
                return step
        known = ", ".join(dict.fromkeys(s.adjoint.of.name.id + ("_prev" if s.kind == "arriving" else "") for s in self.steps))
        raise KeyError(f"{name}: no such variable; the derivation has {known}")

    def write(self, path: str | Path, results: Sequence[Result] | None = None) -> Path:
        """Write the derivation as .tex, .pdf, .html, .md or .json, by the suffix; the file appears whole or not at all.

        ``results`` are the verdicts that the document reports; by default gradients, ranges and claims are proved now.
        """
        from derivations.documents import write

        return write(self, Path(path), results)

    def _repr_latex_(self) -> str:
        from derivations.documents import notebook_latex

        return notebook_latex(self)

    def _repr_html_(self) -> str:
        from derivations.documents import notebook_html

        return notebook_html(self)


@lru_cache(maxsize=256)
def derive(cell: Cell) -> Derivation:
    """Derive the gradient of a loss by every parameter, input and state of a cell."""
    if not isinstance(cell, Cell):
        raise CellError(f"derive() got a {type(cell).__name__}", hint='expected a Cell: get_cell("lstm") or Cell.from_file(path)')
    program = cell.program
    seeds = {}
    for name in cell.outputs:
        marks = ("direct", "from") if name in cell.states else ("direct",)
        seeds[Ref(name, 0)] = tuple(Ref(name.marked(mark), 0) for mark in marks)
    wanted = [Ref(n, 0) for n in cell.inputs] + [Ref(n, -1) for n in cell.states] + [Ref(n) for n in cell.parameters]
    return Derivation(cell, reverse(program, seeds, wanted))
