"""Passes that rewrite a task without changing what it computes, so that more of it leaves the loop over time."""

from __future__ import annotations

from dataclasses import replace

from derivations.equations import Contraction, Layout, Pointwise, inline_name
from derivations.notation.tree import Apply, Expr, Identity, Name, Ones, Ref, Sum, rebuild, refs
from derivations.sizes import Shape, Size
from numeric.codegen.levels import ONCE, STEP, arrives, levels, without_unused
from numeric.codegen.task import SLOPES, Node, Task, leaf_rank, with_refs


def rewritten(task: Task) -> Task:
    """The task after all passes."""
    for change in CHANGES:
        task = change(task)
    return task


class _Rewriter:
    """New equations in the order of computation, with the shapes of new names."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.definition = task.definition
        self.out: dict[Ref, Node] = {}
        self.shapes: dict[Name, Shape] = dict(task.shapes)

    def add(self, eq: Node, shape: Shape) -> Ref:
        self.shapes[eq.target.name] = shape
        self.out.setdefault(eq.target, eq)
        return eq.target

    def shape(self, ref: Ref) -> Shape:
        return self.shapes[ref.name]

    def finished(self) -> Task:
        return self.task.having(tuple(self.out.values()), self.shapes)


def arrays_by_name(task: Task) -> Task:
    """Vectors of ones and identity matrices as values of their own, which are made once, where a step uses them."""
    work = _Rewriter(task)

    def named(expr: Expr) -> Expr:
        if not isinstance(expr, Identity | Ones):
            return rebuild(expr, named)
        target = Ref(inline_name(f"{type(expr).__name__}_{'_'.join(expr.size)}"))
        return work.add(Pointwise(target, expr), (expr.size, expr.size) if isinstance(expr, Identity) else (expr.size,))

    for eq in task.equations:
        steps = isinstance(eq, Pointwise) and any(ref.time is not None for ref in eq.operands)
        work.add(replace(eq, expr=named(eq.expr)) if isinstance(eq, Pointwise) and steps else eq, work.shape(eq.target))
    return work.finished()


def without_copies(task: Task) -> Task:
    """Values that nobody named and that are computed alike as one value."""
    first: dict[object, Ref] = {}
    same: dict[Ref, Ref] = {}
    kept = []
    for old in task.equations:
        eq = with_refs(old, lambda ref: same.get(ref, ref))
        how = (replace(eq, target=Ref(Name("any"))), eq.target.time, task.shapes[eq.target.name])
        if eq.target.name.base == "inline" and eq.target not in task.labels and how in first:
            same[eq.target] = first[how]
            continue
        kept.append(eq)
        if not arrives(eq.target):  # that has its place within a step only
            first.setdefault(how, eq.target)
    return task.having(tuple(kept), {})


def blocks_of_matrices(task: Task) -> Task:
    """``M [u, v]`` as ``M₁ u + M₂ v`` with the blocks of columns of M; its adjoints likewise.

    The concatenation is not formed, and the product with the block that does not depend on a state can leave the loop.
    """
    work = _Blocks(task)
    for eq in task.equations:
        work.rewrite(eq)
    return work.finished()


class _Blocks(_Rewriter):
    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.ways: dict[Ref, list[tuple[Size, ...]]] = {}
        self.absorbed: dict[Ref, tuple[str, ...]] = {}

    def absorb(self, target: Ref, stack: Ref) -> None:
        """Note that the equation of ``target`` stands for that of ``stack`` too, which is not formed."""
        if stack in self.task.labels:
            shown = self.task.shown(target)
            self.absorbed[shown] = tuple(dict.fromkeys((*self.absorbed.get(shown, ()), self.task.labels[stack])))

    def finished(self) -> Task:
        return replace(super().finished(), absorbed=self.absorbed)

    def rewrite(self, eq: Node) -> None:
        stack = self.task.stacks.get(eq.right) if isinstance(eq, Contraction) else None
        match eq:
            case Contraction(spec="ij,j->i") if stack and eq.left.time is None:
                self.absorb(eq.target, eq.right)
                products = tuple(self.product(eq, stack, k) for k in range(len(stack.operands)))
                self.add(Pointwise(eq.target, Sum(products)), self.shape(eq.target))
            case Contraction(spec="i,j->ij") if stack and eq.target.time is None:
                blocks = tuple(self.outer(eq, stack, k) for k in range(len(stack.operands)))
                self.add(Layout(eq.target, "concat", blocks, stack.split), self.shape(eq.target))
            case Layout(op="part") if self.divides(eq.operands[0]):
                self.absorb(eq.target, eq.operands[0])
                self.add(Pointwise(eq.target, self.part(eq.operands[0], eq)), self.shape(eq.target))
            case _:
                self.add(eq, self.shape(eq.target))

    def divides(self, ref: Ref) -> bool:
        """Whether a value is an adjoint that may be made of products with matrices: its parts are products with blocks of them."""
        eq = self.definition.get(ref)
        adjoint = ref.name.marks == ("bar",) or (ref.name.base == "inline" and not ref.name.marks)
        return adjoint and (isinstance(eq, Contraction) or (isinstance(eq, Pointwise) and self.is_even(eq.expr)))

    def is_even(self, expr: Expr) -> bool:
        """Whether an expression means the same for a part: nothing in it has entries but values."""
        return leaf_rank(expr, self.shapes) == 0

    def mark(self, ref: Ref, kind: str, split: tuple[Size, ...], k: int) -> Ref:
        """A name for block ``k`` of a value, which may be split in more than one way."""
        ways = self.ways.setdefault(ref, [])
        if split not in ways:
            ways.append(split)
        way = ways.index(split)
        return Ref(ref.name.marked(f"{kind}{k + 1}" + (f"_{way + 1}" if way else "")), ref.time)

    def block(self, matrix: Ref, split: tuple[Size, ...], k: int) -> Ref:
        """A block of columns of a matrix."""
        target = self.mark(matrix, "block", split, k)
        return self.add(Layout(target, "part", (matrix,), split, k), (self.shape(matrix)[0], split[k]))

    def product(self, eq: Contraction, stack: Layout, k: int) -> Ref:
        block = self.block(eq.left, stack.split, k)
        target = self.mark(eq.target, "part", stack.split, k)
        return self.add(Contraction(target, block, stack.operands[k], eq.spec), self.shape(eq.target))

    def outer(self, eq: Contraction, stack: Layout, k: int) -> Ref:
        target = self.mark(eq.target, "block", stack.split, k)
        return self.add(Contraction(target, eq.left, stack.operands[k], eq.spec), (self.shape(eq.left)[0], stack.split[k]))

    def part(self, ref: Ref, wanted: Layout) -> Ref:
        """The part of a vector; of a sum or a product of matrices computed as such."""
        eq, k = self.definition.get(ref), wanted.index
        target = self.mark(ref, "part", wanted.split, k)
        shape = (wanted.split[k],)
        match eq:
            case Contraction(spec="ij,i->j") if eq.left.time is None and eq.left not in self.definition:
                return self.add(Contraction(target, self.block(eq.left, wanted.split, k), eq.right, eq.spec), shape)
            case Pointwise() if self.is_even(eq.expr):
                return self.add(Pointwise(target, self.part_of(eq.expr, wanted)), shape)
            case _:
                return self.add(Layout(target, "part", (ref,), wanted.split, k), shape)

    def part_of(self, expr: Expr, wanted: Layout) -> Expr:
        if isinstance(expr, Ref):
            return self.part(expr, wanted) if self.shape(expr) else expr
        return rebuild(expr, lambda child: self.part_of(child, wanted))


def slopes_by_name(task: Task) -> Task:
    """Every derivative σ'(a), tanh'(a) as a value of its own: it does not depend on an adjoint or tangent."""
    work = _Rewriter(task)

    def named(expr: Expr) -> Expr:
        if not (isinstance(expr, Apply) and expr.fn.removesuffix("_slope") in SLOPES and isinstance(expr.arg, Ref)):
            return rebuild(expr, named)
        if not expr.fn.endswith("_slope"):
            return expr
        target = Ref(expr.arg.name.marked("d" + expr.fn.removesuffix("_slope")), expr.arg.time)
        return work.add(Pointwise(target, expr), work.shape(expr.arg))

    for eq in task.equations:
        work.add(replace(eq, expr=named(eq.expr)) if isinstance(eq, Pointwise) else eq, work.shape(eq.target))
    return work.finished()


def without_aliases(task: Task) -> Task:
    """No equation ``u = v`` where v has no other use and no number: v's equation gives u."""
    users, definition = task.users(), task.definition
    alias = {
        eq.expr: eq.target
        for eq in task.equations
        if isinstance(eq, Pointwise) and isinstance(eq.expr, Ref) and eq.expr in definition
        if len(users[eq.expr]) == 1 and eq.expr not in task.labels and (eq.expr.time is None) == (eq.target.time is None)
        if task.shapes[eq.expr.name] == task.shapes[eq.target.name]
    }
    kept = [eq for eq in task.equations if eq.target not in alias.values()]
    return task.having(tuple(replace(eq, target=alias.get(eq.target, eq.target)) for eq in kept), {})


def flat_sums(task: Task) -> Task:
    """A sum within a sum, unless it has a number or another use, as one sum."""
    users, definition = task.users(), task.definition

    def inner(term: Expr, shape: Shape) -> tuple[Expr, ...]:
        eq = definition.get(term) if isinstance(term, Ref) and term not in task.labels else None
        if isinstance(eq, Pointwise) and isinstance(eq.expr, Sum) and len(users[eq.target]) == 1 and task.shapes[eq.target.name] == shape:
            return tuple(part for t in eq.expr.terms for part in inner(t, shape))
        return (term,)

    def flat(eq: Node) -> Node:
        if not (isinstance(eq, Pointwise) and isinstance(eq.expr, Sum)):
            return eq
        return replace(eq, expr=Sum(tuple(part for term in eq.expr.terms for part in inner(term, task.shapes[eq.target.name]))))

    return without_unused(task.having(tuple(flat(eq) for eq in task.equations), {}))


def early_sums(task: Task) -> Task:
    """In a sum that a step computes, the terms that are known before the loop are added up there."""
    level = levels(task)
    work = _Rewriter(task)
    for eq in task.equations:
        if isinstance(eq, Pointwise) and isinstance(eq.expr, Sum) and level[eq.target] == STEP:
            early = [term for term in eq.expr.terms if max((level[r] for r in refs(term)), default=ONCE) < STEP]
            if len(early) > 1 and any(level[r] > ONCE for term in early for r in refs(term)):
                target = Ref(eq.target.name.marked("early"), eq.target.time)
                wide = any(work.shape(r) or leaf_rank(term, work.shapes) for term in early for r in refs(term))
                work.add(Pointwise(target, Sum(tuple(early))), work.shape(eq.target) if wide else ())
                rest = tuple(term for term in eq.expr.terms if term not in early)
                eq = replace(eq, expr=Sum((target, *rest)))
        work.add(eq, work.shape(eq.target))
    return work.finished()


CHANGES = (
    arrays_by_name,
    without_copies,
    blocks_of_matrices,
    slopes_by_name,
    without_unused,
    without_aliases,
    flat_sums,
    early_sums,
)
