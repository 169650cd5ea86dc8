"""Documents as LaTeX articles for pdflatex, with the packages of Debian's texlive-latex-extra."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import jinja2

from derivations.documents import escape
from derivations.documents.breaking import broken
from derivations.documents.diagram.tikz import tikz
from derivations.documents.model import Algorithm, Block, Document, Figure, Items, Link, Math, Paragraph, Rich, Row, Steps, Table
from derivations.documents.tex_blocks import algorithm, table
from derivations.documents.width import width

NAMES = {"sec": "Section", "tab": "Table", "fig": "Figure", "alg": "Algorithm"}
TOGETHER = 30.0  # lines of rows that stay on one page
BLOCK = 9.0  # lines of each part of a longer block
HANGING = 6.8  # em of a left side that hangs to the left of its box
HEIGHTS = {"": 1.3, r"\tall ": 2.1, r"\taller ": 2.8}  # lines
TEXT_WIDTH = 43.8  # em of 10 pt


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(
        loader=loader,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        autoescape=False,  # every text goes through escape.tex
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("article.tex.j2")


def render(document: Document) -> str:
    """The whole article."""
    writer = Writer(document)
    return _template().render(
        title=escape.tex(document.title),
        subtitle=escape.tex(document.subtitle),
        source=escape.tex(document.source),
        opening=writer.blocks(document.opening),
        sections=[(s.key, escape.tex(s.title), writer.room(s.blocks), writer.blocks(s.blocks)) for s in document.sections],
        references=[(key, writer.rich(text)) for key, text in document.references],
    )


class Writer:
    """Blocks as TeX; labels come from the document."""

    def __init__(self, document: Document) -> None:
        self.labels = {row.number: row.label for row in document.rows()}
        self.rules = {name: number for number, name in enumerate(document.rules, 1)}

    def blocks(self, blocks: tuple[Block, ...]) -> list[str]:
        """Blocks with, before a text that introduces one, the room that both need."""
        out: list[str] = []
        for k, block in enumerate(blocks):
            following = blocks[k + 1] if k + 1 < len(blocks) else None
            if k and isinstance(block, Paragraph) and block.lead and following:
                out.append(rf"\need{{{self.height(block) + self.height(following):.1f}\baselineskip}}%")
            out.append(self.block(block))
        return out

    def room(self, blocks: tuple[Block, ...]) -> str:
        """The lines that a section heading and its first blocks need together."""
        return f"{max(12.5, 3.0 + sum(self.height(block) for block in blocks[:2])):.1f}"

    def height(self, block: Block) -> float:
        """About how high a block is, in lines; at most a good part of a page."""
        match block:
            case Paragraph():
                return 1.2 + self.plain(block.text) / TEXT_WIDTH
            case Steps():
                return min(30.0, 0.5 + sum(HEIGHTS[_strut(row.latex)] for row in block.rows))
            case Table():
                return min(30.0, 3.8 + sum(HEIGHTS[_strut(_formulas(cells))] or 1.05 for cells in block.rows))
            case Algorithm():
                return min(30.0, 4.0 + 1.1 * len(block.lines))
            case _:
                return 3.0

    def block(self, block: Block) -> str:
        match block:
            case Paragraph():
                return self.paragraph(block)
            case Steps():
                return "\n\\continued\n".join(self.steps(rows) for rows in pages(block.rows))
            case Table():
                return table(block, self)
            case Algorithm():
                return algorithm(block, self)
            case Figure():
                return self.figure(block)
            case Items():
                items = "\n".join(rf"\item {self.rich(item)}" for item in block.items)
                return f"\\begin{{enumerate}}[label=(\\alph*),leftmargin=2.1em,itemsep=2pt]\n{items}\n\\end{{enumerate}}"

    def rich(self, text: Rich) -> str:
        """Text with formulas and references."""
        return "".join(self.inline(part) for part in text)

    def inline(self, part: str | Math | Link) -> str:
        if isinstance(part, str):
            return escape.tex(part) if part.strip() == part else _keeping_spaces(part)
        if isinstance(part, Math):
            return f"${part.latex}$"
        match part.kind:
            case "eq":
                return rf"\eqref{{eq:{self.labels[int(part.to)]}}}"
            case "rule":
                return rf"\rul{{{self.rules[str(part.to)]}}}"
            case "cite":
                return rf"\cite{{{part.to}}}"
            case "sec":
                return rf"\ref{{sec:{part.to}}}"
            case _:
                return rf"{NAMES[part.kind]}~\ref{{{part.kind}:{part.to}}}"

    def steps(self, rows: Sequence[Row]) -> str:
        return "\\begin{steps}\n" + "\\\\\n".join(self.row(row) for row in rows) + "\n\\end{steps}"

    def paragraph(self, block: Paragraph) -> str:
        text = self.rich(block.text)
        return rf"\head{{{self.rich(block.head)}}} {text}" if block.head else f"\\par {text}"

    def row(self, row: Row) -> str:
        """One formula, on several lines where it is wider than the page."""
        lines, note_below = broken(row.lhs, row.rhs, row.also, self.plain(row.note))
        note = self.rich(row.note)
        strut = _strut(row.latex)
        lhs = row.lhs
        if width(lhs) > HANGING:  # it would reach the number: a line of its own
            lhs, lines = "", [rf"\hspace{{-5em}}{row.lhs}", *lines]
            note_below = note_below or len(lines) > 1
        first = rf"\st{{eq:{row.label}}}{{{lhs}}}{{{strut}{lines[0]}}}{{{'' if note_below else note}}}"
        more = [rf"\more{{{_strut(line)}{line}}}" for line in lines[1:]]
        if note_below and note:
            more.append(rf"\noterow{{{note}}}")
        return "\\\\*\n".join([first, *more]).replace("\\\\*\n\\noterow", "\\\\*[-1.6ex]\n\\noterow")

    def plain(self, text: Rich) -> float:
        """The width of a text in em."""
        return sum(width(p.latex) if isinstance(p, Math) else 1.8 if isinstance(p, Link) else 0.46 * len(p) for p in text)

    def figure(self, block: Figure) -> str:
        caption = rf"\caption{{{self.rich(block.caption)}}}\label{{fig:{block.key}}}"
        return f"\\begin{{figure}}[H]\n\\centering\n{tikz(block.scene)}\n{caption}\n\\end{{figure}}"


def _formulas(cells: Sequence[Rich]) -> str:
    """The formulas of a row of a table, for its height: there only matrices are high."""
    return " ".join(part.latex for cell in cells for part in cell if isinstance(part, Math) and "pmatrix" in part.latex)


def _keeping_spaces(text: str) -> str:
    """The spaces at both ends of a piece separate it from its neighbours."""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and text.strip() else ""
    return before + escape.tex(text) + after


def pages(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Rows that stay together: a block of rows never breaks, so a long one is several, between which a page may end."""
    start, high = 0, 0.0
    most = math.inf if sum(HEIGHTS[_strut(row.latex)] for row in rows) <= TOGETHER else BLOCK
    for k, row in enumerate(rows):
        high += HEIGHTS[_strut(row.latex)]
        if high > most:
            yield rows[start:k]
            start, high = k, HEIGHTS[_strut(row.latex)]
    yield rows[start:]


def _strut(latex: str) -> str:
    """One of three heights of a row: a line, a fraction or a sum over gates, a sum over time or a matrix."""
    high = any(part in latex for part in (r"\sum_{t=1}", "pmatrix", "cases", "cosh^2"))
    if high or re.search(r"\\frac\{[^{}]*(\{[^{}]*\}[^{}]*)*\\frac", latex):
        return r"\taller "
    return r"\tall " if r"\frac" in latex or r"\sum" in latex else ""
