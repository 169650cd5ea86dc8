"""A verdict on the equality of two cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter

from derivations.cell import Cell
from derivations.notation import name_unicode, unicode
from derivations.notation.tree import Ref, refs
from derivations.proofs.equivalence.abstract import abstracted
from derivations.proofs.equivalence.cases import Cases
from derivations.proofs.equivalence.elements import products_if_equal
from derivations.proofs.equivalence.identities import Identities
from derivations.proofs.equivalence.pair import Pair, pair
from derivations.proofs.equivalence.refute import differ, half_defined, search
from derivations.proofs.equivalence.system import System
from derivations.proofs.gradients.elements import Unwritten
from derivations.verdict import Result

METHOD, SEARCH = "elements of two cells", "runs of two cells"
INDEPENDENT = "generated code, lowering and calculus: the equations of both cells are written out as they were typed"
IDENTITIES: Mapping[str, Callable[[], Identities]] = {
    "σ(−a) = 1 − σ(a), tanh(a) = 2σ(2a) − 1, exp(a + b) = exp(a) exp(b), exp(log a) = a": Identities,
    "σ, tanh, softplus and log as rational functions of exponentials; denominators are multiplied out": lambda: Identities(rational=True),
    "the same, and functions with kinks by the sign of their argument": Cases,
}


def compare(first: Cell, second: Cell, where: str = "", free: Iterable[str] = ()) -> tuple[Result, ...]:
    """Whether two cells compute the same states and outputs, step by step, for every size.

    ``where`` substitutes names (``"W_f = -W_i; b_z = 0"``), ``free`` are the names in it that stand for anything. Raises
    ``CellError`` if the substitution cannot be read or nothing is left to compare.
    """
    start = perf_counter()
    found = pair(first, second, where, free)
    statement = stated(found)
    try:
        proof = proof_of(found) or (None if differ(found) else _abstract_proof(found))
        why = "the two sides have different forms, but no run was found on which their values differ"
    except Unwritten as error:
        proof, why = None, str(error)
    if proof:
        half = half_defined(found)
        if half:
            statement = f"{statement}, where both have values"
            proof = [*proof, f"only one side has a value at {', '.join(f'{key} = {value}' for key, value in half.items())}"]
        lines = (*_matched(found), *proof, "by induction they are equal after every number of steps")
        return (Result(first.name, statement, "equation", "proved", METHOD, INDEPENDENT, proof=lines, seconds=perf_counter() - start),)
    run = search(found)
    hint, seconds = _loose(found), perf_counter() - start
    if run:
        return (Result(first.name, statement, "equation", "refuted", SEARCH, INDEPENDENT, counterexample=run, why=hint, seconds=seconds),)
    why = f"{why}; {hint}" if hint else why
    return (Result(first.name, statement, "equation", "undecided", METHOD, INDEPENDENT, why=why, seconds=seconds),)


def stated(found: Pair, sign: str = "=") -> str:
    """The relation in words: ``lstm_cifg = lstm where W_f = −W_i``."""
    clauses = ", ".join(dict.fromkeys(clause.written for clause in found.clauses))
    sizes = ", ".join(" = ".join(names) for names in found.merged)
    text = f"{found.sides[0]} {sign} {found.sides[1]}" + (f" where {clauses}" if clauses else "") + (f", at {sizes}" if sizes else "")
    return text + (f", in {', '.join(name_unicode(name, 0) for name in found.compared)}" if found.is_partial else "")


def _abstract_proof(found: Pair) -> list[str] | None:
    """A proof for any values in the place of those that both cells compute alike."""
    general = abstracted(found)
    proof = proof_of(general) if general else None
    if general is None or proof is None:
        return None
    computed = {eq.target for eq in found.equations}
    common = ", ".join(name_unicode(ref.name.unmarked, 0) for ref in general.given if ref in computed)
    return [f"whatever the values of {common}, which both cells compute alike", *proof]


def proof_of(found: System) -> list[str] | None:
    """The lines of a proof with the first set of identities that gives one; None if none does."""
    for number, (identities, algebra) in enumerate(IDENTITIES.items()):
        if number == 1 and differ(found):
            return None
        common = algebra()
        counts = [products_if_equal(found, goal, common) for goal in found.goals]
        if None not in counts:
            equal = (f"{found.told(goal)}: the same sum of {n} products of elements" for goal, n in zip(found.goals, counts, strict=True))
            return [*equal, f"identities: {identities}"]
    return None


def _matched(found: Pair) -> list[str]:
    """What the induction assumes."""
    states = ", ".join(found.told(goal, -1) for goal in found.goals if goal.is_state)
    lines = [f"before the step: {states}" if states else "no state is compared", "the inputs and parameters of the same name are equal"]
    free = [unicode(Ref(ref.name.unmarked, ref.time)) for ref in found.loose]
    apart = [ref for ref in found.given if ref.time == -1 and not _read(found, ref)]
    free += [f"{unicode(Ref(ref.name.unmarked, ref.time))} of {found.owner(ref.name)}" for ref in apart]
    return lines + ([f"whatever the values of {', '.join(free)}"] if free else [])


def _read(found: Pair, ref: Ref) -> bool:
    """Whether a state of the step before is one that is compared."""
    states = (goal for goal in found.goals if goal.is_state)
    return any(ref.name in {goal.value.name, *(used.name for used in refs(goal.expr))} for goal in states)


def _loose(found: Pair) -> str:
    """What only one of the cells reads."""
    if not found.loose:
        return ""
    names = ", ".join(f"{name_unicode(ref.name.unmarked, ref.time)} of {found.owner(ref.name)}" for ref in found.loose)
    return f"one cell only has {names}: say what it stands for with --where"
