"""The kit for users' own cells, on right implementations in three styles and on wrong ones with one planted error each."""

import subprocess
import sys
import unittest
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from derivations import Cell, get_cell
from derivations.errors import CellError
from numeric.checks import draw_case
from numeric.checks.case import Parameters
from numeric.testing import assert_forward, assert_gradients, assert_invariants, assert_jvp, cell_cases, sizes

GATES = "fiog"


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


# Style 1: a list of caches, gradients in a dictionary.
def forward(p, x, h, c):
    """Keeps a tuple for each step."""
    hs, cs, steps = [], [], []
    for x_t in x:
        f, i, o = (sigmoid(x_t @ p[f"W_{k}"].T + h @ p[f"U_{k}"].T + p[f"b_{k}"]) for k in "fio")
        g = np.tanh(x_t @ p.W_g.T + h @ p.U_g.T + p.b_g)
        before = h, c
        c = f * c + i * g
        h = o * np.tanh(c)
        steps.append((x_t, before, c, f, i, o, g))
        hs.append(h)
        cs.append(c)
    return np.array(hs), np.array(cs), steps


def backward(p, run, dh, dc, bug=""):
    """``bug`` plants one error."""
    hs, _, steps = run
    grads = {name: np.zeros_like(value) for name, value in p.items()} | {"x": np.zeros((*dh.shape[:2], p.W_f.shape[1]))}
    dh_next, dc_next = np.zeros_like(dh[0]), np.zeros_like(dc[0])
    for t in reversed(range(len(steps))):
        x_t, (h_prev, c_prev), c, f, i, o, g = steps[t]
        if bug == "stale h":
            h_prev = hs[t]
        if bug == "overwritten state":
            c_prev = c
        dh_t = dh[t] + dh_next
        s = np.tanh(c)
        dc_t = dc[t] + dc_next + dh_t * o * (1 - s**2)
        out = {"f": dc_t * c_prev, "i": dc_t * g, "o": dh_t * s, "g": dc_t * i}
        if bug == "exchanged gates":
            out["f"], out["i"] = out["i"], out["f"]
        slope = {"f": f * (1 - f), "i": i * (1 - i), "o": o * (1 - o), "g": 1 - g**2}
        if bug == "derivative at the activated value":
            slope["f"] = sigmoid(f) * (1 - sigmoid(f))
        if bug == "derivative of tanh at the activated value":
            slope["g"] = 1 - np.tanh(g) ** 2
        da = {k: out[k] * slope[k] for k in GATES}
        for k in GATES:
            if bug == "assigned, not added":
                grads[f"W_{k}"] = da[k].T @ x_t
            else:
                grads[f"W_{k}"] += da[k].T @ x_t
            grads[f"U_{k}"] += da[k].T @ h_prev
            grads[f"b_{k}"] += da[k][0] if bug == "no sum over the batch" else da[k].sum(0)
        grads["x"][t] = sum(da[k] @ p[f"W_{k}"] for k in GATES)
        dh_next = sum(da[k] @ (p[f"U_{k}"].T if bug == "no transposition" and k == "o" else p[f"U_{k}"]) for k in GATES)
        dc_next = dc_t * f
        if bug == "no path through h":
            dh_next = np.zeros_like(dh_next)
        if bug == "no path through c":
            dc_next = np.zeros_like(dc_next)
    if bug == "one step only" and len(steps) == 1:
        grads["b_o"] = np.zeros_like(p.b_o)
    return grads | {"h0": dh_next, "c0": dc_next}


# Style 2: one row after the other, columns, an object.
def column_forward(p, x, *, h, c):
    out = SimpleNamespace(h=np.zeros((*x.shape[:2], h.shape[1]), complex), c=np.zeros((*x.shape[:2], h.shape[1]), complex))
    for b in range(x.shape[1]):
        state, memory = h[b], c[b]
        for t in range(len(x)):
            a = {k: p[f"W_{k}"] @ x[t, b] + p[f"U_{k}"] @ state + p[f"b_{k}"] for k in GATES}
            memory = sigmoid(a["f"]) * memory + sigmoid(a["i"]) * np.tanh(a["g"])
            state = sigmoid(a["o"]) * np.tanh(memory)
            out.h[t, b], out.c[t, b] = state, memory
    return out if np.iscomplexobj(x) else SimpleNamespace(h=out.h.real, c=out.c.real)


def column_backward(p, x, h, c, dh, dc):
    """Takes x and the states and computes everything again."""
    return SimpleNamespace(**backward(p, forward(p, x, h, c), dh, dc))


# Style 3: packed weights, float buffers, (outputs, cache).
def packed_forward(p, x, h, c):
    time, batch, n = *x.shape[:2], h.shape[1]
    W, U, b = (np.concatenate([p[f"{m}_{k}"] for k in GATES]) for m in "WUb")
    hs, cs, z = np.zeros((time + 1, batch, n)), np.zeros((time + 1, batch, n)), np.zeros((time, batch, 4 * n))
    hs[0], cs[0] = h, c
    for t in range(time):
        z[t] = x[t] @ W.T + hs[t] @ U.T + b
        z[t, :, : 3 * n] = sigmoid(z[t, :, : 3 * n])
        z[t, :, 3 * n :] = np.tanh(z[t, :, 3 * n :])
        f, i, o, g = np.split(z[t], 4, axis=1)
        cs[t + 1] = f * cs[t] + i * g
        hs[t + 1] = o * np.tanh(cs[t + 1])
    return {"h": hs[1:], "c": cs[1:]}, (x, hs, cs, z, W, U)


def packed_backward(p, run, *, dh, dc):
    _, (x, hs, cs, z, W, U) = run
    n, e_h, e_c = hs.shape[2], np.zeros_like(hs[0]), np.zeros_like(cs[0])
    da = np.zeros_like(z)
    for t in reversed(range(len(x))):
        f, i, o, g = np.split(z[t], 4, axis=1)
        s, e_h = np.tanh(cs[t + 1]), e_h + dh[t]
        e_c = e_c + dc[t] + e_h * o * (1 - s * s)
        da[t] = np.concatenate([e_c * cs[t] * f * (1 - f), e_c * g * i * (1 - i), e_h * s * o * (1 - o), e_c * i * (1 - g * g)], axis=1)
        e_h, e_c = da[t] @ U, e_c * f
    flat = da.reshape(-1, 4 * n)
    whole = {"W": flat.T @ x.reshape(len(flat), -1), "U": flat.T @ hs[:-1].reshape(-1, n), "b": flat.sum(0)}
    parts = {f"{m}_{k}": part for m, value in whole.items() for k, part in zip(GATES, np.split(value, 4), strict=True)}
    return parts | {"x": da @ W, "h0": e_h, "c0": e_c}


STYLES = {"list": (forward, backward), "columns": (column_forward, column_backward), "packed": (packed_forward, packed_backward)}


@pytest.mark.parametrize("style", STYLES)
@given(case=cell_cases("lstm"))
def test_right_implementations_pass(style, case):
    mine, back = STYLES[style]
    assert_forward(mine, case)
    assert_gradients(mine, back, case)
    assert_invariants(mine, case)


@given(case=cell_cases("lstm", dtype=np.float32))
def test_right_implementation_in_float32_passes(case):
    assert_gradients(forward, backward, case)
    assert_forward(forward, case)


def failing(check, **limits):
    """The message of a property test that should fail, found and shrunk as a user sees it."""

    @settings(max_examples=60, database=None, derandomize=True, phases=(Phase.generate, Phase.shrink))
    @given(case=cell_cases("lstm", **limits))
    def prop(case):
        check(case)

    with pytest.raises(AssertionError) as caught:
        prop()
    return str(caught.value)


BUGS = (
    "no transposition",
    "derivative at the activated value",
    "derivative of tanh at the activated value",
    "no path through h",
    "no path through c",
    "stale h",
    "no sum over the batch",
    "overwritten state",
    "exchanged gates",
    "assigned, not added",
    "one step only",
)
HINTS = {
    "no transposition": "",
    "no path through h": "zero everywhere",
    "no sum over the batch": "the loss of row 0 alone",
    "exchanged gates": "exchanged?",
    "assigned, not added": "",
    "one step only": "zero everywhere",
}


def changed_by(bug):
    """The gradients that a bug changes, by comparison with the right code, at T = 1 and at T = 4."""
    changed = set()
    for time in (1, 4):
        case = draw_case(get_cell("lstm"), np.random.default_rng(0), {"time": time, "batch": 3, "inputs": 2, "hidden": 3})
        run = forward(case.p, case.x, **case.states)
        good, bad = (backward(case.p, run, **case.upstream, bug=b) for b in ("", bug))
        changed |= {name for name in good if not np.allclose(good[name], bad[name], rtol=1e-9)}
    return changed


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_error_is_found_and_named(bug):
    def buggy(p, run, dh, dc):
        return backward(p, run, dh, dc, bug)

    message = failing(lambda case: assert_gradients(forward, buggy, case))
    first = message.splitlines()[0]
    assert first.startswith("gradient ")
    assert first.split()[1] in changed_by(bug)
    assert "buggy gave" in first
    assert "expected" in first
    assert HINTS.get(bug, "") in message


def test_the_message_is_a_case_that_fails_again():
    def buggy(p, run, dh, dc):
        return backward(p, run, dh, dc, "stale h")

    message = failing(lambda case: assert_gradients(forward, buggy, case))
    code = message[message.index("from numeric.testing") : message.rindex("\n\nRun it again")]
    namespace = {"forward": forward, "buggy": buggy}
    with pytest.raises(AssertionError) as again:
        exec(code, namespace)
    assert str(again.value).splitlines()[0] == message.splitlines()[0]
    assert namespace["case"].sizes["batch"] == namespace["case"].sizes["inputs"] == 1, "the case is shrunk"
    assert "test_the_message_is_a_case_that_fails_again" in message


def test_a_wrong_forward_pass_is_found():
    def forgetful(p, x, h, c):
        return forward(p, x, h, np.zeros_like(c))

    assert failing(lambda case: assert_forward(forgetful, case)).startswith("output c[")


def test_a_broken_range_is_found():
    def loud(p, x, h, c):
        hs, cs, _ = forward(p, x, h, c)
        return 3 * hs, 3 * cs

    message = failing(lambda case: assert_invariants(loud, case), scale=2.0)
    assert "does not hold" in message.splitlines()[0]
    assert "it is proved for the equations of lstm" in message


def test_tangents():
    def by_complex_step(p, run, dp, dx, dh0, dc0, wrong=0.0):
        step, steps = 1e-30, run[2]
        x, (h, c) = np.stack([s[0] for s in steps]), steps[0][1]
        there = Parameters({k: v + 1j * step * dp[k] for k, v in p.items()})
        h, c, _ = forward(there, x + 1j * step * dx, h + 1j * step * dh0, c + 1j * step * dc0 * (1 + wrong))
        return h.imag / step, c.imag / step

    settings(max_examples=10)(given(case=cell_cases("lstm"))(lambda case: assert_jvp(forward, by_complex_step, case)))()
    message = failing(lambda case: assert_jvp(forward, lambda *a, **k: by_complex_step(*a, **k, wrong=1e-6), case))
    assert message.startswith("the tangent of ")


def test_a_gradient_that_is_missing_or_misshaped():
    case = draw_case(get_cell("lstm"), np.random.default_rng(0))

    def partial(p, run, dh, dc):
        found = backward(p, run, dh, dc)
        return {k: v for k, v in found.items() if k != "h0"}

    with pytest.raises(AssertionError, match="gradient h0 is missing"):
        assert_gradients(forward, partial, case)
    assert_gradients(forward, partial, case, skip=["h0"])
    with pytest.raises(AssertionError, match="gradient b_f has shape"):
        assert_gradients(forward, lambda p, run, dh, dc: backward(p, run, dh, dc) | {"b_f": np.zeros((1, 1))}, case)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_a_number_is_wrong(value):
    case = draw_case(get_cell("lstm"), np.random.default_rng(0))

    def unbounded(p, x, h, c):
        hs, cs, steps = forward(p, x, h, c)
        hs[0, 0, 0] += value
        return hs, cs, steps

    with pytest.raises(AssertionError, match="gradient b_f is wrong"):
        assert_gradients(forward, lambda p, run, dh, dc: backward(p, run, dh, dc) | {"b_f": np.full_like(p.b_f, value)}, case)
    with pytest.raises(AssertionError, match="gradient W_f is wrong"):
        assert_gradients(unbounded, backward, case)


def test_a_complex_gradient_is_refused():
    case = draw_case(get_cell("lstm"), np.random.default_rng(0))
    with pytest.raises(AssertionError, match="gradient b_f has dtype complex128, expected float64"):
        assert_gradients(forward, lambda p, run, dh, dc: backward(p, run, dh, dc) | {"b_f": p.b_f + 1j}, case)


def test_misuse_is_refused():
    with pytest.raises(CellError, match="no cell named 'lstn'"):
        cell_cases("lstn")
    with pytest.raises(ValueError, match="expected float32 or float64"):
        cell_cases("lstm", dtype=np.int64)
    with pytest.raises(ValueError, match="expected integers >= 1"):
        sizes("lstm", max_time=0)
    with pytest.raises(ValueError, match="expected a Case"):
        assert_gradients(forward, backward, {"x": 1})
    with pytest.raises(ValueError, match="forward returned no c"):
        assert_forward(lambda p, x, h, c: {"h": x}, draw_case(get_cell("lstm"), np.random.default_rng(0)))


def test_a_cell_of_ones_own_with_other_sizes():
    own = Cell.from_equations("h_t = tanh(W x_t + U m_{t-1} + b)\nm_t = V h_t", name="own")

    def own_forward(p, x, *, m):
        ms, hs = [], []
        for x_t in x:
            h = np.tanh(x_t @ p.W.T + m @ p.U.T + p.b)
            m = h @ p.V.T
            hs.append(h)
            ms.append(m)
        return SimpleNamespace(m=np.stack(ms), h=np.stack(hs))

    @given(case=cell_cases(own))
    def prop(case):
        assert_forward(own_forward, case)
        assert_invariants(own_forward, case)

    prop()


class TestUnderUnittest(unittest.TestCase):
    @given(case=cell_cases("lstm", max_time=2))
    def test_gradients(self, case):
        assert_gradients(forward, backward, case)


def test_importing_the_kit_does_not_import_hypothesis():
    code = "import sys, numeric.testing; sys.exit('hypothesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


LEAKY = Cell.from_equations("h_t = (1 - α) h_{t-1} + α relu(W x_t + U h_{t-1} + b)", name="leaky", constants={"alpha": 0.25})
COPYING = Cell.from_equations(
    "h_t = where(k_t - T ⊙ floor(k_t / T) = 0, tanh(W x_t + U h_{t-1}), h_{t-1})",
    name="copying",
    inputs=["k"],
    constants={"T": 1},
    shapes={"k": [], "T": ["hidden"]},
)


def leaky_forward(p, x, h):
    hs, slopes, before = [], [], []
    for x_t in x:
        a = x_t @ p.W.T + h @ p.U.T + p.b
        before.append(h)
        h = (1 - p.alpha) * h + p.alpha * np.where(a.real > 0, a, 0)
        hs.append(h)
        slopes.append(a.real > 0)
    return np.array(hs), np.array(slopes), np.array(before)


def opaque_forward(p, x, h):
    """The same by a function that complex numbers do not pass."""
    found = leaky_forward(p, np.real(x), np.real(h))
    return found[0].real.astype(x.dtype if x.dtype.kind == "f" else float), *found[1:]


def leaky_backward(p, x, h, dh, factor=1.0):
    _, slopes, before = leaky_forward(p, x, h)
    grads = {name: np.zeros_like(p[name]) for name in ("W", "U", "b")} | {"x": np.zeros_like(x)}
    later = np.zeros_like(h)
    for t in reversed(range(len(x))):
        total = dh[t] + later
        da = factor * p.alpha * total * slopes[t]
        grads["W"] += da.T @ x[t]
        grads["U"] += da.T @ before[t]
        grads["b"] += da.sum(0)
        grads["x"][t] = da @ p.W
        later = (1 - p.alpha) * total + da @ p.U
    return grads | {"h0": later}


@pytest.mark.parametrize("mine", [leaky_forward, opaque_forward])
@given(case=cell_cases(LEAKY, max_time=3, max_hidden=3))
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_kinks_are_stepped_around(mine, case):
    assert_forward(leaky_forward, case)
    assert_gradients(mine, leaky_backward, case)
    assert_invariants(leaky_forward, case)


def test_a_wrong_slope_beside_a_kink_is_found():
    @settings(database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=cell_cases(LEAKY))
    def judged(case):
        assert_gradients(leaky_forward, lambda p, x, h, dh: leaky_backward(p, x, h, dh, factor=0.999), case)

    with pytest.raises(AssertionError, match="is wrong"):
        judged()


def test_what_an_equality_compares_is_whole_in_some_cases():
    held = set()

    @given(case=cell_cases(COPYING))
    def drawn(case):
        assert set(np.unique(case.constants["T"])) <= {1.0, 2.0, 3.0, 4.0}
        held.add("k" in case.held)

    drawn()
    assert held == {True, False}
