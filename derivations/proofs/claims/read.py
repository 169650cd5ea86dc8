"""Claims as people write them, ``|c_t| ≤ |c_{t-1}| + 1``, read with the notation of the equations.

A claim compares two or more sides with ``<``, ``≤``, ``=``, ``≥``, ``>``, for each entry. A side may use absolute values,
``max`` and ``min``; each of them is given a name that no cell has, and what remains is an expression of the notation.
``u between a and b`` stands for ``min(a, b) ≤ u ≤ max(a, b)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from derivations.cell import Cell
from derivations.errors import CellError
from derivations.leaves import with_leaves
from derivations.notation import name_unicode, read_expr
from derivations.notation.tree import (
    Assignment,
    Call,
    Concat,
    Constant,
    Diagonal,
    Expr,
    Identity,
    MatMul,
    Name,
    Ones,
    Ref,
    Sum,
    Times,
    Windows,
    children,
    nodes,
    rebuild,
    refs,
)
from derivations.resolve import Roles
from derivations.shapes import infer_shapes
from derivations.sizes import Shape

RELATIONS = {
    "<=": "<=", "≤": "<=", "⩽": "<=", r"\leq": "<=", r"\le": "<=", r"\leqslant": "<=", "<": "<", r"\lt": "<",
    ">=": ">=", "≥": ">=", "⩾": ">=", r"\geq": ">=", r"\ge": ">=", r"\geqslant": ">=", ">": ">", r"\gt": ">",
    "==": "=", "=": "=",
}  # fmt: skip
LONGEST, DEEPEST = 2000, 20  # characters of a claim; absolute values within each other
CALLED = {"diag": 2, "windows": 2, "softmax": 1, "chunk": 1}  # the ranks of what words give; the others give a number
PLACE = "9001"  # labels of places for absolute values begin here: q_{9001}


@dataclass(frozen=True, slots=True)
class Extreme:
    """An absolute value, a maximum or a minimum of expressions, entrywise."""

    kind: str  # "abs", "max", "min"
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """``sides[0] relations[0] sides[1] …``; ``extremes`` says what the places in the sides stand for, inner ones first."""

    text: str
    sides: tuple[Expr, ...]
    relations: tuple[str, ...]
    extremes: Mapping[Ref, Extreme]


def read_claim(cell: Cell, text: str) -> Claim:
    """A claim of a cell, typed; raises ``CellError`` with the claim's text."""
    try:
        return _Reader(cell, text).claim()
    except CellError as error:
        shown = text if len(text) <= 100 else f"{text[:100]}…"
        raise CellError(f"claim {shown!r}: {error.found}", hint=error.hint, file=cell.file) from None


class _Reader:
    def __init__(self, cell: Cell, text: str) -> None:
        self.cell, self.text = cell, text
        self.extremes: dict[Ref, Extreme] = {}
        self.shapes: dict[Name, Shape] = dict(cell.shapes)

    def claim(self) -> Claim:
        """Split at the relations, then read each side."""
        if len(self.text) > LONGEST:
            raise CellError(f"it has {len(self.text)} characters", hint=f"a claim has at most {LONGEST}")
        parts = _RELATION.split(_ordered(_tidy(self.text)))
        if len(parts) < 3:
            raise CellError("no comparison in it", hint="write for example |h_t| <= 1")
        sides, signs = parts[::2], [RELATIONS[sign] for sign in parts[1::2]]
        if any(not side.strip() for side in sides):
            raise CellError("a side of the comparison is missing", hint="write for example |h_t| <= 1")
        return Claim(self.text, self.typed(tuple(self.expr(side, 0) for side in sides)), tuple(signs), self.extremes)

    def expr(self, text: str, depth: int) -> Expr:
        """One side; absolute values, maxima and minima are replaced by places, from the left."""
        if depth > DEEPEST:
            raise CellError(f"absolute values nested deeper than {DEEPEST}", hint="write the claim in parts")
        while found := _find(text):
            kind, start, end, args = found
            place = self.place(kind, tuple(self.expr(arg, depth + 1) for arg in args))
            text = f"{text[:start]} {place} {text[end:]}"
        return self.dated(self.with_leaves(read_expr(text)))

    def with_leaves(self, expr: Expr) -> Expr:
        """Constants of the cell, sizes used as numbers, ``I`` and ``ones`` as what they are."""
        used = {ref.name for ref in refs(expr)}
        values = {name.id: float(value) for name, value in self.cell.constants.items() if name in used}
        (equation,), _ = with_leaves(
            [Assignment(Ref(self.place_name((), PLACE), 0), expr)], values, {n.id: s for n, s in self.shapes.items()}
        )
        return equation.expr

    def place(self, kind: str, args: tuple[Expr, ...]) -> str:
        """A name for an absolute value, a maximum or a minimum, in the spelling of the notation."""
        sub = str(int(PLACE) + len(self.extremes))
        name = self.place_name(args, sub)
        self.extremes[Ref(name, 0)] = Extreme(kind, self.typed(args, name))
        return f"{name.base}_{{{sub}}}"

    def place_name(self, args: tuple[Expr, ...], sub: str) -> Name:
        """Upper case for matrices, as shape inference expects."""
        return Name("Q" if max(map(self.rank, args), default=0) == 2 else "q", sub=sub)

    def dated(self, expr: Expr) -> Expr:
        """``f`` means ``f_t``, as in equations; a name that the cell does not have is refused."""
        if not isinstance(expr, Ref):
            return rebuild(expr, self.dated)
        name = expr.name
        if Ref(name, 0) in self.extremes:
            return Ref(name, 0)
        if name not in self.cell.shapes:
            known = ", ".join(name_unicode(n) for n in self.cell.shapes)
            raise CellError(f"{name_unicode(name, expr.time)} is not a name of the cell", hint=f"the cell has {known}")
        changing = name in self.cell.assigned or name in self.cell.inputs
        time = 0 if expr.time is None and changing else expr.time
        if time not in ((0, -1) if name in self.cell.states else (0,) if changing else (None,)):
            hint = "a claim may use values of step t, and states of step t-1"
            raise CellError(f"{name_unicode(name, time)} is not a value of a step", hint=hint)
        return replace(expr, time=time)

    def typed(self, args: tuple[Expr, ...], name: Name | None = None) -> tuple[Expr, ...]:
        """Expressions of one shape with their products resolved; the shape becomes that of ``name``."""
        target = name or self.place_name(args, str(int(PLACE) - 1))
        total = Sum((*args, *args)) if len(args) == 1 else Sum(args)
        used = tuple(dict.fromkeys(ref.name for ref in refs(total)))
        roles = Roles(self.cell.states, self.cell.inputs, used, (target,))
        declared = {n.id: self.shapes[n] for n in (*self.cell.states, *self.cell.inputs, *used)}
        constants = tuple(name.id for name in self.cell.constants if any(node == Constant(name) for node in nodes(total)))
        declared |= {name.id: self.shapes[name] for name in self.cell.constants if name.id in constants}
        (equation,), shapes = infer_shapes((Assignment(Ref(target, 0), total),), roles, declared, constants)
        if name:
            self.shapes[name] = shapes[name]
        assert isinstance(equation.expr, Sum)
        return equation.expr.terms[: len(args)]

    def rank(self, expr: Expr) -> int:
        """0 for a scalar, 1 for a vector, 2 for a matrix."""
        match expr:
            case Ref():
                return len(self.shapes[expr.name])
            case Identity() | Diagonal() | Windows():
                return 2
            case Concat() | Ones():
                return 1
            case Constant():
                return len(self.shapes[expr.name])
            case Call(fn=word):
                return CALLED.get(word, 0)
            case Times(op=op) if op not in ("⊙", "*"):
                left, right = self.rank(expr.left), self.rank(expr.right)
                return right if left == 2 and right else max(left, right)
            case MatMul():
                return self.rank(expr.right)
            case _:
                return max((self.rank(child) for child in children(expr)), default=0)


def _alternatives(signs: Iterable[str]) -> str:
    """A pattern for signs, the longest first; a command ends where its letters end."""
    longest = sorted(signs, key=len, reverse=True)
    return "|".join(re.escape(sign) + (r"(?![A-Za-z])" if sign[-1].isalpha() else "") for sign in longest)


_RELATION = re.compile(f"({_alternatives(RELATIONS)})")
_BETWEEN = re.compile(r"(.+?)\s+(?:lies\s+)?between\s+(.+?)\s+and\s+(.+)")
_NAMED = re.compile(r"(?<![A-Za-z\\])\\?(abs|max|min)\s*(?=[({])")
_BARS = {  # in this order: the longer ones hold the shorter
    r"\left\lvert": " abs(", r"\right\rvert": ")", r"\left|": " abs(", r"\right|": ")",
    r"\lvert": " abs(", r"\rvert": ")", r"\vert": "|",
}  # fmt: skip


def _tidy(text: str) -> str:
    r"""``\lvert u \rvert`` and ``\left| u \right|`` as ``abs(u)``; dollars and display commands dropped."""
    for tex, plain in _BARS.items():
        text = text.replace(tex, plain)
    text = re.sub(r"\\(?:left|right|bigl|bigr|Bigl|Bigr|big|Big)(?=[(){}\[\]\\|])", "", text)
    text = text.replace(r"\{", "(").replace(r"\}", ")")
    return re.sub(r"\\operatorname\{(abs|max|min)\}", r"\1", text.strip().strip("$"))


def _ordered(text: str) -> str:
    """``u between a and b`` as comparisons."""
    found = _BETWEEN.fullmatch(text.strip())
    return f"min({found[2]}, {found[3]}) <= {found[1]} <= max({found[2]}, {found[3]})" if found else text


def _find(text: str) -> tuple[str, int, int, list[str]] | None:
    """The first absolute value, maximum or minimum: its kind, where it begins and ends, its arguments."""
    named, bar = _NAMED.search(text), text.find("|")
    if named and (bar < 0 or named.start() < bar):
        end, args = _arguments(text, named.end())
        if named[1] == "abs" and len(args) != 1:
            raise CellError("abs has one argument", hint="write abs(h_t) or |h_t|")
        return named[1], named.start(), end, args
    if bar < 0:
        return None
    end = _closing_bar(text, bar)
    return "abs", bar, end + 1, [text[bar + 1 : end]]


def _arguments(text: str, start: int) -> tuple[int, list[str]]:
    """The arguments in the brackets that open at ``start``, and where the brackets end."""
    args: list[str] = []
    depth, last = 0, start + 1
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1, [*args, text[last:at]]
        elif text[at] == "," and depth == 1:
            args.append(text[last:at])
            last = at + 1
    raise CellError("a bracket is not closed", hint="every ( needs its )")


def _closing_bar(text: str, start: int) -> int:
    """The bar that closes the one at ``start``: the next one outside of brackets that does not stand where a term begins."""
    depth, open_bars = 0, 1
    for at in range(start + 1, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
        elif text[at] == "|" and depth == 0:
            begins = _is_open(text[start + 1 : at])
            open_bars += 1 if begins else -1
            if open_bars == 0:
                return at
    raise CellError("a bar | is not closed", hint="write |h_t| or abs(h_t)")


def _is_open(before: str) -> bool:
    """Whether the text so far leaves a term to come, so that a bar opens an absolute value."""
    rest = before.rstrip()
    return not rest or rest[-1] in "+-−*⊙@·/" or rest.endswith((r"\odot", r"\cdot", r"\circ"))


def values_of(claim: Claim) -> tuple[Ref, ...]:
    """The values of the cell that a claim speaks of, in the order of the text."""
    found: dict[Ref, None] = {}

    def visit(expr: Expr) -> None:
        for ref in refs(expr):
            if ref in claim.extremes:
                for arg in claim.extremes[ref].args:
                    visit(arg)
            else:
                found.setdefault(ref)

    for side in claim.sides:
        visit(side)
    return tuple(found)
