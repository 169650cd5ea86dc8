"""Other forms of cells, as data: equations over several steps at once, or another recurrence.

A form is a TOML file in ``derivations/relations``. With ``lengths`` its equations speak of the values of a cell at positions:
``k_i``, ``S_0`` (before the first step), ``S_C`` (after the last one). A line about position ``i`` (and ``j``) stands for one line for
each position from 1 to C; ``for j < i`` restricts it. ``sum{j <= i}(…)`` and ``prod{j < l <= i}(…)`` run over positions. With
``where`` its equations are a recurrence like those of a cell file, compared with the cell under that substitution.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from derivations.errors import CellError

FOLDER = Path(__file__).parent / "relations"
TEXTS = ("title", "source", "cell", "equations", "note", "where")
KEYS = {*TEXTS, "lengths", "any", "differs", "shapes", "constants"}
POSITIONS = "ijl"
LONGEST = 8  # steps of one form: the number of products grows quickly
_RUNNING = re.compile(r"(sum|prod|Σ|Π)\{([^{}]*)\}\(")
_LABEL = re.compile(r"(?<![A-Za-z0-9])_(\{[^{}]*\}|[A-Za-z0-9]+)|(?<=[A-Za-z0-9̃])_(\{[^{}]*\}|[A-Za-z0-9]+)")
_EMPTY = {"sum": "0", "Σ": "0", "prod": "1", "Π": "1"}
_SIGN = {"sum": " + ", "Σ": " + ", "prod": " ⊙ ", "Π": " ⊙ "}


@dataclass(frozen=True, slots=True)
class Form:
    """Another form of a cell.

    ``lengths`` are the numbers of steps for which a form over several steps is proved; a recurrence has none, but ``where``,
    what stands for what, and ``shapes`` and ``constants`` as in a cell file. ``any`` names values of the cell that may be
    anything, or names in ``where`` that stand for anything. ``differs`` says that the two are not equal.
    """

    name: str
    title: str
    source: str
    cell: str
    lengths: tuple[int, ...]
    equations: str
    note: str = ""
    any: tuple[str, ...] = ()
    where: str = ""
    differs: bool = False
    shapes: Mapping[str, Any] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)

    def over(self, steps: int) -> str:
        """The equations of a form over a number of steps, one line for each value."""
        lines = (line.strip() for line in self.equations.splitlines())
        return "\n".join(found for line in lines if line for found in _unrolled(line, steps))


@lru_cache(maxsize=1)
def forms() -> tuple[Form, ...]:
    """All forms that come with gateproof, by name; raises ``CellError`` if one cannot be read."""
    return tuple(read_form(path.read_text(encoding="utf-8"), path.stem, path.name) for path in sorted(FOLDER.glob("*.toml")))


def read_form(text: str, name: str, file: str = "") -> Form:
    """A form from the text of its file."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CellError(f"not a TOML file: {error}", file=file) from None
    unknown, missing = sorted(set(data) - KEYS), sorted({"cell", "equations"} - set(data))
    if unknown or missing:
        found = f"unknown key {unknown[0]!r}" if unknown else f"no {missing[0]}"
        raise CellError(found, hint=f"a form has {', '.join(sorted(KEYS))}", file=file)
    if ("lengths" in data) == ("where" in data):
        raise CellError("a form has lengths (over several steps) or where (a recurrence)", hint="one of the two", file=file)
    lengths, free = data.get("lengths", []), data.get("any", [])
    if not isinstance(lengths, list) or not all(isinstance(n, int) and 1 <= n <= LONGEST for n in lengths):
        raise CellError("lengths is not a list of numbers of steps", hint=f"for example lengths = [2, 3, 4], at most {LONGEST}", file=file)
    wanted: dict[str, type] = {**dict.fromkeys(TEXTS, str), "differs": bool, "shapes": dict, "constants": dict}
    for key, kind in wanted.items():
        if not isinstance(data.get(key, kind()), kind):
            raise CellError(f"{key} is a {type(data[key]).__name__}", hint=f"expected a {kind.__name__}", file=file)
    if not (isinstance(free, list) and all(isinstance(name, str) for name in free)):
        raise CellError("any is not a list of names", hint='for example any = ["m"]', file=file)
    return Form(name, lengths=tuple(lengths), any=tuple(free), **{key: data.get(key, kind()) for key, kind in wanted.items()})


def _unrolled(line: str, steps: int) -> Iterator[str]:
    """One line for each choice of the positions that its left side has."""
    line, _, condition = line.partition(" for ")
    target = line.partition("=")[0]
    letters = [letter for letter in POSITIONS if any(letter in labels for labels in _position_labels(target))]
    for choice in product(range(1, steps + 1), repeat=len(letters)):
        at = dict(zip(letters, choice, strict=True))
        if not condition or _holds(condition, at, steps):
            yield _placed(line, at, steps)


def _placed(text: str, at: Mapping[str, int], steps: int) -> str:
    """A text with sums and products written out and positions as numbers."""
    found = _RUNNING.search(text)
    while found:
        end = _closing(text, found.end())
        inner = text[found.end() : end]
        letter = next((c for c in POSITIONS if c in found[2] and c not in at), None)
        if letter is None:
            raise CellError(
                f"{found[0]}…) has no position of its own", hint=f"a sum runs over one of {', '.join(POSITIONS)}: sum{{j <= i}}(…)"
            )
        terms = [_placed(inner, {**at, letter: k}, steps) for k in range(1, steps + 1) if _holds(found[2], {**at, letter: k}, steps)]
        text = text[: found.start()] + (f"({_SIGN[found[1]].join(terms)})" if terms else _EMPTY[found[1]]) + text[end + 1 :]
        found = _RUNNING.search(text)
    return _LABEL.sub(lambda m: _label(m[1] or m[2], at, steps), text)


def _position_labels(text: str) -> list[list[str]]:
    return [_parts((m[1] or m[2]).strip("{}")) for m in _LABEL.finditer(text)]


def _parts(label: str) -> list[str]:
    """The positions in a subscript: ``ij`` has two, ``f,i`` one."""
    *_, last = label.split(",")
    return list(last) if last and all(c in POSITIONS + "C" for c in last) else [last]


def _label(label: str, at: Mapping[str, int], steps: int) -> str:
    """A subscript with numbers for its positions."""
    *before, last = label.strip("{}").split(",")
    named = {**{letter: str(k) for letter, k in at.items()}, "C": str(steps)}
    parts = [named.get(part, part) for part in _parts(last)]
    return "_{" + ",".join((*before, *parts)) + "}"


def _holds(condition: str, at: Mapping[str, int], steps: int) -> bool:
    """Whether a chain such as ``j < l <= i`` holds."""
    words = re.split(r"\s*(<=|<|≤)\s*", condition.strip())
    numbers = {**at, "C": steps, "0": 0}
    try:
        values = [numbers[word] if word in numbers else int(word) for word in words[::2]]
    except ValueError:
        raise CellError(f"{condition!r} is no condition on positions", hint="for example j < l <= i, with 0 and C as ends") from None
    return all(a < b if sign == "<" else a <= b for a, sign, b in zip(values, words[1::2], values[1:], strict=False))


def _closing(text: str, start: int) -> int:
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise CellError("a sum is not closed", hint="every ( needs its )")
