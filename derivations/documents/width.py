"""How wide a formula is in print, from its tree, in em of its font: for breaking lines and for the boxes of diagrams.

Widths are those of Latin Modern at 10 pt to a few per cent, rounded up; only a break of a line depends on them.
"""

from __future__ import annotations

from functools import lru_cache

from derivations.documents.latex_tree import Atom, Command, Group, Matrix, Node, Scripted, Words, parse

SCRIPT = 0.77
RELATIONS = {"=", "<", ">", r"\le", r"\ge", r"\in", r"\to", r"\gets"}
OPERATORS = {"+", "-", r"\odot", r"\times", r"\oslash"}
SPACES = {r"\,": 0.17, r"\!": -0.17, r"\;": 0.28, r"\ ": 0.33, r"\quad": 1.0, r"\qquad": 2.0}
# fmt: off
BIG = {r"\sum": 1.5, r"\prod": 1.35, r"\max": 1.9, r"\tanh": 2.1, r"\sinh": 2.0, r"\cosh": 2.1,
       r"\exp": 1.7, r"\log": 1.4, r"\diag": 1.9, r"\ln": 0.9, r"\min": 1.8, r"\sin": 1.3, r"\cos": 1.4}
NARROW = {",": 0.45, ".": 0.3, ":": 0.55, "(": 0.4, ")": 0.4, "[": 0.3, "]": 0.3, r"\{": 0.5, r"\}": 0.5, "|": 0.28,
          "/": 0.5, "i": 0.36, "l": 0.32, "j": 0.42, "t": 0.37, "r": 0.46, "f": 0.55, r"\prime": 0.3,
          r"\T": 0.6}
WIDE = {"m": 0.88, "w": 0.72, "W": 1.0, "M": 1.0, "U": 0.75, r"\leftarrow": 1.0, r"\lVert": 0.5, r"\rVert": 0.5,
        r"\dots": 1.3, r"\bigl": 0.0, r"\bigr": 0.0, r"\left": 0.1, r"\right": 0.1}
# fmt: on


@lru_cache(maxsize=8192)
def width(latex: str) -> float:
    """The width of a formula in em."""
    return _width(parse(latex))


def _width(node: Node) -> float:
    match node:
        case Atom(text):
            return _atom(text)
        case Group(items):
            return sum(map(_width, items))
        case Words(_, text):
            return sum(0.85 if letter in "mwMW" else 0.52 for letter in text)
        case Scripted(base, sub, sup):
            if base == Atom(r"\sum") or base in (Atom(r"\max"), Atom(r"\min")):
                return max(_width(base), 0.75 * _width(sub) if sub else 0, SCRIPT * _width(sup) if sup else 0)
            return _width(base) + SCRIPT * max(_tight(sub), _tight(sup)) + 0.05
        case Command("sqrt", (inside,)):
            return _width(inside) + 0.85
        case Command("frac", (num, den)):
            return max(_width(num), _width(den)) + 0.25
        case Command(_, args):
            return _width(args[0])
        case Matrix(rows, cases):
            columns = max(map(len, rows))
            return sum(max(_width(row[k]) for row in rows if k < len(row)) for k in range(columns)) + columns + (0.5 if cases else 1.0)


def _tight(node: Node | None) -> float:
    """A script: operators in it have no space around them."""
    if node is None:
        return 0.0
    items = node.items if isinstance(node, Group) else (node,)
    return sum(0.8 if item in (Atom("+"), Atom("-"), Atom("=")) else 0.28 if item == Atom(",") else _width(item) for item in items)


def _atom(text: str) -> float:
    if text in RELATIONS:
        return 1.35
    if text in OPERATORS:
        return 1.25
    for table in (SPACES, BIG, NARROW, WIDE):
        if text in table:
            return table[text]
    return 0.5 * len(text) if text.isdigit() else 0.6
