"""One example: parameters, inputs, initial states and upstream gradients of a cell, at some sizes.

Small sizes and plain numbers hide nothing here on purpose: several time steps, inputs and hidden of different size, no
zero, no symmetry, an upstream gradient on every output at every time. T = 1, equal sizes, zero biases, symmetric or tiny
weights each hide real mistakes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from derivations.catalogue import get_cell
from derivations.cell import Cell
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
    the gradients of the loss by each output at each time (``dh``, ``dc``).
    """

    cell: Cell
    p: Parameters
    inputs: dict[str, Array]
    states: dict[str, Array]
    upstream: dict[str, Array]

    @classmethod
    def build(cls, cell: str | Cell, *, p: Mapping[str, ArrayLike], dtype: DTypeLike = np.float64, **values: ArrayLike) -> Case:
        """A case from numbers, as a failure message prints it: inputs, states and upstream gradients by their names."""
        found = get_cell(cell) if isinstance(cell, str) else cell
        shapes, made = case_shapes(found), {key: np.array(value, dtype) for key, value in values.items()}
        wanted = {name for group in ("inputs", "states", "upstream") for name in shapes[group]}
        for kind, given, expected in (("parameters", set(p), set(shapes["p"])), ("values", set(made), wanted)):
            if given != expected:
                raise ValueError(f"{kind} of a case of {found.name}: {sorted(given)} came, expected {sorted(expected)}")
        group = {key: {name: made[name] for name in shapes[key]} for key in ("inputs", "states", "upstream")}
        return cls(found, Parameters({name: np.array(p[name], dtype) for name in shapes["p"]}), **group)

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
        found = {"time": self.x.shape[0], "batch": self.x.shape[1]}
        for name, shape in ((n, self.cell.shapes[n]) for n in (*self.cell.inputs, *self.cell.states, *self.cell.parameters)):
            key = name.id
            given = self.p[key].shape if key in self.p else (self.inputs.get(key, self.states.get(key, self.x))).shape[-1:]
            found.update({size[0]: n for size, n in zip(shape, given, strict=False) if len(size) == 1})
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
        return self.with_variables(cast).with_upstream({k: v.astype(dtype) for k, v in self.upstream.items()})

    def resized(self, sizes: Sizes) -> Case:
        """The leading part of every array, at smaller sizes."""

        def cut(values: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
            return {k: np.ascontiguousarray(v[tuple(slice(n) for n in shapes[k])]) for k, v in values.items()}

        new = concrete_shapes(self.cell, sizes)
        rest = (cut(getattr(self, key), new[key]) for key in ("inputs", "states", "upstream"))
        return Case(self.cell, Parameters(cut(self.p, new["p"])), *rest)

    @property
    def digest(self) -> str:
        """A fingerprint of all values."""
        parts = [self.cell.name.encode(), *(v.tobytes() for v in (*self.variables.values(), *self.upstream.values()))]
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
        rest = {**self.inputs, **self.states, **self.upstream}
        values = "".join(f"    {k}={v.tolist()},\n" for k, v in rest.items())
        return f'Case.build(\n    "{self.cell.name}",\n    p=dict(\n        {p},\n    ),\n{values}    dtype="{self.dtype}",\n)'

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis and IPython print the code too, not the fields."""
        for k, line in enumerate(repr(self).splitlines()):
            if k:
                printer.break_()
            printer.text(line)


Shapes = dict[str, dict[str, Any]]


def case_shapes(cell: Cell) -> Shapes:
    """The sizes of every array of a case, as names: ``p``, ``inputs``, ``states``, ``upstream``."""
    over_time = (("time",), ("batch",))
    return {
        "p": {n.id: cell.shapes[n] for n in cell.parameters},
        "inputs": {n.id: over_time + cell.shapes[n] for n in cell.inputs},
        "states": {n.id: over_time[1:] + cell.shapes[n] for n in cell.states},
        "upstream": {f"d{n.id}": over_time + cell.shapes[n] for n in cell.outputs},
    }


def concrete_shapes(cell: Cell, sizes: Sizes) -> dict[str, dict[str, tuple[int, ...]]]:
    """The same as numbers."""
    return {group: {k: shape_value(shape, sizes) for k, shape in named.items()} for group, named in case_shapes(cell).items()}


def draw_sizes(cell: Cell, rng: np.random.Generator) -> dict[str, int]:
    """Small sizes that are all different where that matters: T in 4..5, batch in 2..3, inputs ≠ hidden."""
    numbers = rng.permutation(np.arange(2, 3 + len(cell.sizes)))
    own = {name: int(n) for name, n in zip(cell.sizes, numbers, strict=False)}
    return {"time": int(rng.integers(4, 6)), "batch": int(rng.integers(2, 4)), **own}


def draw_case(cell: Cell, rng: np.random.Generator, sizes: Sizes | None = None, scale: float = 1.0) -> Case:
    """Random values of size 0.1 to 1 times ``scale``, never zero, exact in float32 too, so one truth serves both types."""
    shapes = concrete_shapes(cell, sizes or draw_sizes(cell, rng))

    def values(named: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
        return {k: _away_from_zero(rng, shape, scale) for k, shape in named.items()}

    return Case(cell, Parameters(values(shapes["p"])), *(values(shapes[group]) for group in ("inputs", "states", "upstream")))


def _away_from_zero(rng: np.random.Generator, shape: tuple[int, ...], scale: float) -> Array:
    size = rng.uniform(0.1, 1.0, shape) * scale * rng.choice([-1.0, 1.0], shape)
    return np.asarray(size).astype(np.float32).astype(np.float64)
