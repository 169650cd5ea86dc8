"""A list of equations over common sizes and what has to be equal in it: the one thing that is proved and refuted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derivations.errors import CellError
from derivations.notation import name_unicode, unicode
from derivations.notation.tree import Assignment, Expr, Name, Ref, refs
from derivations.proofs.equivalence.terms import plain
from derivations.sizes import Shape


@dataclass(frozen=True, slots=True)
class Goal:
    """A value of the one side and the expression in values of the other that it has to equal."""

    value: Ref
    expr: Expr
    is_state: bool = False  # compared after every step, hence given as equal before each


@dataclass(frozen=True)
class System:
    """Equations of two sides, in the order of computation, and what has to be equal. Names carry marks that do not print."""

    sides: tuple[str, str]
    equations: tuple[Assignment, ...]
    shapes: Mapping[Name, Shape]
    goals: tuple[Goal, ...]
    single: frozenset[str] = field(default=frozenset(), kw_only=True)  # sizes that are 1

    @property
    def given(self) -> tuple[Ref, ...]:
        """Everything that the equations read and do not define."""
        defined = {eq.target for eq in self.equations}
        used = (ref for expr in (*(eq.expr for eq in self.equations), *(goal.expr for goal in self.goals)) for ref in refs(expr))
        return tuple(dict.fromkeys(ref for ref in used if ref not in defined))

    def shown(self, ref: Ref) -> str:
        """A given value, for people: ``W_f of lstm``."""
        return unicode(Ref(ref.name.unmarked, ref.time))

    def told(self, goal: Goal, time: int | None = 0) -> str:
        """What a goal says, left and right in the names of their sides: ``c_t = 2 c_t``."""
        return f"{name_unicode(goal.value.name.unmarked, time)} = {unicode(plain(goal.expr, time))}"


def ordered(equations: list[Assignment]) -> tuple[Assignment, ...]:
    """The equations so that each is computed before it is used."""
    waiting, found = list(equations), []
    open_targets = {eq.target for eq in equations}
    while waiting:
        ready = [eq for eq in waiting if not any(ref in open_targets for ref in refs(eq.expr))]
        if not ready:
            names = ", ".join(dict.fromkeys(name_unicode(eq.target.name.unmarked) for eq in waiting))
            raise CellError(f"a circle of substitutions: {names}", hint="each name is written in names that are not substituted themselves")
        found += ready
        open_targets -= {eq.target for eq in ready}
        waiting = [eq for eq in waiting if eq not in ready]
    return tuple(found)
