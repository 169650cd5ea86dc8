"""What every committed module does beside computing: sizes, names, copies, errors, threads, tails, huge inputs."""

import copy
import importlib
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from chosen_cells import CHOSEN
from hypothesis import given
from hypothesis import strategies as st

from derivations import cell_names, get_cell
from numeric.checks.case import draw_case
from numeric.checks.subject import Subject

MODULES = {name: importlib.import_module(f"numeric.cells.{name}") for name in cell_names()}
BOUNDED = ("elman_rnn", "gru_after", "gru_before", "gru_seed", "lstm", "lstm_concat", "lstm_1997", "lstm_peephole")
lstm = MODULES["lstm"]
every = pytest.mark.parametrize("m", MODULES.values(), ids=lambda m: m.NAME)
each = pytest.mark.parametrize("m", [MODULES[name] for name in CHOSEN], ids=lambda m: m.NAME)


def drawn(m, dtype=np.float64, **sizes):
    """Parameters in the module's own record, and a case of five steps with two rows; every size of the cell is different."""
    cell = get_cell(m.NAME)
    own = {"hidden": 4, "inputs": 3} | {size: 5 + k for k, size in enumerate(s for s in cell.sizes if s not in ("hidden", "inputs"))}
    case = draw_case(cell, np.random.default_rng(0), {"time": 5, "batch": 2} | own | sizes)
    return Subject(cell, m).p(case.astype(dtype)), case.astype(dtype)


def forward(m, p, case):
    return m.forward(p, *case.inputs.values(), **case.states)


def directions(case):
    return {f"d{name}": value for name, value in (case.variables | case.inputs).items() if name not in case.p}


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtypes(m, dtype):
    p, case = drawn(m, dtype)
    run = forward(m, p, case)
    g, t = m.backward(p, run, **case.upstream), m.jvp(p, run, p, **directions(case))
    for name in m.OUTPUTS:
        for found in (getattr(run, name), getattr(t, name)):
            assert (found.shape, found.dtype) == (case.upstream[f"d{name}"].shape, dtype)
    for name, value in case.variables.items():
        assert (getattr(g, name).shape, getattr(g, name).dtype) == (value.shape, dtype)


@every
def test_init(m):
    sizes = dict.fromkeys(m.SIZES, 3)
    p, again = m.init(**sizes, rng=7), m.init(*(sizes[name] for name in m.SIZES), rng=np.random.default_rng(7))
    for name, value in p.items():
        np.testing.assert_array_equal(value, getattr(again, name))
        assert np.abs(value).max() <= 3**-0.5
        assert value.any() == (value.ndim != 1)
    assert p.names() == tuple(m.PARAMETERS)
    assert p.sizes() == {name: sizes[name] for name in m.SIZES}


def test_init_is_as_wide_as_the_state_says():
    p = lstm.init(inputs=3, hidden=400, rng=7)
    assert 0.045 < np.abs(p.W_f).max() <= 0.05


@each
def test_parameters_are_views_and_assignment_copies(m):
    p, _ = drawn(m)
    for name, value in p.items():
        new = np.full(value.shape, 2.0)
        setattr(p, name, new)
        new[...] = 3.0
        assert (getattr(p, name) == 2).all()
        assert getattr(p, name) is value
    for pack, members in m.PACKED.items():
        assert (getattr(p, pack) == 2).all()
        assert all(np.shares_memory(getattr(p, pack), getattr(p, name)) for name in members)
    with pytest.raises(AttributeError, match="cannot be set, expected one of"):
        p.nothing = 1


@each
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_are_independent(m, copied):
    p, case = drawn(m)
    g = m.backward(p, forward(m, p, case), **case.upstream)
    for old in (p, g):
        new = copied(old)
        assert type(new) is type(old)
        for name, value in old.items():
            np.testing.assert_array_equal(getattr(new, name), value)
            assert not np.shares_memory(getattr(new, name), value)
        for pack, members in m.PACKED.items():
            assert all(np.shares_memory(getattr(new, pack), getattr(new, name)) for name in members)
    first = m.INPUTS[0]
    np.testing.assert_array_equal(getattr(copied(g), first), getattr(g, first))


@every
def test_steps_are_the_sequence(m):
    p, case = drawn(m)
    run, state = forward(m, p, case), dict(case.states)
    for t in range(5):
        out = dict(zip(m.OUTPUTS, m.step(p, *(value[t] for value in case.inputs.values()), **state), strict=True))
        for name, found in out.items():
            expected = getattr(run, name)[t]
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14 * (1 + np.abs(expected).max()))
        state = {name: out[name] for name in m.STATES}


@every
def test_step_vjp_is_a_sequence_of_one(m):
    p, case = drawn(m, time=1)
    out, g = m.step_vjp(
        p, *(value[0] for value in case.inputs.values()), **case.states, **{k: value[0] for k, value in case.upstream.items()}
    )
    run = forward(m, p, case)
    expected = m.backward(p, run, **case.upstream)
    for found, name in zip(out, m.OUTPUTS, strict=True):
        np.testing.assert_array_equal(found, getattr(run, name)[0])
    for name in m.INPUTS:
        np.testing.assert_array_equal(getattr(g, name), getattr(expected, name)[0])
    for name, value in expected.items():
        np.testing.assert_array_equal(getattr(g, name), value)


@every
def test_default_upstream_and_directions_are_zero(m):
    p, case = drawn(m)
    run = forward(m, p, case)
    g, t = m.backward(p, run), m.jvp(p, run)
    assert not any(value.any() for _, value in g.items())
    assert not any(getattr(t, name).any() for name in m.OUTPUTS)


@each
def test_arguments_are_not_changed_and_calls_are_reentrant(m):
    p, case = drawn(m)
    before, kept = [value.copy() for _, value in p.items()], {k: v.copy() for k, v in case.inputs.items()}

    def work(k):
        moved = case.with_variables({name: value * (k + 1) for name, value in case.inputs.items()})
        return m.backward(p, forward(m, p, moved), **case.upstream)

    expected = [work(k) for k in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, [k % 4 for k in range(40)]))
    for k, g in enumerate(found):
        for name, value in g.items():
            np.testing.assert_array_equal(value, getattr(expected[k % 4], name))
    assert all((case.inputs[name] == value).all() for name, value in kept.items())
    assert all((old == new).all() for old, (_, new) in zip(before, p.items(), strict=True))


def test_strided_and_integer_arguments():
    p, case = drawn(lstm)
    wide = np.zeros((10, 2, 6))
    wide[::2, :, ::2] = case.x
    np.testing.assert_array_equal(lstm.forward(p, wide[::2, :, ::2]).h, lstm.forward(p, case.x).h)
    ones = lstm.forward(p, np.ones((5, 2, 3), int), np.ones((2, 4), int))
    np.testing.assert_array_equal(ones.h, lstm.forward(p, np.ones((5, 2, 3)), np.ones((2, 4))).h)


P, CASE = drawn(lstm)
X = CASE.x
RUN = lstm.forward(P, X)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: lstm.init(0, 4), ValueError, "inputs: 0 came, expected an integer >= 1"),
        (lambda: lstm.init(3, 2.5), ValueError, "hidden: 2.5 came, expected an integer >= 1"),
        (lambda: lstm.init(3, True), ValueError, "hidden: True came"),
        (lambda: lstm.init(3, 4, dtype=np.float16), TypeError, "dtype: float16 came, expected float32 or float64"),
        (lambda: lstm.forward(None, X), TypeError, "p: NoneType came, expected lstm.Params"),
        (lambda: lstm.forward(P, X[0]), ValueError, r"x: shape \(2, 3\) came, expected \(any, any, 3\)"),
        (lambda: lstm.forward(P, X[:0]), ValueError, r"x: shape \(0, 2, 3\) came"),
        (lambda: lstm.forward(P, X[:, :, :2]), ValueError, r"x: shape \(5, 2, 2\) came, expected \(any, any, 3\)"),
        (lambda: lstm.forward(P, X.astype(np.float32)), TypeError, "x: dtype float32 came, expected float64"),
        (lambda: lstm.forward(P, X.astype(complex)), TypeError, "x: dtype complex128 came, expected float64"),
        (lambda: lstm.forward(P, "text"), TypeError, "x: dtype <U4 came"),
        (lambda: lstm.forward(P, X, h=np.zeros((3, 4))), ValueError, r"h: shape \(3, 4\) came, expected \(2, 4\)"),
        (lambda: lstm.forward(P, X, c=np.zeros((2, 5))), ValueError, r"c: shape \(2, 5\) came, expected \(2, 4\)"),
        (lambda: lstm.backward(P, None), TypeError, "run: NoneType came, expected lstm.Run"),
        (lambda: lstm.backward(P, lstm.forward(P, X, save=False)), ValueError, "run: made with save=False"),
        (lambda: lstm.backward(lstm.init(3, 5), RUN), ValueError, "run: made with .*expected the sizes and the dtype of p"),
        (lambda: lstm.backward(P, RUN, dh=np.zeros((5, 2, 3))), ValueError, r"dh: shape \(5, 2, 3\) came, expected \(5, 2, 4\)"),
        (lambda: lstm.jvp(P, RUN, dp=lstm.init(2, 4)), ValueError, "dp: .* came, expected the sizes and the dtype of p"),
        (lambda: lstm.jvp(P, RUN, dx=X[:4]), ValueError, r"dx: shape \(4, 2, 3\) came, expected \(5, 2, 3\)"),
        (lambda: lstm.jvp(P, RUN, dh0=np.zeros(4)), ValueError, r"dh0: shape \(4,\) came, expected \(2, 4\)"),
        (lambda: lstm.step(P, X), ValueError, "x: shape"),
        (lambda: setattr(P, "W_f", np.zeros((3, 4))), ValueError, r"W_f: shape \(3, 4\) came, expected \(4, 3\)"),
        (lambda: setattr(P, "W_f", np.zeros((4, 3), np.float32)), TypeError, "W_f: dtype float32 came, expected float64"),
    ],
)
def test_errors_name_the_argument_what_came_and_what_was_expected(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_sigmoid_and_slopes_in_the_tails():
    """50-digit values; bound: a few roundings of the argument's exponential."""
    import mpmath

    a = np.array([-700.0, -300, -40, -20, -1, -1e-9, 0, 1e-9, 1, 20, 40, 300, 700])
    exact = {
        lstm.sigmoid: lambda v: 1 / (1 + mpmath.exp(-v)),
        lstm.sigmoid_slope: lambda v: mpmath.exp(-abs(v)) / (1 + mpmath.exp(-abs(v))) ** 2,
        lstm.tanh_slope: lambda v: mpmath.sech(v) ** 2,
    }
    for function, definition in exact.items():
        points = a if function is not lstm.tanh_slope else a / 2
        with mpmath.workdps(50):
            expected = np.array([float(definition(mpmath.mpf(float(v)))) for v in points])
        np.testing.assert_allclose(function(points), expected, rtol=2e-15)


bounded = pytest.mark.parametrize("m", [MODULES[name] for name in BOUNDED], ids=lambda m: m.NAME)


@bounded
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("huge", [1e30, np.inf, 1e-40])
def test_huge_inputs_give_no_warning_and_stay_in_range(m, dtype, huge):
    p, case = drawn(m, dtype)
    x = np.where(np.random.default_rng(1).random(case.x.shape) < 0.3, huge, case.x).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = m.forward(p, x)
        m.backward(p, run, np.ones((5, 2, 4), dtype))
        m.jvp(p, run, dx=np.ones_like(x))
    finite = run.h[~np.isnan(run.h)]
    assert (np.abs(finite) <= 1).all()


@bounded
def test_nan_passes_through(m):
    p, case = drawn(m)
    case.x[2, 1, 0] = np.nan
    run = m.forward(p, case.x)
    assert np.isnan(run.h[2:, 1]).all()
    assert np.isfinite(run.h[:2]).all()
    assert np.isfinite(run.h[:, 0]).all()


@bounded
@given(scale=st.floats(-300, 300), seed=st.integers(0, 2**32 - 1))
def test_hidden_values_stay_in_range(m, scale, seed):
    """|h| ≤ 1 in floating point, from a state in that range, for parameters and inputs of every magnitude."""
    rng = np.random.default_rng(seed)
    p, case = drawn(m)
    for _, values in p.items():
        values[...] = rng.standard_normal(values.shape) * 10.0**scale
    run = m.forward(p, case.x, rng.choice([-1.0, 1.0, 0.0, 0.3], size=(2, 4)))
    assert (np.abs(run.h[~np.isnan(run.h)]) <= 1).all()


@pytest.mark.parametrize("name", cell_names())
def test_a_long_run_of_the_checks_has_several_blocks(name):
    """The law of long runs is about code that works in blocks of steps: its case has to be larger than one block."""
    from numeric.checks.time_law import draw_long

    case = draw_long(get_cell(name), np.random.default_rng(0))
    assert case.sizes["time"] * max(value.size for value in case.states.values()) > importlib.import_module(f"numeric.cells.{name}").CACHE
