"""What every section needs to know about a derivation: printers, numbers, names of rules, roles, free letters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from derivations.calculus.derivation import Derivation, Step
from derivations.calculus.families import Family, indexed, indexed_ref
from derivations.calculus.rules import RULES
from derivations.documents.maths import Maths
from derivations.documents.model import Link, Math, Rich, Row
from derivations.documents.roles import Roles
from derivations.notation.tree import Expr, Product, Ref, Sum, refs
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.documents.collected import Collected


class Context:
    """One derivation as the sections see it."""

    def __init__(self, derivation: Derivation, results: Sequence[Result]) -> None:
        self.d, self.cell, self.results = derivation, derivation.cell, tuple(results)
        self.forward, self.backward = derivation.forward, derivation.backward
        self.scalars = frozenset(name for name, shape in derivation.backward.shapes.items() if not shape)
        self.maths = Maths(self.scalars, derivation.family)
        self.roles = Roles(derivation)
        self.labels: dict[str, int] = {}
        self.factor_rows: dict[Ref, int] = {}  # where a factor is defined
        self.taken = 0  # numbers given away after those of the derivation

    @property
    def family(self) -> Family | None:
        """The gates that share equations."""
        return self.d.family

    @cached_property
    def collected(self) -> Collected:
        """The adjoints with the chains between them multiplied out."""
        from derivations.documents.collected import Collected

        return Collected(self)

    def next_number(self) -> int:
        """A number for a formula after those of the derivation; sections are made in their order."""
        self.taken += 1
        return self.first_free + self.taken - 1

    def named_terms(self, expr: Expr, target: Ref) -> Expr:
        """A sum with the adjoints that substitution drops written as root times the name of a factor."""
        out: list[Expr] = []
        for term in expr.terms if isinstance(expr, Sum) else (expr,):
            inner = next((r for r in refs(term) if (target, r) in self.collected.sum_names), None)
            if inner is None:
                out.append(term)
            else:
                out.append(Product((self.collected.chains[inner].root, self.collected.sum_names[target, inner])))
        return Sum(tuple(out))

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """The rules that this derivation needs, in the order of their numbers."""
        used = {rule for step in self.d.steps for rule in step.rules} | {"uses"}
        return tuple(name for name in RULES if name in used)

    def rule(self, name: str) -> Link:
        """A reference to a rule."""
        return Link("rule", name)

    @cached_property
    def states(self) -> tuple[Ref, ...]:
        """The states at time t, in the cell's order."""
        return tuple(Ref(name, 0) for name in self.cell.states)

    @cached_property
    def steps_by_target(self) -> dict[Ref, Step]:
        """The step that gives an adjoint."""
        return {step.target: step for step in self.d.steps}

    @cached_property
    def parameter_lines(self) -> tuple[tuple[Step, ...], ...]:
        """Steps of parameters; those of a family share a number."""
        found: dict[int, list[Step]] = {}
        for step in self.d.steps:
            if step.kind == "parameter":
                found.setdefault(step.number, []).append(step)
        return tuple(tuple(steps) for steps in found.values())

    @property
    def joining(self) -> int:
        """The number of the first line of the section about time."""
        return 1 + max((s.number for s in self.d.steps if s.kind != "parameter"), default=self.d.first_step - 1)

    @property
    def first_free(self) -> int:
        """The first number after the derivation."""
        last = max((s.number for s in self.d.steps), default=0)
        return 1 + max(last, self.joining + len(self.states) + 1)

    def label(self, ref: Ref, number: int) -> str:
        """A label that tells formulas apart, made of the name of what a formula gives."""
        stem = ref.name.id.replace("_", "-")
        known = self.labels.setdefault(stem, number)
        return stem if known == number else f"{stem}-{number}"

    def equation_of(self, ref: Ref) -> Rich:
        """A reference to the equation that gives a value, or shows it."""
        return (Link("eq", self.d.numbers[self.d.visible(ref)]),)

    def row(
        self, number: int, target: Ref, rhs: tuple[str, ...], note: Rich = (), *, also: str = "", lhs: str = "", label: str = ""
    ) -> Row:
        """One numbered formula."""
        return Row(number, label or self.label(target, number), lhs or self.maths.tex(target), rhs, note, also)

    def pieces(self, target: Ref, expr: Expr) -> tuple[str, ...]:
        """The right side of an equation; a number that stands for all entries of an array is shown as a multiple of ones."""
        return self.maths.pieces(expr, array=bool(self.backward.shapes[target.name]))

    def symbol(self, ref: Ref) -> Math:
        """A variable in a line of text."""
        return Math(self.maths.tex(ref))

    def free_letters(self, wanted: Sequence[str]) -> list[str]:
        """Letters of a list that no variable of the document uses."""
        taken = {name.base for name in self.backward.shapes}
        return [letter for letter in wanted if letter not in taken]

    @property
    def earlier(self) -> str:
        """A letter for an earlier time: τ, if no variable has it."""
        return rf"\{self.free_letters(('tau', 'rho', 'theta', 'xi'))[0]}"

    def bar(self, ref: Ref, *, time: int | None = 0) -> Ref:
        """The adjoint of a variable."""
        return Ref(ref.name.marked("bar"), time)

    def arriving(self, state: Ref, time: int = 0) -> Ref:
        """The part of a state's adjoint that arrives from the step after ``time``."""
        return Ref(state.name.marked("from"), time)

    def collective(self, targets: Sequence[Ref]) -> Ref:
        """One symbol for the members of a family."""
        return indexed_ref(targets[0], targets[0].name.sub, self.family.index) if len(targets) > 1 and self.family else targets[0]

    def collective_expr(self, expr: Expr, steps: Sequence[Step]) -> Expr:
        """An expression of the first of several steps, said for all of them."""
        return indexed(expr, steps[0].target.name.sub, self.family.index) if len(steps) > 1 and self.family else expr
