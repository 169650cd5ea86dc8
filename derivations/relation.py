"""What a cell file says of the relation of its cell to another one: equal under a substitution, or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from derivations.errors import CellError

EXAMPLE = 'for example equals = [{cell = "lstm", where = "W_f = -W_i; U_f = -U_i; b_f = -b_i"}]'
FORMS = {"scan": "a scan over pairs", "convolution": "a convolution of the input"}  # what a cell can equal beside other cells


@dataclass(frozen=True, slots=True)
class Relation:
    """This cell equals another one, or differs from it (``holds`` False), under a substitution; or it has a parallel form.

    ``where`` holds equations as ``gateproof compare --where`` reads them, ``any`` the names in it that belong to neither
    cell and stand for anything, ``note`` a remark for readers.
    """

    cell: str
    where: str = ""
    any: tuple[str, ...] = ()
    note: str = ""
    holds: bool = True
    form: str = ""  # one of FORMS, in place of a cell


def read_relations(data: Mapping[str, Any], file: str) -> tuple[Relation, ...]:
    """The tables ``equals`` and ``differs`` of a cell file; raises ``CellError``."""
    return tuple(_read(key, table, file) for key in ("equals", "differs") for table in _tables(key, data.get(key, []), file))


def _tables(key: str, tables: Any, file: str) -> list[Any]:
    if not isinstance(tables, list):
        raise CellError(f"{key} is not a list of tables", hint=EXAMPLE, file=file)
    return tables


def _read(key: str, table: Any, file: str) -> Relation:
    if not isinstance(table, dict) or ("cell" in table) == ("form" in table):
        raise CellError(f"{key} names no cell", hint=EXAMPLE, file=file)
    allowed = {"cell", "where", "any", "note"} if "cell" in table else {"form", "note"}
    unknown = sorted(set(table) - allowed)
    if unknown:
        raise CellError(f"unknown key {unknown[0]!r} in {key}", hint=f"{', '.join(sorted(allowed))}; {EXAMPLE}", file=file)
    free, form = table.get("any", []), table.get("form", "")
    if not all(isinstance(table.get(k, ""), str) for k in ("cell", "where", "note", "form")):
        raise CellError(f"cell, where and note of {key} are strings", hint=EXAMPLE, file=file)
    if not (isinstance(free, list) and all(isinstance(name, str) for name in free)):
        raise CellError(f"any in {key} is not a list of names", hint='for example any = ["u"] with where = "U_h = diag(u)"', file=file)
    if "form" in table and form not in FORMS:
        raise CellError(f"unknown form {form!r} in {key}", hint=f"a form is one of {', '.join(FORMS)}", file=file)
    return Relation(table.get("cell", ""), table.get("where", ""), tuple(free), table.get("note", ""), key == "equals", form)
