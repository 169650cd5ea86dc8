"""The derivative of one step with respect to the states before it, read off the collected adjoints.

Every block is a sum of paths. A path is the adjoint of a root times factors, perhaps through one matrix: transposed, it
is ``diag(factors) M``. Roots are states and values whose adjoints are no products; the blocks of roots that are no
states are stated too, so that no block hides a product of matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from derivations.documents.collected import terms
from derivations.documents.context import Context
from derivations.equations import Layout
from derivations.notation.tree import Expr, MatMul, Neg, Part, Product, Ref, Transpose


class NoClosedForm(Exception):
    """A step with operations other than entrywise products, matrices and concatenations."""


@dataclass(frozen=True, slots=True)
class Path:
    """``± diag(factors) matrix`` from a variable to a root; ``columns`` picks those that meet one block of a concatenation."""

    root: Ref  # the value, without marks
    factors: tuple[Expr, ...] = ()
    matrix: Ref | None = None
    columns: Ref | None = None
    stacked: Ref | None = None  # the concatenation that the columns meet
    negative: bool = False
    name: Ref | None = None  # the name of the product of the factors
    shown: tuple[Expr, ...] = ()  # the factors in print, where they are not all of one name

    @property
    def printed(self) -> tuple[Expr, ...]:
        """The factors as a reader sees them."""
        return self.shown or ((self.name,) if self.name else self.factors)


Block = tuple[Path, ...]


class Jacobian:
    """Blocks of one step."""

    def __init__(self, context: Context) -> None:
        self.context, self.collected = context, context.collected
        self.before = [Ref(name, -1) for name in context.cell.states]

    @cached_property
    def direct(self) -> Mapping[tuple[Ref, Ref], Block]:
        """Paths from an earlier state, or from a root, to a root without another root between."""
        if any(len(self.context.forward.shapes[state.name]) != 1 for state in self.before):
            raise NoClosedForm  # the derivative of a matrix by a matrix is no matrix
        found: dict[tuple[Ref, Ref], list[Path]] = {}
        for step in self.context.d.steps:
            ref = step.adjoint.of
            if ref not in self.moving or self._is_stacked(ref) or step.target in self.collected.chains:
                continue
            for path in self._paths(step.expr, step.target):
                found.setdefault((path.root, ref), []).append(path)
        return {key: tuple(paths) for key, paths in found.items()}

    @cached_property
    def moving(self) -> frozenset[Ref]:
        """The earlier states, and every value that depends on one of them."""
        found = set(self.before)
        for eq in self.context.forward.equations:
            if found & set(eq.operands):
                found.add(eq.target)
        return frozenset(found)

    def _is_stacked(self, ref: Ref) -> bool:
        eq = self.context.forward.definition.get(ref)
        return isinstance(eq, Layout)

    def _paths(self, expr: Expr, owner: Ref) -> Iterator[Path]:
        for term in terms(expr):
            yield from self._path(term, owner)

    def _path(self, term: Expr, owner: Ref) -> Iterator[Path]:
        match term:
            case Ref() if "direct" in term.name.marks or "from" in term.name.marks:
                return
            case Neg():
                yield from (replace(path, negative=not path.negative) for path in self._path(term.arg, owner))
            case Ref() if term in self.collected.bars:
                yield self._entrywise(term, (), owner)
            case Product(factors=(Ref() as bar, *factors)) if bar in self.collected.bars:
                yield self._entrywise(bar, tuple(factors), owner)
            case MatMul(left=Transpose(arg=Ref() as matrix), right=Ref() as bar) if self._is_matrix(matrix) and bar in self.collected.bars:
                yield replace(self._entrywise(bar, (), bar), matrix=matrix)
            case Part(arg=Ref() as stacked, index=index) if stacked in self.collected.bars:
                yield from self._through_concatenation(stacked, index)
            case _:
                raise NoClosedForm

    def _is_matrix(self, ref: Ref) -> bool:
        """Whether an operand is a matrix that the earlier states do not change."""
        return ref not in self.moving and len(self.context.forward.shapes[ref.name]) == 2

    def _entrywise(self, bar: Ref, factors: tuple[Expr, ...], owner: Ref) -> Path:
        """A product with an adjoint: with the chain behind it, up to a root."""
        chain = self.collected.chains.get(bar)
        name = self.collected.names.get(bar) if not factors else self.collected.sum_names.get((owner, bar))
        if chain is None:
            return Path(_value(bar), factors, name=None)
        return Path(_value(chain.root), (*chain.factors, *factors), negative=chain.negative, name=name)

    def _through_concatenation(self, stacked: Ref, index: int) -> Iterator[Path]:
        """The entries of a stacked vector's adjoint: the same paths, with some columns of their matrices."""
        eq = self.context.forward.definition[_value(stacked)]
        assert isinstance(eq, Layout)
        step = self.collected.bars[stacked]
        for path in self._paths(step.expr, step.target):
            if path.matrix is None or path.columns is not None:
                raise NoClosedForm
            yield replace(path, columns=eq.operands[index], stacked=eq.target)

    @cached_property
    def roots(self) -> list[Ref]:
        """The values whose blocks are stated, in the order of computation; states are among them."""
        reached = {root for root, _ in self.direct} | set(self.context.states)
        order = [target for line in self.context.d.forward_lines for target in line.targets]
        depends = [r for r in order if r in reached and any(self.reads(r, s) for s in self.before)]
        leads = [r for r in depends if r in self.context.states or any((other, r) in self.direct for other in depends)]
        return leads

    def reads(self, root: Ref, state: Ref) -> bool:
        """Whether a value depends on an earlier state."""
        if (root, state) in self.direct:
            return True
        return any(self.reads(between, state) for (to, between) in self.direct if to == root and between.time == 0 and between != root)

    def block(self, root: Ref, state: Ref) -> tuple[Block, tuple[tuple[Path, Ref], ...]]:
        """A block: paths from the state itself, and paths from other roots whose own blocks are stated before.

        Two paths without a matrix, one behind the other, are one path.
        """
        own = list(self.direct.get((root, state), ()))
        through: list[tuple[Path, Ref]] = []
        for between in self.roots:
            if between == root or not self.reads(between, state):
                continue
            for path in self.direct.get((root, between), ()):
                inner, further = self.block(between, state)
                if len(inner) == 1 and not further and inner[0].matrix is None and path.matrix is None:
                    own.append(_merged(path, inner[0]))
                else:
                    through.append((path, between))
        return tuple(own), tuple(through)


def _merged(outer: Path, inner: Path) -> Path:
    """The product of two diagonal operators; names of factors stay names in print."""
    shown = tuple(f for path in (outer, inner) for f in ((path.name,) if path.name else path.factors))
    return Path(inner.root, (*outer.factors, *inner.factors), negative=outer.negative != inner.negative, shown=shown)


def _value(bar: Ref) -> Ref:
    return Ref(bar.name.unmarked, 0)
