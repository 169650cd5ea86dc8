"""What an LSTM does to gradients over many steps: it can make them vanish, and it can make them explode.

Both are shown by one cell each, with all numbers exact or enclosed: one whose gates are one half, and one that a search
finds. The search draws from small integers with a fixed seed, and every parameter that is not needed is then made 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from random import Random
from typing import Any

import mpmath
import numpy as np

from derivations.cell import Cell
from derivations.claims.claim import Claim
from derivations.claims.enclosures import below, carried, exactly, given, middle, run
from derivations.claims.facts import Fact, refuted
from derivations.claims.stated import dot
from derivations.evaluate import Values, evaluate_cell
from derivations.notation.tree import Ref
from derivations.proofs.gradients.comparison import STEP, high_precision, precise
from derivations.proofs.step import leaves
from derivations.verdict import Result

DIGITS = 60
DRAWN = (0, 0, 1, -1, 2, -2, 4, -4, 8)  # half of what is drawn is small: large entries saturate the gates


def neither_vanishes_nor_explodes(claim: Claim) -> Result:
    """Refuted in both halves, over ``steps`` and ``growing_steps`` steps of a cell with one unit."""
    cell, state = claim.cell(), claim.text("state")
    steps, growing, seed = (int(claim.number(key)) for key in ("steps", "growing_steps", "seed"))
    faded = Path(cell, {}, state, steps)
    grown = search(cell, state, growing, float(claim.number("more_than")), Random(seed))
    if grown is None:
        return claim.result("undecided", "search", why=f"no cell with a growing Jacobian was found from seed {seed}")
    half = exactly("1/2") ** steps
    found = ", ".join(f"{name} = {value}" for name, value in grown.parameters.items())
    facts = (
        Fact("all parameters 0: every gate is σ(0) = 1/2, and h does not reach the gates, so the direct path is the only one", True),
        Fact(f"∂{state}_{steps}/∂{state}_0 = 0.5^{steps} = {middle(half)}, enclosed to 50 digits by forward mode", faded.encloses(half)),
        Fact(f"a difference quotient of the equations in {DIGITS} digits agrees: no rule of differentiation is involved", faded.agrees()),
        Fact(
            f"search from seed {seed}, one unit, all else 0: {found} gives ∂{state}_{growing}/∂{state}_0 = {grown.shown}",
            grown.is_above(claim),
        ),
        Fact(f"a difference quotient of the equations in {DIGITS} digits agrees", grown.agrees()),
        Fact(f"h and c stay 0, so the step is the same map each time, and each further step multiplies by {grown.rate}", grown.is_steady()),
    )
    shown = {
        f"vanishes: all parameters 0, ∂{state}_{steps}/∂{state}_0": float(middle(half, 15)),
        f"explodes: {found}, all else 0, ∂{state}_{growing}/∂{state}_0": float(middle(grown.derivative, 15)),
        "seed": seed,
    }
    return refuted(
        claim, "enclosed to 50 digits; search", facts, shown, independent_of="for the values: forward mode and difference quotients"
    )


class Path:
    """The complete derivative of a state by itself over some steps: everything at size 1, inputs and initial states 0."""

    def __init__(self, cell: Cell, parameters: Mapping[str, int], state: str, steps: int) -> None:
        self.cell, self.parameters, self.steps = cell, parameters, steps
        self.state = next(name for name in cell.states if name.id == state)
        sizes = dict.fromkeys(cell.sizes, 1)
        tangents = carried(cell, given(cell, sizes, parameters), steps, {state: 1}, sizes)
        self.derivative = tangents[dot(Ref(self.state, 0))][0]
        self.shown = middle(self.derivative)

    @cached_property
    def rate(self) -> str:
        """What one more step multiplies the derivative by."""
        return middle(Path(self.cell, self.parameters, self.state.id, self.steps + 1).derivative / self.derivative)

    def is_steady(self) -> bool:
        """Whether the states stay where they are, at 0, while the derivative grows with every step."""
        last = run(self.cell, given(self.cell, dict.fromkeys(self.cell.sizes, 1), self.parameters), 1)[-1]
        return all(last[Ref(name, 0)][0] == 0 for name in self.cell.states) and float(self.rate) > 1

    def encloses(self, value: Any) -> bool:
        """Whether the derivative and a value are the same to 45 digits."""
        return below(abs(self.derivative - value), abs(value) * exactly("1e-45"))

    def is_above(self, claim: Claim) -> bool:
        """Whether the derivative is larger than the claim demands."""
        return below(exactly(claim.text("more_than")), abs(self.derivative))

    def agrees(self) -> bool:
        """Whether a central difference quotient gives the same to 15 digits."""
        with mpmath.workdps(DIGITS):
            up, down = (self.end(sign * STEP) for sign in (1, -1))
            error = abs((up - down) / (2 * STEP) - mpmath.mpf(self.derivative.mid))
            return bool(error < abs(mpmath.mpf(self.derivative.mid)) * mpmath.mpf(10) ** -15)

    def end(self, start: Any) -> Any:
        """The state after all steps from an initial state."""
        values: Values = {
            ref: np.full((1,) * max(1, len(self.cell.shapes[ref.name])), mpmath.mpf(self.parameters.get(ref.name.id, 0)), dtype=object)
            for ref in leaves(self.cell)
        }
        values[Ref(self.state, -1)] = np.array([start], dtype=object)
        for _ in range(self.steps):
            known = evaluate_cell(self.cell.equations, values, high_precision(), precise)
            values |= {Ref(name, -1): known[Ref(name, 0)] for name in self.cell.states}
        return values[Ref(self.state, -1)][0]


def search(cell: Cell, state: str, steps: int, wanted: float, random: Random) -> Path | None:
    """The first drawn cell whose derivative is larger than wanted, with as many zeros as possible."""
    names = [name.id for name in cell.parameters]
    for _ in range(40):
        drawn = {name: random.choice(DRAWN) for name in names}
        if _size(cell, drawn, state, steps) > wanted:
            return Path(cell, _fewest(cell, drawn, state, steps, wanted), state, steps)
    return None


def _fewest(cell: Cell, drawn: dict[str, int], state: str, steps: int, wanted: float) -> dict[str, int]:
    for name in list(drawn):
        without = {key: value for key, value in drawn.items() if key != name}
        if _size(cell, without, state, steps) > wanted:
            drawn = without
    return drawn


def _size(cell: Cell, parameters: Mapping[str, int], state: str, steps: int) -> float:
    return abs(float(middle(Path(cell, parameters, state, steps).derivative)))
