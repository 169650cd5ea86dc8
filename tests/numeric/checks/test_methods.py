"""The parts that checks are made of, against results that are known otherwise."""

import math

import mpmath
import numpy as np
import pytest
from chosen_cells import CHOSEN
from hypothesis import given
from hypothesis import strategies as st

from derivations import Cell, get_cell
from derivations.evaluate import evaluate_cell
from derivations.notation.tree import Concat, MatMul, Name, Number, Power, Product, Quotient, Ref, Sum, Total, Transpose
from numeric.checks import draw_case
from numeric.checks.case import Case
from numeric.checks.complex_step import gradients
from numeric.checks.differences import richardson, slope_with_noise
from numeric.checks.gap import Gap, compare, worst
from numeric.checks.plain import evaluate, floats, high_precision, loss, unroll
from numeric.checks.shrink import shrink


def rnn_case():
    values = {"W": [[0.5, -0.25]], "U": [[2.0]], "b": [0.125]}
    return Case.build("elman_rnn", p=values, x=[[[1.0, 3.0]]], h=[[0.5]], dh=[[[2.0]]])


def test_complex_step_on_one_step_by_hand():
    a = 0.5 * 1 - 0.25 * 3 + 2 * 0.5 + 0.125
    slope = 2 * (1 - math.tanh(a) ** 2)
    found = gradients(rnn_case())
    expected = {"W": [[slope, 3 * slope]], "U": [[0.5 * slope]], "b": [slope], "x": [[[0.5 * slope, -0.25 * slope]]], "h0": [[2 * slope]]}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-15)


@pytest.mark.parametrize("name", CHOSEN)
def test_complex_step_agrees_with_differences_of_the_equations(name):
    cell = get_cell(name)
    case = draw_case(cell, np.random.default_rng(0), {"time": 2, "batch": 2, **dict.fromkeys(cell.sizes, 2)})
    exact = gradients(case)
    for key, value in case.variables.items():
        along = np.random.default_rng(1).normal(size=value.shape)

        def f(h, key=key, value=value, along=along):
            return float(loss(unroll(case, floats(), {key: value + h * along}), case))

        assert richardson(f, 1e-2) == pytest.approx(np.sum(exact[key] * along), abs=1e-10)


@given(st.sampled_from([math.sin, math.exp, math.tanh, math.atan]), st.floats(-2, 2))
def test_the_measured_noise_covers_the_error_of_differences(f, at):
    exact = {math.sin: math.cos, math.exp: math.exp, math.tanh: lambda u: 1 - math.tanh(u) ** 2, math.atan: lambda u: 1 / (1 + u * u)}[f](
        at
    )
    slope, noise = slope_with_noise(lambda h: f(at + h), 1e-2)
    assert abs(slope - exact) <= 8 * noise + 2e-12, "rounding of f by 1e-2: 2e-14, a hundredfold for lucky noise"


@pytest.mark.parametrize("name", CHOSEN)
def test_the_two_evaluations_of_equations_agree(name):
    """Checks evaluate with axes in front, proofs one column at a time: two programs for one meaning."""
    cell = get_cell(name)
    case = draw_case(cell, np.random.default_rng(0))
    outputs, numbers = unroll(case, floats()), floats()
    for row in range(case.sizes["batch"]):
        state = {n: case.states[n.id][row] for n in cell.states}
        for t in range(case.sizes["time"]):
            known = {Ref(n): case.p[n.id] for n in cell.parameters} | {Ref(n, -1): v for n, v in state.items()}
            known |= {Ref(n, 0): case.inputs[n.id][t, row] for n in cell.inputs}
            known |= {Ref(n): case.constants[n.id] for n in cell.constants}
            known = evaluate_cell(cell.equations, known, numbers.functions, sizes=case.sizes)
            state = {n: known[Ref(n, 0)] for n in cell.states}
            for n in cell.outputs:
                np.testing.assert_allclose(outputs[n.id][t, row], known[Ref(n, 0)], rtol=1e-12, atol=1e-14)


U, V, M, S = (Ref(Name(letter)) for letter in "uvMs")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (MatMul(U, Transpose(V)), lambda u, v, m, s: np.outer(u, v)),
        (MatMul(Transpose(U), V), lambda u, v, m, s: u @ v),
        (MatMul(Transpose(U), M), lambda u, v, m, s: u @ m),
        (MatMul(Transpose(M), U), lambda u, v, m, s: m.T @ u),
        (MatMul(M, M), lambda u, v, m, s: m @ m),
        (Transpose(Transpose(U)), lambda u, v, m, s: u),
        (Product((S, U, V)), lambda u, v, m, s: s * u * v),
        (Product((S, M)), lambda u, v, m, s: s * m),
        (Sum((Number(1), U)), lambda u, v, m, s: 1 + u),
        (Quotient(U, S), lambda u, v, m, s: u / s),
        (Power(U, 2), lambda u, v, m, s: u**2),
        (Concat((U, V)), lambda u, v, m, s: np.concatenate([u, v])),
        (Total(U), lambda u, v, m, s: u.sum()),
    ],
)
def test_every_kind_of_expression_with_axes_in_front(expr, expected):
    rng = np.random.default_rng(0)
    front = {U: (5, 4), V: (4,), M: (5, 1), S: ()}
    own = {U: (3,), V: (3,), M: (3, 3), S: ()}
    values = {ref: rng.normal(size=front[ref] + own[ref]) for ref in own}
    got, _ = evaluate(expr, {ref: (value, len(own[ref])) for ref, value in values.items()}, _with_plain_constants())
    for at in np.ndindex(5, 4):
        one = [np.broadcast_to(values[ref], (5, 4, *own[ref]))[at] for ref in (U, V, M, S)]
        whole = np.broadcast_to(got, (5, 4, *np.shape(expected(*one))))
        np.testing.assert_allclose(whole[at], expected(*one), rtol=1e-13)


def _with_plain_constants():
    from dataclasses import replace

    return replace(floats(), constant=float)


def test_high_precision_has_its_digits():
    case = rnn_case()
    with mpmath.workdps(50):
        h = unroll(case, high_precision())["h"][0, 0, 0]
        assert abs(h - mpmath.tanh(mpmath.mpf("0.875"))) < mpmath.mpf(10) ** -49


def test_cases_hide_nothing():
    rng = np.random.default_rng(0)
    for _ in range(50):
        case = draw_case(get_cell("lstm"), rng)
        assert case.sizes["time"] >= 4
        assert case.sizes["batch"] >= 2
        assert case.sizes["inputs"] != case.sizes["hidden"]
        for value in (*case.variables.values(), *case.upstream.values()):
            assert np.all(np.abs(value) >= 0.1 - 1e-8)
            assert np.array_equal(value, value.astype(np.float32))
        assert not np.allclose(case.p.U_f, case.p.U_f.T)


def test_a_case_is_printed_as_code_that_makes_it():
    case = draw_case(get_cell("gru_after"), np.random.default_rng(0)).astype(np.float32)
    again = eval(repr(case), {"Case": Case})
    assert again == case
    assert hash(again) == hash(case)
    assert again != case.with_upstream({"dh": 2 * case.upstream["dh"]})
    with pytest.raises(ValueError, match="parameters of a case of gru_after"):
        Case.build("gru_after", p={}, x=[[[1.0]]])


def test_shrinking_keeps_failing_and_stops():
    case = draw_case(get_cell("lstm"), np.random.default_rng(0))
    small = shrink(case, lambda c: c.sizes["time"] >= 3 and bool(np.any(c.x > 0.5)))
    assert small.sizes == {"time": 3, "batch": 1, "inputs": 1, "hidden": 1}
    assert np.any(small.x > 0.5)
    assert all(not np.any(v) for k, v in small.variables.items() if k != "x")
    assert shrink(case, lambda c: False) is case


def test_comparison_sees_nan_and_shapes():
    one = {"a": np.array([1.0, 2.0])}
    bounds = {"a": 0.5}
    assert compare({"a": np.array([1.0, 2.25])}, one, bounds) == Gap("a[1]", 2.25, 2.0, 0.25, 0.5)
    assert compare({"a": np.array([1.0, np.nan])}, one, bounds).ratio == np.inf
    assert compare({"a": np.array([1.0])}, one, bounds).ratio == np.inf
    assert compare({"a": np.array([np.nan, np.inf])}, {"a": np.array([np.nan, np.inf])}, bounds).ratio == 0
    assert Gap("", 1.0, np.nan, np.inf, np.inf).ratio == np.inf
    assert Gap("", 1.0, np.nan, np.nan, 1.0).ratio == np.inf
    assert Gap("", 1.0, 1.5, 0.5, np.nan).ratio == np.inf
    assert Gap("", 1.0, 1.0, 0.0, np.nan).ratio == 0
    assert worst([]).ratio == 0


def test_other_cells_need_no_change_of_the_checks():
    own = Cell.from_equations("m_t = a ⊙ m_{t-1} + W x_t\nh_t = σ(V m_t + b)", name="own")
    case = draw_case(own, np.random.default_rng(0))
    assert set(case.upstream) == {"dm", "dh"}
    assert set(gradients(case)) == {"a", "W", "V", "b", "x", "m0"}
