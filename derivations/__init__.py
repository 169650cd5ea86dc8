"""Equations in, derivation out: gradients of recurrent cells, derived step by step and proved."""

from derivations.calculus import Derivation, derive
from derivations.catalogue import cell_names, get_cell
from derivations.cell import Cell
from derivations.errors import CellError
from derivations.proofs.equivalence import compare

__all__ = ["Cell", "CellError", "Derivation", "cell_names", "compare", "derive", "get_cell"]
