"""Back-propagation through time: the composition of steps proved by the chain rule, and exactly for T ≤ 3.

The exact check runs T steps of the author's equations in numbers that carry their partial derivatives along, runs the
derived recursion backward in the same numbers, and compares every parameter, input and initial state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sympy.polys.rings import PolyElement

from derivations.cell import Cell
from derivations.evaluate import Values
from derivations.notation import unicode
from derivations.notation.tree import Name, Neg, Ref, Sum, refs
from derivations.proofs.gradients.comparison import Gradient
from derivations.proofs.gradients.counterexample import search
from derivations.proofs.gradients.exact import Field, Inexact, attempted
from derivations.proofs.gradients.exact_step import ExactStep, generators
from derivations.proofs.step import leaves, seeds
from derivations.verdict import Result

if TYPE_CHECKING:
    from derivations.calculus import Derivation, Step

LONGEST = 3  # steps of the exact check; its polynomials grow tenfold with each step
Entry: TypeAlias = tuple[Ref, int]  # a parameter at 0, an initial state at 0, an input at its time 0, 1, …


class Unrolled(ExactStep):
    """T steps of the author's equations, with the derivatives of the loss by everything that goes in."""

    def __init__(self, cell: Cell, sizes: Mapping[str, int], steps: int, field: Field) -> None:
        super().__init__(cell, sizes, field)
        self.places: dict[Entry, Any] = {}
        self.parameters: Values = {Ref(n): self.marked(Ref(n), 0) for n in cell.parameters}
        self.initial: Values = {Ref(n, -1): self.marked(Ref(n, -1), 0) for n in cell.states}
        self.inputs = [{Ref(n, 0): self.marked(Ref(n, 0), t) for n in cell.inputs} for t in range(steps)]
        self.direct: list[Values] = [{direct(n): self.symbols(n) for n in cell.outputs} for _ in range(steps)]
        self.partials = self.run()

    def marked(self, ref: Ref, time: int) -> Any:
        """Symbols that are differentiated by."""
        values, self.places[ref, time] = self.field.marked(self.symbols(ref.name))
        return values

    def run(self) -> dict[int, PolyElement]:
        """The derivatives of Σ over time and outputs of (direct derivative) × (output)."""
        states, terms = self.initial, []
        for inputs, weights in zip(self.inputs, self.direct, strict=True):
            known = self.computed(self.cell.equations, self.parameters | states | inputs)
            terms += [np.sum(weights[direct(n)] * known[Ref(n, 0)]) for n in self.cell.outputs]
            states = self.next_states(known)
        partials: dict[int, PolyElement] = sum(terms[1:], start=terms[0]).partials
        return partials

    def next_states(self, known: Values) -> Values:
        """The states of a step as the next step reads them."""
        return {Ref(n, -1): known[Ref(n, 0)] for n in self.cell.states}

    def plain(self, values: Values) -> Values:
        """The same values without their derivatives."""
        return {ref: self.field.unmarked(value) for ref, value in values.items()}

    def recursion(self, derivation: Derivation) -> dict[Entry, Any]:
        """What the derived recursion gives for the same run: parameters summed over time, states passed back."""
        states, history = self.plain(self.initial), []
        for inputs in map(self.plain, self.inputs):
            history.append(self.computed(derivation.forward.equations, self.plain(self.parameters) | states | inputs))
            states = self.next_states(history[-1])
        arriving: Values = {came(n): self.zeros(n) for n in self.cell.states}
        found: dict[Entry, Any] = {}
        for time in reversed(range(len(history))):
            known = self.program(derivation.backward, history[time] | self.direct[time] | arriving)
            for adjoint in derivation.reverse.adjoints:
                self.collect(found, adjoint.of, time, known[adjoint.target])
            arriving = {came(n): known[replace(came(n), time=-1)] for n in self.cell.states}
        return found

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
    seconds = (perf_counter() - start) / len(steps_returned(derivation))
    return tuple(_composed(derivation, step, missing, seconds) for step in steps_returned(derivation))


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
    arriving = ", ".join(unicode(came(n)) for n in derivation.cell.states)
    yield (
        f"induction on t from T down to 1; hypothesis: {arriving} is the derivative, by the state at t, "
        "of the loss of all later steps; at t = T it is 0"
    )
    yield (
        "all later steps read step t through its states only, so by the chain rule the derivative of the loss from t on by "
        "anything that step t reads is that of Σ (direct derivative + arriving part) × (output), with both held fixed"
    )
    yield (
        "this is the statement that was proved for one step, for whatever reaches its outputs; "
        "for the states of the step before it is the hypothesis at t − 1"
    )
    if step.kind == "parameter":
        used = unicode(step.adjoint.of)
        yield f"{used} is read by every step: its derivative is the sum over the steps, with its use in the others held fixed"


def premise_that_fails(derivation: Derivation, steps: Sequence[Result]) -> str:
    """The first premise of the induction that does not hold; empty if all hold."""
    cell = derivation.cell
    open_steps = [result.statement for result in steps if result.verdict != "proved"]
    if open_steps:
        return f"the step {open_steps[0]} is not proved"
    read = {ref for eq in cell.equations for ref in refs(eq.expr)} - {eq.target for eq in cell.equations}
    if not read <= set(leaves(cell)):
        return f"a step reads {', '.join(sorted(unicode(ref) for ref in read - set(leaves(cell))))} of other steps"
    computed = {*derivation.forward.definition, *derivation.backward.definition}
    given = {ref for eq in derivation.backward.equations for ref in eq.operands} - computed
    known = {*leaves(cell), *(seed for name in cell.outputs for seed in seeds(cell, name))}
    if not given <= known:
        return f"the recursion reads {', '.join(sorted(unicode(ref) for ref in given - known))}, which nothing gives"
    sent = {step.adjoint.of: step.target for step in derivation.steps}
    unsent = [name for name in cell.states if sent.get(Ref(name, -1)) != replace(came(name), time=-1)]
    return f"the recursion does not send {unicode(came(unsent[0]))}" if unsent else ""


def prove_unrolled(derivation: Derivation) -> tuple[Result, ...]:
    """The recursion over 1, 2, … steps beside the derivative of the unrolled loss, exactly, with all sizes 1."""
    start, sizes, wrong, why, longest = perf_counter(), dict.fromkeys(derivation.cell.sizes, 1), set[Ref](), "", 0
    for steps in range(1, LONGEST + 1):
        try:
            wrong |= differing(derivation, sizes, steps)
        except Inexact as error:
            why = f"runs of {steps} steps: {error}"
            break
        longest = steps
    steps_back = steps_returned(derivation)
    blank = Result(
        derivation.cell.name,
        "",
        "gradient",
        "undecided",
        "unrolled scalars",
        independent_of="the rules of reverse mode, the lowering, the chain rule over time and index contraction",
        why=why,
        at={"T": longest, **sizes} if longest else {},
        seconds=(perf_counter() - start) / len(steps_back),
    )
    return tuple(_unrolled(derivation, step, step.adjoint.of in wrong, blank) for step in steps_back)


def differing(derivation: Derivation, sizes: Mapping[str, int], steps: int) -> set[Ref]:
    """The parameters, inputs and initial states that the recursion gets wrong."""

    def run(field: Field) -> set[Ref]:
        unrolled = Unrolled(derivation.cell, sizes, steps, field)
        found = unrolled.recursion(derivation)
        return {of for (of, t), places in unrolled.places.items() if not field.equal(found[of, t], places, unrolled.partials)}

    return attempted(run, steps * generators(derivation.cell, sizes))


def _unrolled(derivation: Derivation, step: Step, wrong: bool, blank: Result) -> Result:
    result = replace(blank, statement=over_time(step))
    if not wrong and blank.at:
        line = f"runs of 1 to {blank.at['T']} steps: the recursion and the derivative of the unrolled loss are the same polynomial"
        return replace(result, verdict="proved_at", proof=(line,), why="")
    result = replace(result, at={})
    found = search(Gradient(derivation, step.adjoint.of, step.target)) if wrong else None
    if found is not None:
        return replace(result, verdict="refuted", counterexample=found, why="")
    why = "the recursion differs from the derivative of the unrolled loss, but no input of one step shows it"
    return replace(result, why=why if wrong else blank.why)


def steps_returned(derivation: Derivation) -> tuple[Step, ...]:
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
