"""Equations that are equal up to the letter of a gate, written once: ``a_{k,t} = W_k x_t + U_k h_{t-1} + b_k``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from derivations.equations import Equation, Pointwise, Program
from derivations.notation.tree import Expr, Name, Ref, rebuild, refs

INDEX_LETTERS = "kqlde"


@dataclass(frozen=True, slots=True)
class Family:
    """Letters of gates that share equations; ``index`` stands for any of them."""

    index: str
    letters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One numbered line: one equation, or a family of them shown with the index in the place of the letter."""

    number: int
    targets: tuple[Ref, ...]
    target: Ref  # as shown
    expr: Expr  # as shown
    family: Family | None = None


def find_family(program: Program) -> Family | None:
    """The largest set of gates whose pre-activations are equal up to the letter."""
    groups: dict[tuple[Ref, Expr], list[str]] = {}
    for eq in program.shown:
        letter = _letter(program, eq)
        if letter:
            key = (indexed_ref(eq.target, letter, "?"), indexed(program.written(eq), letter, "?"))
            groups.setdefault(key, []).append(letter)
    letters = max(groups.values(), key=len, default=[])
    if len(letters) < 2:
        return None
    taken = {name.base for name in program.shapes}
    return Family(next(c for c in INDEX_LETTERS if c not in taken), tuple(letters))


def _letter(program: Program, eq: Equation) -> str:
    """The letter of a gate's pre-activation: the subscript that its name shares with all its parameters."""
    if isinstance(eq, Pointwise) and eq.function:
        return ""
    parameters = [ref for ref in refs(program.written(eq)) if ref.time is None]
    letter = eq.target.name.sub
    return letter if parameters and all(ref.name.sub == letter for ref in parameters) else ""


def indexed(expr: Expr, letter: str, index: str) -> Expr:
    """``expr`` with one gate's letter in subscripts replaced by an index."""
    if isinstance(expr, Ref):
        return indexed_ref(expr, letter, index)
    return rebuild(expr, lambda child: indexed(child, letter, index))


def indexed_ref(ref: Ref, letter: str, index: str) -> Ref:
    """A use of a variable with one gate's letter replaced by an index."""
    name: Name = ref.name
    return replace(ref, name=replace(name, sub=index)) if name.sub == letter else ref


def lines(equations: Iterable[tuple[Ref, Expr]], family: Family | None, first: int) -> tuple[Line, ...]:
    """Numbered lines from ``first`` on; members of the family that are equal up to the letter share a line.

    A shared line stands where its first member does.
    """
    shared: dict[tuple[Ref, Expr], list[Ref]] = {}
    single: dict[tuple[Ref, Expr], tuple[Ref, Expr]] = {}
    for target, expr in equations:
        key = (target, expr)
        if family and target.name.sub in family.letters:
            key = (indexed_ref(target, target.name.sub, family.index), indexed(expr, target.name.sub, family.index))
        shared.setdefault(key, []).append(target)
        single.setdefault(key, (target, expr))
    found: list[Line] = []
    for key, targets in shared.items():
        whole = family is not None and tuple(t.name.sub for t in targets) == family.letters
        if whole:
            found.append(Line(first + len(found), tuple(targets), *key, family))
            continue
        for target in targets:
            expr = key[1] if family is None or key[0] == target else indexed(key[1], family.index, target.name.sub)
            found.append(Line(first + len(found), (target,), target, expr))
    return tuple(found)
