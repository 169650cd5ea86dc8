"""What the names of a cell are: states, inputs, parameters; and in which order its equations are computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from derivations.errors import CellError
from derivations.notation import name_unicode
from derivations.notation.tree import Assignment, Expr, Name, Ref, rebuild, refs


@dataclass(frozen=True, slots=True)
class Roles:
    """Every name of a cell, by what it is, in the order of first appearance."""

    states: tuple[Name, ...]
    inputs: tuple[Name, ...]
    parameters: tuple[Name, ...]
    assigned: tuple[Name, ...]  # in the order of computation


def resolve(written: Sequence[Assignment], declared_inputs: Iterable[str] = ()) -> tuple[tuple[Assignment, ...], Roles]:
    """The equations in the order of computation, with the time of every use made explicit."""
    targets = _targets(written)
    uses = [ref for eq in written for ref in refs(eq.expr)]
    inputs = _inputs(uses, targets, set(declared_inputs))
    _check_uses(uses, targets, inputs)
    timed = [Assignment(replace(eq.target, time=0), _with_times(eq.expr, set(targets) | set(inputs)), eq.span) for eq in written]
    _check_ids(timed)
    ordered = _computing_order(timed)
    states = _first_seen(ref.name for eq in ordered for ref in refs(eq.expr) if ref.time == -1)
    parameters = _first_seen(ref.name for eq in ordered for ref in refs(eq.expr) if ref.time is None)
    if not states:
        raise CellError(
            "no state: nothing is used with t-1",
            hint="a recurrent cell uses a value of the step before, such as h_{t-1} (h_prev in plain notation)",
            span=written[0].span,
        )
    if not inputs:
        raise CellError(
            "no input: x_t is not used",
            hint='an input with another name is declared in the cell file: inputs = ["u"]',
            span=written[0].span,
        )
    return ordered, Roles(states, inputs, parameters, tuple(eq.target.name for eq in ordered))


def _first_seen(names: Iterable[Name]) -> tuple[Name, ...]:
    return tuple(dict.fromkeys(names))


def _targets(written: Sequence[Assignment]) -> Mapping[Name, Ref]:
    found: dict[Name, Ref] = {}
    for eq in written:
        ref = eq.target
        if ref.time not in (0, None):
            raise CellError(f"{name_unicode(ref.name, ref.time)} is assigned", hint="an equation gives a value at time t", span=ref.span)
        if ref.name in found:
            first = found[ref.name].span
            where = f" (first in line {first.line})" if first else ""
            raise CellError(f"{name_unicode(ref.name, 0)} is defined twice{where}", hint="give the second one its own name", span=ref.span)
        found[ref.name] = ref
    return found


def _inputs(uses: Sequence[Ref], targets: Mapping[Name, Ref], declared: set[str]) -> tuple[Name, ...]:
    any_time = any(ref.time is not None for ref in uses) and any(ref.time == 0 for ref in (*uses, *targets.values()))
    found = []
    for ref in uses:
        if ref.name in targets:
            continue
        is_x = ref.name.base == "x" and (ref.time == 0 or not any_time)
        if ref.name.id in declared or is_x:
            found.append(ref.name)
    unused = declared - {name.id for name in found}
    if unused:
        raise CellError(f"declared input {sorted(unused)[0]!r} is not used by any equation")
    return _first_seen(found)


def _check_uses(uses: Sequence[Ref], targets: Mapping[Name, Ref], inputs: tuple[Name, ...]) -> None:
    for ref in uses:
        shown = name_unicode(ref.name, ref.time)
        if ref.time == 1:
            raise CellError(f"{shown} is used", hint="a step may use values of time t and t-1 only", span=ref.span)
        if ref.name in targets:
            continue
        if ref.time == -1 and (ref.name in inputs or ref.name.base == "x"):
            raise CellError(
                f"{shown} is an earlier input", hint="keep it as a state: add an equation such as s_t = x_t and use s_{t-1}", span=ref.span
            )
        if ref.time == -1:
            wanted = name_unicode(ref.name, 0)
            raise CellError(f"state {shown} is used, but no equation assigns {wanted}", hint=f"add an equation {wanted} = …", span=ref.span)
        if ref.time == 0 and ref.name not in inputs:
            raise CellError(f"{shown} is not defined", hint=_nearest(ref.name, targets), span=ref.span)
        if ref.time is None and any(other.name == ref.name and other.time is not None for other in uses) and ref.name not in inputs:
            raise CellError(f"{shown} is used with and without a time", hint=f"write {name_unicode(ref.name, 0)}", span=ref.span)


def _check_ids(equations: Sequence[Assignment]) -> None:
    """Generated code spells ``W_2`` and ``W^{(2)}`` alike, so a cell may use one of them only."""
    seen: dict[str, Name] = {}
    for eq in equations:
        for ref in (eq.target, *refs(eq.expr)):
            other = seen.setdefault(ref.name.id, ref.name)
            if other != ref.name:
                raise CellError(
                    f"{name_unicode(other)} and {name_unicode(ref.name)} are both {ref.name.id} in code",
                    hint="rename one of them",
                    span=ref.span,
                )


def _nearest(name: Name, targets: Mapping[Name, Ref]) -> str:
    known = ", ".join(name_unicode(t, 0) for t in targets)
    return f'the equations define {known}; an input other than x_t is declared in the cell file: inputs = ["{name.id}"]'


def _with_times(expr: Expr, dated: set[Name]) -> Expr:
    """``f`` means ``f_t`` where f is assigned or an input; a parameter has no time."""
    if isinstance(expr, Ref):
        return replace(expr, time=0) if expr.time is None and expr.name in dated else expr
    return rebuild(expr, lambda child: _with_times(child, dated))


def _computing_order(equations: Sequence[Assignment]) -> tuple[Assignment, ...]:
    """The author's order, changed only where an equation is written before one that it needs."""
    waiting, done, ordered = list(equations), set[Name](), []
    names = {eq.target.name for eq in equations}
    while waiting:
        ready = next((eq for eq in waiting if all(r.time != 0 or r.name not in names or r.name in done for r in refs(eq.expr))), None)
        if ready is None:
            circle = ", ".join(name_unicode(eq.target.name, 0) for eq in waiting)
            raise CellError(f"a cycle: {circle} need each other within one step", hint="one of them has to use t-1", span=waiting[0].span)
        waiting.remove(ready)
        done.add(ready.target.name)
        ordered.append(ready)
    return tuple(ordered)
