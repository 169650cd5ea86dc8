"""Values for the names of a cell, and numeric derivatives that use none of our calculus."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from derivations.cell import Cell
from derivations.evaluate import Values, evaluate_cell
from derivations.notation.tree import Ref
from derivations.sizes import shape_value

FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "sigmoid": lambda u: 1 / (1 + np.exp(-u)),
    "tanh": np.tanh,
    "exp": np.exp,
    "softplus": lambda u: np.log(1 + np.exp(u)),
    "logsigmoid": lambda u: -np.log(1 + np.exp(-u)),
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "relu": lambda u: np.where(np.real(u) > 0, u, 0),
    "abs": lambda u: np.sign(np.real(u)) * u,
    "step": lambda u: (np.real(u) > 0) * 1.0,
    "sign": lambda u: np.sign(np.real(u)),
    "floor": lambda u: np.floor(np.real(u)),
}

STEP = 1e-30  # of the complex step: no subtraction, so as small as one likes


def sizes_of(cell: Cell, first: int = 2) -> dict[str, int]:
    """All sizes different, so that a transposition cannot hide."""
    return {size: first + k for k, size in enumerate(cell.sizes)}


def leaves(cell: Cell) -> list[Ref]:
    """Everything that a step reads and does not compute."""
    return [Ref(n, 0) for n in cell.inputs] + [Ref(n, -1) for n in cell.states] + [Ref(n) for n in cell.parameters]


def random_values(refs: list[Ref], shapes: Mapping[Any, Any], sizes: Mapping[str, int], seed: int) -> Values:
    """Values of scale one half."""
    rng = np.random.default_rng(seed)
    return {ref: 0.5 * rng.standard_normal(shape_value(shapes[ref.name], sizes)) for ref in refs}


def constants_of(cell: Cell, sizes: Mapping[str, int], seed: int) -> Values:
    """The constants: numbers with their usual value, arrays (masks, periods) with small whole numbers, so that entries differ."""
    rng = np.random.default_rng(seed)
    shapes = {name: shape_value(cell.shapes[name], sizes) for name in cell.constants}
    usual = {name: np.full(shape, float(cell.constants[name])) for name, shape in shapes.items()}
    return {Ref(n): rng.integers(1, 4, shape).astype(float) if shape else usual[n] for n, shape in shapes.items()}


def complex_step(loss: Callable[[Values], Any], values: Values, ref: Ref) -> np.ndarray:
    """The derivative of a loss by every entry of one value."""
    gradient = np.zeros(np.shape(values[ref]))
    for index in np.ndindex(*gradient.shape):
        moved = np.array(values[ref], dtype=complex)
        moved[index] += 1j * STEP
        gradient[index] = loss({**values, ref: moved}).imag / STEP
    return gradient


def step_loss(cell: Cell, weights: Values, sizes: Mapping[str, int]) -> Callable[[Values], Any]:
    """A linear function of everything that a step puts out."""

    def loss(values: Values) -> Any:
        known = evaluate_cell(cell.equations, values, FUNCTIONS, sizes=sizes)
        return sum(np.sum(weight * known[ref]) for ref, weight in weights.items())

    return loss
