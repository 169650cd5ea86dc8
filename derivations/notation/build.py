"""What each rule of ``grammar.lark`` makes: the nodes of the tree."""

from __future__ import annotations

from fractions import Fraction

from lark import Token, Transformer, v_args

from derivations.errors import CellError, Span
from derivations.notation.scripts import Script, attach, exponent, subscript, superscript
from derivations.notation.spelling import CALLS
from derivations.notation.tree import (
    Apply,
    Assignment,
    Call,
    Compare,
    Concat,
    Expr,
    Name,
    Neg,
    Number,
    Power,
    Quotient,
    Ref,
    Sum,
    Times,
    Transpose,
)


@v_args(inline=True)
class Build(Transformer[Token, Expr]):
    """The methods are named after the rules."""

    def __init__(self, *, plain: bool) -> None:
        super().__init__()
        self._plain = plain

    def equation(self, target: Expr, expr: Expr) -> Assignment:
        """``target = expr``."""
        if not isinstance(target, Ref):
            hint = "write name = expression, as in h_t = o_t ⊙ tanh(c_t)"
            raise CellError("the left side is not a single name", hint=hint, span=target.span)
        return Assignment(target, expr, target.span)

    def expression(self, expr: Expr) -> Expr:
        """A whole text that is one expression."""
        return expr

    def total(self, first: Expr, *others: Expr) -> Expr:
        """Terms in the author's order."""
        return Sum((first, *others), first.span)

    def added(self, term: Expr) -> Expr:
        """A term after a plus sign."""
        return term

    def negated(self, minus: Token, arg: Expr) -> Expr:
        """A term after a minus sign."""
        return Neg(arg, _span(minus))

    def times(self, left: Expr, operator: Token, right: Expr) -> Expr:
        """A product with a sign."""
        return Times(str(operator), left, right, left.span)

    def quotient(self, num: Expr, slash: Token, den: Expr) -> Expr:
        """``a / b``."""
        return Quotient(num, den, num.span)

    def unclear(self, num: Expr, slash: Token, den: Expr, factor: Expr) -> Expr:
        """``a / b c``: what stands below the line?"""
        raise CellError("a product after '/' without brackets", hint="write (a / b) c or a / (b c)", span=_span(slash))

    def beside(self, left: Expr, right: Expr) -> Expr:
        """Two factors without a sign between them."""
        return Times("", left, right, left.span)

    def bare(self, function: Token, arg: Expr) -> Expr:
        """``tanh c_t``."""
        if self._plain or not isinstance(arg, Ref):
            raise CellError(f"the argument of '{function}' has no brackets", hint=f"write {function}(...)", span=_span(function))
        return Apply(str(function), arg, _span(function))

    def apply(self, function: Token, arg: Expr) -> Expr:
        """``tanh(...)``."""
        return Apply(str(function), arg, _span(function))

    def called(self, word: Token, *args: Expr) -> Expr:
        """``max(a, b)``, ``mean(v)``: a word with arguments; a square root is a power."""
        if len(args) != CALLS[word]:
            hint = f"{word} takes {CALLS[word]} argument{'s' * (CALLS[word] > 1)}"
            raise CellError(f"'{word}' with {len(args)} argument{'s' * (len(args) > 1)}", hint=hint, span=_span(word))
        if (word == "where") != isinstance(args[0], Compare) or any(isinstance(arg, Compare) for arg in args[1:]):
            raise CellError("a comparison in the wrong place", hint="it is the first argument in where(a > b, c, d)", span=_span(word))
        if word == "sqrt":
            return Power(args[0], Fraction(1, 2), _span(word))
        return Call(str(word), args, _span(word))

    def compare(self, left: Expr, relation: Token, right: Expr) -> Expr:
        """``a >= b``."""
        return Compare(left, str(relation), right, _span(relation))

    def fraction(self, sign: Token, num: Expr, den: Expr) -> Expr:
        r"""``\frac{a}{b}``."""
        return Quotient(num, den, _span(sign))

    def concat(self, *parts: Expr) -> Expr:
        """Vectors below each other."""
        return Concat(parts, parts[0].span)

    def number(self, token: Token) -> Expr:
        """An exact constant."""
        return Number(Fraction(token), str(token), _span(token))

    def ref(self, token: Token) -> Expr:
        """A letter or word; its scripts follow."""
        return Ref(Name(str(token)), None, _span(token))

    def accent(self, token: Token, arg: Expr) -> Expr:
        r"""``\tilde h``."""
        if not isinstance(arg, Ref):
            hint = "put the accent on the letter: \\tilde{h}_t"
            raise CellError("an accent over something that is not a name", hint=hint, span=_span(token))
        return attach(Ref(arg.name, arg.time, _span(token)), Script(accents=(str(token),)), _span(token))

    def scripted(self, base: Expr, *tokens: Token) -> Expr:
        """Labels, times and accents join the name; at most one exponent or transposition acts on the value."""
        action: Script | None = None
        for token in tokens:
            script = _script(token)
            if script.acts and action is not None:
                raise CellError("a second exponent or transposition", hint="write brackets, as in (W^T)^2", span=_span(token))
            if script.acts:
                action = script
            if script != Script(exponent=script.exponent, transpose=script.transpose):
                base = _attached(base, script, _span(token))
        if action is None:
            return base
        return Transpose(base, base.span) if action.exponent is None else Power(base, action.exponent, base.span)


def _span(token: Token) -> Span:
    return Span(token.line or 1, token.column or 1)


def _script(token: Token) -> Script:
    if token.type == "SUB":
        return subscript(str(token), _span(token))
    if token.type == "SUP":
        return superscript(str(token), _span(token))
    if token.type == "POWER":
        return Script(exponent=exponent(str(token), _span(token)))
    return Script(accents=(str(token),))


def _attached(base: Expr, script: Script, span: Span) -> Expr:
    if not isinstance(base, Ref):
        hint = "labels and times belong to names, as in W_f and h_{t-1}"
        raise CellError("a label or time on something that is not a name", hint=hint, span=span)
    return attach(base, script, span)
