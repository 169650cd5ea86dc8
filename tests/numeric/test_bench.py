"""Timings of code: arrays of the shapes that a cell has."""

import pytest

from derivations import get_cell
from numeric.bench import code_timings


@pytest.mark.parametrize("name", ["lstm", "gla", "mlstm", "convlstm", "augru", "cwrnn"])
def test_code_of_every_kind_of_cell_is_timed(name):
    found = list(code_timings(get_cell(name), time_steps=2, batch=2, size=3))
    assert [timing.cell for timing in found] == [name, name]
    assert all(0 < timing.low <= timing.median <= timing.high for timing in found)
