"""Writes docs/reference/cells.md from the cell files: `python docs/_cells.py`. A test fails while the page is out of date."""

from pathlib import Path

from derivations import Cell, cell_names, get_cell

PAGE = Path(__file__).parent / "reference" / "cells.md"
FAMILIES = {
    "plain": "Plain networks",
    "gated": "Gated networks",
    "LSTM": "The LSTM and its relatives",
    "GRU": "The GRU and its relatives",
    "ODE": "Steps of differential equations",
    "linear recurrence": "Linear recurrences",
    "state space": "State spaces",
    "matrix memory": "Matrix memories",
}
HEAD = """# Cells

<!-- Written by docs/_cells.py from derivations/cells/*.toml; `python docs/_cells.py` writes it again. -->

Each name is a CELL of the [command line](cli.md), so are the other names in brackets: `gateproof show lstm`, `gateproof derive lstm`.
What is said of libraries comes from running their versions of November 2026, or from reading their code.
"""


def text() -> str:
    """The page."""
    cells = sorted((get_cell(name) for name in cell_names()), key=lambda cell: (cell.year or 0, cell.name))
    parts = [HEAD]
    for family in dict.fromkeys((*FAMILIES, *(cell.family for cell in cells))):
        own = [cell for cell in cells if cell.family == family]
        if own:
            rows = ["| cell | year | title | source |", "| --- | --- | --- | --- |", *map(_row, own)]
            notes = [f"- `{cell.name}`: {cell.note}" for cell in own if cell.note]
            parts += [f"## {FAMILIES.get(family, family)}", "\n".join(rows), "In libraries, and beside them:", "\n".join(notes)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _row(cell: Cell) -> str:
    others = f" ({', '.join(cell.aliases)})" if cell.aliases else ""
    return f"| `{cell.name}`{others} | {cell.year} | {cell.title} | {cell.source} |".replace("{", r"\{")


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
