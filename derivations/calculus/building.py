"""What reverse and forward mode share: a program that grows, with values between its equations that no reader sees."""

from __future__ import annotations

from derivations.equations import Equation, Pointwise, Program, inline_name
from derivations.notation.tree import Apply, Name, Neg, Ref, Sum
from derivations.sizes import Shape


class Building:
    """The equations so far; ``label`` begins the names of the values that are not shown."""

    def __init__(self, given: Program, label: str) -> None:
        self.given, self.label = given, label
        self.out: list[Equation] = []
        self.shapes: dict[Name, Shape] = dict(given.shapes)
        self.inline: set[Name] = set(given.inline)

    def program(self) -> Program:
        """What has been built, with the numbers of the given program that it uses and no reader sees."""
        used = {ref for eq in self.out for ref in eq.operands} - {eq.target for eq in self.out}
        numbers = [eq for eq in self.given.equations if eq.target in used and eq.target.name in self.given.inline and not eq.operands]
        return Program((*numbers, *self.out), self.shapes, frozenset(self.inline))

    def temporary(self, shape: Shape, time: int | None) -> Ref:
        """A value that is not shown."""
        target = Ref(inline_name(f"{self.label}{len(self.out) + 1}"), time)
        self.inline.add(target.name)
        self.shapes[target.name] = shape
        return target

    def difference(self, left: Ref, right: Ref) -> Ref:
        """``left - right``: a value of the given program, or one that is not shown."""
        expr = Sum((left, Neg(right)))
        for eq in (*self.given.equations, *self.out):
            if isinstance(eq, Pointwise) and eq.expr == expr:
                return eq.target
        target = self.temporary(self.given.shapes[left.name], left.time)
        self.out.append(Pointwise(target, expr))
        return target

    def function_value(self, fn: str, argument: Ref) -> Ref:
        """The value of another function at an argument of the given program."""
        for eq in (*self.given.equations, *self.out):
            if isinstance(eq, Pointwise) and eq.expr == Apply(fn, argument):
                return eq.target
        target = self.temporary(self.shapes[argument.name], argument.time)
        self.out.append(Pointwise(target, Apply(fn, argument)))
        return target
