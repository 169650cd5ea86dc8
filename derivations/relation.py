"""What a cell file says of the relation of its cell to another one: equal under a substitution, or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from derivations.errors import CellError

EXAMPLE = 'for example equals = [{cell = "lstm", where = "W_f = -W_i; U_f = -U_i; b_f = -b_i"}]'


@dataclass(frozen=True, slots=True)
class Relation:
    """This cell equals another one, or differs from it (``holds`` False), under a substitution.

    ``where`` holds equations as ``gateproof compare --where`` reads them, ``any`` the names in it that belong to neither
    cell and stand for anything, ``note`` a remark for readers.
    """

    cell: str
    where: str = ""
    any: tuple[str, ...] = ()
    note: str = ""
    holds: bool = True


def read_relations(data: Mapping[str, Any], file: str) -> tuple[Relation, ...]:
    """The tables ``equals`` and ``differs`` of a cell file; raises ``CellError``."""
    return tuple(_read(key, table, file) for key in ("equals", "differs") for table in _tables(key, data.get(key, []), file))


def _tables(key: str, tables: Any, file: str) -> list[Any]:
    if not isinstance(tables, list):
        raise CellError(f"{key} is not a list of tables", hint=EXAMPLE, file=file)
    return tables


def _read(key: str, table: Any, file: str) -> Relation:
    if not isinstance(table, dict) or "cell" not in table:
        raise CellError(f"{key} names no cell", hint=EXAMPLE, file=file)
    unknown = sorted(set(table) - {"cell", "where", "any", "note"})
    if unknown:
        raise CellError(f"unknown key {unknown[0]!r} in {key}", hint=f"cell, where, any and note; {EXAMPLE}", file=file)
    free = table.get("any", [])
    if not all(isinstance(table.get(k, ""), str) for k in ("cell", "where", "note")):
        raise CellError(f"cell, where and note of {key} are strings", hint=EXAMPLE, file=file)
    if not (isinstance(free, list) and all(isinstance(name, str) for name in free)):
        raise CellError(f"any in {key} is not a list of names", hint='for example any = ["u"] with where = "U_h = diag(u)"', file=file)
    return Relation(table["cell"], table.get("where", ""), tuple(free), table.get("note", ""), key == "equals")
