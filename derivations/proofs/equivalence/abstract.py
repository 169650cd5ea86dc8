"""Values that two cells compute alike, taken as given: what is then proved holds for any of them.

Where both cells have a value of the same name that does not depend on the states and has the same elements, it is one array
that may be anything. Arguments of functions with kinks become single elements by it, so that cases of their sign can be told apart.
"""

from __future__ import annotations

from dataclasses import replace

from derivations.notation.tree import Assignment, Name, Ref, refs
from derivations.proofs.equivalence.clauses import LEFT, RIGHT
from derivations.proofs.equivalence.elements import Elements, ways
from derivations.proofs.equivalence.identities import Identities
from derivations.proofs.equivalence.pair import Pair
from derivations.proofs.gradients.elements import Unwritten


def abstracted(pair: Pair) -> Pair | None:
    """The pair with common values as given arrays; None if there are none."""
    defined = {eq.target: eq for eq in pair.equations}
    targets = [ref for ref in defined if ref.name.marks[-1] == LEFT and ref.time == 0 and not _moves(pair, ref)]
    there = {ref: Ref(ref.name.unmarked.marked(RIGHT), 0) for ref in targets}
    algebra = Identities()
    expansion = Elements(algebra, pair.equations, pair.shapes)
    common = {ref: other for ref, other in there.items() if other in defined and _alike(pair, expansion, ref, other)}
    if not common:
        return None
    kept = tuple(eq for eq in pair.equations if eq.target not in common and eq.target not in common.values())
    return replace(pair, equations=(*(Assignment(ref, other) for ref, other in common.items()), *kept))


def _moves(pair: Pair, ref: Ref) -> bool:
    """Whether a value depends on the states of the step before, or is compared itself."""
    defined = {eq.target: eq for eq in pair.equations}
    compared: set[Name] = {goal.value.name for goal in pair.goals} | {used.name for goal in pair.goals for used in refs(goal.expr)}
    waiting, seen = [ref], set[Ref]()
    while waiting:
        one = waiting.pop()
        if one.time == -1 or one.name in compared:
            return True
        for used in refs(defined[one].expr) if one in defined else ():
            if used not in seen:
                seen.add(used)
                waiting.append(used)
    return False


def _alike(pair: Pair, expansion: Elements, ref: Ref, other: Ref) -> bool:
    if pair.shapes[ref.name] != pair.shapes[other.name]:
        return False
    try:
        return all(expansion.value(ref, at) == expansion.value(other, at) for at in next(ways(expansion, pair.shapes[ref.name])))
    except Unwritten:
        return False
