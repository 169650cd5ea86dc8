"""One example: parameters, inputs, initial states and upstream gradients of a cell, at some sizes.

Small sizes and plain numbers hide nothing here on purpose: several time steps, inputs and hidden of different size, no
zero, no symmetry, an upstream gradient on every output at every time. T = 1, equal sizes, zero biases, symmetric or tiny
weights each hide real mistakes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from derivations.catalogue import get_cell
from derivations.cell import Cell
from derivations.functions import FUNCTIONS
from derivations.notation.tree import Apply, Choice, Compare, Name, nodes, refs
from derivations.sizes import shape_value

Array = NDArray[Any]
Sizes = Mapping[str, int]  # "time", "batch" and the sizes of the cell, such as "inputs" and "hidden"


class Parameters(dict[str, Array]):
    """Parameters by the paper's names, as a dictionary that also answers ``p.W_f``."""

    def __getattr__(self, name: str) -> Array:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{name}: no such parameter, expected one of {', '.join(self)}") from None


@dataclass(frozen=True, eq=False)
class Case:
    """Values for one run of a cell forward and backward. Arrays are row-major: ``[time, batch, size]``.

    ``p`` holds the parameters, ``inputs`` the inputs (``x``), ``states`` the initial states (``h``, ``c``), ``upstream``
    the gradients of the loss by each output at each time (``dh``, ``dc``), ``constants`` what the cell is given and does
    not train.
    """

    cell: Cell
    p: Parameters
    inputs: dict[str, Array]
    states: dict[str, Array]
    upstream: dict[str, Array]
    constants: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        cell: str | Cell,
        *,
        p: Mapping[str, ArrayLike],
        constants: Mapping[str, ArrayLike] | None = None,
        dtype: DTypeLike = np.float64,
        **values: ArrayLike,
    ) -> Case:
        """A case from numbers, as a failure message prints it: inputs, states and upstream gradients by their names.

        Constants that are left out have their usual values."""
        found = get_cell(cell) if isinstance(cell, str) else cell
        shapes, made = case_shapes(found), {key: np.array(value, dtype) for key, value in values.items()}
        wanted = {name for group in ("inputs", "states", "upstream") for name in shapes[group]}
        for kind, given, expected in (("parameters", set(p), set(shapes["p"])), ("values", set(made), wanted)):
            if given != expected:
                raise ValueError(f"{kind} of a case of {found.name}: {sorted(given)} came, expected {sorted(expected)}")
        group = {key: {name: made[name] for name in shapes[key]} for key in ("inputs", "states", "upstream")}
        case = cls(found, Parameters({name: np.array(p[name], dtype) for name in shapes["p"]}), **group)
        usual = usual_constants(found, case.sizes)
        return replace(case, constants={name: np.array((constants or {}).get(name, usual[name]), dtype) for name in usual})

    @property
    def x(self) -> Array:
        """The first input."""
        return next(iter(self.inputs.values()))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of all numbers."""
        return self.x.dtype

    @property
    def sizes(self) -> dict[str, int]:
        """The number behind each size name."""
        named = case_shapes(self.cell)
        found: dict[str, int] = {}
        for group, arrays in (("inputs", self.inputs), ("states", self.states), ("p", self.p), ("constants", self.constants)):
            for name, value in arrays.items():
                # a size such as 4 hidden tells what hidden is; one such as hidden + inputs does not
                plain = ((size, n) for size, n in zip(named[group][name], value.shape, strict=False) if len(set(size)) == 1)
                for size, n in plain:
                    found.setdefault(size[0], n // len(size))
        return found

    @property
    def variables(self) -> dict[str, Array]:
        """Everything that has a gradient, under the gradient's name: parameters, inputs, ``h0``, ``c0``."""
        return {**self.p, **self.inputs, **{f"{name}0": value for name, value in self.states.items()}}

    def with_variables(self, values: Mapping[str, Array]) -> Case:
        """The same upstream gradients at other values; names as in ``variables``, missing ones stay."""
        return replace(
            self,
            p=Parameters({k: values.get(k, v) for k, v in self.p.items()}),
            inputs={k: values.get(k, v) for k, v in self.inputs.items()},
            states={k: values.get(f"{k}0", v) for k, v in self.states.items()},
        )

    def with_upstream(self, values: Mapping[str, Array]) -> Case:
        """The same point with other upstream gradients."""
        return replace(self, upstream={k: values.get(k, v) for k, v in self.upstream.items()})

    def astype(self, dtype: DTypeLike) -> Case:
        """The same numbers in another type."""
        cast = {k: v.astype(dtype) for k, v in self.variables.items()}
        there = replace(self, constants={k: v.astype(dtype) for k, v in self.constants.items()})
        return there.with_variables(cast).with_upstream({k: v.astype(dtype) for k, v in self.upstream.items()})

    def resized(self, sizes: Sizes) -> Case:
        """The leading part of every array, at smaller sizes."""

        def cut(values: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
            return {k: np.array(v[tuple(slice(n) for n in shapes[k])], order="C") for k, v in values.items()}

        new = concrete_shapes(self.cell, sizes)
        rest = (cut(getattr(self, key), new[key]) for key in ("inputs", "states", "upstream", "constants"))
        return Case(self.cell, Parameters(cut(self.p, new["p"])), *rest)

    @property
    def held(self) -> frozenset[str]:
        """The variables that stand at a place where an equality holds or fails exactly: to move them would be another case."""
        named = {f"{n.id}0" if n in self.cell.states else n.id for n in equated(self.cell)}
        return frozenset(k for k in named if np.array_equal(self.variables[k], np.round(self.variables[k])))

    @property
    def digest(self) -> str:
        """A fingerprint of all values."""
        parts = [
            self.cell.name.encode(),
            *(v.tobytes() for v in (*self.variables.values(), *self.upstream.values(), *self.constants.values())),
        ]
        return hashlib.sha256(b"|".join(parts)).hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        """The same cell and the same values, bit for bit."""
        return isinstance(other, Case) and self.cell is other.cell and self.dtype == other.dtype and self.digest == other.digest

    def __hash__(self) -> int:
        """By the values."""
        return hash(self.digest)

    def __repr__(self) -> str:
        """Code that makes the case again."""
        p = ",\n        ".join(f"{k}={v.tolist()}" for k, v in self.p.items())
        given = ", ".join(f"{k}={v.tolist()}" for k, v in self.constants.items())
        constants = f"    constants=dict({given}),\n" if given else ""
        rest = {**self.inputs, **self.states, **self.upstream}
        values = "".join(f"    {k}={v.tolist()},\n" for k, v in rest.items())
        return f'Case.build(\n    "{self.cell.name}",\n    p=dict(\n        {p},\n    ),\n{constants}{values}    dtype="{self.dtype}",\n)'

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis and IPython print the code too, not the fields."""
        for k, line in enumerate(repr(self).splitlines()):
            if k:
                printer.break_()
            printer.text(line)


Shapes = dict[str, dict[str, Any]]


def case_shapes(cell: Cell) -> Shapes:
    """The sizes of every array of a case, as names: ``p``, ``inputs``, ``states``, ``upstream``, ``constants``."""
    over_time = (("time",), ("batch",))
    return {
        "p": {n.id: cell.shapes[n] for n in cell.parameters},
        "inputs": {n.id: over_time + cell.shapes[n] for n in cell.inputs},
        "states": {n.id: over_time[1:] + cell.shapes[n] for n in cell.states},
        "upstream": {f"d{n.id}": over_time + cell.shapes[n] for n in cell.outputs},
        "constants": {n.id: cell.shapes[n] for n in cell.constants},
    }


def concrete_shapes(cell: Cell, sizes: Sizes) -> dict[str, dict[str, tuple[int, ...]]]:
    """The same as numbers."""
    return {group: {k: shape_value(shape, sizes) for k, shape in named.items()} for group, named in case_shapes(cell).items()}


def draw_sizes(cell: Cell, rng: np.random.Generator) -> dict[str, int]:
    """Small sizes that are all different where that matters: T in 4..5, batch in 2..3, inputs ≠ hidden."""
    numbers = rng.permutation(np.arange(2, 3 + len(cell.sizes)))
    own = {name: int(n) for name, n in zip(cell.sizes, numbers, strict=False)}
    return {"time": int(rng.integers(4, 6)), "batch": int(rng.integers(2, 4)), **own}


def draw_case(cell: Cell, rng: np.random.Generator, sizes: Sizes | None = None, scale: float = 1.0, *, usual: bool = False) -> Case:
    """Random values of size 0.1 to 1 times ``scale``, never zero, exact in float32 too, so one truth serves both types.

    What an equality compares is a whole number in every second case; constants vary unless they are to be the ``usual`` ones."""
    sizes = sizes or draw_sizes(cell, rng)
    shapes = concrete_shapes(cell, sizes)

    def values(named: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
        return {k: _away_from_zero(rng, shape, scale) for k, shape in named.items()}

    drawn = (values(shapes[group]) for group in ("p", "inputs", "states", "upstream"))
    p, inputs, states, upstream = drawn
    constants = usual_constants(cell, sizes)
    if not usual:
        constants = {name: _varied(value, rng) for name, value in constants.items()}
    constants = with_whole_numbers(cell, rng, inputs, states, constants)
    return Case(cell, Parameters(p), inputs, states, upstream, constants)


def with_whole_numbers(
    cell: Cell, rng: np.random.Generator, inputs: dict[str, Array], states: dict[str, Array], constants: dict[str, Array]
) -> dict[str, Array]:
    """Whole numbers where an equality compares, in every second case: in the ``inputs`` and ``states`` themselves.

    Returned are the constants, with small whole numbers in arrays that only hold a place."""
    whole = equated(cell) if rng.random() < 0.5 else frozenset()
    for name in sorted(whole, key=str):
        values, top = (inputs, 7) if name in cell.inputs else (states, 1)
        values[name.id] = rng.integers(0, top, values[name.id].shape).astype(values[name.id].dtype)
    place = given_in_place(cell)
    return {k: rng.integers(1, 5, v.shape).astype(v.dtype) if k in place else v for k, v in constants.items()}


def given_in_place(cell: Cell) -> frozenset[str]:
    """The constants that are arrays of ones: masks and periods, of which the cell file cannot give more than a place."""
    return frozenset(name.id for name, value in cell.constants.items() if cell.shapes[name] and value == 1)


def usual_constants(cell: Cell, sizes: Sizes) -> dict[str, Array]:
    """The constants with the values that the cell file gives them."""
    shapes = concrete_shapes(cell, sizes)["constants"]
    return {name.id: np.full(shapes[name.id], float(value)) for name, value in cell.constants.items()}


def _varied(value: Array, rng: np.random.Generator) -> Array:
    """A constant as it is or down to half of it."""
    factor = rng.uniform(0.5, 1.0, value.shape) if rng.random() < 0.5 else 1.0
    return np.asarray(value * factor).astype(np.float32).astype(np.float64)


@lru_cache(maxsize=256)
def has_kinks(cell: Cell) -> bool:
    """Whether an equation tells cases apart."""
    found = (node for eq in cell.equations for node in nodes(eq.expr))
    return any(isinstance(node, Compare | Choice) or (isinstance(node, Apply) and FUNCTIONS[node.fn].kinks != "") for node in found)


@lru_cache(maxsize=256)
def equated(cell: Cell) -> frozenset[Name]:
    """The inputs and states that a comparison with = reads: random numbers would never be equal."""
    equalities = [node for eq in cell.equations for node in nodes(eq.expr) if isinstance(node, Compare) and node.op == "="]
    read = {ref for node in equalities for ref in refs(node)}
    return frozenset(ref.name for ref in read if ref.name in cell.inputs or (ref.name in cell.states and ref.time == -1))


def _away_from_zero(rng: np.random.Generator, shape: tuple[int, ...], scale: float) -> Array:
    size = rng.uniform(0.1, 1.0, shape) * scale * rng.choice([-1.0, 1.0], shape)
    return np.asarray(size).astype(np.float32).astype(np.float64)
