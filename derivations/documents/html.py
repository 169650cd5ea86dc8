"""Documents as one HTML file: MathML, no script, nothing from the network; every step can be opened for its index form."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import jinja2

from derivations.documents import mathml
from derivations.documents.diagram.svg import svg
from derivations.documents.escape import markup
from derivations.documents.model import Algorithm, Block, Document, Figure, Items, Link, Math, Paragraph, Rich, Row, Steps, Table

NAMES = {"sec": "Section", "tab": "Table", "fig": "Figure", "alg": "Algorithm"}


@lru_cache(maxsize=1)
def templates() -> jinja2.Environment:
    """The templates of pages; texts are escaped before they come here."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    return jinja2.Environment(
        loader=loader, autoescape=False, undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )


def render(document: Document) -> str:
    """The whole page."""
    writer = Writer(document)
    sections = [(s.key, number, markup(s.title), writer.blocks(s.blocks)) for number, s in enumerate(document.sections, 1)]
    references = [(key, writer.rich(text)) for key, text in document.references]
    return (
        templates()
        .get_template("page.html.j2")
        .render(
            title=markup(document.title),
            subtitle=markup(document.subtitle),
            source=markup(document.source),
            opening=writer.blocks(document.opening),
            sections=sections,
            references=references,
        )
    )


class Writer:
    """Blocks as HTML; numbers come from the document."""

    def __init__(self, document: Document) -> None:
        self.labels = {row.number: row.label for row in document.rows()}
        self.rules = {name: number for number, name in enumerate(document.rules, 1)}
        self.sections = document.sections_by_key
        self.counters = document.counters
        self.cites = {key: number for number, (key, _) in enumerate(document.references, 1)}

    def blocks(self, blocks: tuple[Block, ...]) -> str:
        """Blocks below each other; a variable with its steps can be folded."""
        out: list[str] = []
        k = 0
        while k < len(blocks):
            block, following = blocks[k], blocks[k + 1] if k + 1 < len(blocks) else None
            if isinstance(block, Paragraph) and block.head and isinstance(following, Steps):
                out.append(self.variable(block, following))
                k += 2
            else:
                out.append(self.block(block))
                k += 1
        return "\n".join(out)

    def block(self, block: Block) -> str:
        """One block."""
        match block:
            case Paragraph():
                head = f"<b>{self.rich(block.head)}</b> " if block.head else ""
                return f"<p>{head}{self.rich(block.text)}</p>"
            case Steps():
                return self.steps(block)
            case Table():
                return self.table(block)
            case Algorithm():
                return self.algorithm(block)
            case Figure():
                caption = f"<figcaption><b>Figure {self.counters['fig', block.key]}.</b> {self.rich(block.caption)}</figcaption>"
                return f'<figure id="fig-{block.key}"><div class="fig" tabindex="0">{svg(block.scene)}</div>{caption}</figure>'
            case Items():
                return '<ol class="items">' + "".join(f"<li>{self.rich(item)}</li>" for item in block.items) + "</ol>"

    def variable(self, block: Paragraph, steps: Steps) -> str:
        """A variable: open, with its last result in view when it is closed."""
        result = mathml.inline(steps.rows[0].latex)
        summary = f'<summary><b>{self.rich(block.head)}</b> <span class="res">{result}</span></summary>'
        return f'<details class="var" open>{summary}<p>{self.rich(block.text)}</p>{self.steps(steps)}</details>'

    def steps(self, block: Steps) -> str:
        """Rows of one grid."""
        return '<div class="steps">' + "\n".join(self.row(row) for row in block.rows) + "</div>"

    def row(self, row: Row) -> str:
        """One formula with its number and note; its index form unfolds where there is one."""
        rhs = " ".join(row.rhs) + (rf",\qquad {row.also}" if row.also else "")
        formula = f'<div class="scroll">{mathml.display(row.lhs, rhs)}</div>'
        cells = f'<span class="no">({row.number})</span>{formula}<span class="note">{self.rich(row.note)}</span>'
        if not row.index:
            return f'<div class="step" id="e-{row.label}">{cells}</div>'
        index = f'<div class="idx scroll">{mathml.inline(row.index)}</div>'
        return f'<details class="why" id="e-{row.label}"><summary class="step" title="index form">{cells}</summary>{index}</details>'

    def rich(self, text: Rich) -> str:
        """Text; punctuation stays with the formula before it."""
        out: list[str] = []
        rest = list(text)
        while rest:
            part = rest.pop(0)
            if isinstance(part, Math):
                after = rest[0] if rest and isinstance(rest[0], str) else ""
                marks = after[: len(after) - len(after.lstrip(".,;:)"))]
                if marks:
                    rest[0] = after[len(marks) :]
                    out.append(f'<span class="nw">{mathml.inline(part.latex)}{marks}</span>')
                else:
                    out.append(mathml.inline(part.latex))
            else:
                out.append(markup(part) if isinstance(part, str) else self.link(part))
        return "".join(out)

    def link(self, link: Link) -> str:
        """A reference."""
        key = str(link.to)
        match link.kind:
            case "eq":
                return f'<a class="eq" href="#e-{self.labels[int(link.to)]}">({link.to})</a>'
            case "rule":
                return f'<a class="rule" href="#R{self.rules[key]}">R{self.rules[key]}</a>'
            case "sec":
                return f'<a href="#{key}">{self.sections[key]}</a>'
            case "cite":
                return f'<a href="#ref-{key}">[{self.cites[key]}]</a>'
            case _:
                return f'<a href="#{link.kind}-{key}">{NAMES[link.kind]} {self.counters[link.kind, key]}</a>'

    def table(self, block: Table) -> str:
        """A table in a box that scrolls alone, its caption outside."""
        head = "".join(f"<th>{self.rich(cell)}</th>" for cell in block.columns)
        body = []
        for k, cells in enumerate(block.rows):
            anchor = block.anchors[k] if block.anchors else ""
            number = self.rules[anchor] if anchor else 0
            shown = [f"R{number}" if anchor and not c else self.rich(cell) for c, cell in enumerate(cells)]
            body.append(
                f"<tr{f' id={chr(34)}R{number}{chr(34)}' if anchor else ''}>" + "".join(f"<td>{cell}</td>" for cell in shown) + "</tr>"
            )
        caption = (
            f'<p class="cap" id="tab-{block.key}"><b>Table {self.counters["tab", block.key]}.</b> {self.rich(block.caption)}</p>'
            if block.caption and block.key
            else ""
        )
        return f'{caption}<div class="tab" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'

    def algorithm(self, block: Algorithm) -> str:
        """Numbered lines with their sources."""
        number = self.counters["alg", block.key]
        items = [f'<li class="head"><b>Algorithm {number}.</b> {self.rich(block.caption)}</li>', self.bare("input", block.given)]
        for k, line in enumerate(block.lines, 1):
            formulas = ", ".join(mathml.inline(f) for f in line.formulas)
            words = self.rich(line.words)
            body = formulas + (" " if formulas and words else "") + words
            inside = ' class="in"' if line.depth else ""
            items.append(
                f'<li><span class="n">{k}</span><span{inside}>{body}</span><span class="note">{self.rich(line.source)}</span></li>'
            )
        items.append(self.bare("output", block.result))
        return f'<ol class="alg" id="alg-{block.key}">{"".join(items)}</ol>'

    def bare(self, what: str, text: Rich) -> str:
        """A line without a number."""
        return f'<li><span class="n"></span><span><b>{what}</b> {self.rich(text)}</span></li>'
