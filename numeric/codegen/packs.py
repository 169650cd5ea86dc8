"""Which values lie next to each other in one array, so that one line computes all of them."""

from __future__ import annotations

from collections.abc import Iterable

from derivations.equations import Contraction, Layout, Pointwise, Reduction
from derivations.notation.tree import (
    Apply,
    Choice,
    Compare,
    Constant,
    Dimension,
    Expr,
    Identity,
    Number,
    Ones,
    Power,
    Ref,
    children,
    refs,
)
from numeric.codegen.levels import STEP, levels
from numeric.codegen.task import Gather, Node, Task

DEPTH = 5  # how far ahead the uses of a value are compared, to place values of the same fate side by side


class Packs:
    """Values in one array, one below the other; each value in at most one pack."""

    def __init__(self, packs: Iterable[tuple[Ref, ...]] = ()) -> None:
        self.where: dict[Ref, tuple[tuple[Ref, ...], int]] = {}
        for pack in packs:
            self.add(pack)

    def add(self, pack: tuple[Ref, ...]) -> None:
        """Place the values that have no place yet; nothing happens for fewer than two."""
        free = tuple(ref for ref in dict.fromkeys(pack) if ref not in self.where)
        if len(free) > 1:
            self.where.update({ref: (free, k) for k, ref in enumerate(free)})

    def pack(self, ref: Ref) -> tuple[Ref, ...]:
        """The pack of a value; a value that was not placed is alone."""
        return self.where[ref][0] if ref in self.where else (ref,)

    def follows(self, first: Ref, second: Ref) -> bool:
        """Whether ``second`` lies directly below ``first``."""
        if first not in self.where or second not in self.where:
            return False
        (pack, k), (other, m) = self.where[first], self.where[second]
        return pack is other and m == k + 1

    def all(self) -> tuple[tuple[Ref, ...], ...]:
        """Every pack once."""
        return tuple(dict.fromkeys(pack for pack, _ in self.where.values()))


def parameter_packs(task: Task) -> Packs:
    """Matrices that multiply the same operand lie below each other, those whose products share their fate together."""
    groups: dict[object, list[Contraction]] = {}
    for eq in task.equations:
        if isinstance(eq, Contraction) and eq.spec in ("ij,j->i", "ij,jk->ik"):
            matrix = root(task, eq.left)
            if matrix.time is None and matrix not in task.definition:
                groups.setdefault((eq.right, task.shapes[matrix.name][1:]), []).append(eq)
    packs, fate = Packs(), _Fates(task)
    for group in sorted(groups.values(), key=len, reverse=True):
        fates = [fate.of(eq.target) for eq in group]
        ordered = sorted(range(len(group)), key=lambda k: fates.index(fates[k]))
        packs.add(tuple(root(task, group[k].left) for k in ordered))
    return packs


def adjoint_packs(task: Task, parameters: Packs, packs: Packs) -> None:
    """The adjoints that packed matrices multiply lie in the order of the matrices."""
    level = levels(task)
    for pack in sorted(parameters.all(), key=len, reverse=True):
        found: dict[Ref, list[Ref]] = {}
        for eq in task.equations:
            if isinstance(eq, Contraction) and eq.spec in ("ij,i->j", "ij,ik->jk"):
                found.setdefault(root(task, eq.left), []).append(eq.right)
        operands = [found[matrix][0] for matrix in pack if matrix in found]
        packs.add(tuple(ref for ref in operands if ref in task.definition and level[ref] == STEP))


def root(task: Task, matrix: Ref) -> Ref:
    """The matrix of which a block of columns is taken."""
    eq = task.definition.get(matrix)
    return eq.operands[0] if isinstance(eq, Layout) and eq.op == "part" else matrix


class _Fates:
    """What becomes of a value, as a hashable description: equal for values that are treated alike."""

    def __init__(self, task: Task) -> None:
        self.task, self.users, self.level = task, task.users(), levels(task)

    def of(self, ref: Ref, depth: int = DEPTH) -> object:
        users = self.users.get(ref, [])
        if not users or not depth:
            return len(users)
        return skeleton(self.task, self.level, users[0]), self.of(users[0].target, depth - 1)


def skeleton(task: Task, level: dict[Ref, int], eq: Node) -> object:
    """An equation without the names of its operands: equal for equations that differ in those only."""

    def sort(ref: Ref) -> object:
        return level[ref], ref.time, task.shapes[ref.name]

    match eq:
        case Pointwise():
            return sort(eq.target), _shape(eq.expr), tuple(sort(ref) for ref in refs(eq.expr))
        case Contraction():
            return sort(eq.target), eq.spec, sort(eq.left), sort(eq.right), eq.right
        case Reduction():
            return sort(eq.target), eq.op, sort(eq.operand)
        case Layout():
            return sort(eq.target), eq.op, eq.split, eq.index, tuple(sort(ref) for ref in eq.operands)
        case Gather():
            return eq


def _shape(expr: Expr) -> object:
    match expr:
        case Number():
            return expr.value
        case Constant() | Dimension() | Identity() | Ones():
            return expr
        case Choice():
            return expr.fn, tuple(_shape(child) for child in expr.args)
        case Compare():
            return expr.op, _shape(expr.left), _shape(expr.right)
        case Power():
            return "power", expr.exponent, _shape(expr.base)
        case Apply():
            return expr.fn, _shape(expr.arg)
        case _:
            return type(expr).__name__, tuple(_shape(child) for child in children(expr))
