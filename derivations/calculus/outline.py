"""The order in which a derivation is told, and the numbers of its lines.

Backward, a variable's turn comes when everything that uses it has had its turn; variables with the same uses are told
together. The order is that of the document and of the comments in generated code.
"""

from __future__ import annotations

from dataclasses import dataclass

from derivations.calculus.reverse import Adjoint, Reverse
from derivations.equations import Pointwise, Program
from derivations.notation.tree import Name, Ref

DEFINITIONS = 2  # numbered lines between the forward equations and the function derivatives: adjoint, chain rule


@dataclass(frozen=True, slots=True)
class Head:
    """Variables that are told together, with their adjoints in order."""

    variables: tuple[Ref, ...]
    adjoints: tuple[Adjoint, ...]
    arguments: bool = False  # whether they are the pre-activations of the head before


def outline(program: Program, reverse: Reverse, named: frozenset[Name]) -> tuple[Head, ...]:
    """The heads of one step backward: computed values first, inputs last; parameters are not among them.

    ``named`` are the values that have a name from the cell's author: a pre-activation is not among them.
    """
    return _Outline(program, reverse, named).heads()


class _Outline:
    def __init__(self, program: Program, reverse: Reverse, named: frozenset[Name]) -> None:
        self.program, self.named = program, named
        self.by_variable = {a.of: a for a in reverse.adjoints}
        self.waiting = [
            eq.target for eq in reversed(program.equations) if eq.target.name not in program.inline and eq.target in self.by_variable
        ]
        self.users = {ref: self._users(ref) for ref in self.waiting}
        self.found: list[Head] = []

    def _users(self, ref: Ref) -> frozenset[Ref]:
        """The shown values that are computed from ``ref`` in the same step."""
        found: set[Ref] = set()
        for eq in self.program.uses(ref):
            if eq.target.name in self.program.inline:
                found |= self._users(eq.target)
            else:
                found.add(eq.target)
        return frozenset(found)

    def heads(self) -> tuple[Head, ...]:
        while self.waiting:
            ready = [ref for ref in self.waiting if not self.users[ref] & set(self.waiting)]
            group = self.next_group(ready)
            self.tell(group)
        inputs = [a for ref, a in self.by_variable.items() if ref.time == 0 and ref not in self.users]
        if inputs:
            self.found.append(Head(tuple(a.of for a in inputs), tuple(inputs)))
        return tuple(self.found)

    def next_group(self, ready: list[Ref]) -> list[Ref]:
        """Values with a pre-activation of their own come before the others, together where their uses agree."""
        gates = [ref for ref in ready if self.argument(ref)]
        if not gates:
            return ready[:1]
        first = gates[-1]
        return [ref for ref in reversed(gates) if self.users[ref] == self.users[first]]

    def argument(self, ref: Ref) -> Ref | None:
        """The pre-activation that only this value uses."""
        eq = self.program.definition[ref]
        if isinstance(eq, Pointwise) and eq.function and self.users.get(eq.operands[0]) == frozenset({ref}):
            return None if eq.operands[0].name in self.named else eq.operands[0]
        return None

    def tell(self, group: list[Ref]) -> None:
        """A head for the group; a lone gate's pre-activation joins it, a squashed state joins the state."""
        arguments = [a for ref in group if (a := self.argument(ref))]
        lone = len(group) == 1
        told = list(group) + (arguments if lone else [])
        if lone and not arguments and self.is_squashed_state(group[0]):
            told.append(self.program.definition[group[0]].operands[0])
        self.add(told)
        if arguments and not lone:
            self.add(arguments, arguments=True)

    def is_squashed_state(self, ref: Ref) -> bool:
        """Whether a value is only a function of a state whose other uses have been told."""
        eq = self.program.definition[ref]
        if not (isinstance(eq, Pointwise) and eq.function):
            return False
        state = eq.operands[0]
        return state in self.waiting and not self.users[state] & (set(self.waiting) - {ref})

    def add(self, told: list[Ref], *, arguments: bool = False) -> None:
        adjoints = []
        for ref in told:
            self.waiting.remove(ref)
            adjoints.append(self.by_variable[ref])
        for ref in told:
            arriving = self.by_variable.get(Ref(ref.name, -1))
            if arriving:
                adjoints.append(arriving)
        self.found.append(Head(tuple(told), tuple(adjoints), arguments))
