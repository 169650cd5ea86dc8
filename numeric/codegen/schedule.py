"""The schedule: what is computed when, what is computed together, what is kept; found from the equations alone.

``str(schedule)`` is readable. Printers (``numeric.codegen.numpy_target``) walk it and decide nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derivations import Derivation
from derivations.equations import Contraction, Pointwise
from derivations.notation.tree import Ref, Sum, refs
from numeric.codegen.levels import AFTER, BEFORE, BLOCK, LEVEL, ONCE, STEP, levels
from numeric.codegen.packs import Packs, adjoint_packs, parameter_packs, skeleton
from numeric.codegen.passes import rewritten, without_aliases
from numeric.codegen.task import Gather, Node, Task, backward_task, forward_task, tangent_task, untimed_names, without_time

DISTINCT = {"ij,j->i": 0, "i,j->ij": 0}  # products that are computed together: the operand in which they may differ


@dataclass(frozen=True)
class Op:
    """Equations that differ in the names of their operands only, computed together: one line of code."""

    level: int
    equations: tuple[Node, ...]

    @property
    def targets(self) -> tuple[Ref, ...]:
        """What the line computes, in the order in which it lies in memory."""
        return tuple(eq.target for eq in self.equations)

    @property
    def operands(self) -> tuple[Ref, ...]:
        """What the line reads."""
        return tuple(dict.fromkeys(ref for eq in self.equations for ref in eq.operands))


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


# ---------------------------------------------------------------- what is computed together


def gathered(task: Task, packs: Packs) -> Task:
    """In sums, products with transposed matrices that lie below each other become one product."""
    users, definition, level = task.users(), task.definition, levels(task)

    def product(term: object) -> Contraction | None:
        eq = definition.get(term) if isinstance(term, Ref) else None
        alone = isinstance(eq, Contraction) and eq.spec == "ij,i->j" and len(users[eq.target]) == 1 and eq.target not in task.labels
        return eq if alone and isinstance(eq, Contraction) else None

    out: list[Node] = []
    for eq in task.equations:
        if not (isinstance(eq, Pointwise) and isinstance(eq.expr, Sum)):
            out.append(eq)
            continue
        products = [found for term in eq.expr.terms if (found := product(term))]
        runs = _runs(products, packs, level)
        replaced = {p.target: run[0].target for run in runs for p in run}
        out += [Gather(run[0].target, run) for run in runs]
        terms = dict.fromkeys(replaced.get(term, term) if isinstance(term, Ref) else term for term in eq.expr.terms)
        out.append(replace(eq, expr=Sum(tuple(terms)) if len(terms) > 1 else next(iter(terms))))
    gathers = {p.target for eq in out if isinstance(eq, Gather) for p in eq.products}
    return task.having(tuple(eq for eq in out if isinstance(eq, Gather) or eq.target not in gathers), {})


def _runs(products: list[Contraction], packs: Packs, level: dict[Ref, int]) -> list[tuple[Contraction, ...]]:
    """Products whose matrices and operands follow each other in memory."""
    waiting, runs = list(products), []
    while waiting:
        run = [waiting.pop(0)]
        while True:
            after = next((p for p in waiting if _next(packs, run[-1], p)), None)
            before = next((p for p in waiting if _next(packs, p, run[0])), None)
            if after is None and before is None:
                break
            run = [*run, after] if after else [p for p in (before, *run) if p]
            waiting.remove(run[-1] if after else run[0])
        if len(run) > 1:
            runs.append(tuple(run))
    return runs


def _next(packs: Packs, one: Contraction, two: Contraction) -> bool:
    return packs.follows(one.left, two.left) and packs.follows(one.right, two.right)


def fused(task: Task, packs: Packs) -> tuple[Op, ...]:
    """The equations in the order of computation, those that can be computed together as one operation."""
    level = levels(task)
    ops = []
    for now in (ONCE, BEFORE, BLOCK, STEP, AFTER):
        waiting = [eq for eq in task.equations if level[eq.target] == now]
        while waiting:
            missing = {eq.target for eq in waiting}
            ready = [eq for eq in waiting if missing.isdisjoint(eq.operands)]
            like = skeleton(task, level, ready[0])
            op = _run(task, packs, ready[0], [eq for eq in ready[1:] if skeleton(task, level, eq) == like])
            packs.add(tuple(eq.target for eq in op))
            ops.append(Op(now, op))
            waiting = [eq for eq in waiting if eq not in op]
    return tuple(ops)


def _run(task: Task, packs: Packs, first: Node, others: Sequence[Node]) -> tuple[Node, ...]:
    """``first`` and those of ``others`` whose operands lie next to its operands, in the order of memory."""
    run, waiting = [first], list(others)
    while True:
        after = next((eq for eq in waiting if _adjacent(task, packs, run[-1], eq, run)), None)
        before = next((eq for eq in waiting if after is None and _adjacent(task, packs, eq, run[0], run)), None)
        found = after or before
        if found is None:
            break
        waiting.remove(found)
        run = [*run, found] if after else [found, *run]
    for position in zip(*(_uses(eq) for eq in run), strict=True):
        packs.add(position)
    return tuple(run)


def _uses(eq: Node) -> tuple[Ref, ...]:
    return tuple(refs(eq.expr)) if isinstance(eq, Pointwise) else eq.operands


def _adjacent(task: Task, packs: Packs, one: Node, two: Node, run: Sequence[Node]) -> bool:
    """Whether two equations that are alike can be computed as one: every operand shared or next in memory."""
    if isinstance(one, Gather) or not _target_fits(task, packs, one.target, two.target):
        return False
    may_share = [False] * len(_uses(one))
    if isinstance(one, Contraction):
        if one.spec not in DISTINCT or (one.left.time is not None and task.shapes[one.left.name][1:]):
            return False
        may_share = [k != DISTINCT[one.spec] for k in range(2)]
    for a, b, share in zip(_uses(one), _uses(two), may_share, strict=True):
        if a == b and (share or not task.shapes[a.name]):
            continue
        taken = {ref for eq in run for ref in _uses(eq)}
        free = _is_free(task, packs, a) and _is_free(task, packs, b) and a != b and (b not in taken or a not in taken)
        if a == b or not (packs.follows(a, b) or free):
            return False
    return True


def _is_free(task: Task, packs: Packs, ref: Ref) -> bool:
    """Whether a value can still be placed: a vector of parameters of the cell."""
    given = ref.time is None and ref not in task.definition and not ref.name.marks
    return given and ref not in packs.where and len(task.shapes[ref.name]) == 1


def _target_fits(task: Task, packs: Packs, one: Ref, two: Ref) -> bool:
    """Whether two results can lie next to each other."""
    if one in packs.where or two in packs.where:
        return packs.follows(one, two)
    fixed = {*task.results, *task.carried.values()}
    return bool(task.shapes[one.name]) and one not in fixed and two not in fixed
