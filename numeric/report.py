"""What people see in a terminal: pages of cells and tables of verdicts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from derivations.cell import Cell
from derivations.form import forms
from derivations.notation import name_unicode, read, unicode
from derivations.notation.tree import Name
from derivations.relation import FORMS, Relation
from derivations.sizes import shape_text
from derivations.verdict import SHOWN, Kind, Result
from numeric.bench import Timing
from numeric.overview import by_family, formula, overview

if TYPE_CHECKING:
    from derivations.proofs.gradients.planted import Score as FormulaScore
    from numeric.mutation import Score as CodeScore

COLOURS = {"proved": "green", "proved_at": "green", "tested": "cyan", "refuted": "bold red", "undecided": "yellow"}


def printed(table: Table, *, width: int | None = None) -> str:
    """A table as text: coloured on a terminal, plain elsewhere."""
    terminal = Console()
    console = Console(
        file=io.StringIO(), width=width or (terminal.width if terminal.is_terminal else 140), force_terminal=terminal.is_terminal
    )
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def columns(*names: str) -> Table:
    """A table with these columns, long words folded."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def catalogue_table(cells: Iterable[Cell], *, long: bool = False) -> str:
    """The cells, a line each below the name of their family; ``long`` has the operations of a step and the proved ranges too."""
    table = columns("name", "year", "states", "recurrence", "parameters")
    table.columns[0].no_wrap = True
    if long:
        for name in ("operations of a step", "ranges"):
            table.add_column(name, overflow="fold")
    family = None
    for cell in by_family(cells):
        if cell.family != family:
            family = cell.family
            table.add_row(Text(f"\n{family or 'of no family'}", style="bold"))
        row = overview(cell)
        more = (formula(row.operations), "; ".join(_ranges(cell))) if long else ()
        table.add_row(cell.name, str(cell.year or ""), row.states(), row.recurrence, formula(row.parameters), *more)
    return printed(table)


def cell_record(cell: Cell, *, ranges: bool = True) -> dict[str, Any]:
    """A cell as plain data; the ranges take a moment to be proved."""
    more = {"ranges": _ranges(cell)} if ranges else {}
    return more | {
        "name": cell.name,
        "aliases": list(cell.aliases),
        "title": cell.title,
        "source": cell.source,
        "year": cell.year,
        "equations": _equations(cell),
        "states": [name.id for name in cell.states],
        "inputs": [name.id for name in cell.inputs],
        "outputs": [name.id for name in cell.outputs],
        "parameters": [name.id for name in cell.parameters],
        "sizes": list(cell.sizes),
        "shapes": {name.id: [" + ".join(size) for size in shape] for name, shape in cell.shapes.items()},
        "claims": list(cell.claims),
        "relations": _relations(cell),
    }


def cell_page(cell: Cell) -> str:
    """Equations, shapes, sizes and ranges of one cell."""
    parts = [f"{cell.name}: {cell.title}"]
    if cell.source:
        parts.append(cell.source)
    parts.append("\n".join(f"  {line}" for line in _equations(cell)))
    parts.append(printed(_shapes(cell)))
    ranges = [f"  {statement}" for statement in _ranges(cell)]
    if ranges:
        parts.append("\n".join(["ranges (proved; gateproof verify shows how)", *ranges]))
    relations = [f"  {line}" for line in _relations(cell)]
    if relations:
        parts.append("\n".join(["relations (gateproof verify proves them)", *relations]))
    if cell.note:
        parts.append(cell.note)
    return "\n\n".join(parts)


def _equations(cell: Cell) -> list[str]:
    scalars = frozenset(name for name, shape in cell.shapes.items() if not shape)
    return [f"{unicode(eq.target)} = {unicode(eq.expr, scalars=scalars)}" for eq in cell.equations]


def _relation(cell: Cell, relation: Relation) -> str:
    """``lstm_cifg = lstm where W_f = −W_i``, as the cell file states it."""
    if relation.form:
        return f"{cell.name} is {'' if relation.holds else 'not '}{FORMS[relation.form]}"
    where = ", ".join(f"{unicode(eq.target)} = {unicode(eq.expr)}" for eq in read(relation.where)) if relation.where else ""
    return f"{cell.name} {'=' if relation.holds else '≠'} {relation.cell}" + (f" where {where}" if where else "")


def _relations(cell: Cell) -> list[str]:
    """The relations that a cell file states, then the parallel forms of the cell."""
    found = [_relation(cell, relation) for relation in cell.relations]
    for form in (form for form in forms() if form.cell == cell.name):
        sign, steps = "≠" if form.differs else "=", f"{' or '.join(map(str, form.lengths))} steps of " if form.lengths else ""
        found.append(f"{steps}{cell.name} {sign} {form.title}")
    return found


def _shapes(cell: Cell) -> Table:
    table = columns("name", "shape", "what it is")
    rows: list[tuple[str, tuple[Name, ...], int | None]] = [
        ("input", cell.inputs, 0),
        ("state", cell.states, 0),
        ("value", tuple(n for n in cell.assigned if n not in cell.states), 0),
        ("parameter", cell.parameters, None),
    ]
    for kind, names, time in rows:
        for group in _alike(cell, names):
            role = cell.roles.get(group[0].id, "") if len(group) == 1 else ""
            table.add_row(_names(group, time), shape_text(cell.shapes[group[0]]), f"{kind}: {role}" if role else kind)
    return table


def _alike(cell: Cell, names: Sequence[Name]) -> list[list[Name]]:
    """Names of equal shape together, unless somebody said what they are."""
    groups: dict[object, list[Name]] = {}
    for name in names:
        groups.setdefault(name if name.id in cell.roles else cell.shapes[name], []).append(name)
    return list(groups.values())


def _names(names: Iterable[Name], time: int | None) -> str:
    return ", ".join(name_unicode(name, time) for name in names)


def _ranges(cell: Cell) -> list[str]:
    from derivations.proofs import prove_ranges

    return [result.statement for result in prove_ranges(cell) if result.verdict == "proved"]


def verdict_table(cell: Cell, results: Iterable[Result]) -> str:
    """The verdicts about one cell: a line for each statement, with the method, then how else it was shown."""
    table = Table(title=f"{cell.name}: {cell.title}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("statement", "verdict", "method"):
        table.add_column(name, overflow="fold")
    kind: Kind | None = None
    for result in results:
        if kind not in (None, result.kind):
            table.add_section()
        kind = result.kind
        methods = [method_text(result)] + [f"{method_text(other)} {verdict_text(other)}" for other in result.also]
        table.add_row(Text(result.statement), Text(verdict_text(result), style=COLOURS[result.verdict]), Text("; ".join(methods)))
    return printed(table)


def summary_table(found: Iterable[tuple[Cell, Sequence[Result]]]) -> str:
    """How many statements about each cell have which verdict, and how long they took."""
    table = columns("cell")
    for name in (*SHOWN.values(), "seconds"):
        table.add_column(name, justify="right")
    for cell, results in found:
        counts = [sum(result.verdict == verdict for result in results) for verdict in SHOWN]
        styled = [Text(str(n or ""), style=COLOURS[verdict] if n else "") for n, verdict in zip(counts, SHOWN, strict=True)]
        table.add_row(cell.name, *styled, f"{sum(result.seconds or 0 for result in results):.1f}")
    return printed(table)


def verdict_text(result: Result) -> str:
    """A verdict for people, with the sizes of an argument at some sizes."""
    at = ", ".join(f"{size} = {n}" for size, n in result.at.items()) if result.verdict == "proved_at" else ""
    return f"{SHOWN[result.verdict]} {at}".strip()


def method_text(result: Result) -> str:
    """A method with its numbers."""
    details = []
    if result.examples is not None:
        details.append(f"{result.examples} examples")
    if result.error:
        details.append(f"error {result.error:.1e}")
    if result.bound:
        details.append(f"bound {result.bound:.1e}")
    if result.reading:
        details.append(result.reading)
    return result.method + (f": {', '.join(details)}" if details else "")


def failures(results: Iterable[Result], command: str) -> str:
    """The counterexample of everything refuted and the reason of everything undecided, then a line that counts."""
    results = list(results)
    text = ""
    for result in results:
        if result.verdict == "refuted":
            values = (result.counterexample or {}).items()
            text += f"\nREFUTED  {result.statement}\n" + "".join(f"    {key} = {value}\n" for key, value in values)
            text += f"    {result.why}\n" if result.why else ""
            text += f"  again with: {command}\n"
        elif result.verdict == "undecided":
            text += f"\nnot decided  {result.statement}\n    {result.why}\n"
    counts = {shown: sum(r.verdict == verdict for r in results) for verdict, shown in SHOWN.items()}
    summary = ", ".join(f"{n} {shown}" for shown, n in counts.items() if n) + f" of {len(results)} statements"
    return f"{text}\n{summary}\n\n"


def relation_table(results: Iterable[Result]) -> str:
    """Relations between cells, a line each."""
    table = columns("relation", "verdict", "method", "seconds")
    for result in results:
        verdict = Text(verdict_text(result), style=COLOURS[result.verdict])
        table.add_row(Text(result.statement), verdict, Text(method_text(result)), f"{result.seconds or 0:.2f}")
    return printed(table)


def relation_page(results: Iterable[Result]) -> str:
    """Verdicts on relations of two cells, each with its proof, its counterexample or the reason why it is open."""
    pages = []
    for result in results:
        lines = [result.statement, f"{verdict_text(result)}: {method_text(result)}"]
        lines += [f"  {line}" for line in result.proof]
        lines += [f"  {key} = {value}" for key, value in (result.counterexample or {}).items()]
        lines += [f"  {text}" for text in (result.why, result.reading) if text]
        pages.append("\n".join(lines))
    return "\n\n".join(pages)


def mutation_table(scores: Iterable[tuple[FormulaScore, CodeScore]]) -> str:
    """How many planted errors were caught, a line for each cell."""
    table = columns("cell")
    for name in ("wrong gradients refuted", "wrong code caught", "changes that change nothing"):
        table.add_column(name, justify="right")
    for formulas, code in scores:
        equivalent = code.count("equivalent")
        table.add_row(
            code.cell,
            f"{formulas.refuted} of {formulas.refuted + len(formulas.missed)}",
            f"{code.count('caught')} of {code.judged}",
            str(len(formulas.equivalent) + equivalent),
        )
    return printed(table)


def timing_table(timings: Iterable[Timing], environment: Mapping[str, object]) -> str:
    """Timings, a line each, and the environment that they depend on."""
    table = columns("cell", "what")
    for name in ("median", "lowest", "highest", "promised"):
        table.add_column(name, justify="right")
    for timing in timings:
        limit = f"{timing.limit:g} s" if timing.limit else ""
        table.add_row(timing.cell, timing.what, *(_seconds(s) for s in (timing.median, timing.low, timing.high)), limit)
    return printed(table) + "\n\n" + ", ".join(f"{key} {value}" for key, value in environment.items())


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.2f} ms"
