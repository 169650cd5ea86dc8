"""Back-propagation through time: the composition of steps proved by the chain rule, and exactly for T ≤ 3.

The exact check runs T steps of the author's equations in numbers that carry their partial derivatives along, runs the
derived recursion backward in the same numbers, and compares every parameter, input and initial state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sympy.polys.rings import PolyElement

from derivations.cell import Cell
from derivations.equations import Program
from derivations.evaluate import Values, evaluate_cell, evaluate_program
from derivations.notation import unicode
from derivations.notation.tree import Name, Neg, Ref, Sum, refs
from derivations.proofs.counterexample import Gradient, search
from derivations.proofs.exact import Field, Inexact, attempted
from derivations.proofs.scalars import generators, shape
from derivations.proofs.step import leaves, seeds
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation, Step

LONGEST = 3  # steps of the exact check; its polynomials grow tenfold with each step
Entry: TypeAlias = tuple[Ref, int]  # a parameter at 0, an initial state at 0, an input at its time 0, 1, …


class Unrolled:
    """T steps of the author's equations in exact numbers, with the derivatives of the loss by everything that goes in.

    Every state is named by a symbol of its own as soon as it is known, so that polynomials stay short.
    """

    def __init__(self, cell: Cell, sizes: Mapping[str, int], steps: int, field: Field) -> None:
        self.cell, self.sizes, self.field = cell, sizes, field
        self.places: dict[Entry, Any] = {}
        self.parameters: Values = {Ref(n): self.marked(Ref(n), 0) for n in cell.parameters}
        self.initial: Values = {Ref(n, -1): self.marked(Ref(n, -1), 0) for n in cell.states}
        self.inputs = [{Ref(n, 0): self.marked(Ref(n, 0), t) for n in cell.inputs} for t in range(steps)]
        self.direct = [{direct(n): field.symbols(shape(cell, n, sizes)) for n in cell.outputs} for _ in range(steps)]
        self.partials = self.run()

    def marked(self, ref: Ref, time: int) -> Any:
        """Symbols that are differentiated by."""
        values, self.places[ref, time] = self.field.marked(self.field.symbols(shape(self.cell, ref.name, self.sizes)))
        return values

    def run(self) -> dict[int, PolyElement]:
        """The derivatives of Σ over time and outputs of (direct derivative) × (output)."""
        states, terms = self.initial, []
        for inputs, weights in zip(self.inputs, self.direct, strict=True):
            known = evaluate_cell(self.cell.equations, self.parameters | states | inputs, self.field.functions, self.field.constant)
            terms += [np.sum(weights[direct(n)] * known[Ref(n, 0)]) for n in self.cell.outputs]
            states = self.arrived(known)
        partials: dict[int, PolyElement] = sum(terms[1:], start=terms[0]).partials
        return partials

    def arrived(self, known: Values) -> Values:
        """The states of a step as the next step reads them."""
        return {Ref(n, -1): self.field.named(known[Ref(n, 0)]) for n in self.cell.states}

    def plain(self, values: Values) -> Values:
        return {ref: self.field.unmarked(value) for ref, value in values.items()}

    def recursion(self, derivation: Derivation) -> dict[Entry, Any]:
        """What the derived recursion gives for the same run: parameters summed over time, states passed back."""
        program, states = Program(derivation.forward.equations, derivation.forward.shapes), self.plain(self.initial)
        history = []
        for inputs in map(self.plain, self.inputs):
            history.append(self.evaluated(program, self.plain(self.parameters) | states | inputs))
            states = self.arrived(history[-1])
        zero = self.field.constant(Fraction(0))
        arriving: Values = {came(n): self.field.filled(shape(self.cell, n, self.sizes), lambda _: zero) for n in self.cell.states}
        found: dict[Entry, Any] = {}
        for time in reversed(range(len(history))):
            known = self.evaluated(derivation.backward, history[time] | self.direct[time] | arriving)
            for adjoint in derivation.reverse.adjoints:
                self.collect(found, adjoint.of, time, known[adjoint.target])
            arriving = {came(n): known[replace(came(n), time=-1)] for n in self.cell.states}
        return found

    def evaluated(self, program: Program, values: Values) -> Values:
        return evaluate_program(program, values, self.field.functions, self.sizes, self.field.constant)

    def collect(self, found: dict[Entry, Any], of: Ref, time: int, value: Any) -> None:
        """A parameter's adjoint is added up; an input has one for each step; of a state the first step's counts."""
        if of in self.parameters:
            found[of, 0] = found[of, 0] + value if (of, 0) in found else value
        elif of in self.inputs[time]:
            found[of, time] = value
        elif of in self.initial and time == 0:
            found[of, 0] = value


def direct(name: Name) -> Ref:
    """The direct derivative of the loss by an output."""
    return Ref(name.marked("direct"), 0)


def came(name: Name) -> Ref:
    """The part of a state's adjoint that the step after sends."""
    return Ref(name.marked("from"), 0)


def prove_composition(derivation: Derivation, steps: Sequence[Result]) -> tuple[Result, ...]:
    """The recursion over T steps, for every T: by the chain rule, from the proofs of one step in ``steps``."""
    start, missing = perf_counter(), premise_that_fails(derivation, steps)
    seconds = (perf_counter() - start) / len(returned(derivation))
    return tuple(_composed(derivation, step, missing, seconds) for step in returned(derivation))


def _composed(derivation: Derivation, step: Step, missing: str, seconds: float) -> Result:
    result = Result(
        derivation.cell.name,
        over_time(step),
        "gradient",
        "undecided" if missing else "proved",
        "chain rule",
        independent_of="the rules of reverse mode, given the proofs of one step",
        seconds=seconds,
    )
    return replace(result, why=missing) if missing else replace(result, proof=tuple(argument(derivation, step)))


def argument(derivation: Derivation, step: Step) -> Iterator[str]:
    """The proof by induction, from the last step to the first."""
    states = derivation.cell.states
    arriving = ", ".join(unicode(came(n)) for n in states)
    yield f"induction on t from T down to 1; hypothesis: {arriving} is the derivative, by the state at t, of the loss of all later steps; at t = T it is 0"
    yield (
        "all later steps read step t through its states only, so by the chain rule the derivative of the loss from t on by anything that step t reads "
        "is that of Σ (direct derivative + arriving part) × (output), with both held fixed"
    )
    yield "this is the statement that was proved for one step, for whatever reaches its outputs; for the states of the step before it is the hypothesis at t − 1"
    if step.kind == "parameter":
        yield f"{unicode(step.adjoint.of)} is read by every step: its derivative is the sum of what each step gives with the other steps' use held fixed"


def premise_that_fails(derivation: Derivation, steps: Sequence[Result]) -> str:
    """The first premise of the induction that does not hold; empty if all hold."""
    cell = derivation.cell
    open_steps = [result.statement for result in steps if result.verdict != "proved"]
    if open_steps:
        return f"the step {open_steps[0]} is not proved"
    read = {ref for eq in cell.equations for ref in refs(eq.expr)} - {eq.target for eq in cell.equations}
    if not read <= set(leaves(cell)):
        return f"a step reads {', '.join(sorted(unicode(ref) for ref in read - set(leaves(cell))))} of other steps"
    given = {ref for eq in derivation.backward.equations for ref in eq.operands} - set(derivation.backward.definition) - set(derivation.forward.definition)
    known = {*leaves(cell), *(seed for name in cell.outputs for seed in seeds(cell, name))}
    if not given <= known:
        return f"the recursion reads {', '.join(sorted(unicode(ref) for ref in given - known))}, which nothing gives"
    sent = {step.adjoint.of: step.target for step in derivation.steps}
    unsent = [name for name in cell.states if sent.get(Ref(name, -1)) != replace(came(name), time=-1)]
    return f"the recursion does not send {unicode(came(unsent[0]))}" if unsent else ""


def prove_unrolled(derivation: Derivation) -> tuple[Result, ...]:
    """The recursion over 1, 2, … steps beside the derivative of the unrolled loss, exactly, with all sizes 1."""
    cell, sizes = derivation.cell, dict.fromkeys(derivation.cell.sizes, 1)
    equal, reached, why, start = {step.adjoint.of: True for step in returned(derivation)}, 0, "", perf_counter()
    try:
        for steps in range(1, LONGEST + 1):
            for (of, _), same in attempted(lambda field, n=steps: compared(derivation, sizes, n, field), steps * generators(cell, sizes)).items():  # type: ignore[misc]
                equal[of] = equal[of] and same
            reached = steps
    except Inexact as error:
        why = str(error)
    seconds = (perf_counter() - start) / len(equal)
    return tuple(_unrolled(derivation, step, equal[step.adjoint.of], {"T": reached, **sizes}, why, seconds) for step in returned(derivation))


def compared(derivation: Derivation, sizes: Mapping[str, int], steps: int, field: Field) -> dict[Entry, bool]:
    """Which parameters, inputs and initial states the recursion gets right."""
    unrolled = Unrolled(derivation.cell, sizes, steps, field)
    found = unrolled.recursion(derivation)
    return {entry: field.equal(found[entry], places, unrolled.partials) for entry, places in unrolled.places.items()}


def _unrolled(derivation: Derivation, step: Step, equal: bool, at: Mapping[str, int], why: str, seconds: float) -> Result:
    result = Result(
        derivation.cell.name,
        over_time(step),
        "gradient",
        "undecided",
        "unrolled scalars",
        independent_of="the rules of reverse mode, the lowering, the chain rule over time and index contraction",
        seconds=seconds,
        why=why,
    )
    if not at["T"]:
        return result
    if equal:
        line = f"runs of 1 to {at['T']} steps: the recursion and the derivative of the unrolled loss are the same polynomial"
        return replace(result, verdict="proved_at", at=at, proof=(line,), why="")
    found = search(Gradient(derivation, step.adjoint.of, step.target))
    if found is not None:
        return replace(result, verdict="refuted", counterexample=found, why="")
    return replace(result, why="the recursion differs from the derivative of the unrolled loss; no input of one step shows it")


def returned(derivation: Derivation) -> tuple[Step, ...]:
    """The steps that give what a backward pass returns: parameters, inputs, states of the step before."""
    return tuple(step for step in derivation.steps if step.adjoint.of not in derivation.forward.definition)


def over_time(step: Step) -> str:
    """What a step says of a whole run."""
    name = step.adjoint.of.name
    if step.kind == "parameter":
        summand = f"({unicode(step.expr)})" if isinstance(step.expr, Sum | Neg) else unicode(step.expr)
        return f"∂L/∂{unicode(Ref(name))} = Σ_t {summand}, t = 1 … T"
    if step.kind == "input":
        return f"∂L/∂{unicode(Ref(name, 0))} = {unicode(step.target)} for every t"
    return f"∂L/∂{unicode(Ref(name))}_0 = {unicode(step.target)} at t = 1"
