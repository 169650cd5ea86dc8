"""Documents as Markdown with formulas between dollar signs, as GitHub, GitLab and notebooks show them."""

from __future__ import annotations

import re

from derivations.documents.escape import markdown
from derivations.documents.model import Algorithm, Block, Document, Figure, Items, Link, Math, Paragraph, Rich, Row, Steps, Table

NAMES = {"sec": "Section", "tab": "Table", "fig": "Figure", "alg": "Algorithm"}
# Markdown eats a backslash before punctuation, and a bar ends a cell.
SPELLED = {
    r"\\[3pt]": r"\cr ", r"\\": r"\cr ",
    r"\,": r"\thinspace ", r"\;": r"\thickspace ", r"\!": "", r"\{": r"\lbrace ", r"\}": r"\rbrace ", r"\ ": "~",
    r"\T": r"^{\top}", r"\E": r"\mathbf{1}", r"\R": r"\mathbb{R}", r"\diag": r"\operatorname{diag}", "<": r"\lt ", ">": r"\gt ",
}  # fmt: skip
_SPELLED = re.compile("|".join(re.escape(k) + (r"(?![A-Za-z])" if k[-1].isalpha() else "") for k in SPELLED))


def formula(latex: str) -> str:
    """A formula in commands that Markdown leaves alone."""
    spelled = _SPELLED.sub(lambda found: SPELLED[found[0]], latex)
    return re.sub(r"\|([^|]*)\|", r"\\lvert \1\\rvert ", spelled)


def render(document: Document) -> str:
    """The whole article."""
    writer = _Writer(document)
    lines = [f"# {markdown(document.title)}", "", f"{markdown(document.subtitle)}.", ""]
    if document.source:
        lines += [f"*Cell: {markdown(document.source)}*", ""]
    lines += writer.blocks(document.opening)
    for number, section in enumerate(document.sections, 1):
        lines += [f"## {number} {markdown(section.title)}", "", *writer.blocks(section.blocks)]
    lines += ["## References", "", *(f"{k}. {writer.rich(text)}" for k, (_, text) in enumerate(document.references, 1))]
    return "\n".join(lines).rstrip() + "\n"


class _Writer:
    def __init__(self, document: Document) -> None:
        self.rules = {name: number for number, name in enumerate(document.rules, 1)}
        self.sections = document.sections_by_key
        self.counters = document.counters
        self.cites = {key: number for number, (key, _) in enumerate(document.references, 1)}

    def blocks(self, blocks: tuple[Block, ...]) -> list[str]:
        return [line for block in blocks for line in (*self.block(block), "")]

    def block(self, block: Block) -> list[str]:
        match block:
            case Paragraph():
                head = f"**{self.rich(block.head)}** " if block.head else ""
                return [head + self.rich(block.text)]
            case Steps():
                return ["| | | |", "| ---: | :--- | ---: |", *(self.row(row) for row in block.rows)]
            case Table():
                return self.table(block)
            case Algorithm():
                return self.algorithm(block)
            case Figure():
                return [f"*Figure {self.counters['fig', block.key]} (the data flow of one step) is in the TeX, PDF and HTML editions.*"]
            case Items():
                return [f"- ({'abcdefghijklmnopqrstuvwxyz'[k % 26]}) {self.rich(item)}" for k, item in enumerate(block.items)]

    def rich(self, text: Rich) -> str:
        return "".join(self.inline(part) for part in text)

    def inline(self, part: str | Math | Link) -> str:
        if isinstance(part, str):
            spaces = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :] if part.strip() else ""
            return (" " if spaces[0] else "") + markdown(part) + (" " if spaces[1] else "")
        if isinstance(part, Math):
            return f"${formula(part.latex).strip()}$"
        key = str(part.to)
        match part.kind:
            case "eq":
                return f"({key})"
            case "rule":
                return f"R{self.rules[key]}"
            case "sec":
                return str(self.sections[key])
            case "cite":
                return rf"\[{self.cites[key]}\]"
            case _:
                return f"{NAMES[part.kind]} {self.counters[part.kind, key]}"

    def row(self, row: Row) -> str:
        return f"| ({row.number}) | $\\displaystyle {formula(row.latex).strip()}$ | {self.rich(row.note)} |"

    def table(self, block: Table) -> list[str]:
        head = "| " + " | ".join(self.rich(cell) for cell in block.columns) + " |"
        rule = "|" + " --- |" * len(block.columns)
        rows = []
        for k, cells in enumerate(block.rows):
            shown = [self.rich(cell) for cell in cells]
            if block.anchors and not block.anchors[k]:
                shown[0] = ""
            rows.append("| " + " | ".join(shown) + " |")
        caption = [f"**Table {self.counters['tab', block.key]}.** {self.rich(block.caption)}", ""] if block.caption and block.key else []
        return [*caption, head, rule, *rows]

    def algorithm(self, block: Algorithm) -> list[str]:
        out = [f"**Algorithm {self.counters['alg', block.key]}.** {self.rich(block.caption)}", "", "| | | |", "| ---: | :--- | ---: |"]
        out.append(f"| | **input** {self.rich(block.given)} | |")
        for k, line in enumerate(block.lines, 1):
            formulas = ", ".join(f"${formula(f).strip()}$" for f in line.formulas)
            words = self.rich(line.words)
            inside = "&emsp;" * line.depth
            out.append(f"| {k} | {inside}{formulas}{' ' if formulas and words else ''}{words} | {self.rich(line.source)} |")
        return [*out, f"| | **output** {self.rich(block.result)} | |"]
