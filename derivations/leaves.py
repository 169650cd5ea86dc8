"""Names that stand for something given: constants, sizes used as numbers, the identity matrix, a vector of ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from derivations.errors import CellError
from derivations.notation.tree import Assignment, Constant, Dimension, Expr, Identity, Name, Ones, Ref, rebuild, refs
from derivations.sizes import Shape


def with_leaves(
    written: Sequence[Assignment], values: Mapping[str, int | float], declared: Mapping[str, Shape]
) -> tuple[tuple[Assignment, ...], dict[Name, Fraction]]:
    """The equations with such names replaced, and the constants with their values.

    ``I`` and ``ones`` keep another meaning where an equation assigns them or [shapes] declares them; a size counts as a
    number where its name stands in [shapes] as a size.
    """
    uses = {ref.name for eq in written for ref in refs(eq.expr) if ref.time is None}
    assigned = {eq.target.name.id for eq in written}
    constants = {name: Fraction(str(values[name.id])) for name in sorted(uses, key=str) if name.id in values}
    for key in values:
        if key in assigned or key not in {name.id for name in constants}:
            why = "is computed by an equation" if key in assigned else "is not used by any equation"
            raise CellError(f"constant {key} {why}", hint="[constants] gives values to names of the equations that have no time")
    sizes = {atom for shape in declared.values() for size in shape for atom in size}
    own = assigned | set(declared)

    def new(expr: Expr) -> Expr:
        if not isinstance(expr, Ref):
            return rebuild(expr, new)
        word = expr.name.id
        if expr.time is not None or expr.name in constants:
            return Constant(expr.name, expr.span) if expr.time is None else expr
        if word in own:
            return expr
        if word in sizes:
            return Dimension((word,), expr.span)
        if word == "I":
            return Identity((), expr.span)
        return Ones((), expr.span) if word == "ones" else expr

    return tuple(replace(eq, expr=new(eq.expr)) for eq in written), constants
