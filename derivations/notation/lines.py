"""From the tokens of a text to the tokens of each equation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lark import Token

_OPERATORS = frozenset({"_PLUS", "MINUS", "OPERATOR", "SLASH", "_EQUAL"})
_ENDS = frozenset({"SOFT", "HARD"})
_PUNCTUATION = frozenset({"_COMMA", "DOT"})


def equations(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The equations of a text, without the punctuation of the sentence around them.

    A line end (``SOFT``) does not end an equation next to an operator; ``;`` and the frame of a formula (``HARD``) always do.
    """
    equation: list[Token] = []
    for index, token in enumerate(tokens):
        if token.type not in _ENDS:
            equation.append(token)
        elif token.type == "HARD" or not (_open_end(equation) or _continues(tokens, index)):
            yield from _trimmed(equation)
            equation = []
    yield from _trimmed(equation)


def _open_end(equation: Sequence[Token]) -> bool:
    return bool(equation) and equation[-1].type in _OPERATORS


def _continues(tokens: Sequence[Token], index: int) -> bool:
    """Whether the next line begins with an operator; only the first of several line ends looks ahead."""
    while index < len(tokens) and tokens[index].type == "SOFT":
        index += 1
    return index < len(tokens) and tokens[index].type in _OPERATORS


def _trimmed(equation: list[Token]) -> Iterator[list[Token]]:
    first, last = 0, len(equation)
    while first < last and equation[first].type in _PUNCTUATION:
        first += 1
    while last > first and equation[last - 1].type in _PUNCTUATION:
        last -= 1
    if first < last:
        yield equation[first:last]
