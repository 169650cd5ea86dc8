"""Generated code against a plain evaluation of the author's equations, one batch entry and one step at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest
from evaluation import FUNCTIONS, STEP, constants_of, random_values

from derivations import Cell
from derivations.evaluate import Values, evaluate_cell
from derivations.notation.tree import Name, Ref
from derivations.sizes import shape_value
from numeric import load


@dataclass
class Case:
    """A cell, its generated module, and values for everything that goes in; ``values`` hold arrays over time and batch."""

    cell: Cell
    module: ModuleType
    sizes: dict[str, int]
    values: Values  # inputs at time 0 [time, batch, …], initial states at -1 [batch, …], parameters and constants without time
    upstream: dict[Name, np.ndarray]

    def __post_init__(self) -> None:
        m = self.module
        self.parameters = dict(zip(self.cell.parameters, m.PARAMETERS, strict=True))
        self.p = m.init(**{size: self.sizes[size] for size in m.SIZES}, rng=0)
        self.constants = dict(zip(self.cell.constants, getattr(m, "CONSTANTS", {}), strict=True))
        for name, key in {**self.parameters, **self.constants}.items():
            setattr(self.p, key, self.values[Ref(name)])
        self.inputs = [self.values[Ref(n, 0)] for n in self.cell.inputs]
        self.initial = [self.values[Ref(n, -1)] for n in self.cell.states]

    def run(self, **options: bool) -> object:
        """The generated forward pass."""
        return self.module.forward(self.p, *self.inputs, *self.initial, **options)

    def gradients(self) -> dict[Ref, np.ndarray]:
        """What the generated backward pass returns, by what it is the gradient of."""
        g = self.module.backward(self.p, self.run(), *(self.upstream[n] for n in self.cell.outputs))
        found = {Ref(n): getattr(g, key) for n, key in self.parameters.items()}
        found |= {Ref(n, 0): getattr(g, key) for n, key in zip(self.cell.inputs, self.module.INPUTS, strict=True)}
        return found | {Ref(n, -1): getattr(g, self.spelled(f"{n.id}0")) for n in self.cell.states}

    def spelled(self, name: str) -> str:
        """A name of the cell as the module spells it."""
        return getattr(self.module, "NAMES", {}).get(name, name)

    def plain(self, values: Values) -> dict[Name, np.ndarray]:
        """The outputs [time, batch, …] by the author's equations."""
        time, batch = self.upstream[self.cell.outputs[0]].shape[:2]
        found = {n: np.zeros(self.upstream[n].shape, complex) for n in self.cell.outputs}
        for b in range(batch):
            state = {Ref(n, -1): values[Ref(n, -1)][b] for n in self.cell.states}
            for t in range(time):
                now = {Ref(n, 0): values[Ref(n, 0)][t, b] for n in self.cell.inputs}
                given = {Ref(n): values[Ref(n)] for n in (*self.parameters, *self.constants)}
                known = evaluate_cell(self.cell.equations, {**given, **now, **state}, FUNCTIONS, sizes=self.sizes)
                state = {Ref(n, -1): known[Ref(n, 0)] for n in self.cell.states}
                for n in self.cell.outputs:
                    found[n][t, b] = known[Ref(n, 0)]
        return found

    def plain_gradient(self, ref: Ref) -> np.ndarray:
        """The complex-step derivative of the plain evaluation by every entry of one value."""
        gradient = np.zeros(self.values[ref].shape)
        for index in np.ndindex(*gradient.shape):
            moved = np.array(self.values[ref], complex)
            moved[index] += 1j * STEP
            out = self.plain({**self.values, ref: moved})
            gradient[index] = sum(np.sum(out[n] * self.upstream[n]) for n in out).imag / STEP
        return gradient


def make_case(cell: Cell, time: int = 3, batch: int = 2, first_size: int = 2, seed: int = 0) -> Case:
    """Random values for a cell; all sizes differ, so that a transposition cannot hide."""
    sizes = {size: first_size + k for k, size in enumerate(cell.sizes)}
    rng = np.random.default_rng(seed)

    def normal(name: Name, *lead: int) -> np.ndarray:
        return 0.6 * rng.standard_normal((*lead, *shape_value(cell.shapes[name], sizes)))

    values = random_values([Ref(n) for n in cell.parameters], cell.shapes, sizes, seed) | constants_of(cell, sizes, seed)
    values |= {Ref(n, 0): normal(n, time, batch) for n in cell.inputs} | {Ref(n, -1): normal(n, batch) for n in cell.states}
    return Case(cell, load(cell), sizes, values, {n: normal(n, time, batch) for n in cell.outputs})


@pytest.fixture(scope="session")
def case() -> Callable[..., Case]:
    """``case(cell, time=…, batch=…)`` makes a case."""
    return make_case


def check_forward(case: Case) -> None:
    """Every output of every step, kept or not, is that of the author's equations; bound: thousands of roundings of the largest value."""
    expected, run, bare = case.plain(case.values), case.run(), case.run(save=False)
    for name, key in zip(case.cell.outputs, case.module.OUTPUTS, strict=True):
        wanted = expected[name].real
        np.testing.assert_allclose(getattr(run, key), wanted, rtol=1e-12, atol=1e-12 * (1 + np.abs(wanted).max()))
        np.testing.assert_array_equal(getattr(bare, key), getattr(run, key))


def check_gradients(case: Case) -> None:
    """Every gradient is the complex-step derivative, which has no truncation error, of the author's equations."""
    for ref, found in case.gradients().items():
        expected = case.plain_gradient(ref)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12 * (1 + np.abs(expected).max()), err_msg=str(ref))


def check_duality(case: Case) -> None:
    """⟨upstream, jvp(direction)⟩ = ⟨gradient, direction⟩ for a random direction."""
    rng, m = np.random.default_rng(1), case.module
    found = case.gradients()
    direction = {ref: rng.standard_normal(value.shape) for ref, value in found.items()}
    dp = case.p.zeros_like()
    for name, key in case.parameters.items():
        setattr(dp, key, direction[Ref(name)])
    others = [direction[Ref(n, 0)] for n in case.cell.inputs] + [direction[Ref(n, -1)] for n in case.cell.states]
    tangents = m.jvp(case.p, case.run(), dp, *others)
    left = sum(np.sum(getattr(tangents, key) * case.upstream[n]) for n, key in zip(case.cell.outputs, m.OUTPUTS, strict=True))
    terms = [np.sum(found[ref] * direction[ref]) for ref in found]
    assert abs(left - sum(terms)) <= 1e-12 * (1 + sum(map(abs, terms)))


@pytest.fixture(scope="session")
def checks() -> tuple[Callable[[Case], None], ...]:
    """The three checks that every generated module has to pass."""
    return check_forward, check_gradients, check_duality
