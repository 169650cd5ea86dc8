"""What to say about a token that the grammar does not allow where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from derivations.errors import CellError, Span
from derivations.notation.guard import Source, quote

_WANTS_OPERAND = frozenset({"_PLUS", "MINUS", "OPERATOR", "_EQUAL", "_LPAR", "_LBRACE", "_LSQUARE", "_LMATRIX", "_COMMA"})
_BEGINS_OPERAND = frozenset({"NAME", "NUMBER", "FUNCTION", "ACCENT", "FRACTION", "_CONCAT", "_LPAR", "_LBRACE", "_LSQUARE", "_LMATRIX"})


def explain(token: Token, tokens: Sequence[Token], source: Source) -> CellError:
    """The error for ``token``, judged by what stands before it; the end of the input is a token of type ``$END``."""
    ended = token.type == "$END"
    index = len(tokens) if ended else next(i for i, t in enumerate(tokens) if t is token)
    before = tokens[index - 1] if index else None
    here = _span(before if ended and before else token)
    found = "the end" if ended else quote(_text(token, source))
    if before is not None and before.type in ("FUNCTION", "_CONCAT"):
        name = _text(before, source)
        return CellError(f"the function '{name}' has no argument", hint=f"write {name}(...), with brackets", span=_span(before))
    if before is not None and before.type in ("ACCENT", "FRACTION"):
        return CellError(f"{found} after '{_text(before, source)}'", hint="put its argument in braces", span=here)
    if before is not None and before.type in _WANTS_OPERAND:
        return CellError(f"expected an expression after '{_text(before, source)}', found {found}", hint=_after(token), span=here)
    if before is None:
        return CellError(f"expected an expression before {found}", hint="names, numbers and functions begin an expression", span=here)
    return CellError(f"unexpected {found}", hint=_unexpected(token, before), span=here)


def _after(token: Token) -> str:
    if token.type == "_PLUS":
        return "a '+' stands between two terms"
    return "an operator needs an expression on both sides"


def _unexpected(token: Token, before: Token) -> str:
    if token.type == "NUMBER":
        return "write the number first, as in 2 x, or a sign between: x * 2"
    if token.type == "_COMMA":
        return "two subscripts go in braces, as in a_{f,t}; [a, b] puts vectors below each other"
    if token.type in _BEGINS_OPERAND and before.type != "NUMBER":
        return "put the argument of the function in brackets, as in tanh(W x)"
    if token.type == "_EQUAL":
        return "an equation has one '=', outside brackets"
    return "delete it"


def _text(token: Token, source: Source) -> str:
    """As the author wrote it: the value of a token is already in one spelling."""
    return source.text[token.start_pos or 0 : token.end_pos or 0] or str(token)


def _span(token: Token) -> Span:
    return Span(token.line or 1, token.column or 1)
