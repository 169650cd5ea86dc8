"""The schedule: what is computed when, what is computed together, what is kept; found from the equations alone.

``str(schedule)`` is readable. Printers (``numeric.codegen.numpy_target``) walk it and decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from derivations import Derivation
from derivations.notation.tree import Ref
from numeric.codegen.fusion import Op, fused, gathered
from numeric.codegen.levels import AFTER, LEVEL, STEP, levels
from numeric.codegen.packs import Packs, adjoint_packs, parameter_packs
from numeric.codegen.passes import rewritten, without_aliases
from numeric.codegen.task import Task, backward_task, forward_task, tangent_task, untimed_names, without_time


@dataclass(frozen=True)
class Pass:
    """One pass over time: its operations in order, and the arrays that they need.

    ``stored`` values have a time axis although a step computes them, because something outside of the step reads them.
    """

    task: Task
    ops: tuple[Op, ...]
    packs: tuple[tuple[Ref, ...], ...]
    stored: frozenset[Ref]

    def at(self, level: int) -> tuple[Op, ...]:
        """The operations of one level."""
        return tuple(op for op in self.ops if op.level == level)

    @property
    def given(self) -> tuple[Ref, ...]:
        """What the pass reads and does not compute."""
        computed = {*self.task.definition, *self.task.carried}
        return tuple(dict.fromkeys(ref for op in self.ops for ref in op.operands if ref not in computed))

    def __str__(self) -> str:
        lines = []
        for level, title in enumerate(LEVEL):
            lines += [f"  {title}:"] * bool(self.at(level))
            lines += [f"    {', '.join(map(_text, op.targets))} <- {', '.join(map(_text, op.operands))}" for op in self.at(level)]
        return "\n".join(lines)


@dataclass(frozen=True)
class Schedule:
    """The three passes of a cell. ``kept``: the forward values that backward or forward mode read."""

    derivation: Derivation
    parameters: tuple[tuple[Ref, ...], ...]  # packed parameters; every parameter is in one of them
    forward: Pass
    backward: Pass
    tangent: Pass
    kept: tuple[Ref, ...]

    def __str__(self) -> str:
        packed = "\n".join("  " + ", ".join(map(_text, pack)) for pack in self.parameters)
        named = {"forward": self.forward, "backward": self.backward, "jvp": self.tangent}
        passes = "\n".join(f"{name}\n{one}" for name, one in named.items())
        return f"packed parameters\n{packed}\nkept\n  {', '.join(map(_text, self.kept))}\n{passes}\n"


def _text(ref: Ref) -> str:
    return ref.name.id + {None: "", 0: "[t]", -1: "[t-1]"}.get(ref.time, "")


def schedule(derivation: Derivation) -> Schedule:
    """Decide what to pack, hoist and keep for a cell."""
    given = forward_task(derivation)
    once = untimed_names(given)
    back, tan = (rewritten(without_time(make(derivation), once)) for make in (backward_task, tangent_task))
    forward = rewritten(without_time(given, once))
    forward = replace(forward, kept=_kept(derivation, forward, (back, tan)))
    packs = parameter_packs(forward)
    ops = fused(forward, packs)
    leaves = [Ref(name) for name in derivation.cell.parameters]
    parameters = Packs(pack for pack in packs.all() if pack[0] in leaves)
    back_packs, tangent_packs = _mirrored(packs, parameters, "bar", back), _mirrored(packs, parameters, "dot", tan)
    adjoint_packs(back, parameters, back_packs)
    back = without_aliases(gathered(back, back_packs))
    return Schedule(
        derivation,
        tuple(dict.fromkeys(parameters.pack(ref) for ref in leaves)),
        _pass(forward, ops, packs),
        _pass(back, fused(back, back_packs), back_packs),
        _pass(tan, fused(tan, tangent_packs), tangent_packs),
        forward.kept,
    )


def _kept(derivation: Derivation, forward: Task, others: tuple[Task, ...]) -> tuple[Ref, ...]:
    """What the other passes read of the forward pass, its inputs among it."""
    own = {*forward.definition, *forward.carried, *(Ref(name, 0) for name in derivation.cell.inputs)}
    read = dict.fromkeys(ref for task in others for eq in task.equations for ref in eq.operands if ref not in task.definition)
    return tuple(ref for ref in read if ref in own)


def _mirrored(packs: Packs, parameters: Packs, mark: str, task: Task) -> Packs:
    """What the forward pass leaves lies as it left it; gradients and tangents of parameters lie as the parameters do."""
    found = Packs(pack for pack in packs.all() if task.definition.keys().isdisjoint(pack))
    for pack in parameters.all():
        found.add(tuple(Ref(ref.name.marked(mark)) for ref in pack))
    return found


def _pass(task: Task, ops: tuple[Op, ...], packs: Packs) -> Pass:
    level = levels(task)
    later = {ref for op in ops if op.level == AFTER for ref in op.operands}
    wanted = later | {*task.kept, *task.results}
    return Pass(task, ops, packs.all(), frozenset(ref for ref in wanted if level.get(ref) == STEP and ref in task.definition))
