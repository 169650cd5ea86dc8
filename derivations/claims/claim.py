"""Claims of textbooks as data: the sentence as people say it, the exact statement, its source, and which argument judges it.

One TOML file for each claim, found by being there. A file holds no verdict but the expected one: what is shown is found
by the argument, from the numbers and formulas under ``[given]``. ``$name`` in a statement is the value given for ``name``,
so that a statement cannot say something else than what is judged.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from string import Template
from typing import Any, get_args

import sympy as sp

from derivations.catalogue import get_cell
from derivations.cell import Cell
from derivations.errors import CellError
from derivations.verdict import Result, Verdict

FOLDER = Path(__file__).parent / "textbook"
WANTED: Mapping[str, type] = {"order": int, "topic": str, "sentence": str, "statement": str, "source": str, "kind": str, "expected": str}
OPTIONAL: Mapping[str, type] = {
    "argument": str,
    "true_form": str,
    "cells": list,
    "equations": str,
    "given": dict,
    "why": str,
}
KINDS = ("mathematical", "numerical", "empirical")


@dataclass(frozen=True)
class Claim:
    """One claim.

    ``kind`` is "mathematical", "numerical" (about floating point) or "empirical" (no argument decides it here). ``given``
    holds what the argument is about, as plain data; numbers are strings such as "1/4", so that they are exact.
    """

    name: str
    order: int  # of the page and the table
    topic: str
    sentence: str  # as people say it
    template: str  # the statement, with $names of what is given
    source: str
    kind: str
    expected: Verdict
    argument: str = ""
    cells: tuple[str, ...] = ()
    equations: str = ""  # of a cell that the claim is about and that is not in the catalogue
    given: Mapping[str, Any] = field(default_factory=dict)
    true_form: str = ""  # what holds instead of a refuted sentence, or what has to be said beside it
    why: str = ""  # why nothing is decided here
    file: str = ""

    @property
    def statement(self) -> str:
        """The exact statement."""
        return Template(self.template).substitute(self.given)

    def number(self, key: str) -> sp.Rational:
        """A given number, exactly."""
        value = Fraction(str(self.needed(key)))
        return sp.Rational(value.numerator, value.denominator)

    def text(self, key: str) -> str:
        """A given text."""
        return str(self.needed(key))

    def needed(self, key: str) -> Any:
        """What is given under a key; ``CellError`` if nothing is."""
        if key not in self.given:
            raise CellError(f"claim {self.name} gives no {key!r}", hint=f"argument {self.argument!r} needs it", file=self.file)
        return self.given[key]

    def cell(self) -> Cell:
        """The cell that the claim is about: its own equations, or the first cell that it names."""
        if self.equations:
            return Cell.from_equations(self.equations, name=self.name, file=self.file)
        if not self.cells:
            raise CellError(f"claim {self.name} names no cell", hint='cells = ["lstm"], or equations = """…"""', file=self.file)
        return get_cell(self.cells[0])

    def result(self, verdict: Verdict, method: str, **found: Any) -> Result:
        """A verdict on this claim."""
        return Result(self.name, self.statement, "claim", verdict, method, **found)


def read_claim(text: str, *, name: str, file: str = "") -> Claim:
    """A claim from the text of its file; raises ``CellError`` where a key is missing, unknown or of the wrong type."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CellError(f"not a TOML file: {error}", file=file) from None
    known = {**WANTED, **OPTIONAL}
    for key in (*WANTED, *data):
        if key not in known:
            raise CellError(f"unknown key {key!r}", hint=f"a claim has {', '.join(known)}", file=file)
        if key not in data or not isinstance(data[key], known[key]):
            raise CellError(f"{key} is missing or no {known[key].__name__}", hint=f"a claim has {', '.join(WANTED)}", file=file)
    if data["expected"] not in get_args(Verdict):
        raise CellError(f"expected = {data['expected']!r}", hint=f"a verdict is {', '.join(get_args(Verdict))}", file=file)
    if data["kind"] not in KINDS:
        raise CellError(f"kind = {data['kind']!r}", hint=f"a kind is {', '.join(KINDS)}", file=file)
    if (data["kind"] == "empirical") == bool(data.get("argument")):
        raise CellError("an empirical claim has no argument, any other claim has one", file=file)
    data["cells"] = tuple(data.get("cells", ()))
    claim = Claim(name=name, template=data.pop("statement"), file=file, **data)
    try:
        _ = claim.statement
    except (KeyError, ValueError) as error:
        raise CellError(f"the statement uses {error}, which is not given", file=file) from None
    return claim


def read_folder(folder: Path) -> tuple[Claim, ...]:
    """Every claim of a folder, in their order."""
    files = (f for f in folder.iterdir() if f.name.endswith(".toml"))
    claims = (read_claim(f.read_text(encoding="utf-8"), name=f.name.removesuffix(".toml"), file=f"{folder.name}/{f.name}") for f in files)
    return tuple(sorted(claims, key=lambda claim: (claim.order, claim.name)))
