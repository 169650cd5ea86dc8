"""What is checked: the functions of a generated module, and the cell whose equations they should compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from derivations.cell import Cell
from numeric.checks.case import Array, Case


@dataclass(frozen=True, eq=False)
class Subject:
    """A module (or anything with the same functions: forward, backward, jvp, step, step_vjp, init) and its cell.

    Where a name of the cell is taken in code, the module's ``NAMES`` says how it is spelled there.
    """

    cell: Cell
    module: Any

    @property
    def name(self) -> str:
        """The name of the cell."""
        return self.cell.name

    def spelled(self, word: str) -> str:
        """How the module spells a name, such as ``W_f``, ``dh``, ``h0`` or ``hidden``."""
        names: Mapping[str, str] = getattr(self.module, "NAMES", {})
        return names.get(word, word)

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments under the module's names."""
        return {self.spelled(name): value for name, value in values.items()}

    def parameters(self, values: Mapping[str, Array], case: Case, dtype: DTypeLike) -> Any:
        """Parameters (or a direction of theirs) in the module's own record, with the constants of the case."""
        sizes = case.sizes
        own = getattr(self.module, "SIZES", ())  # a variable that has the name of a size is the one that is spelled in another way
        named = {name if name in own else self.spelled(name): sizes[name] for name in self.cell.sizes}
        p = self.module.init(**named, rng=0, dtype=dtype)
        for name, value in values.items():
            getattr(p, self.spelled(name))[...] = value
        for name, value in case.constants.items():
            setattr(p, self.spelled(name), value.astype(dtype))
        return p

    def p(self, case: Case) -> Any:
        """The parameters of a case in the module's own record."""
        return self.parameters(case.p, case, case.dtype)

    def run(self, case: Case) -> tuple[Any, Any]:
        """The module's parameters and its run of ``forward``."""
        p = self.p(case)
        return p, self.forward(p, case.inputs, case.states)

    def forward(self, p: Any, inputs: Mapping[str, Any], states: Mapping[str, Any]) -> Any:
        """The module's run from inputs and initial states."""
        return self.module.forward(p, *inputs.values(), **self.arguments(states))

    def backward(self, p: Any, run: Any, upstream: Mapping[str, Any]) -> Any:
        """The module's gradients."""
        return self.module.backward(p, run, **self.arguments(upstream))

    def jvp(self, p: Any, run: Any, dp: Any, along: Mapping[str, Any]) -> Any:
        """The module's tangents; ``along`` by the names of the variables that are no parameters."""
        return self.module.jvp(p, run, dp=dp, **self.arguments({f"d{name}": value for name, value in along.items()}))

    def step(self, p: Any, inputs: Mapping[str, Any], states: Mapping[str, Any]) -> dict[str, Array]:
        """The states after one step, copied."""
        values = self.module.step(p, *inputs.values(), **self.arguments(states))
        return {name.id: np.array(value) for name, value in zip(self.cell.states, values, strict=False)}

    def step_vjp(self, p: Any, inputs: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
        """The gradients of one step; ``given`` are its states and upstream gradients."""
        return self.module.step_vjp(p, *inputs.values(), **self.arguments(given))[1]

    def outputs(self, case: Case) -> dict[str, Array]:
        """Every output at every time."""
        return self.read(self.run(case)[1])

    def read(self, run: Any) -> dict[str, Array]:
        """The outputs (or their tangents) of a record, copied, since a module may use its buffers again."""
        return {name.id: np.array(getattr(run, self.spelled(name.id))) for name in self.cell.outputs}

    def gradients(self, case: Case) -> dict[str, Array]:
        """Every gradient of the linear loss Σ upstream · output, by the names of ``Case.variables``."""
        p, run = self.run(case)
        return self.read_gradients(self.backward(p, run, case.upstream), case)

    def read_gradients(self, g: Any, case: Case) -> dict[str, Array]:
        """The gradients of a record, copied."""
        return {name: np.array(getattr(g, self.spelled(name))) for name in case.variables}

    def tangents(self, case: Case, direction: Mapping[str, Array]) -> dict[str, Array]:
        """Tangents of the outputs along ``direction`` (names as in ``Case.variables``), by forward mode."""
        p, run = self.run(case)
        dp = self.parameters({k: direction[k] for k in case.p}, case, case.dtype)
        return self.read(self.jvp(p, run, dp, {k: v for k, v in direction.items() if k not in case.p}))
