"""What documents count and measure, against counting and measuring that knows nothing of them."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest

from derivations.documents.context import Context
from derivations.documents.counts import Shapes, polynomial, value
from derivations.documents.measure import measure
from derivations.documents.sections.cost import costs
from derivations.evaluate import evaluate_expr
from derivations.notation.tree import Expr, Part, Ref, Total, children, refs
from derivations.sizes import shape_value
from tests.document_cells import ALL, CATALOGUE, derivation

SIZES = {"inputs": 3, "hidden": 4, "inputs_2": 2, "size_u": 2, "size_q": 5}


class Counting:
    """A number that counts the multiplications and function values that it takes part in."""

    done: ClassVar[Counter[str]] = Counter()

    def __mul__(self, other: object) -> "Counting":
        Counting.done["*"] += 1
        return self

    __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __mul__

    def __add__(self, other: object) -> "Counting":
        return self

    __radd__ = __sub__ = __rsub__ = __add__

    def __neg__(self) -> "Counting":
        return self


def count(context: Context, expr: Expr) -> int:
    """Multiplications that evaluating an expression takes."""
    sizes = {name: SIZES.get(name, 2) for name in context.cell.sizes}

    def array(ref: Ref) -> Any:
        found = np.empty(shape_value(context.backward.shapes[ref.name], sizes), dtype=object)
        found[...] = Counting()
        return found

    def called(u: Any) -> Any:
        Counting.done["f"] += np.size(u)
        return u

    Counting.done.clear()
    values = {ref: array(ref) for ref in refs(expr)}
    evaluate_expr(expr, values, dict.fromkeys(("sigmoid", "tanh", "exp", "softplus"), called))
    return Counting.done["*"]


def _countable(expr: Expr) -> bool:
    return not isinstance(expr, Part | Total) and all(_countable(child) for child in children(expr))


@pytest.mark.parametrize("name", CATALOGUE)
def test_multiplications_are_those_of_a_run(name: str) -> None:
    context = Context(derivation(name), ())
    shapes = Shapes(context.backward)
    sizes = {size: SIZES.get(size, 2) for size in context.cell.sizes}
    exprs = [context.forward.written(eq) for eq in context.forward.shown] + [step.expr for step in context.d.steps]
    for expr in filter(_countable, exprs):
        matrix, entry = shapes.multiplications(expr)
        outer = "MatMul" in type(expr).__name__ and len(shapes.of(expr)) == 2
        if not outer:  # np.dot makes no outer product; its count is the number of entries
            assert value(matrix, sizes) + value(entry, sizes) == count(context, expr), expr


def test_the_costs_of_the_lstm_are_those_of_its_model() -> None:
    found = costs(Context(derivation("lstm"), ()))
    assert polynomial(found.parameters) == "4n(m+n+1)"
    assert polynomial(found.forward_matrix) == "4n(m+n)"
    assert polynomial(found.forward_entry) == "3n"
    assert polynomial(found.functions) == "5n"
    assert polynomial(found.backward_matrix) == "8n(m+n)"
    assert polynomial(found.backward_entry) == "16n"
    assert polynomial(found.kept) == "m+7n"


@pytest.mark.parametrize("name", ALL)
def test_gradients_and_jacobian_agree_with_the_complex_step(name: str) -> None:
    measured = measure(Context(derivation(name), ()))
    assert measured.rows
    for symbols, entries, error in measured.rows:
        assert entries > 0
        assert error is not None
        assert error < 1e-13, symbols


def test_a_wrong_chain_is_measured() -> None:
    context = Context(derivation("lstm"), ())
    chains = dict(context.collected.chains)
    key = next(iter(context.collected.names))
    context.collected.__dict__["chains"] = chains | {key: replace(chains[key], factors=chains[key].factors[:-1])}
    assert max(error or 0.0 for _, _, error in measure(context).rows) > 1e-3


def test_counts_are_factored() -> None:
    assert polynomial(Counter({("hidden", "inputs"): 4, ("hidden", "hidden"): 4})) == "4n(m+n)"
    assert polynomial(Counter()) == "0"
    assert polynomial(Counter({("hidden",): 3})) == "3n"
    assert polynomial(Counter({(): 1, ("hidden",): 1})) == "n+1"
    assert value(Counter({("hidden", "inputs"): 2}), {"hidden": 4, "inputs": 3}) == Fraction(24)
