"""One entry of a cell as scalars: a symbol for every value, an interval for every symbol, and what the symbols stand for.

Parameters, inputs, previous states and products with matrices may be any real number. Different symbols are treated as
if they were independent, which can only make an interval wider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import sympy as sp

from derivations.cell import Cell
from derivations.equations import Contraction, Equation, Layout, Pointwise, Program, Reduction, as_expr
from derivations.functions import FUNCTIONS, Interval
from derivations.notation.tree import Apply, Concat, Expr, Neg, Number, Power, Product, Quotient, Ref, Sum, Transpose, rebuild
from derivations.proofs.ranges import interval as iv
from derivations.proofs.ranges.sign import interval

MOST_POWER = 8  # a higher power is not multiplied out


class Scalars:
    """The scalars of a cell.

    ``box`` gives the interval of each symbol; ``definition`` what a symbol stands for, where that is an expression in
    other symbols; ``assume`` intervals for previous states, for proofs by induction.
    """

    def __init__(self, cell: Cell, assume: Mapping[Ref, Interval] | None = None) -> None:
        self.program: Program = cell.program
        self.box: dict[sp.Symbol, Interval] = {}
        self.definition: dict[sp.Symbol, sp.Expr] = {}
        self.order: list[sp.Symbol] = []  # of the definitions
        self.ref: dict[sp.Symbol, Ref] = {}
        self._symbol: dict[Expr, sp.Symbol] = {}
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
                self.symbol(eq.target, iv.image(FUNCTIONS[expr.fn], self.enclosure(expr.arg)))
            case Pointwise():
                scalar = self.scalar(eq.expr)
                symbol = self.symbol(eq.target, self.enclosure(eq.expr))
                self.definition[symbol] = scalar
                self.order.append(symbol)
            case Layout():
                self.symbol(eq.target, iv.hull(self[ref] for ref in eq.operands))
            case Reduction():
                self.symbol(eq.target, _total(self[eq.operand]))
            case Contraction():
                self.symbol(eq.target)

    def enclosure(self, expr: Expr) -> Interval:
        """An interval that holds an expression: the better of the Bernstein bounds and of interval arithmetic."""
        try:
            natural = self._natural(expr)
        except iv.Unordered:
            natural = iv.REAL
        scalar = self.scalar(expr)
        try:
            return iv.meet(interval(scalar, self.box), natural) or natural
        except iv.Unordered:
            return natural

    def _natural(self, expr: Expr) -> Interval:
        match expr:
            case Number():
                return iv.point(expr.value)
            case Sum():
                first, *rest = (self._natural(term) for term in expr.terms)
                for box in rest:
                    first = iv.add(first, box)
                return first
            case Neg():
                return iv.negative(self._natural(expr.arg))
            case Product():
                first, *rest = (self._natural(factor) for factor in expr.factors)
                for box in rest:
                    first = iv.multiply(first, box)
                return first
            case Quotient():
                return iv.multiply(self._natural(expr.num), iv.reciprocal(self._natural(expr.den)))
            case Power():
                return iv.power(self._natural(expr.base), expr.exponent)
            case Apply():
                return iv.image(FUNCTIONS[expr.fn], self.enclosure(expr.arg))
            case _:
                return self.box[self._atom(expr)]

    def scalar(self, expr: Expr) -> sp.Expr:
        """An entrywise expression in symbols; what is not a polynomial or a quotient of them gets a symbol of its own."""
        match expr:
            case Number():
                return sp.Rational(expr.value.numerator, expr.value.denominator)
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
        if expr in self._symbol:
            return self._symbol[expr]
        match expr:
            case Apply() | Power():
                return self.symbol(expr, self._natural(expr))
            case Concat():
                return self.symbol(expr, iv.hull(self._natural(part) for part in expr.parts))
            case Transpose():
                return self.symbol(expr, self._natural(expr.arg))
            case _:
                return self.symbol(expr)

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


def _is_rational_power(exponent: Fraction) -> bool:
    return exponent.denominator == 1 and abs(exponent) <= MOST_POWER


def _total(box: Interval) -> Interval:
    """All sums of one or more numbers of an interval."""
    low_kept, high_kept = iv.sign(box.low) >= 0, iv.sign(box.high) <= 0
    return Interval(
        box.low if low_kept else -sp.oo,
        box.high if high_kept else sp.oo,
        low_kept and box.low_closed,
        high_kept and box.high_closed,
    )
