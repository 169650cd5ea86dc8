"""Documents as LaTeX articles for pdflatex, with the packages of Debian's texlive-latex-extra."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import jinja2

from derivations.documents import escape
from derivations.documents.breaking import broken
from derivations.documents.diagram.tikz import tikz
from derivations.documents.model import Algorithm, Block, Document, Figure, Items, Link, Math, Paragraph, Rich, Row, Steps, Table
from derivations.documents.width import width

NAMES = {"sec": "Section", "tab": "Table", "fig": "Figure", "alg": "Algorithm"}
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
    writer = _Writer(document)
    return _template().render(
        title=escape.tex(document.title),
        subtitle=escape.tex(document.subtitle),
        source=escape.tex(document.source),
        opening=writer.blocks(document.opening),
        sections=[(s.key, escape.tex(s.title), writer.blocks(s.blocks)) for s in document.sections],
        references=[(key, writer.rich(text)) for key, text in document.references],
    )


class _Writer:
    def __init__(self, document: Document) -> None:
        self.labels = {row.number: row.label for row in document.rows()}
        self.rules = {name: number for number, name in enumerate(document.rules, 1)}

    def blocks(self, blocks: tuple[Block, ...]) -> list[str]:
        """Blocks with, before a text that introduces one, the room that both need."""
        out: list[str] = []
        for k, block in enumerate(blocks):
            following = blocks[k + 1] if k + 1 < len(blocks) else None
            if isinstance(block, Paragraph) and block.lead and following:
                out.append(rf"\need{{{self.height(block) + self.height(following):.1f}\baselineskip}}%")
            out.append(self.block(block))
        return out

    def height(self, block: Block) -> float:
        """About how high a block is, in lines; at most a good part of a page."""
        match block:
            case Paragraph():
                return 1.2 + self.plain(block.text) / TEXT_WIDTH
            case Steps():
                return min(30.0, 0.5 + sum(HEIGHTS[_strut(row.latex)] for row in block.rows))
            case Table():
                return min(30.0, 3.8 + 1.05 * len(block.rows))
            case _:
                return 3.0

    def block(self, block: Block) -> str:
        match block:
            case Paragraph():
                return self.paragraph(block)
            case Steps():
                return "\\begin{steps}\n" + "\\\\\n".join(self.row(row) for row in block.rows) + "\n\\end{steps}"
            case Table():
                return self.table(block)
            case Algorithm():
                return self.algorithm(block)
            case Figure():
                return self.figure(block)
            case Items():
                items = "\n".join(rf"\item {self.rich(item)}" for item in block.items)
                return f"\\begin{{enumerate}}[label=(\\alph*),leftmargin=2.1em,itemsep=2pt]\n{items}\n\\end{{enumerate}}"

    def rich(self, text: Rich) -> str:
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
        return "\\\\*\n".join([first, *more])

    def plain(self, text: Rich) -> float:
        """The width of a text in em."""
        return sum(width(p.latex) if isinstance(p, Math) else 1.8 if isinstance(p, Link) else 0.46 * len(p) for p in text)

    def table(self, block: Table) -> str:
        kinds = "".join(
            f">{{\\raggedright\\arraybackslash}}p{{{_column(block)}}}" if k in block.wide and self.too_wide(block) else "l"
            for k in range(len(block.columns))
        )
        rows = []
        for position, cells in enumerate(block.rows):
            anchor = block.anchors[position] if block.anchors else ""
            shown = [self.rich(cell) for cell in cells]
            if anchor:
                shown[0] = rf"\hypertarget{{rule.{self.rules[anchor]}}}{{R{self.rules[anchor]}}}"
            rows.append(" & ".join(shown) + r"\\")
        head = " & ".join(self.rich(c) for c in block.columns) + r"\\"
        high = block.anchors or any(
            r"\sum" in p.latex or "pmatrix" in p.latex for row in block.rows for cell in row for p in cell if isinstance(p, Math)
        )
        stretch = "\\renewcommand{\\arraystretch}{1.3}\n" if high else ""
        inner = (
            f"\\begin{{tabular}}{{@{{}}{kinds}@{{}}}}\n\\toprule\n{head}\n\\midrule\n" + "\n".join(rows) + "\n\\bottomrule\n\\end{tabular}"
        )
        inner = f"\\begin{{adjustbox}}{{max width=\\linewidth}}\n{inner}\n\\end{{adjustbox}}"
        if not block.caption:
            return f"\\begin{{center}}\\small\n{stretch}{inner}\n\\end{{center}}"
        label = rf"\label{{tab:{block.key}}}" if block.key else ""
        return f"\\begin{{table}}[H]\n\\centering\\small\n\\caption{{{self.rich(block.caption)}}}{label}\n{stretch}{inner}\n\\end{{table}}"

    def too_wide(self, block: Table) -> bool:
        """Whether the rows of a table need more than the width of the text."""
        columns = [max([self.plain(row[k]) for row in block.rows] + [0]) for k in range(len(block.columns))]
        return 0.9 * sum(columns) + 1.2 * len(columns) > TEXT_WIDTH

    def algorithm(self, block: Algorithm) -> str:
        lines = []
        for number, line in enumerate(block.lines, 1):
            formulas = r",\quad ".join(line.formulas)
            words = self.rich(line.words)
            body = r"\qquad " * line.depth + (f"${formulas}$" if formulas else "") + (r"\quad " if formulas and words else "") + words
            lines.append(rf"{number} & \fit{{{body}}} & {self.rich(line.source)}\\")
        given, result = (
            rf" & \multicolumn{{2}}{{@{{}}p{{\dimexpr\linewidth-2.9em}}}}{{\textbf{{{w}}}\enspace {self.rich(t)}}}\\"
            for w, t in (("input", block.given), ("output", block.result))
        )
        return _ALGORITHM % (self.rich(block.caption), block.key, "\n".join([given, *lines, result]))

    def figure(self, block: Figure) -> str:
        caption = rf"\caption{{{self.rich(block.caption)}}}\label{{fig:{block.key}}}"
        return f"\\begin{{figure}}[H]\n\\centering\n{tikz(block.scene)}\n{caption}\n\\end{{figure}}"


_ALGORITHM = r"""\begin{figure}[H]
\small
\hrule height .8pt \vspace{4pt}
\refstepcounter{algorithm}\textbf{Algorithm \thealgorithm.}\enspace %s\label{alg:%s}
\vspace{3pt}\hrule height .4pt \vspace{4pt}
\renewcommand{\arraystretch}{1.2}
\begin{tabular*}{\linewidth}{@{}r@{\hspace{.9em}}l@{\extracolsep{\fill}}r@{}}
%s
\end{tabular*}
\vspace{3pt}\hrule height .8pt
\end{figure}"""


def _keeping_spaces(text: str) -> str:
    """The spaces at both ends of a piece separate it from its neighbours."""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and text.strip() else ""
    return before + escape.tex(text) + after


def _strut(latex: str) -> str:
    """One of three heights of a row: a line, a fraction or a sum over gates, a sum over time or a matrix."""
    if r"\sum_{t=1}" in latex or "pmatrix" in latex or re.search(r"\\frac\{[^{}]*(\{[^{}]*\}[^{}]*)*\\frac", latex) or "cosh^2" in latex:
        return r"\taller "
    return r"\tall " if r"\frac" in latex or r"\sum" in latex else ""


def _column(block: Table) -> str:
    return rf"{0.3 if len(block.columns) > 3 else 0.4}\linewidth"
