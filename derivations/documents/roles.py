"""What a variable is, in words: the author's words where there are any, else what the equations say."""

from __future__ import annotations

from derivations.calculus.derivation import Derivation
from derivations.equations import Contraction, Layout, Pointwise, Reduction
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Apply, Choice, MatMul, Power, Product, Quotient, Ref, Sum

LONGEST = 9  # words of an author's role that fit beside a formula
SHORTEST = 5  # words of a role in a heading
LAYOUTS = {
    "concat": "stacked vector",
    "part": "part of a vector",
    "transpose": "transpose",
    "windows": "neighbouring columns",
    "fold": "sum of neighbours",
}
CHOICES = {"max": "maximum", "min": "minimum", "where": "choice"}
WHAT: dict[type, str] = {Product: "product", MatMul: "matrix product", Sum: "sum", Quotient: "quotient", Power: "power"}
ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]


class Roles:
    """Roles of the variables of one derivation."""

    def __init__(self, derivation: Derivation) -> None:
        self.d, self.cell, self.forward = derivation, derivation.cell, derivation.forward

    def full(self, ref: Ref) -> str:
        """The role for the margin of an equation."""
        said = self.cell.roles.get(ref.name.id, "").strip()
        words = said.split()
        return said if len(words) <= LONGEST else self.short(ref) if ":" in said else " ".join(words[:LONGEST]) + " …"

    def short(self, ref: Ref) -> str:
        """The role for a heading: what stands before the colon; from the equations if nobody said."""
        said = self.cell.roles.get(ref.name.id, "").partition(":")[0].partition(",")[0].split()
        return " ".join(said[:SHORTEST]) + (" …" if len(said) > SHORTEST else "") if said else self.derived(ref)

    def derived(self, ref: Ref) -> str:
        """The role that the equations tell."""
        if ref.time is None:
            return self._parameter(ref)
        if ref.name in self.cell.inputs:
            return "input"
        if ref.name in self.cell.states:
            position = self.cell.states.index(ref.name)
            return "state" if len(self.cell.states) == 1 else f"{ORDINALS[position] if position < len(ORDINALS) else 'another'} state"
        return self._computed(ref)

    def _parameter(self, ref: Ref) -> str:
        if len(self.forward.shapes[ref.name]) == 2:
            for eq in self.forward.uses(ref):
                if isinstance(eq, Contraction):
                    other = eq.right if eq.left == ref else eq.left
                    if other.name in self.cell.inputs:
                        return "input weights"
                    return "recurrent weights" if other.time == -1 else "weights"
            return "matrix"
        added = any(isinstance(eq, Pointwise) and isinstance(eq.expr, Sum) and ref in eq.expr.terms for eq in self.forward.uses(ref))
        return "bias" if added else "weights, entry by entry" if self.forward.shapes[ref.name] else "scalar parameter"

    def _computed(self, ref: Ref) -> str:
        eq = self.forward.definition[ref]
        if isinstance(eq, Layout):
            return LAYOUTS[eq.op]
        if isinstance(eq, Reduction):
            return "sum of entries" if eq.op == "sum" else "log of a sum of exponentials"
        if isinstance(eq, Contraction) and not eq.indices[2]:
            return "scalar product"
        if isinstance(eq, Contraction) and not set(eq.indices[0]) & set(eq.indices[1]):
            return "outer product"
        if isinstance(eq, Pointwise) and eq.function:
            argument = eq.operands[0]
            if argument.name in self.cell.states:
                return f"squashed {self.short(argument)}"
            return "gate" if eq.function == "sigmoid" else f"value of {FUNCTIONS[eq.function].unicode}"
        if self.is_argument(ref):
            return "pre-activation"
        expr = self.forward.written(eq)
        if isinstance(expr, Choice):
            return CHOICES[expr.fn]
        return WHAT.get(type(expr), "value")

    def is_argument(self, ref: Ref) -> bool:
        """Whether a value exists only as the argument of one function."""
        uses = self.forward.uses(ref)
        return (
            ref.time == 0
            and ref.name not in self.cell.assigned
            and len(uses) == 1
            and isinstance(uses[0], Pointwise)
            and isinstance(uses[0].expr, Apply)
        )
