"""Functions that modules are printed with: 50-digit values in the tails, no overflow, the dtype of the argument."""

import mpmath
import numpy as np
import pytest

from derivations.functions import FUNCTIONS
from numeric.codegen.activations import CALLS, TEXTS
from numeric.codegen.task import SLOPES

SPACE = {"np": np}
for _text in TEXTS.values():
    exec(_text, SPACE)  # the texts are ours
POINTS = np.array([-700.0, -300, -40, -20, -1.5, -1, -1e-9, 0, 1e-9, 1, 2.5, 20, 40, 300, 700])


def called(name):
    return eval(CALLS.get(name, name), SPACE)


EXACT = {
    "sigmoid": lambda v: 1 / (1 + mpmath.exp(-v)),
    "exp": mpmath.exp,
    "softplus": lambda v: mpmath.log1p(mpmath.exp(v)),
    "logsigmoid": lambda v: -mpmath.log1p(mpmath.exp(-v)),
    "logsigmoid_slope": lambda v: 1 / (1 + mpmath.exp(v)),
    "sigmoid_slope": lambda v: mpmath.exp(-abs(v)) / (1 + mpmath.exp(-abs(v))) ** 2,
    "tanh_slope": lambda v: mpmath.sech(v) ** 2,
    "tanh": mpmath.tanh,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "log": mpmath.log,
    "relu": lambda v: max(v, mpmath.mpf(0)),
    "step": lambda v: mpmath.mpf(v > 0),
    "abs": abs,
    "sign": mpmath.sign,
    "floor": mpmath.floor,
}


def points(name):
    if name == "log":
        return np.abs(POINTS[POINTS != 0])
    return POINTS / 2 if name == "tanh_slope" else POINTS  # 4 exp(−2 · 700) is below the smallest number


@pytest.mark.parametrize("name", EXACT)
def test_values_in_the_tails(name):
    """Bound: a few roundings of the argument's exponential, 700 times as large as that of the argument at the ends."""
    with mpmath.workdps(50), np.errstate(all="ignore"):
        expected = np.array([float(EXACT[name](mpmath.mpf(float(v)))) for v in points(name)])
        np.testing.assert_allclose(called(name)(points(name)), expected, rtol=2e-15, atol=0)


def test_every_function_of_the_language_has_a_text_and_an_exact_value():
    assert set(FUNCTIONS) <= {*TEXTS, *CALLS}
    assert {f"{name}_slope" for name in SLOPES} <= set(TEXTS)
    assert {*FUNCTIONS, *(f"{name}_slope" for name in SLOPES)} <= set(EXACT)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_and_extremes(name, dtype):
    with np.errstate(all="ignore"):
        found = called(name)(np.array([0.5, 1e30, np.inf, np.nan], dtype))
        assert called(name)(dtype(0.5)).dtype == dtype, "of a number as of an array"
    assert found.dtype == dtype
    assert np.isnan(found[3])
    assert np.isfinite(found[0])
    if name not in ("sin", "cos"):
        assert not np.isnan(found[2])


@pytest.mark.parametrize("axis", [(-1,), (-2, -1)])
def test_logsumexp_is_exact_and_does_not_overflow(axis):
    a = np.array([[1e300, -1e300, 3.0], [1000.0, 1000.0, -1000.0], [-np.inf, -np.inf, -np.inf]])
    with np.errstate(over="raise", invalid="raise", divide="ignore"):
        found = SPACE["logsumexp"](a, axis)
    expected = [1e300, 1000 + np.log(2), -np.inf] if axis == (-1,) else 1e300
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    assert SPACE["logsumexp"](a[1:2].astype(np.float32), (-1,)).dtype == np.float32


@pytest.mark.parametrize("width", [1, 3, 5])
@pytest.mark.parametrize("lead", [(), (2,), (4, 2)])
def test_fold_is_the_adjoint_of_windows(width, lead):
    """⟨windows(X), Y⟩ = ⟨X, fold(Y)⟩, also where the windows are wider than the matrix."""
    from derivations.evaluate import windows

    rng = np.random.default_rng(0)
    for columns in (1, 2, 7):
        x, y = rng.standard_normal((*lead, 3, columns)), rng.standard_normal((*lead, 3 * width, columns))
        spread, back = SPACE["windows"](x, width), SPACE["fold"](y, width)
        assert (spread.shape, back.shape) == (y.shape, x.shape)
        np.testing.assert_allclose(np.sum(spread * y), np.sum(x * back), rtol=1e-12)
        if not lead:
            np.testing.assert_array_equal(spread, windows(x, width))
