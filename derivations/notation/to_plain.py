"""Trees as ASCII that looks like code: ``f * c_prev + i * g``."""

from __future__ import annotations

from types import MappingProxyType

from derivations.notation.printing import ATOM, FACTOR, PRODUCT, ROOT, Piece, Printer
from derivations.notation.spelling import RELATION_PLAIN
from derivations.notation.tree import Apply, Dimension, Expr, Name, Power, Quotient, Ref, Total, Transpose

_TIMES = {None: "", 0: "_t", -1: "_prev", 1: "_next"}


def plain(expr: Expr, *, step: bool = True) -> str:
    """``expr`` in ASCII that ``read_expr`` reads back; with ``step=False`` values at t lose their ``_t``, as in code."""
    return _Plain(step).text(expr)


def name_plain(name: Name, time: int | None = None, *, step: bool = True) -> str:
    """A name: ``h_tilde_t``, ``W_f``, ``c_prev``; marks stand in front, as in ``bar_c_t``."""
    letter = "_".join([*reversed(name.marks), name.base, *name.accents, *filter(None, [name.sub])])
    return letter + (f"^{{({name.sup.replace('_', ',')})}}" if name.sup else "") + (_TIMES[time] if step or time else "")


class _Plain(Printer):
    entrywise, matrix, minus = "*", "@", "-"
    # A raised dot has no ASCII form; juxtaposition leaves as open as it does which product is meant.
    relations, ones_sign = MappingProxyType(RELATION_PLAIN), "ones"
    signs = MappingProxyType({"*": "*", "⊙": "*", "@": "@", "·": ""})

    def __init__(self, step: bool) -> None:
        super().__init__()
        self.step = step

    def ref(self, ref: Ref) -> Piece:
        return name_plain(ref.name, ref.time, step=self.step), ATOM

    def quotient(self, expr: Quotient) -> Piece:
        return f"{self.at(expr.num, PRODUCT)} / {self.at(expr.den, FACTOR)}", PRODUCT

    def power(self, expr: Power) -> Piece:
        if expr.exponent == ROOT:
            return self.called("sqrt", [self.text(expr.base)]), ATOM
        exponent = str(expr.exponent)
        return f"{self.at(expr.base, ATOM)}**{exponent if exponent.isdigit() else f'({exponent})'}", FACTOR

    def dimension(self, expr: Dimension) -> str:
        return " + ".join(expr.size)

    def total(self, expr: Total) -> str:
        return f"sum({self.text(expr.arg)})"

    def transpose(self, expr: Transpose) -> str:
        return self.at(expr.arg, ATOM) + ".T"

    def call(self, expr: Apply) -> str:
        return f"{expr.fn}({self.text(expr.arg)})"
