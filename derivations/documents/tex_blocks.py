"""Tables and algorithms in TeX."""

from __future__ import annotations

from typing import Protocol

from derivations.documents.model import Algorithm, Line, Math, Rich, Table

TEXT_WIDTH = 43.8  # em of 10 pt
SMALL = 0.9  # letters of tables
CHUNK = 20  # lines of an algorithm between which no page ends
WIDE_SOURCE = 18.0  # em of references that get a line of their own


class Text(Protocol):
    """What a writer knows of text."""

    rules: dict[str, int]

    def rich(self, text: Rich) -> str:
        """Text with formulas and references."""

    def plain(self, text: Rich) -> float:
        """The width of a text in em."""


def table(block: Table, text: Text) -> str:
    """A table, as wide as the page at most."""
    wraps = block.wide if _width(block, text) > TEXT_WIDTH else ()
    share = 0.9 / (len(block.columns) + 1) if len(wraps) > 1 else 0.3 if len(block.columns) > 3 else 0.4
    wrapped = rf">{{\raggedright\arraybackslash}}p{{{share:.2f}\linewidth}}"
    kinds = "".join(wrapped if k in wraps else "l" for k in range(len(block.columns)))
    head = " & ".join(text.rich(c) for c in block.columns) + r"\\"
    body = [
        rf"\begin{{tabular}}{{@{{}}{kinds}@{{}}}}",
        r"\toprule",
        head,
        r"\midrule",
        *_rows(block, text),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    inner = "\n".join([r"\begin{adjustbox}{max width=\linewidth,max totalheight=.88\textheight}", *body, r"\end{adjustbox}"])
    stretch = "\\renewcommand{\\arraystretch}{1.3}\n" if _is_high(block) else ""
    if not block.caption:
        return f"\\begin{{center}}\\small\n{stretch}{inner}\n\\end{{center}}"
    label = rf"\label{{tab:{block.key}}}" if block.key else ""
    return f"\\begin{{table}}[H]\n\\centering\\small\n\\caption{{{text.rich(block.caption)}}}{label}\n{stretch}{inner}\n\\end{{table}}"


def _rows(block: Table, text: Text) -> list[str]:
    rows = []
    for position, cells in enumerate(block.rows):
        shown = [text.rich(cell) for cell in cells]
        if block.anchors and block.anchors[position]:
            number = text.rules[block.anchors[position]]
            shown[0] = rf"\hypertarget{{rule.{number}}}{{R{number}}}"
        rows.append(" & ".join(shown) + r"\\")
    return rows


def _is_high(block: Table) -> bool:
    formulas = (part.latex for row in block.rows for cell in row for part in cell if isinstance(part, Math))
    return bool(block.anchors) or any(r"\sum" in latex or "pmatrix" in latex for latex in formulas)


def _width(block: Table, text: Text) -> float:
    """What the rows need if nothing wraps."""
    columns = [max([text.plain(row[k]) for row in block.rows] + [0]) for k in range(len(block.columns))]
    return SMALL * sum(columns) + 1.2 * len(columns)


def algorithm(block: Algorithm, text: Text) -> str:
    """Numbered lines between rules; a page may end between long stretches of them."""
    lines = [_unnumbered("input", text.rich(block.given))]
    for number, line in enumerate(block.lines, 1):
        lines += _line(number, line, text)
    lines.append(_unnumbered("output", text.rich(block.result)))
    chunks = [lines[k : k + CHUNK] for k in range(0, len(lines), CHUNK)]
    tabulars = "\n".join("\\begin{alglines}\n" + "\n".join(chunk) + "\n\\end{alglines}" for chunk in chunks)
    room = rf"\need{{{3 + 1.2 * len(chunks[0]):.1f}\baselineskip}}"  # the caption stays with the first stretch
    return f"{room}\n\\begin{{algorithm}}{{{text.rich(block.caption)}\\label{{alg:{block.key}}}}}\n{tabulars}\n\\end{{algorithm}}"


def _unnumbered(word: str, text: str) -> str:
    return rf" & \parbox[t]{{\algwidth}}{{\raggedright\textbf{{{word}}}\enspace {text}\strut}}\\"


def _line(number: int, line: Line, text: Text) -> list[str]:
    formulas, words = r",\quad ".join(line.formulas), text.rich(line.words)
    body = r"\qquad " * line.depth + (f"${formulas}$" if formulas else "") + (r"\quad " if formulas and words else "") + words
    source = text.rich(line.source)
    if text.plain(line.source) > WIDE_SOURCE:
        return [rf"{number} & \algline{{{body}}}{{}}\\", rf" & \algline{{}}{{{source}}}\\"]
    return [rf"{number} & \algline{{{body}}}{{{source}}}\\"]
