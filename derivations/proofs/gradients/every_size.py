"""What is proved for every size by index contraction: the lowering, every step of a derivation, forward mode, second order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

from derivations.cell import Cell
from derivations.notation import unicode
from derivations.notation.tree import Assignment, Ref
from derivations.proofs.gradients.comparison import Comparison, Gradient, Tangent, Value
from derivations.proofs.gradients.contraction import Truth, claims, products_if_equal, truth
from derivations.proofs.gradients.counterexample import search
from derivations.proofs.gradients.elements import Index, Poly, Unwritten
from derivations.proofs.gradients.expansion import Expansion
from derivations.proofs.gradients.one_equation import OneEquation, dotted
from derivations.proofs.step import seeds
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation, Step

METHOD = "index contraction"
Sides: TypeAlias = Callable[[tuple[Index, ...]], tuple[Poly, ...]]
Argument: TypeAlias = tuple[Sides, tuple[str, ...]]  # what has to be equal, and the proof if it is


def prove_lowering(derivation: Derivation) -> tuple[Result, ...]:
    """Every value that the author names: the equations of one kind each compute what the author's equation says."""
    known = truth(derivation.cell)
    return tuple(_prove_equation(derivation, eq, known) for eq in derivation.cell.equations)


def _prove_equation(derivation: Derivation, eq: Assignment, known: Truth) -> Result:
    author, lowered = known.with_the_others_held(eq.target)

    def from_the_others(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        return author.value(eq.target, indices), lowered.value(eq.target, indices)

    def from_what_is_read(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        return known.author.value(eq.target, indices), known.lowered.value(eq.target, indices)

    one = (
        "the author's equation and the equations of one kind each that give this value are written out in elements",
        "the other values that the author names stand for themselves: they are the same by their own proofs",
    )
    whole = ("the author's equations and the equations of one kind each are written out in elements, from what the step reads",)
    independent = "the lowering: the author's equation is written out as it was typed"
    statement = f"{unicode(eq.target)} = {unicode(eq.expr)}"
    result = Result(derivation.cell.name, statement, "equation", "proved", METHOD, independent_of=independent)
    return judged(Value(derivation, eq.target, eq.target), result, (from_the_others, one), (from_what_is_read, whole))


def prove_steps(derivation: Derivation) -> tuple[Result, ...]:
    """Every step of a derivation: each computed adjoint, input, state and parameter."""
    whole, single = claims(derivation, derivation.backward), OneEquation(derivation.forward, derivation.backward)
    computed = {eq.target: k for k, eq in enumerate(derivation.backward.equations)}
    proved: set[Ref] = set()
    found: dict[Ref, Result] = {}
    for step in sorted(derivation.steps, key=lambda step: computed[step.target]):
        found[step.target] = _prove_step(derivation, step, whole, single, proved)
        if found[step.target].verdict == "proved":
            proved.add(step.target)
    return tuple(found[step.target] for step in derivation.steps)


def _prove_step(derivation: Derivation, step: Step, whole: Expansion, single: OneEquation, proved: set[Ref]) -> Result:
    known, ref = truth(derivation.cell), step.adjoint.of
    targets = {adjoint.of: adjoint.target for adjoint in derivation.reverse.adjoints}

    def from_the_loss(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        return known.gradient(ref, indices), whole.value(step.target, indices), whole.element(step.expr, indices)

    def from_its_uses(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        if not {targets[eq.target] for eq in single.uses(ref)} <= proved:
            raise Unwritten("an adjoint that it needs is not proved")
        true = single.adjoint(ref, outer_seeds(derivation.cell, ref), targets, indices)
        return single.sides(true, step.target, indices, single.functions_of(ref))

    end_to_end = (
        "the loss is Σ (what reaches an output) × (output), written out in elements from the author's equations",
        f"it is differentiated by one element of {unicode(ref)}; every Kronecker delta is summed over",
        "the equations that compute the step and the formula that is printed are written out in the same way",
    )
    one_by_one = (
        f"by the chain rule the derivative by {unicode(ref)} is the sum over the equations that use it, of the adjoint of what "
        "they compute, which is proved before, times their derivative by one element; every Kronecker delta is summed over",
        "the lowered equations are those of the author: a proof of its own says so",
    )
    independent = "the rules of reverse mode and the lowering"
    result = Result(derivation.cell.name, step.statement, "gradient", "proved", METHOD, independent_of=independent)
    return judged(Gradient(derivation, ref, step.target), result, (from_the_loss, end_to_end), (from_its_uses, one_by_one))


def outer_seeds(cell: Cell, ref: Ref) -> tuple[Ref, ...]:
    """What reaches the adjoint of a value from outside of the step."""
    return seeds(cell, ref.name) if ref.time == 0 and ref.name in cell.outputs else ()


def prove_tangents(derivation: Derivation) -> tuple[Result, ...]:
    """Forward mode: the tangent of every value of the step."""
    whole, single = claims(derivation, derivation.tangent), OneEquation(derivation.forward, derivation.tangent)
    proved: set[Ref] = set()
    results = []
    for eq in derivation.forward.shown:
        results.append(_prove_tangent(derivation, eq.target, whole, single, proved))
        if results[-1].verdict == "proved":
            proved.add(dotted(eq.target))
    return tuple(results)


def _prove_tangent(derivation: Derivation, ref: Ref, whole: Expansion, single: OneEquation, proved: set[Ref]) -> Result:
    known, target = truth(derivation.cell), dotted(ref)
    written = derivation.tangent.written(derivation.tangent.definition[target])

    def from_what_is_read(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        return known.tangent(ref, indices), whole.value(target, indices), whole.element(written, indices)

    def from_one_equation(indices: tuple[Index, ...]) -> tuple[Poly, ...]:
        if not {dotted(read) for read in single.read_by((ref,))} <= proved:
            raise Unwritten("a tangent that it needs is not proved")
        return single.sides(single.tangent(ref, indices), target, indices, {ref})

    end_to_end = ("the derivative in a direction is Σ ∂/∂(element) × (tangent of the element), over everything that the step reads",)
    one = ("by the chain rule it is Σ ∂/∂(element) × (tangent of the element), over what its equation reads; those are proved before",)
    statement, independent = f"{unicode(target)} = {unicode(written)}", "the rules of forward mode and the lowering"
    result = Result(derivation.cell.name, statement, "gradient", "proved", METHOD, independent_of=independent)
    return judged(Tangent(derivation, ref, target), result, (from_what_is_read, end_to_end), (from_one_equation, one))


def judged(comparison: Comparison, result: Result, *arguments: Argument) -> Result:
    """The result if the sides of one of the arguments are equal in all elements; otherwise a counterexample, or why none is known."""
    start, known, why = perf_counter(), truth(comparison.derivation.cell), ""
    shape = comparison.program.shapes[comparison.claim.name]
    for sides, proof in arguments:
        try:
            products = products_if_equal(known.elements(shape), sides)
        except Unwritten as error:
            why = why or str(error)
            continue
        why = "the two sides have different forms, but no input was found on which their values differ"
        if products is not None:
            closing = f"the sides are equal: the same sum of {products} products" if products else "the sides are equal: both are 0"
            return replace(result, proof=(*proof, closing), seconds=perf_counter() - start)
    found = search(comparison)
    seconds = perf_counter() - start
    if found is None:
        return replace(result, verdict="undecided", why=why, proof=(), seconds=seconds)
    return replace(result, verdict="refuted", counterexample=found, proof=(), seconds=seconds)
