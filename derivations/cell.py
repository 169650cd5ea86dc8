"""A recurrent cell: equations as their author wrote them, with what gateproof found out about their names."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from io import StringIO
from keyword import iskeyword
from pathlib import Path
from typing import Any, BinaryIO

from derivations.equations import Program
from derivations.errors import CellError
from derivations.leaves import with_leaves
from derivations.lowering import lower
from derivations.notation import read
from derivations.notation.guard import MAX_BYTES
from derivations.notation.tree import Assignment, Name
from derivations.relation import Relation, read_relations
from derivations.resolve import resolve
from derivations.shapes import infer_shapes
from derivations.sizes import Shape

TAKEN = {"time", "batch", "rng", "dtype"}  # arguments and axes of generated code
KEYS = {"title", "source", "equations", "aliases", "claims", "roles", "inputs", "shapes", "constants", "year", "family", "note"} | {
    "equals",
    "differs",
}


@dataclass(frozen=True, eq=False)
class Cell:
    """A recurrent cell.

    ``equations`` are typed (every product is known to be entrywise or a product of matrices), in the order of
    computation. ``states``, ``inputs`` and ``parameters`` are in the order of first use. ``shapes`` gives each name's
    sizes: ``()`` a scalar, ``(("hidden",), ("inputs",))`` a matrix.
    """

    name: str
    title: str
    source: str
    equations: tuple[Assignment, ...]
    states: tuple[Name, ...]
    inputs: tuple[Name, ...]
    parameters: tuple[Name, ...]
    shapes: Mapping[Name, Shape]
    constants: Mapping[Name, Fraction] = field(default_factory=dict)  # what is given and not trained, with the usual value of each entry
    aliases: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)  # by Name.id
    year: int | None = None
    family: str = ""
    note: str = ""
    relations: tuple[Relation, ...] = ()
    text: str = ""  # what was read, byte for byte
    file: str = ""

    @classmethod
    def from_equations(cls, text: str, *, name: str = "cell", file: str = "", line_offset: int = 0, whole: str = "", **data: Any) -> Cell:
        """A cell from equations in plain, Unicode or LaTeX notation; raises ``CellError`` with line and column."""
        try:
            declared = _declared_shapes(data.pop("shapes", {}))
            values = data.pop("constants", {})
            written, constants = with_leaves(read(text), values, declared)
            equations, roles = resolve(written, data.pop("inputs", ()))
            typed, shapes = infer_shapes(equations, roles, declared, tuple(values))
            shapes |= {name: declared.get(name.id, ()) for name in constants}
        except CellError as error:
            raise error.located(file=file, line_offset=line_offset) from None
        data.setdefault("title", name)
        data.setdefault("source", "")
        return cls(
            name=name,
            equations=typed,
            states=roles.states,
            inputs=roles.inputs,
            parameters=roles.parameters,
            shapes=shapes,
            constants=constants,
            text=whole or text,
            file=file,
            **data,
        )

    @classmethod
    def from_file(cls, path: str | Path) -> Cell:
        """A cell from a cell file (.toml), plain equations (.txt) or LaTeX (.tex)."""
        path = Path(path)
        try:
            with path.open("rb") as stream:
                text = read_text(stream, str(path))
        except OSError as error:
            raise CellError(f"the file cannot be read: {error.strerror}", file=str(path)) from None
        if path.suffix == ".toml":
            return cls.from_toml(text, name=path.stem, file=str(path))
        return cls.from_equations(text, name=path.stem, file=str(path))

    @classmethod
    def from_toml(cls, text: str, *, name: str, file: str = "") -> Cell:
        """A cell from the text of a cell file: ``title``, ``source``, ``equations``, ``claims``, ``[roles]``, ``[shapes]``."""
        try:
            data = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise CellError(f"not a TOML file: {error}", hint="see gateproof show lstm for an example of a cell file", file=file) from None
        _check_keys(data, file)
        equations = data.pop("equations")
        before = text[: max(text.find(equations), 0)].count("\n")  # a text with escapes is not found: lines count from its start
        for key in ("aliases", "claims"):
            data[key] = tuple(data.get(key, ()))
        data["relations"] = read_relations({key: data.pop(key, []) for key in ("equals", "differs")}, file)
        return cls.from_equations(equations, name=name, file=file, line_offset=before, whole=text, **data)

    @property
    def assigned(self) -> tuple[Name, ...]:
        """Everything that a step computes, in the order of computation."""
        return tuple(eq.target.name for eq in self.equations)

    @cached_property
    def outputs(self) -> tuple[Name, ...]:
        """What a loss may read: the states, then every value that no equation uses."""
        used = {ref.name for eq in self.program.equations for ref in eq.operands if ref.time == 0}
        return self.states + tuple(n for n in self.assigned if n not in self.states and n not in used)

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """The names of the sizes: inputs first, then hidden, then others in the order of first use."""
        found = dict.fromkeys(atom for name in (*self.inputs, *self.states, *self.shapes) for size in self.shapes[name] for atom in size)
        return tuple(found)

    @cached_property
    def program(self) -> Program:
        """The step as equations of the four kinds."""
        return lower(self.equations, self.shapes)

    @property
    def digest(self) -> str:
        """A fingerprint of what was read, for generated files."""
        return sha256(self.text.encode()).hexdigest()[:16]


def read_text(stream: BinaryIO, file: str) -> str:
    """A text that somebody else wrote: of bearable size, in UTF-8, line ends as ``\\n``."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CellError(f"more than {MAX_BYTES} bytes", hint="a cell is a handful of equations", file=file)
    try:
        return StringIO(data.decode("utf-8"), newline=None).read()
    except UnicodeDecodeError:
        raise CellError("not UTF-8 text", hint="save it as UTF-8", file=file) from None


def _check_keys(data: dict[str, Any], file: str) -> None:
    unknown = sorted(set(data) - KEYS)
    if unknown:
        raise CellError(f"unknown key {unknown[0]!r}", hint=f"a cell file has {', '.join(sorted(KEYS))}", file=file)
    wanted = {"title": str, "source": str, "equations": str, "note": str, "family": str, "year": int} | dict.fromkeys(
        ("roles", "shapes", "constants"), dict
    )
    for key, kind in wanted.items():
        if key in data and not isinstance(data[key], kind):
            raise CellError(f"{key} is a {type(data[key]).__name__}", hint=f"expected a {kind.__name__}", file=file)
    for key in ("aliases", "claims", "inputs"):
        if not (isinstance(data.get(key, []), list) and all(isinstance(v, str) for v in data.get(key, []))):
            raise CellError(f"{key} is not a list of strings", hint=f'for example {key} = ["…"]', file=file)
    for key, value in data.get("constants", {}).items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise CellError(f"constant {key} is {value!r}", hint="expected a number, such as [constants] gamma = 0.05", file=file)
    if not all(isinstance(v, str) for v in data.get("roles", {}).values()):
        raise CellError("a role is not a string", hint='for example [roles] f = "forget gate"', file=file)
    if "equations" not in data:
        raise CellError("no equations", hint='a cell file has equations = """…"""', file=file)


def _declared_shapes(table: Mapping[str, Any]) -> dict[str, Shape]:
    """``W = ["hidden", "inputs"]`` as shapes; a size may be a sum: "hidden + inputs"."""
    shapes: dict[str, Shape] = {}
    for name, sizes in table.items():
        if not isinstance(sizes, list) or len(sizes) > 2 or not all(isinstance(s, str) for s in sizes):
            raise CellError(f"shape of {name} is {sizes!r}", hint='expected a list of at most two sizes, such as ["hidden", "inputs"]')
        atoms = [tuple(sorted(part.strip() for part in size.split("+"))) for size in sizes]
        if not all(re.fullmatch("[a-z][a-z0-9_]*", atom) for size in atoms for atom in size):
            raise CellError(f"shape of {name} is {sizes!r}", hint="a size is a lower-case name or a sum of names")
        taken = next((atom for size in atoms for atom in size if atom in TAKEN or iskeyword(atom)), None)
        if taken:
            raise CellError(f"shape of {name}: {taken!r} cannot name a size", hint="generated code uses the word for something else")
        shapes[name] = tuple(atoms)
    return shapes
