"""From text to trees: equations in plain, Unicode or LaTeX notation, read by one grammar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedToken
from lark.lexer import Lexer

from derivations.errors import CellError
from derivations.notation.build import Build
from derivations.notation.explain import explain
from derivations.notation.guard import Source
from derivations.notation.lines import equations
from derivations.notation.scan import Scanner
from derivations.notation.tree import Assignment, Expr, children

# Everything that walks over trees may recurse: this depth stays far from Python's own limit.
MAX_DEPTH = 120


def read(text: str) -> tuple[Assignment, ...]:
    """The equations of a cell in the order of the text.

    Raises ``CellError`` with the place, what was found and what would be right, and nothing else.
    """
    scanner = Scanner(Source(text))
    found = tuple(_equation(tokens, scanner) for tokens in equations(scanner.tokens))
    if not found:
        raise CellError("there is no equation", hint="write one equation per line, as in h_t = tanh(W x_t + U h_{t-1} + b)", span=scanner.source.span(0))
    return found


def read_expr(text: str) -> Expr:
    """A single expression, as in claims and substitutions."""
    scanner = Scanner(Source(text))
    found = list(equations(scanner.tokens))
    if not found:
        raise CellError("there is no expression", hint="write an expression, as in f_t ⊙ c_{t-1}", span=scanner.source.span(0))
    if len(found) > 1:
        raise CellError("a second expression", hint="write one expression only", span=scanner.source.span(found[1][0].start_pos or 0))
    for token in found[0]:
        if token.type == "_EQUAL":
            raise CellError("'=' in an expression", hint="write only one side of the equation", span=scanner.source.span(token.start_pos or 0))
    expr: Expr = _parse(found[0], "expression", scanner)
    return expr


def _equation(tokens: Sequence[Token], scanner: Scanner) -> Assignment:
    equals = [t for t in tokens if t.type == "_EQUAL"]
    if not equals:
        raise CellError("no '=' in this equation", hint="write it as name = expression", span=scanner.source.span(tokens[0].start_pos or 0))
    if len(equals) > 1:
        raise CellError(
            "a second '=' in one equation",
            hint="end the equation before it: with a new line, with ';', or with \\\\ in LaTeX",
            span=scanner.source.span(equals[1].start_pos or 0),
        )
    assignment: Assignment = _parse(tokens, "equation", scanner)
    return assignment


def _parse(tokens: Sequence[Token], start: str, scanner: Scanner) -> Any:
    """The tree of one equation or expression, refused if it is too deep to be walked."""
    try:
        # lark types its input as text; a custom lexer may be given anything.
        tree = _grammar(scanner.is_plain).parse(tokens, start=start)  # type: ignore[arg-type]
    except UnexpectedToken as error:
        raise explain(error.token, tokens, scanner.source) from None
    expr = tree.expr if isinstance(tree, Assignment) else tree
    if _depth(expr) > MAX_DEPTH:
        raise CellError(
            f"the expression is nested deeper than {MAX_DEPTH}",
            hint="give an inner part a name and an equation of its own",
            span=scanner.source.span(tokens[0].start_pos or 0),
        )
    return tree


def _depth(expr: Expr) -> int:
    """The length of the longest path from the root; without recursion, because nothing is known about the tree yet."""
    deepest, level = 0, [expr]
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        level = [child for node in level for child in children(node)]
    return deepest


class _Tokens(Lexer):
    """Hands lark the tokens that the scanner has made."""

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
