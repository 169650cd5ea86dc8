"""The skeleton of a cell file: a cell that works as it stands, with a line on each part of the file."""

from __future__ import annotations

import re
from keyword import iskeyword
from pathlib import Path

from derivations.catalogue import FOLDER, OWN, aliases, all_names
from derivations.errors import CellError
from derivations.files import write_whole

TEXT = """\
title = "{title}"
source = ""        # paper and equation
family = "gated"   # cells of one family stand together in gateproof list
year = {year}
# A value of the step before is h_{{t-1}}, the input is x_t. Upper-case names are matrices, lower-case names vectors.
# docs/how-to/own-cell.md lists the whole notation.
equations = \"\"\"
z_t = σ(W_z x_t + U_z h_{{t-1}} + b_z)
h̃_t = tanh(W_h x_t + U_h h_{{t-1}} + b_h)
h_t = z_t ⊙ h_{{t-1}} + (1 - z_t) ⊙ h̃_t
\"\"\"
claims = ["|h_t| <= max(|h_{{t-1}}|, 1)"]   # statements to be proved; ranges of gates are found without being asked for
note = ""          # how libraries deviate

[roles]            # what values are for, in documents and in the comments of generated code
z = "update gate: share of the old state kept"
h_tilde = "candidate"
h = "hidden state, the output"

# [shapes]         # what the letters do not say: alpha = [], W = ["proj", "hidden"]
# [constants]      # what is given and not trained: gamma = 0.05
"""


def write_skeleton(name: str, path: Path, year: int) -> Path:
    """Write the skeleton of the cell ``name``; raises ``CellError`` for names that cannot be used, and never overwrites."""
    if not re.fullmatch("[a-z][a-z0-9_]{0,40}", name) or iskeyword(name):
        raise CellError(f"{name!r} cannot name a cell", hint="lower-case letters, digits and _; it names a module too")
    if name in all_names() or name in aliases():
        raise CellError(f"there is a cell {name!r}", hint=f"gateproof show {name} shows it; choose another name")
    if path.exists():
        raise CellError(f"{path} exists", hint="nothing was written; choose another name, or -o PATH")
    return write_whole(path, TEXT.format(title=name.replace("_", " "), year=year))


def next_steps(path: Path) -> str:
    """What to do with a new cell file."""
    return (
        f"wrote {path}\n"
        f"  gateproof show {path}      what gateproof reads in it\n"
        f"  gateproof verify {path}    gradients, ranges and claims proved, the code tested\n"
        f"  gateproof derive {path} -o cell.html    the derivation\n"
        f"  gateproof generate {path} -o .          the code\n"
        f"In a folder that {OWN} names it is known by its name; in {FOLDER} it is a cell of the catalogue."
    )
