"""The record of parameters of a generated module: constants, matrices, scalars, and cells that have none of something."""

import copy
import importlib
import pickle

import numpy as np
import pytest

from derivations import Cell, CellError
from numeric import load
from numeric.codegen import generate

TEXT = """
A = U - Uᵀ - γ I
S_t = diag(m) S_{t-1} + β k_t (W x_t)ᵀ
k_t = K x_t
h_t = h_{t-1} + ε tanh(A h_{t-1} + S_tᵀ k_t)
"""
DATA = {"shapes": {"m": ["key"], "k": ["key"], "h": ["hidden"], "beta": []}, "constants": {"gamma": 0.05, "epsilon": 1e-5, "m": 1}}


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    """The module as a file that can be imported, as pickle needs it."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "with_constants.py").write_text(generate(Cell.from_equations(TEXT.strip(), **DATA)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module("with_constants")


@pytest.fixture
def p(module):
    return module.init(key=2, hidden=3, inputs=4, rng=0)


def run(module, p, **options):
    x = np.random.default_rng(1).standard_normal((5, 2, 4)).astype(p.dtype)
    return module.forward(p, x, **options)


def test_constants_stand_beside_the_parameters(module, p):
    assert module.CONSTANTS == {"gamma": (0.05, ()), "epsilon": (1e-05, ()), "m": (1, ("key",))}
    assert not set(module.CONSTANTS) & {*module.PARAMETERS, *p.names(), *dict(p.items())}
    assert (p.gamma, p.epsilon) == (0.05, 1e-5)
    np.testing.assert_array_equal(p.m, [1, 1])
    assert module.PARAMETERS["beta"] == ()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constants_have_the_dtype_of_the_parameters(module, dtype):
    p = module.init(key=2, hidden=3, inputs=4, rng=0, dtype=dtype)
    for name in module.CONSTANTS:
        assert getattr(p, name).dtype == dtype
    result = run(module, p)
    g = module.backward(p, result, *(np.ones(getattr(result, name).shape, dtype) for name in module.OUTPUTS))
    t = module.jvp(p, result, dp=p)
    arrays = [getattr(r, name) for r in (result, t) for name in module.OUTPUTS] + [g.U, g.beta, g.x, g.S0, *result.kept.values()]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_constants_are_set_by_copy_and_change_the_run(module, p):
    before, values = run(module, p).h, np.array([0.25, 2.0])
    p.gamma = 0.5
    p.m = values
    values[...] = 7
    assert p.gamma == 0.5
    np.testing.assert_array_equal(p.m, [0.25, 2])
    assert np.abs(run(module, p).h - before).max() > 1e-6
    with pytest.raises(ValueError, match=r"m: shape \(3,\) came, expected \(2\)"):
        p.m = np.ones(3)
    with pytest.raises(AttributeError, match=r"delta: cannot be set, expected one of .*beta.*gamma"):
        p.delta = 1.0


def test_numbers_of_python_take_the_dtype_of_the_parameters_and_arrays_have_to_have_it(module):
    p = module.init(key=2, hidden=3, inputs=4, dtype=np.float32)
    p.gamma, p.m = 0.25, [0.25, 2.0]
    assert (p.gamma, p.gamma.dtype, p.m.dtype) == (0.25, np.float32, np.float32)
    for wrong in (np.float64(0.5), np.full(2, 0.5)):
        with pytest.raises(TypeError, match="dtype float64 came"):
            setattr(p, "m" if wrong.ndim else "gamma", wrong)


def test_two_records_share_no_constant(module, p):
    other = module.init(key=2, hidden=3, inputs=4)
    p.gamma = 0.5
    assert other.gamma == 0.05


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_have_constants_of_their_own(module, p, copied):
    p.gamma, p.m = 0.5, [0.25, 2.0]
    new = copied(p)
    assert new.gamma == 0.5
    np.testing.assert_array_equal(new.m, p.m)
    assert not np.shares_memory(new.m, p.m)
    assert not np.shares_memory(new.U, p.U)


def test_zeros_like_keeps_constants(module, p):
    p.gamma = 0.5
    zeros = p.zeros_like()
    assert not any(value.any() for _, value in zeros.items())
    assert zeros.gamma == 0.5
    assert not np.shares_memory(zeros.m, p.m)
    module.jvp(p, run(module, p), dp=zeros)


def test_gradients_have_no_constants(module, p):
    g = module.backward(p, run(module, p))
    for name in module.CONSTANTS:
        assert not hasattr(g, name)
    assert copy.deepcopy(g).zeros_like().U.shape == (3, 3)


def test_matrices_as_states(module, p):
    result = run(module, p, S=np.ones((2, 2, 3)))
    assert (result.S.shape, result.h.shape) == ((5, 2, 2, 3), (5, 2, 3))
    g = module.backward(p, result, dS=np.ones((5, 2, 2, 3)))
    assert (g.S0.shape, g.beta.shape) == ((2, 2, 3), ())
    with pytest.raises(ValueError, match=r"S: shape \(2, 3, 2\) came, expected \(2, 2, 3\)"):
        run(module, p, S=np.ones((2, 3, 2)))
    with pytest.raises(ValueError, match=r"dS: shape \(5, 2, 3\) came, expected \(5, 2, 2, 3\)"):
        module.backward(p, result, dS=np.ones((5, 2, 3)))
    out = module.step(p, np.ones((2, 4)), *(getattr(result, name)[-1] for name in module.STATES))
    assert [array.shape for array in out] == [getattr(result, name).shape[1:] for name in module.OUTPUTS]


def test_a_cell_without_parameters():
    m = load(Cell.from_equations("h_t = tanh(x_t + h_{t-1})"))
    p = m.init(3)
    assert (m.PARAMETERS, p.names(), p.items()) == ({}, (), [])
    x = np.ones((4, 2, 3))
    np.testing.assert_allclose(m.forward(p, x).h[0], np.tanh(1))
    assert m.backward(p, m.forward(p, x), np.ones_like(x)).x.shape == x.shape


def test_a_cell_of_scalars():
    m = load(Cell.from_equations("h_t = tanh(w x_t + u h_{t-1})", shapes={name: [] for name in "hxwu"}))
    p = m.init(rng=0)
    assert (m.SIZES, p.sizes(), p.w.shape) == ((), {}, ())
    run = m.forward(p, np.ones((4, 2)))
    assert run.h.shape == (4, 2)
    assert m.backward(p, run, np.ones((4, 2))).w.shape == ()


@pytest.mark.parametrize("size", ["p", "self", "rows", "range", "step", "windows", "sizes"])
def test_words_that_cannot_name_a_size(size):
    with pytest.raises(CellError, match=f"'{size}' cannot name a size"):
        generate(Cell.from_equations("h_t = tanh(W x_t + U h_{t-1})", shapes={"h": [size]}))


@pytest.mark.parametrize("size", ["value", "shape", "name", "list", "filter", "match", "values"])
def test_words_that_can_name_a_size(size, case, checks):
    made = case(Cell.from_equations(f"h_t = tanh(W x_t + U h_{{t-1}} / sqrt({size}))", shapes={"h": [size]}))
    for check in checks:
        check(made)


def test_other_spellings_are_told():
    m = load(Cell.from_equations("g_t = σ(W x_t + U p_{t-1} + lambda)\np_t = g_t ⊙ p_{t-1} + tanh(V x_t + rows)"))
    assert {there: here for there, here in m.NAMES.items() if len(there) > 2} == {"lambda": "lambda_", "rows": "rows_"}
    assert (m.NAMES["p"], m.NAMES["dp"]) == ("p_", "dp_")
    assert m.STATES == m.OUTPUTS == ("p_",)
    run = m.forward(m.init(2, 3, rng=0), np.ones((4, 1, 2)))
    assert run.p_.shape == (4, 1, 3)
    assert not hasattr(load("lstm"), "NAMES")
