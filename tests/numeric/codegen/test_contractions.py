"""Texts of products against einsum: every spec, with and without time on either side, in a step, over time and summed over time."""

import itertools

import numpy as np
import pytest

from numeric.codegen.contractions import Factor, product_text, total_text
from numeric.codegen.expressions import ATOM

SIZES = {"i": 2, "j": 3, "k": 4}
SPECS = (
    "i,i->", "i,j->ij", "i,j->ji", "ij,j->i", "ij,i->j", "j,ij->i", "i,ij->j",
    "i,ij->ij", "ij,i->ij", "ij,j->ij", "j,ij->ij", "ij,ij->i", "ij,ij->j", "ij,ij->",
    "ij,jk->ik", "ij,kj->ik", "ij,ik->jk", "ij,ki->jk", "ij,jk->ki", "ij,ik->kj",
)  # fmt: skip


def rows(a):
    return a.reshape(-1, a.shape[-1])


def dotted(spec):
    """The spec for operands with axes in front."""
    return "..." + spec.replace(",", ",...").replace("->", "->...")


def operands(spec, timed, lead, seed=0):
    rng = np.random.default_rng(seed)
    letters = spec.partition("->")[0].split(",")
    return [rng.standard_normal((*lead * own, *(SIZES[c] for c in word))) for word, own in zip(letters, timed, strict=True)]


def factors(spec, timed):
    letters = spec.partition("->")[0].split(",")
    return [Factor((name, ATOM), word, own) for name, word, own in zip("uv", letters, timed, strict=True)]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("timed", [*itertools.product((False, True), repeat=2)])
@pytest.mark.parametrize("lead", [(5,), (6, 5)])
def test_products(spec, timed, lead):
    u, v = operands(spec, timed, lead)
    text, _ = product_text(*factors(spec, timed), spec.partition("->")[2])
    found = eval(text, {"np": np, "u": u, "v": v})
    expected = np.einsum(dotted(spec), u, v)
    np.testing.assert_allclose(np.broadcast_to(found, expected.shape), expected, rtol=1e-14, atol=1e-14)
    assert np.shape(found) == expected.shape


@pytest.mark.parametrize("spec", SPECS)
def test_products_summed_over_time_and_batch(spec):
    u, v = operands(spec, (True, True), (6, 5))
    text, _ = total_text(*factors(spec, (True, True)), spec.partition("->")[2])
    expected = np.einsum("yz" + spec.replace(",", ",yz"), u, v)
    np.testing.assert_allclose(eval(text, {"np": np, "u": u, "v": v, "rows": rows}), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("spec", SPECS)
def test_a_text_that_is_no_atom_gets_brackets(spec):
    """Both operands as sums, which bind less strongly than a product, an index or an attribute."""
    u, v = operands(spec, (True, True), (6, 5))
    first, second = (Factor((f"{f.written[0]} + 0", 0), f.letters, True) for f in factors(spec, (True, True)))
    text, _ = product_text(first, second, spec.partition("->")[2])
    expected = np.einsum(dotted(spec), u, v)
    np.testing.assert_allclose(eval(text, {"np": np, "u": u, "v": v}), expected, rtol=1e-13, atol=1e-13)
