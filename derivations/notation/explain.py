"""What to say about a token that the grammar does not allow where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from derivations.errors import CellError, Span
from derivations.notation.guard import Source, quote

_OPERATORS = frozenset({"_PLUS", "MINUS", "OPERATOR", "SLASH", "_EQUAL", "RELATION"})
_OPENING = frozenset({"_LPAR", "_LBRACE", "_LSQUARE", "_LMATRIX"})
_CLOSING = frozenset({"_RPAR", "_RBRACE", "_RSQUARE", "_RMATRIX"})
_SCRIPTS = frozenset({"SUB", "SUP", "POWER", "MARK"})
_OPERANDS = _OPENING | {"NAME", "NUMBER", "FUNCTION", "CALL", "ACCENT", "FRACTION", "_CONCAT"}


def explain(token: Token, tokens: Sequence[Token], source: Source) -> CellError:
    """The error for ``token``, judged by what stands before it; the end of the input is a token of type ``$END``."""
    ended = token.type == "$END"
    index = len(tokens) if ended else next(i for i, t in enumerate(tokens) if t is token)
    found = "the end" if ended else quote(_text(token, source))
    if not index:
        return CellError(
            f"expected an expression before {found}", hint="an expression begins with a name, a number or a function", span=_span(token)
        )
    before = tokens[index - 1]
    here = _span(before if ended else token)
    if before.type in ("FUNCTION", "_CONCAT", "CALL"):
        return CellError(
            f"the function '{_text(before, source)}' has no argument", hint=_argument(token, _text(before, source)), span=_span(before)
        )
    if before.type in ("ACCENT", "FRACTION"):
        return CellError(f"expected an argument after '{_text(before, source)}', found {found}", hint="write it in braces", span=here)
    if before.type in _OPERATORS | _OPENING | {"_COMMA"}:
        hint = "an operator needs an expression on both sides" if before.type in _OPERATORS else "brackets hold expressions"
        return CellError(f"expected an expression after '{_text(before, source)}', found {found}", hint=hint, span=here)
    if ended:
        return CellError("the equation ends too early", hint="an argument is missing, as in \\frac{a}{b}", span=here)
    return CellError(f"unexpected {found}", hint=_unexpected(token, tokens[:index]), span=here)


def _argument(token: Token, function: str) -> str:
    if token.type in _SCRIPTS:
        return f"a function takes no scripts: write {function}(...), or a power of the whole, as in ({function}(x))^2"
    return f"write {function}(...), with brackets"


def _unexpected(token: Token, before: Sequence[Token]) -> str:
    nesting = sum((t.type in _OPENING) - (t.type in _CLOSING) for t in before)
    if token.type == "NUMBER":
        return "write the number first, as in 2 x, or a sign between: x * 2"
    if token.type == "_COMMA" and nesting:
        return "round brackets hold one expression; [a, b] puts vectors below each other"
    if token.type == "_COMMA":
        return "two subscripts go in braces, as in a_{f,t}; every equation has a line of its own"
    if token.type in _OPERANDS:
        return "put the argument of the function in brackets, as in tanh(W x)"
    if token.type == "RELATION" and str(token) != "=":
        return "a comparison stands in where(a > b, …)"
    if token.type in ("_EQUAL", "RELATION"):
        return "the '=' of an equation stands outside brackets"
    return "delete it"


def _text(token: Token, source: Source) -> str:
    """As the author wrote it: the value of a token is already in one spelling."""
    return source.text[token.start_pos or 0 : token.end_pos or 0] or str(token)


def _span(token: Token) -> Span:
    return Span(token.line or 1, token.column or 1)
