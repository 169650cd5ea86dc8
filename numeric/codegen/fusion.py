"""What is computed together: equations that are alike, and whose operands lie next to each other in memory, as one operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from derivations.equations import Contraction, Layout, Pointwise, Reduction
from derivations.notation.tree import Ref, Sum, refs
from numeric.codegen.levels import AFTER, BEFORE, BLOCK, ONCE, STEP, levels
from numeric.codegen.packs import Packs, skeleton
from numeric.codegen.task import Gather, Node, Task, leaf_rank

Found = TypeVar("Found")
TOGETHER = (
    "ij,j->i",
    "ij,jk->ik",
    "ij,kj->ik",
    "i,j->ij",
)  # products that become one if their left operands lie below each other and the right is shared
TRANSPOSED = ("ij,i->j", "ij,ik->jk")  # products whose sum becomes one if both operands lie below each other


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

    @property
    def columns(self) -> list[tuple[Ref, ...]]:
        """The operands of the equations, position by position."""
        return list(zip(*map(uses, self.equations), strict=True))


def uses(eq: Node) -> tuple[Ref, ...]:
    """The operands of an equation in the order of the text, each as often as it is used."""
    return tuple(refs(eq.expr)) if isinstance(eq, Pointwise) else eq.operands


def gathered(task: Task, packs: Packs) -> Task:
    """In sums, products with transposed matrices that lie below each other become one product."""
    users, definition, level = task.users(), task.definition, levels(task)

    def product(term: object) -> Contraction | None:
        eq = definition.get(term) if isinstance(term, Ref) else None
        alone = isinstance(eq, Contraction) and eq.spec in TRANSPOSED and len(users[eq.target]) == 1 and eq.target not in task.labels
        return eq if alone and isinstance(eq, Contraction) else None

    out: list[Node] = []
    for eq in task.equations:
        if not (isinstance(eq, Pointwise) and isinstance(eq.expr, Sum)):
            out.append(eq)
            continue
        products = [found for term in eq.expr.terms if (found := product(term))]
        runs = _runs(products, packs, level)
        out += [Gather(run[0].target, run) for run in runs]
        inside = {p.target for run in runs for p in run[1:]}  # what the product of its run stands for
        terms = tuple(term for term in eq.expr.terms if term not in inside)
        out.append(replace(eq, expr=Sum(terms) if len(terms) > 1 else terms[0]))
    gathers = {p.target for eq in out if isinstance(eq, Gather) for p in eq.products}
    return task.having(tuple(eq for eq in out if isinstance(eq, Gather) or eq.target not in gathers), {})


def _runs(products: list[Contraction], packs: Packs, level: dict[Ref, int]) -> list[tuple[Contraction, ...]]:
    """Products whose matrices and operands follow each other in memory."""
    waiting, runs = list(products), []
    while waiting:
        run = _grown([waiting.pop(0)], waiting, lambda one, two, _: _next(packs, one, two))
        if len(run) > 1:
            runs.append(tuple(run))
    return runs


def _grown(run: list[Found], waiting: list[Found], joins: Callable[[Found, Found, list[Found]], bool]) -> list[Found]:
    """The run with everything of ``waiting`` that joins it one by one, at its end or before its beginning."""
    while True:
        after = next((one for one in waiting if joins(run[-1], one, run)), None)
        before = next((one for one in waiting if after is None and joins(one, run[0], run)), None)
        found = after or before
        if found is None:
            return run
        waiting.remove(found)
        run = [*run, found] if after else [found, *run]


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
    run = _grown([first], list(others), lambda one, two, run: _adjacent(task, packs, one, two, run))
    for position in zip(*map(uses, run), strict=True):
        packs.add(position)
    return tuple(run)


def _adjacent(task: Task, packs: Packs, one: Node, two: Node, run: Sequence[Node]) -> bool:
    """Whether two equations that are alike can be computed as one: every operand shared or next in memory."""
    if not _stands_below(task, one) or not _target_fits(task, packs, one.target, two.target):
        return False
    may_share = [False] * len(uses(one))
    if isinstance(one, Contraction):
        if one.spec not in TOGETHER:
            return False
        may_share = [False, True]
    for a, b, share in zip(uses(one), uses(two), may_share, strict=True):
        if a == b and (share or not task.shapes[a.name]):
            continue
        taken = {ref for eq in run for ref in uses(eq)}
        free = _is_free(task, packs, a) and _is_free(task, packs, b) and a != b and (b not in taken or a not in taken)
        if a == b or not (packs.follows(a, b) or free):
            return False
    return True


def _stands_below(task: Task, eq: Node) -> bool:
    """Whether the result for operands that lie below each other is the results below each other."""
    match eq:
        case Gather() | Reduction():
            return False
        case Layout():
            return eq.op in ("concat", "part") and len(task.shapes[eq.operands[0].name]) == 2
        case Pointwise():
            rank = max((len(task.shapes[ref.name]) for ref in eq.operands), default=0)
            return leaf_rank(eq.expr, task.shapes) == 0 and (rank == len(task.shapes[eq.target.name]) or not eq.operands)
        case _:
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
