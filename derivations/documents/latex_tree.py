r"""The LaTeX of documents as a tree: what other formats and estimates of width are made of.

The vocabulary is closed: everything comes from our own printers. An unknown command is an error, not a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Atom:
    """A letter, a number, a sign or a command without argument."""

    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Things in a row."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its arguments: accents, fractions, fonts."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Words:
    r"""``\text{…}``, ``\mathrm{…}``, ``\operatorname{…}``: letters that are not variables."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Scripted:
    """A base with a sub- and a superscript."""

    base: Node
    sub: Node | None = None
    sup: Node | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of cells in round brackets, or behind a brace: the cases of a choice."""

    rows: tuple[tuple[Node, ...], ...]
    cases: bool = False


Node: TypeAlias = Atom | Group | Command | Words | Scripted | Matrix

ARGUMENTS = {
    "frac": 2,
    "tfrac": 2,
    "bar": 1,
    "overline": 1,
    "hat": 1,
    "tilde": 1,
    "dot": 1,
    "underline": 1,
    "mathbf": 1,
    "mathbb": 1,
    "sqrt": 1,
}
WORDS = {"mathrm", "text", "operatorname"}
_TOKEN = re.compile(r"\\(?:begin|end)\{(?:pmatrix|cases)\}|\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|\s+|.", re.DOTALL)


@lru_cache(maxsize=4096)
def parse(latex: str) -> Group:
    """The tree of a formula."""
    reader = _Reader(latex)
    return Group(reader.row())


class _Reader:
    def __init__(self, latex: str) -> None:
        self.tokens = _TOKEN.findall(latex)
        self.at = 0

    def peek(self) -> str:
        """The next token that is no space; nothing at the end."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def row(self, *ends: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while (token := self.peek()) and token not in ends:
            if token == "'":
                self.take()
                items[-1] = _raised(items[-1], Atom(r"\prime"))
            elif token == r"\T":
                self.take()
                items[-1] = _raised(items[-1], Atom(r"\T"))
            elif token in "_^":
                self.take()
                items[-1] = (_lowered if token == "_" else _raised)(items[-1], self.one())
            else:
                items.append(self.one())
        return tuple(items)

    def one(self) -> Node:
        token = self.take()
        name = token[1:]
        if token == "{":
            items = self.row("}")
            self.take()
            return items[0] if len(items) == 1 else Group(items)
        if token.startswith(r"\begin"):
            return self.matrix(token.replace("begin", "end"))
        if token.startswith("\\") and name in WORDS:
            return Words(name, self.braced())
        if token.startswith("\\") and name in ARGUMENTS:
            return Command(name, tuple(self.one() for _ in range(ARGUMENTS[name])))
        return Atom(token)

    def braced(self) -> str:
        """The words in braces, with their spaces."""
        self.take()
        depth, end = 1, self.at
        while depth and end < len(self.tokens):
            depth += {"{": 1, "}": -1}.get(self.tokens[end], 0)
            end += 1
        end -= 1
        text = "".join(" " if t == r"\ " else t for t in self.tokens[self.at : end])
        self.at = end + 1
        return text

    def matrix(self, end: str) -> Matrix:
        rows: list[tuple[Node, ...]] = []
        cells: list[Node] = []
        while True:
            cells.append(Group(self.row("&", "\\\\", end)))
            token = self.take()
            if self.peek() == "[":  # the space after a row
                self.at = self.tokens.index("]", self.at) + 1
            if token != "&":
                rows.append(tuple(cells))
                cells = []
            if token == end:
                return Matrix(tuple(rows), end == r"\end{cases}")


def _lowered(base: Node, script: Node) -> Node:
    return Scripted(base.base, script, base.sup) if isinstance(base, Scripted) and base.sub is None else Scripted(base, sub=script)


def _raised(base: Node, script: Node) -> Node:
    if isinstance(base, Scripted):
        sup = script if base.sup is None else Group((base.sup, script))
        return Scripted(base.base, base.sub, sup)
    return Scripted(base, sup=script)
