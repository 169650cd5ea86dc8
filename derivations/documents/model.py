"""A document as data: sections of blocks, the same for every format. Renderers decide how it looks, never what it says.

Formulas are LaTeX in the small vocabulary of ``derivations.notation.to_latex`` and of ``maths``. Plain strings are text
and are escaped by every renderer, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from derivations.documents.diagram.scene import Scene


@dataclass(frozen=True, slots=True)
class Math:
    """A formula in a line of text."""

    latex: str


@dataclass(frozen=True, slots=True)
class Link:
    """A reference: to an equation by its number, or to a rule, section, table, figure, algorithm or source by its key."""

    kind: Literal["eq", "rule", "sec", "tab", "fig", "alg", "cite"]
    to: int | str


Inline: TypeAlias = str | Math | Link
Rich: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One numbered formula: ``lhs rhs`` with a note; ``rhs`` begins with its relation and is cut where lines may break.

    ``also`` is a second formula of the same row: the definition of a factor, or the other end of time.
    """

    number: int
    label: str
    lhs: str
    rhs: tuple[str, ...]
    note: Rich = ()
    also: str = ""
    index: str = ""  # the same in index form, where a reader may want it

    @property
    def latex(self) -> str:
        """The whole formula in one line."""
        return f"{self.lhs} {' '.join(self.rhs)}" + (rf",\qquad {self.also}" if self.also else "")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; with a ``head`` it begins with a run-in heading."""

    text: Rich
    head: Rich = ()
    lead: bool = False  # whether the block after it belongs to it


@dataclass(frozen=True, slots=True)
class Steps:
    """Numbered formulas on the one grid of the document."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; a table with a caption is numbered and can be referred to by its key."""

    columns: tuple[Rich, ...]
    rows: tuple[tuple[Rich, ...], ...]
    caption: Rich = ()
    key: str = ""
    wide: tuple[int, ...] = ()  # columns whose text may wrap
    anchors: tuple[str, ...] = ()  # one for each row: the rule that it states


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an algorithm: assignments with the equations that they come from."""

    formulas: tuple[str, ...]  # LaTeX, separated by commas in print
    source: Rich = ()
    words: Rich = ()  # instead of formulas, or after them
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Algorithm:
    """Numbered lines between rules."""

    key: str
    caption: Rich
    given: Rich
    lines: tuple[Line, ...]
    result: Rich


@dataclass(frozen=True, slots=True)
class Figure:
    """The data-flow diagram."""

    key: str
    scene: Scene
    caption: Rich


@dataclass(frozen=True, slots=True)
class Items:
    """Lettered statements with their proofs."""

    items: tuple[Rich, ...]


Block: TypeAlias = Paragraph | Steps | Table | Algorithm | Figure | Items


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole article."""

    title: str
    subtitle: str
    source: str
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
    rules: tuple[str, ...]  # the names of the rules in the order of their numbers
    references: tuple[tuple[str, Rich], ...] = field(default=())  # key, text

    def blocks(self) -> Iterator[Block]:
        """Every block in order."""
        yield from self.opening
        for section in self.sections:
            yield from section.blocks

    def rows(self) -> Iterator[Row]:
        """Every numbered formula in order."""
        for block in self.blocks():
            if isinstance(block, Steps):
                yield from block.rows

    @property
    def sections_by_key(self) -> dict[str, int]:
        """The number of each section."""
        return {section.key: number for number, section in enumerate(self.sections, 1)}

    @property
    def counters(self) -> dict[tuple[str, str], int]:
        """The numbers of captioned tables, figures and algorithms."""
        numbers: dict[tuple[str, str], int] = {}
        for block in self.blocks():
            kind = {Table: "tab", Figure: "fig", Algorithm: "alg"}.get(type(block))
            key = getattr(block, "key", "")
            if kind and key:
                numbers[kind, key] = 1 + sum(k == kind for k, _ in numbers)
        return numbers
