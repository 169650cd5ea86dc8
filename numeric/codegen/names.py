"""Identifiers of generated code: the paper's names, kept apart from what the module itself needs."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Sequence

from derivations.notation.tree import Name
from numeric.codegen.activations import TEXTS

FIXED = frozenset(  # names that the fixed text of a module uses
    """
    np p run rng dtype save time batch t first last name value shape kept grads dp
    rows times over_time concat
    array upstream history per_step blocks instance like signature finished restored
    init Params Gradients Run Tangents forward backward jvp step step_vjp
    names items sizes zeros_like made_with
    NAME STATES OUTPUTS INPUTS PARAMETERS CONSTANTS SIZES PACKED CACHE NAMES
    from_torch to_torch importlib
    """.split()  # noqa: SIM905  # a list of 60 strings is harder to read
) | frozenset(TEXTS)
BUILTINS = {"bool", "dict", "float", "int", "isinstance", "len", "max", "min", "range", "reversed", "sum", "tuple", "type", "zip"}
NOT_SIZES = FIXED - {"name", "value", "shape"} | BUILTINS | {"self"}  # three are local names where no size is known
RESERVED = FIXED | frozenset(keyword.kwlist) | frozenset(keyword.softkwlist) | frozenset(dir(builtins))


class Names:
    """One identifier for each thing; a name that is taken gets underscores at its end."""

    def __init__(self, sizes: Sequence[str]) -> None:
        self.taken = set(RESERVED)
        self.found: dict[object, str] = {}
        for size in sizes:
            self.of(size, size)

    def of(self, key: object, wanted: str) -> str:
        """The identifier of ``key``, made from ``wanted`` the first time."""
        if key not in self.found:
            wanted = wanted if wanted.isidentifier() else "v_" + "".join(c if c.isalnum() else "_" for c in wanted)
            while wanted in self.taken:
                wanted += "_"
            self.taken.add(wanted)
            self.found[key] = wanted
        return self.found[key]

    def argument(self, name: Name) -> str:
        """The identifier of a gradient or tangent that comes from outside: ``dh`` for h."""
        return self.of(("d", name), f"d{name.id}")

    def initial(self, name: Name) -> str:
        """The identifier of the initial value of a state: ``h0`` for h."""
        return self.of((name, 0), f"{name.id}0")

    def variable(self, name: Name) -> str:
        """The identifier of a variable."""
        return self.of((name,), name.id)

    def pack(self, names: Sequence[Name]) -> str:
        """The identifier of several variables in one array: ``W_fiog`` for W_f, W_i, W_o and W_g."""
        return self.of(tuple(names), joined(names))


def joined(names: Sequence[Name]) -> str:
    """One word for several names: what they share once, then the letters in which they differ."""
    first = names[0]
    marks = "_".join(reversed(first.marks)) + "_" * bool(first.marks)
    same = all((n.marks, n.base, n.accents, n.sup) == (first.marks, first.base, first.accents, first.sup) for n in names)
    if len(names) > 1 and same and all(len(n.sub) == 1 for n in names):
        return Name(first.base, first.accents, "".join(n.sub for n in names), first.sup, first.marks).id
    if all(n.marks == first.marks and not (n.accents or n.sub or n.sup) and len(n.base) == 1 for n in names):
        return marks + "".join(n.base for n in names)
    return marks + "_".join(n.unmarked.id if n.marks == first.marks else n.id for n in names)
