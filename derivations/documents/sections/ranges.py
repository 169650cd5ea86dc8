"""Section 8: the ranges that are proved, lettered, each with its proof."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.documents.context import Context
from derivations.documents.model import Items, Math, Paragraph, Rich, Section
from derivations.documents.text import join, say
from derivations.functions import FUNCTIONS, Interval
from derivations.notation.tree import Ref
from derivations.proofs.ranges import find_ranges
from derivations.proofs.ranges.states import Range
from derivations.proofs.ranges.text import Formula, ProofLine, membership


def ranges_section(context: Context) -> Section:
    """Values of functions in one statement, then every other range."""
    found = find_ranges(context.cell)
    plain = [r for r in found if _is_function_range(context, r)]
    items = ([_functions(context, plain)] if plain else []) + [_item(context, r) for r in found if r not in plain]
    if not items:
        return Section("range", "Ranges", ())
    first = Paragraph(say("All statements hold in exact arithmetic, for each entry, all parameters and all inputs."), lead=True)
    return Section("range", "Ranges", (first, Items(tuple(items))))


def _is_function_range(context: Context, found: Range) -> bool:
    """Whether a statement is no more than the range of a function."""
    eq = context.forward.definition[found.value]
    fn = getattr(eq, "function", None)
    return fn is not None and found.interval == FUNCTIONS[fn].range


def _functions(context: Context, found: Sequence[Range]) -> Rich:
    groups: dict[Interval, list[Ref]] = {}
    for one in found:
        assert one.interval is not None
        groups.setdefault(one.interval, []).append(one.value)
    shown: list[Rich] = [(Math(membership(refs, box).latex),) for box, refs in groups.items()]
    functions = list(dict.fromkeys(getattr(context.forward.definition[one.value], "function", "") for one in found))
    names: list[Rich] = [(Math(FUNCTIONS[fn].latex),) for fn in functions]
    these = "These are the ranges of " if len(functions) > 1 else "This is the range of "
    return (*join(shown, last=" and "), ". ", these, *join(names, last=" and "), ".")


def _item(context: Context, found: Range) -> Rich:
    given = say("If {} in every step, then ", Math(found.given.latex)) if found.given else ()
    proof: list[Rich] = [_line(context, line) for line in found.proof]
    return (*given, Math(found.statement.latex), ". ", *join(proof, last=" ", between=" "))


def _line(context: Context, line: ProofLine) -> Rich:
    parts: list[Rich] = []
    for part in line.parts:
        if isinstance(part, Formula):
            parts.append((Math(part.latex),))
        else:
            parts.append(context.equation_of(part) if isinstance(part, Ref) else (part,))
    return tuple(piece for part in parts for piece in part if piece != "")
