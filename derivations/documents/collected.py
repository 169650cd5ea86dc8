"""Adjoints with the chains between them multiplied out: each a root's adjoint times a factor of forward values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain as chain_names
from itertools import count

from derivations.calculus.derivation import Step
from derivations.documents.context import Context
from derivations.documents.maths import replace_refs
from derivations.notation.tree import Expr, MatMul, Name, Neg, Part, Product, Ref, Sum, Total, children, refs

LETTERS = ("p", "q", "d", "e", "l", "w", "y", "u", "b")  # names for factors, the first that are free


@dataclass(frozen=True, slots=True)
class Chain:
    """An adjoint as ``±root ⊙ factors``, with the steps that were put together."""

    root: Ref
    factors: tuple[Expr, ...]
    negative: bool
    steps: tuple[int, ...]

    @property
    def factor(self) -> Expr:
        """The factors as one product, in the order in which the steps bring them."""
        product = self.factors[0] if len(self.factors) == 1 else Product(self.factors)
        return Neg(product) if self.negative else product


class Collected:
    """What every section after the derivation uses: chains, and the names of their factors."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.bars = {step.target: step for step in context.d.steps if step.kind == "adjoint"}

    @cached_property
    def chains(self) -> Mapping[Ref, Chain]:
        """The adjoints that have one term, a product with one other adjoint."""
        found: dict[Ref, Chain] = {}
        for target, step in self.bars.items():
            link = _link(step.expr, self.bars)
            if link is None:
                continue
            inner, factors, negative = link
            before = found.get(inner)
            if before:
                found[target] = Chain(before.root, (*before.factors, *factors), before.negative != negative, (*before.steps, step.number))
            else:
                found[target] = Chain(inner, factors, negative, (step.number,))
        return found

    @cached_property
    def needed(self) -> frozenset[Ref]:
        """Adjoints that something other than an entrywise product reads: they have to be computed."""
        found: set[Ref] = set()
        for step in self.context.d.steps:
            for term in terms(step.expr):
                link = _link(term, self.bars)
                if step.kind == "parameter" or link is None:
                    found |= set(refs(step.expr if step.kind == "parameter" else term)) & set(self.bars)
        return frozenset(found)

    @cached_property
    def dropped(self) -> frozenset[Ref]:
        """Adjoints that substitution makes superfluous."""
        return frozenset(set(self.chains) - self.needed)

    @cached_property
    def names(self) -> Mapping[Ref, Ref]:
        """A name for the factor of every adjoint that is needed and took more than one step."""
        letter = self._letter(0)
        wanted = [ref for ref, chain in self.chains.items() if ref in self.needed and len(chain.steps) > 1]
        named: dict[Ref, Ref] = {}
        for ref in wanted:
            plain = ref.name.unmarked
            sub = plain.sub or (plain.base if len(wanted) > 1 else "")
            named[ref] = _unused(named.values(), letter, plain, (sub, f"{sub}_{plain.base}"))
        return named

    @cached_property
    def sum_names(self) -> Mapping[tuple[Ref, Ref], Ref]:
        """A name for the factor with which a dropped adjoint stands in a sum: by the sum and the adjoint."""
        letter = self._letter(1)
        wanted = [(t, r) for t, step in self.bars.items() if t not in self.chains for r in self._in_terms(step) if r in self.dropped]
        named: dict[tuple[Ref, Ref], Ref] = {}
        for target, inner in wanted:
            plain = target.name.unmarked
            sub = "" if len(wanted) == 1 else f"{plain.base}_{plain.sub}".strip("_")
            if sum(t == target for t, _ in wanted) > 1:
                sub += f"_{inner.name.base}{inner.name.sub}"
            named[target, inner] = _unused(named.values(), letter, plain, (sub,))
        return named

    def _letter(self, position: int) -> str:
        free = self.context.free_letters(LETTERS)
        return free[position] if position < len(free) else ("P", "Q")[position]

    def _in_terms(self, step: Step) -> list[Ref]:
        links = (_link(term, self.bars) for term in terms(step.expr))
        return [link[0] for link in links if link]

    def sum_chain(self, target: Ref, inner: Ref) -> Chain:
        """The chain from a root through a dropped adjoint into a term of a sum."""
        step, chain = self.bars[target], self.chains[inner]
        for term in terms(step.expr):
            link = _link(term, self.bars)
            if link and link[0] == inner:
                return Chain(chain.root, (*chain.factors, *link[1]), chain.negative != link[2], (*chain.steps, step.number))
        raise KeyError(target)

    def substituted(self, expr: Expr) -> Expr:
        """An expression with the dropped adjoints written as products."""
        values: dict[Ref, Expr] = {}
        for ref in set(refs(expr)) & self.dropped:
            chain = self.chains[ref]
            product: Expr = Product((chain.root, *chain.factors)) if chain.factors else chain.root
            values[ref] = Neg(product) if chain.negative else product
        return _lifted(replace_refs(expr, values)) if values else expr


def _unused(taken: Collection[Ref], letter: str, of: Name, subs: tuple[str, ...]) -> Ref:
    """A name for the factor of an adjoint, with the accents of its variable where another factor has the plain one."""
    plain = [Name(letter, sub=sub) for sub in subs]
    accented = [Name(letter, of.accents, sub) for sub in subs]
    numbered = (Name(letter, sub=f"{subs[0]}_{k}") for k in count(2))
    known = {ref.name for ref in taken}
    return next(Ref(name, 0) for name in chain_names(plain, accented, numbered) if name not in known)


def terms(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum, or the expression."""
    return expr.terms if isinstance(expr, Sum) else (expr,)


def _link(expr: Expr, bars: Mapping[Ref, Step]) -> tuple[Ref, tuple[Expr, ...], bool] | None:
    """``±ū ⊙ factors`` taken apart, if an expression is that."""
    if isinstance(expr, Neg):
        inner = _link(expr.arg, bars)
        return (inner[0], inner[1], not inner[2]) if inner else None
    if isinstance(expr, Ref):
        return (expr, (), False) if expr in bars else None
    if isinstance(expr, Product) and isinstance(expr.factors[0], Ref) and expr.factors[0] in bars and not any(map(_linear, expr.factors)):
        return expr.factors[0], expr.factors[1:], False
    return None


def _linear(expr: Expr) -> bool:
    return isinstance(expr, MatMul | Part | Total) or any(_linear(child) for child in children(expr))


def _lifted(expr: Expr) -> Expr:
    """A minus sign inside a product stands before it."""
    if isinstance(expr, Sum):
        return replace(expr, terms=tuple(_lifted(term) for term in expr.terms))
    if isinstance(expr, Neg) and isinstance(expr.arg, Neg):
        return _lifted(expr.arg.arg)
    if isinstance(expr, Neg):
        inner = _lifted(expr.arg)
        return inner.arg if isinstance(inner, Neg) else Neg(inner)
    if isinstance(expr, Product) and isinstance(expr.factors[0], Neg):
        first = expr.factors[0].arg
        return Neg(Product((*(first.factors if isinstance(first, Product) else (first,)), *expr.factors[1:])))
    return expr


def used_forward_values(context: Context, exprs: Sequence[Expr]) -> list[Ref]:
    """The values of the forward pass that expressions of the backward pass read, in the order of the equations."""
    found = {ref for expr in exprs for ref in refs(expr) if ref.time is not None and not ref.name.marks}
    now = {Ref(ref.name, 0) for ref in found}
    order = [Ref(name, 0) for name in context.cell.inputs] + [t for line in context.d.forward_lines for t in line.targets]
    return [ref for ref in order if ref in now]
