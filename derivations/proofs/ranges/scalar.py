"""One entry of a cell as scalars: a symbol for every value, an interval for every symbol, and what the symbols stand for.

Parameters, inputs, previous states and products with matrices may be any real number. Different symbols are treated as
if they were independent, which can only make an interval wider. An entry of a vector along the rows of a matrix and one
along its columns are different symbols: they are different entries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction

import sympy as sp

from derivations.cell import Cell
from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction, as_expr
from derivations.functions import FUNCTIONS, Interval
from derivations.notation.tree import (
    Apply,
    Choice,
    Compare,
    Constant,
    Expr,
    Name,
    Neg,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    children,
    rebuild,
)
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.cases import Goal, Places, proved_cases
from derivations.proofs.ranges.natural import logarithm_of_sum, natural, sum_of
from derivations.proofs.ranges.sign import TooLarge, interval

DEEPEST = 3  # definitions within each other that are put in to see that two values are the same
MOST_POWER = 8  # a higher power is not multiplied out


class Scalars:
    """The scalars of a cell.

    ``box`` gives the interval of each symbol; ``definition`` what a symbol stands for, where that is an expression in
    other symbols; ``choices`` those that stand for an absolute value, a maximum or a minimum; ``assume`` intervals for
    previous states, for proofs by induction; ``usual`` takes the constants at their usual values instead of at any.
    """

    def __init__(self, cell: Cell, assume: Mapping[Ref, Interval] | None = None, *, usual: bool = False) -> None:
        self.program: Program = cell.program
        self.values: Mapping[Name, Fraction] = usual_values(cell) if usual else {}
        self.box: dict[sp.Symbol, Interval] = {}
        self.definition: dict[sp.Symbol, sp.Expr] = {}
        self.choices: dict[sp.Symbol, tuple[str, tuple[sp.Expr, ...]]] = {}
        self.floors: dict[sp.Symbol, sp.Expr] = {}  # what they are the whole part of
        self.totals: dict[sp.Symbol, sp.Expr] = {}  # any entry of what they are the log Σ exp of
        self.order: list[sp.Symbol] = []  # of the definitions
        self.ref: dict[sp.Symbol, Ref] = {}
        self._symbol: dict[Expr, sp.Symbol] = {}
        self._products: dict[tuple[Ref, Ref, str], Ref] = {}  # the first of equal sums of products
        self._along: dict[tuple[Ref, int], sp.Symbol] = {}
        self._authors = frozenset(cell.shapes)
        self._known: dict[Expr, Ref] = {}  # what the cell computes, in the author's names
        for ref, box in (assume or {}).items():
            self.symbol(ref, box)
        for eq in self.program.equations:
            self._compute(eq)
            self._known.setdefault(self.unlowered(as_expr(eq, self.program.shapes)), eq.target)

    def symbol(self, ref: Expr, box: Interval = iv.REAL) -> sp.Symbol:
        """The symbol of a value or of an expression that is not taken apart."""
        if ref not in self._symbol:
            name = f"{ref.name.id}[{ref.time}]" if isinstance(ref, Ref) else f"value[{len(self._symbol)}]"
            self._symbol[ref] = sp.Symbol(name, real=True)
            self.box[self._symbol[ref]] = box
            if isinstance(ref, Ref):
                self.ref[self._symbol[ref]] = ref
        return self._symbol[ref]

    def __getitem__(self, ref: Ref) -> Interval:
        """The interval of a value."""
        return self.box[self.symbol(ref)]

    def _compute(self, eq: Equation) -> None:
        match eq:
            case Pointwise(expr=Apply() as expr):
                symbol = self.symbol(eq.target, iv.image(FUNCTIONS[expr.fn], self.enclosure(expr.arg)))
                self._told_apart(symbol, expr)
            case Pointwise():
                self._define(eq.target, self.scalar(eq.expr), self.enclosure(eq.expr))
            case Layout():
                box = iv.hull(self[ref] for ref in eq.operands)
                self.symbol(eq.target, iv.hull((box, iv.point(0))) if eq.op == "windows" else box)  # zeros beyond the ends
            case Reduction(op="logsumexp"):
                self.totals[self.symbol(eq.target, logarithm_of_sum(self[eq.operand]))] = self.symbol(eq.operand)
            case Reduction():
                self.symbol(eq.target, sum_of(self[eq.operand]))
            case Contraction():
                self._contract(eq)

    def _define(self, target: Ref, scalar: sp.Expr, box: Interval) -> None:
        symbol = self.symbol(target, box)
        self.definition[symbol] = scalar
        self.order.append(symbol)

    def _contract(self, eq: Contraction) -> None:
        """A product of two entries; a sum of such products has its sign at most."""
        left, right, result = eq.indices
        box = iv.multiply(self[eq.left], self[eq.right])
        if set(left) | set(right) != set(result):
            squares = eq.left == eq.right and left == right
            box = sum_of(iv.power(self[eq.left], iv.TWO) if squares else box)
            same = self._products.setdefault((eq.left, eq.right, eq.spec), eq.target)
            if same == eq.target:
                self.symbol(eq.target, box)
            else:
                self._define(eq.target, self.symbol(same), box)
        elif any(len(letters) == 2 and letters != result for letters in (left, right)):  # an entry of a transposed matrix
            self.symbol(eq.target, box)
        else:
            factors = (self.along(ref, letters, result) for ref, letters in ((eq.left, left), (eq.right, right)))
            self._define(eq.target, sp.Mul(*factors), box)

    def along(self, ref: Ref, letters: str, result: str) -> sp.Expr:
        """An entry of an operand at the indices of a result: of a vector, the one along its rows or along its columns."""
        if iv.is_point(self[ref]):
            return self[ref].low
        if letters in ("", result):
            return self.symbol(ref)
        key = ref, result.index(letters)
        if key not in self._along:
            self._along[key] = sp.Symbol(f"{ref.name.id}[{ref.time}, {key[1]}]", real=True)
            self.box[self._along[key]] = self[ref]
        return self._along[key]

    def _told_apart(self, symbol: sp.Symbol, expr: Apply | Choice) -> None:
        """Remember what a symbol is the maximum, the absolute value or the whole part of."""
        match expr:
            case Choice(fn="max" | "min" as kind):
                self.choices[symbol] = kind, tuple(self.scalar(arg) for arg in expr.args)
            case Apply(fn="abs"):
                self.choices[symbol] = "abs", (self.scalar(expr.arg),)
            case Apply(fn="relu"):
                self.choices[symbol] = "max", (self.scalar(expr.arg), sp.Integer(0))
            case Apply(fn="floor"):
                self.floors[symbol] = self.scalar(expr.arg)

    def places(self, symbols: Collection[sp.Symbol]) -> Places:
        """Those of the symbols that stand for maxima and the like, and the ones within them."""
        found: dict[sp.Symbol, tuple[str, tuple[sp.Expr, ...]]] = {}
        waiting = [s for s in symbols if s in self.choices]
        while waiting:
            symbol = waiting.pop()
            if symbol not in found:
                found[symbol] = self.choices[symbol]
                waiting += [s for arg in found[symbol][1] for s in arg.free_symbols if s in self.choices]
        return found

    def enclosure(self, expr: Expr) -> Interval:
        """An interval that holds an expression: what interval arithmetic, the Bernstein bounds and a proof by cases leave."""
        try:
            found = natural(expr, self)
        except iv.Unordered:
            found = iv.REAL
        scalar = self.scalar(expr)
        for bounds in (interval, self._by_cases, self._by_remainders):
            try:
                found = iv.meet(bounds(scalar, self.box), found) or found
            except iv.Unordered:
                continue
        return found

    def _by_cases(self, scalar: sp.Expr, boxes: Mapping[sp.Symbol, Interval]) -> Interval:
        """On which side of 0 an expression with maxima lies, as it stands or with definitions put in: l − max(l, r) ≤ 0."""
        for expr in (scalar, self._with_definitions(scalar)):
            places = self.places(expr.free_symbols)
            for sign, box in ((1, iv.NONNEGATIVE), (-1, iv.NONPOSITIVE)) if places else ():
                try:
                    if proved_cases(Goal(sign * expr, places, boxes), False):
                        return box
                except (TooLarge, sp.PolynomialError):
                    break
        return iv.REAL

    def _with_definitions(self, expr: sp.Expr) -> sp.Expr:
        return expr.subs({s: self.definition[s] for s in expr.free_symbols if s in self.definition})

    @contextmanager
    def narrowed(self, symbol: sp.Symbol, box: Interval) -> Iterator[None]:
        """A smaller interval for a symbol, for a while; what is found meanwhile is forgotten after it."""
        kept = [dict(known) for known in (self.box, self._symbol, self.choices, self.floors)]
        self.box[symbol] = box
        try:
            yield
        finally:
            self.box, self._symbol, self.choices, self.floors = kept

    def _by_remainders(self, scalar: sp.Expr, boxes: Mapping[sp.Symbol, Interval]) -> Interval:
        """What is left of a number without its whole part, u − ⌊u⌋ ∈ [0, 1), and of an entry, u_j − log Σ exp(u) ≤ 0."""
        if self._is_remainder(scalar, self.floors):
            return iv.FRACTION
        return iv.NONPOSITIVE if self._is_remainder(scalar, self.totals) else iv.REAL

    def _is_remainder(self, scalar: sp.Expr, parts: Mapping[sp.Symbol, sp.Expr]) -> bool:
        return any(self._is_zero(scalar + symbol - parts[symbol]) for symbol in scalar.free_symbols if symbol in parts)

    def reason(self, expr: Expr) -> str:
        """What an enclosure owes to, beside the intervals of the parts: "whole part", "one of several", "by cases", or ""."""
        scalar = self.scalar(expr)
        if self._is_remainder(scalar, self.floors):
            return "whole part"
        if self._is_remainder(scalar, self.totals):
            return "one of several"
        if self.places({*scalar.free_symbols, *self._with_definitions(scalar).free_symbols}) or any_choice(expr):
            return "" if interval(scalar, self.box) == self.enclosure(expr) else "by cases"
        return ""

    def _is_zero(self, expr: sp.Expr) -> bool:
        """Whether an expression is 0, perhaps with definitions put in."""
        for _ in range(DEEPEST):
            if sp.expand(expr) == 0:
                return True
            expr = self._with_definitions(expr)
        return False

    def scalar(self, expr: Expr) -> sp.Expr:
        """An entrywise expression in symbols; what is not a polynomial or a quotient of them gets a symbol of its own."""
        match expr:
            case Number():
                return sp.Rational(expr.value.numerator, expr.value.denominator)
            case Constant() if expr.name in self.values:
                return sp.Rational(self.values[expr.name].numerator, self.values[expr.name].denominator)
            case Ones():
                return sp.Integer(1)
            case Sum():
                return sp.Add(*(self.scalar(term) for term in expr.terms))
            case Neg():
                return -self.scalar(expr.arg)
            case Product():
                return sp.Mul(*(self.scalar(factor) for factor in expr.factors))
            case Quotient() if self._nonzero(expr.den):
                return self.scalar(expr.num) / self.scalar(expr.den)
            case Power() if _is_rational_power(expr.exponent) and (expr.exponent >= 0 or self._nonzero(expr.base)):
                return self.scalar(expr.base) ** expr.exponent.numerator
            case Choice(fn="where", args=(condition, first, second)):  # its condition is 1 or 0
                share = self.scalar(condition)
                return share * self.scalar(first) + (1 - share) * self.scalar(second)
            case _:
                return self._atom(expr)

    def _nonzero(self, expr: Expr) -> bool:
        """Whether division by an expression is proved to be allowed, so that SymPy may cancel it."""
        return iv.excludes_zero(self.enclosure(expr))

    def _atom(self, expr: Expr) -> sp.Symbol:
        """The symbol of a value; that of the cell, where the cell computes it."""
        if isinstance(expr, Ref):
            return self.symbol(expr)
        known = self._known.get(expr)
        if known is not None:
            return self.symbol(known)
        if expr not in self._symbol:
            whole = isinstance(expr, Quotient)  # its denominator may be 0
            symbol = self.symbol(expr, iv.REAL if whole else natural(expr, self))
            if isinstance(expr, Apply | Choice):
                self._told_apart(symbol, expr)
        return self._symbol[expr]

    def condition(self, expr: Expr) -> sp.Symbol | None:
        """The symbol that a comparison with a number bounds; None if it compares anything else."""
        difference = sp.expand(self.scalar(expr.left) - self.scalar(expr.right)) if isinstance(expr, Compare) else sp.Integer(0)
        symbols = difference.free_symbols
        return next(iter(symbols)) if len(symbols) == 1 and difference.diff(*symbols).is_Number else None

    def unlowered(self, expr: Expr) -> Expr:
        """An expression in the author's names only."""
        if isinstance(expr, Ref):
            inner = expr.name not in self._authors and expr in self.program.definition
            return self.unlowered(as_expr(self.program.definition[expr], self.program.shapes)) if inner else expr
        return rebuild(expr, self.unlowered)

    def expansions(self, expr: sp.Expr) -> Iterator[tuple[sp.Expr, tuple[Ref, ...]]]:
        """``expr`` with the definitions of more and more of its values put in, the last computed first; and which."""
        done: list[Ref] = []
        yield expr, ()
        for symbol in reversed(self.order):
            if symbol in expr.free_symbols:
                expr = expr.subs(symbol, self.definition[symbol])
                if self.ref[symbol].name not in self.program.inline:
                    done.append(self.ref[symbol])
                yield expr, tuple(done)


def any_choice(expr: Expr) -> bool:
    """Whether an expression chooses between values."""
    return isinstance(expr, Choice) or any(map(any_choice, children(expr)))


def usual_values(cell: Cell) -> Mapping[Name, Fraction]:
    """The constants with their usual values, without arrays of ones: these only hold a place."""
    return {name: value for name, value in cell.constants.items() if not cell.shapes[name] or value != 1}


def _is_rational_power(exponent: Fraction) -> bool:
    return exponent.denominator == 1 and abs(exponent) <= MOST_POWER
