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
    """A module (or anything with the same functions: forward, backward, jvp, step, step_vjp, init) and its cell."""

    cell: Cell
    module: Any

    @property
    def name(self) -> str:
        """The name of the cell."""
        return self.cell.name

    def parameters(self, values: Mapping[str, Array], sizes: Mapping[str, int], dtype: DTypeLike) -> Any:
        """Parameters in the module's own record."""
        p = self.module.init(**{name: sizes[name] for name in self.cell.sizes}, rng=0, dtype=dtype)
        for name, value in values.items():
            getattr(p, name)[...] = value
        return p

    def p(self, case: Case) -> Any:
        """The parameters of a case in the module's own record."""
        return self.parameters(case.p, case.sizes, case.dtype)

    def run(self, case: Case) -> tuple[Any, Any]:
        """The module's parameters and its run of ``forward``."""
        p = self.p(case)
        return p, self.module.forward(p, *case.inputs.values(), **case.states)

    def outputs(self, case: Case) -> dict[str, Array]:
        """Every output at every time."""
        return self.read(self.run(case)[1])

    def read(self, run: Any) -> dict[str, Array]:
        """The outputs (or their tangents) of a record, copied, since a module may use its buffers again."""
        return {name.id: np.array(getattr(run, name.id)) for name in self.cell.outputs}

    def gradients(self, case: Case) -> dict[str, Array]:
        """Every gradient of the linear loss Σ upstream · output, by the names of ``Case.variables``."""
        p, run = self.run(case)
        return self.read_gradients(self.module.backward(p, run, **case.upstream), case)

    def read_gradients(self, g: Any, case: Case) -> dict[str, Array]:
        """The gradients of a record, copied."""
        return {name: np.array(getattr(g, name)) for name in case.variables}

    def tangents(self, case: Case, direction: Mapping[str, Array]) -> dict[str, Array]:
        """Tangents of the outputs along ``direction`` (names as in ``Case.variables``), by forward mode."""
        p, run = self.run(case)
        dp = self.parameters({k: direction[k] for k in case.p}, case.sizes, case.dtype)
        rest = {f"d{k}": v for k, v in direction.items() if k not in case.p}
        return self.read(self.module.jvp(p, run, dp=dp, **rest))
