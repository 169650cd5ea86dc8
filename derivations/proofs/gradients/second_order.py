"""Second order, for every size: the derivative of a weighted sum of all gradients by everything that they depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.equations import Program
from derivations.notation import unicode
from derivations.notation.tree import Ref
from derivations.proofs.gradients.blocks import Misfit
from derivations.proofs.gradients.comparison import Second, returned, weight
from derivations.proofs.gradients.contraction import by_element, claims, truth
from derivations.proofs.gradients.differential import Differential
from derivations.proofs.gradients.elements import Index, Poly, Unwritten, add
from derivations.proofs.gradients.every_size import METHOD, judged
from derivations.proofs.gradients.expansion import Expansion, label
from derivations.proofs.step import leaves
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation

LARGEST = 600  # products of all gradients together; the proof of an LSTM, with 200, takes two seconds


def prove_second(derivation: Derivation) -> tuple[Result, ...]:
    """The second adjoint of everything that a step reads."""
    expansion = claims(derivation, derivation.backward, derivation.second.program)
    loss: Poly | Unwritten
    try:
        loss = weighted(derivation, expansion)
    except Unwritten as error:
        loss = error
    read = set(leaves(derivation.cell))
    wanted = (adjoint for adjoint in derivation.second.adjoints if adjoint.of in read)
    return tuple(_prove(derivation, adjoint.of, adjoint.target, expansion, loss) for adjoint in wanted)


def _prove(derivation: Derivation, of: Ref, target: Ref, expansion: Expansion, loss: Poly | Unwritten) -> Result:
    second = derivation.second.program
    equations = (*derivation.forward.equations, *derivation.backward.equations, *second.equations)  # it uses values of all three
    whole = Program(equations, second.shapes, second.inline)
    written = whole.written(whole.definition[target])

    def sides(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        if isinstance(loss, Unwritten):
            raise loss
        true = Differential(expansion.algebra, by_element(label(of), indices))(loss)
        return true, expansion.value(target, indices), expansion.element(written, indices)

    proof = (
        "the gradients are those that index contraction gives for the author's equations, each element times a weight of its own",
        f"their sum is differentiated by one element of {unicode(of)}; every Kronecker delta is summed over",
    )
    statement, independent = f"{unicode(target)} = {unicode(written)}", "the rules of reverse mode and the lowering"
    result = Result(derivation.cell.name, statement, "gradient", "proved", METHOD, independent_of=independent, proof=proof)
    return judged(Second(derivation, of, target), sides, result)


def weighted(derivation: Derivation, expansion: Expansion) -> Poly:
    """Σ weight × gradient over all elements of all gradients that a step returns."""
    found = add(*(_weighted(derivation, expansion, of, target) for of, target in returned(derivation).items()))
    if len(found) > LARGEST:
        raise Unwritten(f"the gradients have {len(found)} products of elements, too many to write out their derivatives")
    return found


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
