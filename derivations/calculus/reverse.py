"""Reverse mode: from a program to the program of its adjoints, with a reason for every term."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from derivations.calculus.building import Building
from derivations.calculus.local import partial
from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction
from derivations.notation.tree import Apply, Choice, Expr, Neg, Number, Power, Product, Quotient, Ref, Sum, children, refs
from derivations.sizes import Shape


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of an adjoint: what it is, by which rules, applied to which equation (None: a seed)."""

    expr: Expr
    rules: tuple[str, ...] = ()
    on: Ref | None = None  # the target of the forward equation
    function: str | None = None  # the function whose derivative was used


@dataclass(frozen=True, slots=True)
class Adjoint:
    """How the adjoint of one value is collected from its uses."""

    of: Ref
    target: Ref
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Reverse:
    """The adjoint program and the reasons of each of its shown equations, in the order of computation."""

    program: Program
    adjoints: tuple[Adjoint, ...]


def adjoint_ref(ref: Ref, *, computed: bool, mark: str = "bar") -> Ref:
    """The adjoint of a value; of a value of the step before, the part that this step sends to it."""
    return Ref(ref.name.marked("from" if mark == "bar" and ref.time == -1 and not computed else mark), ref.time)


def reverse(program: Program, seeds: Mapping[Ref, tuple[Ref, ...]], wanted: Iterable[Ref], mark: str = "bar") -> Reverse:
    """The adjoints of everything computed, then of ``wanted`` (inputs, earlier states, parameters).

    ``seeds`` gives for an output what reaches its adjoint from outside of the program. ``mark`` names the adjoints:
    "bar", or "check" for those of a program that holds adjoints already.
    """
    building = _Adjoints(program, mark)
    for eq in reversed(program.equations):
        if eq.target.name in program.inline and not eq.operands:  # a number that no reader sees
            continue
        before, after = _parts(seeds.get(eq.target, ()))
        building.collect(eq.target, before, after)
    for ref in wanted:
        building.collect(ref, _parts(seeds.get(ref, ()))[0], ())
    return Reverse(building.program(), tuple(building.adjoints))


def _parts(seeds: tuple[Ref, ...]) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
    """Direct derivatives stand before what the step itself contributes, arriving parts after it."""
    return tuple(s for s in seeds if "from" not in s.name.marks), tuple(s for s in seeds if "from" in s.name.marks)


class _Adjoints(Building):
    def __init__(self, program: Program, mark: str) -> None:
        super().__init__(program, mark)
        self.mark = mark
        self.alias: dict[Ref, Ref] = {}
        self.adjoints: list[Adjoint] = []

    def collect(self, ref: Ref, before: tuple[Ref, ...], after: tuple[Ref, ...]) -> None:
        target = adjoint_ref(ref, computed=ref in self.given.definition, mark=self.mark)
        shape = self.given.shapes[ref.name]
        terms = [Term(seed, ("uses",)) for seed in before]
        terms += self.contributions(ref)
        terms += [Term(seed, ("uses",)) for seed in after]
        for seed in (*before, *after):
            self.shapes[seed.name] = shape
        self.shapes[target.name] = shape
        if ref.name in self.given.inline and len(terms) == 1 and isinstance(terms[0].expr, Ref):
            self.alias[target] = terms[0].expr
            return
        if ref.name in self.given.inline:
            self.inline.add(target.name)
        self.emit(target, [term.expr for term in terms])
        if ref.name not in self.given.inline:
            self.adjoints.append(Adjoint(ref, target, tuple(terms)))

    def emit(self, target: Ref, exprs: list[Expr]) -> None:
        """The sum as one pointwise equation; a lone product of matrices or block is the equation itself."""
        expr = exprs[0] if len(exprs) == 1 else Sum(tuple(exprs)) if exprs else Number(Fraction(0))
        fresh = isinstance(expr, Ref) and expr.name in self.inline and expr not in self.alias.values()
        if fresh and self.out and expr == self.out[-1].target:
            assert isinstance(expr, Ref)
            self.inline.discard(expr.name)
            self.out.append(replace(self.out.pop(), target=target))
        else:
            self.out.append(Pointwise(target, expr))

    def adjoint(self, ref: Ref) -> Ref:
        found = adjoint_ref(ref, computed=True, mark=self.mark)
        return self.alias.get(found, found)

    def contributions(self, ref: Ref) -> list[Term]:
        """What all uses of ``ref`` send to its adjoint; its parts send the blocks of one concatenation."""
        found: list[Term] = []
        split: set[Shape] = set()
        for eq in self.given.uses(ref):
            if isinstance(eq, Layout) and eq.op == "part":
                if eq.split in split:
                    continue
                split.add(eq.split)
            found += [term for k, r in enumerate(eq.operands) if r == ref and (term := self.contribution(eq, ref, k))]
        return found

    def contribution(self, eq: Equation, ref: Ref, position: int) -> Term | None:
        """What one use of ``ref`` sends to its adjoint."""
        match eq:
            case Pointwise():
                return self.through_pointwise(eq, ref)
            case Contraction():
                return self.through_contraction(eq, position)
            case Layout():
                return self.through_layout(eq, position)
            case Reduction():
                return self.through_reduction(eq)

    def through_reduction(self, eq: Reduction) -> Term:
        """Every entry gets the adjoint of a sum; of the log of a sum of exponentials, times its share of that sum."""
        bar = self.adjoint(eq.target)
        if eq.op == "sum":
            return Term(bar, ("total",), eq.target)
        share = self.function_value("exp", self.difference(eq.operand, eq.target))
        return Term(Product((bar, share)), ("logsumexp",), eq.target)

    def through_pointwise(self, eq: Pointwise, ref: Ref) -> Term | None:
        rules = _rules(eq.expr, ref)
        slope = partial(eq, ref, self.function_value)
        if slope == Number(Fraction(0)):
            return None
        expr = times(self.adjoint(eq.target), slope)
        if not self.given.shapes[ref.name] and self.given.shapes[eq.target.name]:
            product = self.temporary(self.given.shapes[eq.target.name], 0)
            self.out.append(Pointwise(product, expr))
            total = self.temporary((), 0)
            self.out.append(Reduction(total, product))
            return Term(total, (*rules, "broadcast"), eq.target, eq.function)
        return Term(expr, tuple(rules), eq.target, eq.function)

    def through_contraction(self, eq: Contraction, position: int) -> Term:
        bar = self.adjoint(eq.target)
        wanted, other = (eq.left, eq.right) if position == 0 else (eq.right, eq.left)
        letters = eq.indices
        mine, theirs = letters[position], letters[1 - position]
        if not letters[2]:  # a scalar product: the adjoint is a number
            return Term(times(bar, other), ("scalar product",), eq.target)
        target = self.temporary(self.given.shapes[wanted.name], wanted.time)
        self.out.append(_contraction(target, bar, letters[2], other, theirs, mine))
        return Term(target, (_product_rule(eq),), eq.target)

    def through_layout(self, eq: Layout, position: int) -> Term:
        if eq.op == "part":
            return self.through_part(eq)
        bar, ref = self.adjoint(eq.target), eq.operands[position]
        target = self.temporary(self.given.shapes[ref.name], ref.time)
        op, rule = ADJOINT_LAYOUT[eq.op]
        index = position if eq.op == "concat" else eq.index
        self.out.append(Layout(target, op, (bar,), eq.split, index))
        return Term(target, (rule,), eq.target)

    def through_part(self, eq: Layout) -> Term:
        """The blocks of a vector of which some are used on their own: adjoints of those, zeros elsewhere."""
        (ref,) = eq.operands
        parts = [other for other in self.given.uses(ref) if isinstance(other, Layout) and other.op == "part" and other.split == eq.split]
        blocks = []
        for index, size in enumerate(eq.split):
            bars = [self.adjoint(other.target) for other in parts if other.index == index]
            if len(bars) != 1:  # a part that is not used, or one that is cut out twice
                block = self.temporary((size,), ref.time)
                self.out.append(Pointwise(block, Sum(tuple(bars)) if bars else Number(Fraction(0))))
                bars = [block]
            blocks += bars
        target = self.temporary(self.given.shapes[ref.name], ref.time)
        self.out.append(Layout(target, "concat", tuple(blocks), eq.split))
        return Term(target, ("concatenation",), eq.target)


def times(bar: Expr, factor: Expr) -> Expr:
    """The adjoint first, then the factors of the derivative."""
    match factor:
        case Number(value=value) if value == 1:
            return bar
        case Neg():
            return Neg(times(bar, factor.arg))
        case Product():
            return Product((bar, *factor.factors))
        case _:
            return Product((bar, factor))


ADJOINT_LAYOUT: Mapping[str, tuple[Literal["transpose", "part", "fold", "windows"], str]] = {
    "transpose": ("transpose", "transpose"),
    "concat": ("part", "concatenation"),
    "windows": ("fold", "windows"),
    "fold": ("windows", "windows"),
}  # the layout that takes an adjoint back, and the rule that says so

RULE_OF: dict[type, str] = {Sum: "sum", Neg: "sum", Product: "product", Quotient: "quotient", Power: "power"} | {
    Apply: "function",
    Choice: "choice",
}


def _rules(expr: Expr, ref: Ref) -> list[str]:
    """The names of the rules on the way from the result of a pointwise expression down to an operand."""
    if isinstance(expr, Ref):
        return []
    own = RULE_OF.get(type(expr))
    below = [rule for child in children(expr) if ref in set(refs(child)) for rule in _rules(child, ref)]
    return list(dict.fromkeys([own, *below] if own else below))


def _product_rule(eq: Contraction) -> str:
    """The name of the rule for a product of matrices and vectors."""
    left, right, result = eq.indices
    shared = set(left) & set(right)
    if not shared:
        return "outer product"
    if shared <= set(result):
        return "diagonal"
    return "matrices" if len(left) == len(right) == 2 else "matrix"


def _contraction(target: Ref, bar: Ref, bar_index: str, other: Ref, other_index: str, wanted: str) -> Contraction:
    """A contraction with the matrix first; of two alike, the one that gives the rows first; index letters renamed."""
    pairs = [(bar, bar_index), (other, other_index)]
    pairs.sort(key=lambda pair: (-len(pair[1]), wanted[0] not in pair[1]))
    (left, a), (right, b) = pairs
    rename: dict[str, str] = {}
    for letter in a + b + wanted:
        rename.setdefault(letter, "ijklmn"[len(rename)])
    spec = "".join(rename.get(c, c) for c in f"{a},{b}->{wanted}")
    return Contraction(target, left, right, spec)
