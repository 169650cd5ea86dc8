"""The table of uses: for every symbol its shape, its role, and the equations that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from derivations.calculus.families import Line
from derivations.documents.context import Context
from derivations.documents.model import Math, Rich, Table
from derivations.documents.sizes_text import size_latex
from derivations.documents.text import eq, join, numbers, say, times
from derivations.notation.tree import Ref, refs
from derivations.sizes import Shape

Uses = tuple[tuple[int, int], ...]  # number of a line, how many of its equations read the symbol


def uses(context: Context, ref: Ref) -> Uses:
    """The lines that read a value, each with how many of its equations do."""
    found = []
    for line in context.d.forward_lines:
        count = sum(1 for target in line.targets if ref in set(refs(context.forward.written(context.forward.definition[target]))))
        if count:
            found.append((line.number, count))
    return tuple(found)


def uses_table(context: Context) -> Table:
    """Inputs, states, values, parameters; symbols with the same uses and shape share a row."""
    rows: list[tuple[Rich, ...]] = []
    for group in _groups(context):
        rows.append((_symbols(context, group), (Math(_shape(context, group[0])),), _role(context, group), _used_by(context, group)))
    header: tuple[Rich, ...] = (("symbol",), ("shape",), ("role",), ("used by",))
    return Table(header, tuple(rows), ("Symbols, shapes, and the equations that use them.",), "uses", wide=(2,))


def _shape(context: Context, ref: Ref) -> str:
    shape: Shape = context.forward.shapes[ref.name]
    return r"\times ".join(f"({size_latex(s)})" if len(s) > 1 and len(shape) > 1 else size_latex(s) for s in shape) or "1"


def _groups(context: Context) -> list[list[Ref]]:
    inputs = [Ref(name, 0) for name in context.cell.inputs]
    values = [t for line in reversed(context.d.forward_lines) for t in line.targets if t.name not in context.cell.states]
    values = [ref for ref in values if not context.roles.is_argument(ref)] + [ref for ref in values if context.roles.is_argument(ref)]
    parameters = [Ref(name) for name in context.cell.parameters]

    def alike(ref: Ref) -> object:
        return uses(context, ref), context.forward.shapes[ref.name], context.roles.is_argument(ref)

    return [[r] for r in (*inputs, *context.states)] + _gather(context, values, alike) + _gather(context, parameters, lambda ref: ref)


def _gather(context: Context, found: Iterable[Ref], alike: Callable[[Ref], object]) -> list[list[Ref]]:
    """Symbols in the order of the equations, together where they are alike; a family is always together."""
    grouped: dict[object, list[Ref]] = {}
    for ref in found:
        key = alike(ref)
        if context.family and ref.name.sub in context.family.letters and _whole(context, ref):
            key = context.maths.index(ref)
        grouped.setdefault(key, []).append(ref)
    return list(grouped.values())


def _whole(context: Context, ref: Ref) -> bool:
    """Whether every gate of the family has such a symbol."""
    assert context.family is not None
    shown = {context.maths.index(r) for r in (ref,)}
    members = [
        name for name in context.forward.shapes if name.sub in context.family.letters and context.maths.index(Ref(name, ref.time)) in shown
    ]
    return len(members) == len(context.family.letters)


def _symbols(context: Context, group: Sequence[Ref]) -> Rich:
    if is_family(context, group):
        return (context.symbol(context.maths.index(group[0])),)
    ordered = sorted(group, key=lambda ref: context.d.numbers.get(ref, 0))
    return (Math(r",\ ".join(context.maths.tex(ref) for ref in ordered)),)


def is_family(context: Context, group: Sequence[Ref]) -> bool:
    """Whether a group is one symbol for every gate of the family."""
    return context.family is not None and len(group) > 1 and len({context.maths.index(ref) for ref in group}) == 1


def _role(context: Context, group: Sequence[Ref]) -> Rich:
    if is_family(context, group):
        role = context.roles.derived(group[0])
        return (plural_of(role),)
    ordered = sorted(group, key=lambda ref: context.d.numbers.get(ref, 0))
    if len(ordered) == 1 and ordered[0] in context.states:
        given, plain = context.roles.short(ordered[0]), context.roles.derived(ordered[0])
        return (given if given == plain else f"{given} ({plain})",)
    return (", ".join(dict.fromkeys(context.roles.short(ref) for ref in ordered)),)


def plural_of(role: str) -> str:
    """``biases``, ``pre-activations``."""
    return "biases" if role == "bias" else role if role.endswith("s") else role + "s"


def _used_by(context: Context, group: Sequence[Ref]) -> Rich:
    parts: list[Rich] = []
    if group[0].name in context.cell.outputs:
        parts.append((Math("L"),))
    if is_family(context, group) and group[0].time == 0:
        lines = [line for ref in group for line, _ in uses(context, ref)]
        return (*numbers(lines), ", each once")
    here = [line for ref in group for line, _ in uses(context, ref)] if len(group) > 1 else []
    counted = uses(context, group[0])
    if counted:
        listed = numbers(here) if here else _listed(counted)
        parts.append(listed + ((" of every step",) if group[0].time is None else ()))
    later = uses(context, Ref(group[0].name, -1)) if group[0] in context.states else ()
    if later:
        parts.append(_later(later))
    return join(parts, between="; ", last="; ")


def _listed(counted: Uses) -> Rich:
    """``(1), four times; (6)``."""
    if all(count == 1 for _, count in counted):
        return numbers(number for number, _ in counted)
    return join([(eq(n),) + ((f", {times(c)}",) if c > 1 else ()) for n, c in counted], between="; ", last="; ")


def _later(counted: Uses) -> Rich:
    """``(1) of step t+1, four times``."""
    if len(counted) == 1 and counted[0][1] > 1:
        return say("{} of step $t+1$, {}", eq(counted[0][0]), times(counted[0][1]))
    return say("{} of step $t+1$", _listed(counted))


def readers(context: Context, ref: Ref) -> tuple[Line, ...]:
    """The forward lines that read a value."""
    return tuple(context.d.forward_lines[number - 1] for number, _ in uses(context, ref))
