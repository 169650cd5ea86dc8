"""Cells that together use every construct that a cell of the catalogue uses: for tests that are too slow to run on all of them.

``tests/derivations/test_catalogue.py`` fails where a new cell uses something that no cell here does.
"""

from derivations import Cell
from derivations.equations import Contraction, Layout, Reduction
from derivations.notation.tree import Apply, children

CHOSEN = (
    "elman_rnn", "jordan_rnn", "indrnn", "cwrnn", "scrn", "antisymmetric_rnn", "lstm", "lstm_concat", "lstmp", "convlstm",
    "gru_before", "gru_after", "gru_seed", "gru3", "augru", "gru_layernorm", "fastgrnn", "qrnn", "minlstm", "rg_lru",
    "s4d", "retnet", "mlstm",
)  # fmt: skip


def constructs(cell: Cell) -> set[object]:
    """What a cell is made of: forms of expressions, functions, kinds of equations, ranks and roles of its names."""
    waiting, found = [eq.expr for eq in cell.equations], set[object]()
    while waiting:
        node = waiting.pop()
        found.add(("function", node.fn) if isinstance(node, Apply) else type(node).__name__)
        waiting.extend(children(node))
    for eq in cell.program.equations:
        match eq:
            case Contraction():
                found.add(("product", eq.spec))
            case Layout() | Reduction():
                found.add((type(eq).__name__, getattr(eq, "op", "sum")))
    for role in ("inputs", "states", "parameters", "assigned"):
        found |= {(role, len(cell.shapes[name])) for name in getattr(cell, role)}
    found |= {(f"several {role}", len(getattr(cell, role)) > 1) for role in ("inputs", "states")}
    found.add(("outputs beside the states", cell.outputs != cell.states))
    return found
