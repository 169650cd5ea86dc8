"""Second order, for every size: the derivative of a weighted sum of all gradients by everything that they depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.notation import unicode
from derivations.notation.tree import Ref
from derivations.proofs.contraction import by_element, claims, truth
from derivations.proofs.counterexample import Second, returned, weight
from derivations.proofs.elements import Differential, Index, Poly, add
from derivations.proofs.every_size import METHOD, judged
from derivations.proofs.expansion import Expansion, Misfit, label
from derivations.proofs.step import leaves
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation


def prove_second(derivation: Derivation) -> tuple[Result, ...]:
    """The second adjoint of everything that a step reads."""
    cell, expansion = derivation.cell, claims(derivation, derivation.backward, derivation.second.program)
    given = set(leaves(cell))
    sum_of_gradients: list[Poly] = []  # written out once, by whoever needs it first

    def loss() -> Poly:
        if not sum_of_gradients:
            sum_of_gradients.append(weighted(derivation, expansion))
        return sum_of_gradients[0]

    def prove(of: Ref, target: Ref) -> Result:
        def sides(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
            true = Differential(expansion.algebra, by_element(label(of), indices))(loss())
            return true, expansion.value(target, indices)

        written = derivation.second.program.written(derivation.second.program.definition[target])
        proof = (
            "the gradients are those that index contraction gives for the author's equations, each element times a weight of its own",
            f"their sum is differentiated by one element of {unicode(of)}; every Kronecker delta is summed over",
        )
        independent = "the rules of reverse mode and the lowering"
        result = Result(cell.name, f"{unicode(target)} = {unicode(written)}", "gradient", "proved", METHOD, independent_of=independent, proof=proof)
        return judged(Second(derivation, of, target), sides, result)

    return tuple(prove(adjoint.of, adjoint.target) for adjoint in derivation.second.adjoints if adjoint.of in given)


def weighted(derivation: Derivation, expansion: Expansion) -> Poly:
    """Σ weight × gradient over all elements of all gradients that a step returns."""
    return add(*(_weighted(derivation, expansion, of, target) for of, target in returned(derivation).items()))


def _weighted(derivation: Derivation, expansion: Expansion, of: Ref, target: Ref) -> Poly:
    known, algebra = truth(derivation.cell), expansion.algebra
    for elements in known.elements(known.shapes[of.name]):
        out: Poly = {}
        try:
            for indices in elements:
                found = algebra.multiply(expansion.value(weight(target), indices), known.gradient(of, indices))
                for variable, size, _ in indices:
                    found = algebra.bind(found, variable, size)
                out = add(out, found)
        except Misfit:
            continue
        return out
    raise Misfit(f"{unicode(of)} is split into blocks in two ways")
