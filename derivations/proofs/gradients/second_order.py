"""Second order, for every size: the derivative of a weighted sum of all gradients by everything that they depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.equations import Program
from derivations.notation import unicode
from derivations.notation.tree import Ref
from derivations.proofs.gradients.comparison import Second, returned, weight
from derivations.proofs.gradients.contraction import products_if_equal, truth
from derivations.proofs.gradients.elements import Index, Poly, Unwritten
from derivations.proofs.gradients.every_size import METHOD, Sides, judged
from derivations.proofs.gradients.one_equation import OneEquation
from derivations.proofs.step import leaves
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation


def prove_second(derivation: Derivation) -> tuple[Result, ...]:
    """The second adjoint of everything that a step reads; those of the values between are proved on the way."""
    order, read, results = SecondOrder(derivation), set(leaves(derivation.cell)), []
    for of, target in order.targets.items():
        if of in read:
            results.append(order.judged(of, target))
        elif order.agree(of, target):
            order.proved.add(target)
    return tuple(results)


class SecondOrder:
    """The equations of the step and of its adjoints as one program, with the adjoints of that."""

    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        first = derivation.backward
        both = Program(derivation.forward.equations + first.equations, first.shapes, first.inline)
        self.single = OneEquation(both, derivation.second.program)
        self.targets = {adjoint.of: adjoint.target for adjoint in derivation.second.adjoints}
        self.weighted = set(returned(derivation).values())
        self.proved: set[Ref] = set()

    def sides(self, of: Ref, target: Ref) -> Sides:
        """What the uses of a value send to its second adjoint, and the derived formula."""

        def of_elements(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
            if not {self.targets[eq.target] for eq in self.single.uses(of)} <= self.proved:
                raise Unwritten("the second adjoint of a value between is not proved")
            seeds = [weight(of)] if of in self.weighted else []
            true = self.single.adjoint(of, seeds, self.targets, indices)
            return self.single.sides(true, target, indices, self.single.functions_of(of))

        return of_elements

    def agree(self, of: Ref, target: Ref) -> bool:
        """Whether the second adjoint of a value between is proved."""
        ways = truth(self.derivation.cell).elements(self.single.whole.shapes[of.name])
        try:
            return products_if_equal(ways, self.sides(of, target)) is not None
        except Unwritten:
            return False

    def judged(self, of: Ref, target: Ref) -> Result:
        """The verdict on the second adjoint of what the step reads."""
        proof = (
            "the equations of the step and of its adjoints are one program; Σ (weight) × (gradient) over all gradients is its loss",
            f"by the chain rule the derivative by {unicode(of)} is the sum over the equations that use it, of the second adjoint of "
            "what they compute times their derivative by one element; the second adjoints of all values between are proved likewise",
        )
        whole = self.single.whole
        statement = f"{unicode(target)} = {unicode(whole.written(whole.definition[target]))}"
        independent = "the rules of reverse mode"
        result = Result(self.derivation.cell.name, statement, "gradient", "proved", METHOD, independent_of=independent)
        return judged(Second(self.derivation, of, target), result, (self.sides(of, target), proof))
