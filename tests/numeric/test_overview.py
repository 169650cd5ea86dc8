"""Counts are those of arrays that exist, and of a step that is carried out."""

from collections import Counter

import numpy as np
import pytest
from chosen_cells import CHOSEN

from derivations import Cell, get_cell
from derivations.documents.counts import value
from numeric import load
from numeric.overview import by_family, formula, overview


@pytest.mark.parametrize("name", CHOSEN)
def test_parameters_are_as_many_as_the_module_stores(name):
    cell = get_cell(name)
    sizes = {size: 3 + k for k, size in enumerate(cell.sizes)}
    stored = sum(array.size for _, array in load(name).init(**sizes).items())
    assert value(overview(cell).parameters, sizes) == stored


def test_operations_of_an_elman_network_by_hand():
    found = overview(get_cell("elman_rnn"))  # h = tanh(W x + U h + b): two products, two sums of n numbers, n function values
    assert formula(found.operations) == "2mn + 2n² + 3n"
    assert formula(found.parameters) == "mn + n² + n"


def test_four_gates_cost_four_times_an_elman_network_in_products():
    lstm, elman = (overview(get_cell(name)).operations for name in ("lstm", "elman_rnn"))
    assert lstm["hidden", "hidden"] == 4 * elman["hidden", "hidden"]


def test_the_kind_of_recurrence_is_told():
    kinds = {name: overview(get_cell(name)).recurrence for name in ("lstm", "mingru")}
    assert kinds == {"lstm": "sequential", "mingru": "parallel scan"}


def test_families_stand_together_by_year():
    cells = [
        Cell.from_equations("h_t = tanh(W x_t + U h_{t-1})", name=n, family=f, year=y)
        for n, f, y in (("a", "q", 3), ("b", "p", 2), ("c", "q", 1))
    ]
    assert [cell.name for cell in by_family(cells)] == ["c", "a", "b"]


def test_formulas_of_sizes_without_a_letter():
    counts = {("inputs", "proj"): 1, ("proj",): 3, ("proj", "proj", "rank"): 1, ("hidden", "hidden", "rank"): 2, (): 5}
    assert formula(Counter(counts)) == "2n²·rank + proj²·rank + m·proj + 3·proj + 5"


def test_formulas_of_numbers_and_nothing():
    assert formula(overview(Cell.from_equations("h_t = h_{t-1} + x_t", name="sum")).parameters) == "0"
    assert np.isfinite(value(overview(get_cell("lstm")).operations, {"inputs": 2, "hidden": 3}))
