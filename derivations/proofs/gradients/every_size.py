"""What is proved for every size by index contraction: the lowering, every step of a derivation, forward mode, second order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from derivations.notation import unicode
from derivations.notation.tree import Ref
from derivations.proofs.gradients.comparison import Comparison, Gradient, Tangent, Value
from derivations.proofs.gradients.contraction import claims, products_if_equal, truth
from derivations.proofs.gradients.counterexample import search
from derivations.proofs.gradients.elements import Index, Poly, Unwritten
from derivations.proofs.gradients.expansion import Expansion
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation, Step

METHOD = "index contraction"
Sides = Callable[[tuple[Index, ...]], tuple[Poly, ...]]


def prove_lowering(derivation: Derivation) -> tuple[Result, ...]:
    """Every value that the author names: the equations of one kind each compute what the author's equation says."""
    known = truth(derivation.cell)
    written_out = ("the author's equation and the equations of one kind each are written out in elements",)
    return tuple(
        judged(
            Value(derivation, eq.target, eq.target),
            lambda indices, ref=eq.target: (known.author.value(ref, indices), known.lowered.value(ref, indices)),  # type: ignore[misc]
            Result(
                derivation.cell.name,
                f"{unicode(eq.target)} = {unicode(eq.expr)}",
                "equation",
                "proved",
                METHOD,
                independent_of="the lowering: the author's equation is written out as it was typed",
                proof=written_out,
            ),
        )
        for eq in derivation.cell.equations
    )


def prove_steps(derivation: Derivation) -> tuple[Result, ...]:
    """Every step of a derivation: each computed adjoint, input, state and parameter."""
    expansion = claims(derivation, derivation.backward)
    return tuple(_prove_step(derivation, step, expansion) for step in derivation.steps)


def _prove_step(derivation: Derivation, step: Step, expansion: Expansion) -> Result:
    known, ref = truth(derivation.cell), step.adjoint.of

    def sides(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        return known.gradient(ref, indices), expansion.value(step.target, indices), expansion.element(step.expr, indices)

    proof = (
        "the loss is Σ (what reaches an output) × (output), written out in elements from the author's equations",
        f"it is differentiated by one element of {unicode(ref)}; every Kronecker delta is summed over",
        "the equations that compute the step and the formula that is printed are written out in the same way",
    )
    independent = "the rules of reverse mode and the lowering"
    result = Result(derivation.cell.name, step.statement, "gradient", "proved", METHOD, independent_of=independent, proof=proof)
    return judged(Gradient(derivation, ref, step.target), sides, result)


def prove_tangents(derivation: Derivation) -> tuple[Result, ...]:
    """Forward mode: the tangent of every value of the step."""
    program = derivation.tangent
    expansion = claims(derivation, program)
    refs = (eq.target for eq in derivation.forward.shown)
    return tuple(_prove_tangent(derivation, ref, Ref(ref.name.marked("dot"), ref.time), expansion) for ref in refs)


def _prove_tangent(derivation: Derivation, ref: Ref, target: Ref, expansion: Expansion) -> Result:
    known = truth(derivation.cell)
    written = derivation.tangent.written(derivation.tangent.definition[target])

    def sides(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        return known.tangent(ref, indices), expansion.value(target, indices), expansion.element(written, indices)

    proof = ("the derivative in a direction is Σ ∂/∂(element) × (tangent of the element), over everything that the step reads",)
    statement, independent = f"{unicode(target)} = {unicode(written)}", "the rules of forward mode and the lowering"
    result = Result(derivation.cell.name, statement, "gradient", "proved", METHOD, independent_of=independent, proof=proof)
    return judged(Tangent(derivation, ref, target), sides, result)


def judged(comparison: Comparison, sides: Sides, result: Result) -> Result:
    """The result if all sides are equal in all elements; otherwise a counterexample, or the reason why none is known."""
    start, known = perf_counter(), truth(comparison.derivation.cell)
    shape = comparison.program.shapes[comparison.claim.name]
    try:
        products = products_if_equal(known.elements(shape), sides)
        why = "the two sides have different forms, but no input was found on which their values differ"
    except Unwritten as error:
        products, why = None, str(error)
    if products is not None:
        closing = f"the sides are equal: the same sum of {products} products" if products else "the sides are equal: both are 0"
        return replace(result, proof=(*result.proof, closing), seconds=perf_counter() - start)
    found = search(comparison)
    seconds = perf_counter() - start
    if found is None:
        return replace(result, verdict="undecided", why=why, proof=(), seconds=seconds)
    return replace(result, verdict="refuted", counterexample=found, proof=(), seconds=seconds)
