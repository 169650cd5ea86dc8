"""From text to trees: equations in plain, Unicode or LaTeX notation, read by one grammar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedToken
from lark.lexer import Lexer

from derivations.errors import CellError
from derivations.notation.build import Build
from derivations.notation.cursor import Cursor
from derivations.notation.explain import explain
from derivations.notation.guard import Source
from derivations.notation.lines import equations
from derivations.notation.scan import scan
from derivations.notation.tree import Assignment, Expr, children

# Everything that walks over trees may recurse: this depth stays far from Python's own limit.
MAX_DEPTH = 120


def read(text: str) -> tuple[Assignment, ...]:
    """The equations of a cell in the order of the text.

    Raises ``CellError`` with the place, what was found and what would be right, and nothing else.
    """
    cursor = scan(Source(text))
    found = tuple(_equation(tokens, cursor) for tokens in equations(cursor.tokens))
    if not found:
        hint = "write one equation per line, as in h_t = tanh(W x_t + U h_{t-1} + b)"
        raise CellError("there is no equation", hint=hint, span=cursor.span(0))
    return found


def read_expr(text: str) -> Expr:
    """A single expression, as in claims and substitutions."""
    cursor = scan(Source(text))
    found = list(equations(cursor.tokens))
    if not found:
        raise CellError("there is no expression", hint="write an expression, as in f_t ⊙ c_{t-1}", span=cursor.span(0))
    if len(found) > 1:
        raise CellError("a second expression", hint="write one expression only", span=cursor.span(found[1][0].start_pos or 0))
    for token in found[0]:
        if token.type == "_EQUAL":
            raise CellError("'=' in an expression", hint="write only one side of the equation", span=cursor.span(token.start_pos or 0))
    expr: Expr = _parse(found[0], "expression", cursor)
    return expr


def _equation(tokens: Sequence[Token], cursor: Cursor) -> Assignment:
    equals = [t for t in tokens if t.type == "_EQUAL"]
    if not equals:
        raise CellError("no '=' in this equation", hint="write it as name = expression", span=cursor.span(tokens[0].start_pos or 0))
    if len(equals) > 1:
        raise CellError(
            "a second '=' in one equation",
            hint="end the equation before it: with a new line, with ';', or with \\\\ in LaTeX",
            span=cursor.span(equals[1].start_pos or 0),
        )
    assignment: Assignment = _parse(tokens, "equation", cursor)
    return assignment


def _parse(tokens: Sequence[Token], start: str, cursor: Cursor) -> Any:
    """The tree of one equation or expression, refused if it is too deep to be walked."""
    try:
        # lark types its input as text; a custom lexer may be given anything.
        tree: Any = _grammar(cursor.is_plain).parse(tokens, start=start)
    except UnexpectedToken as error:
        raise explain(error.token, tokens, cursor.source) from None
    expr: Expr = tree.expr if isinstance(tree, Assignment) else tree
    if _depth(expr) > MAX_DEPTH:
        raise CellError(
            f"the expression is nested deeper than {MAX_DEPTH}",
            hint="give an inner part a name and an equation of its own",
            span=cursor.span(tokens[0].start_pos or 0),
        )
    return tree


def _depth(expr: Expr) -> int:
    """The length of the longest path from the root; without recursion, because nothing is known about the tree yet."""
    deepest = 0
    level: list[Expr] = [expr]
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        level = [child for node in level for child in children(node)]
    return deepest


class _Tokens(Lexer):
    """Hands lark the tokens that the cursor has made."""

    def __init__(self, _: object) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any = None) -> Iterator[Token]:
        """The input of ``parse`` as it is: lark hands it through in place of a state."""
        yield from lexer_state


@cache
def _grammar(plain: bool) -> Lark:
    """The parser; trees are built while parsing, so no second walk can run out of stack."""
    return Lark.open(
        "grammar.lark",
        rel_to=__file__,
        parser="lalr",
        lexer=_Tokens,
        start=["equation", "expression"],
        transformer=Build(plain=plain),
    )
