"""Every check passes the generated modules and refutes a module with the mistake that it is there for."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from chosen_cells import CHOSEN

from derivations import Cell, get_cell
from derivations.verdict import FAILED
from numeric import load
from numeric.cells import gru_before, lstm
from numeric.checks import Bound, Subject, all_checks, attempt, judge, run_checks
from numeric.checks.judge import cases

CELL = get_cell("lstm")
EXAMPLES = 4


@pytest.mark.parametrize("name", CHOSEN)
def test_generated_modules_pass_every_check(name):
    module = __import__(f"numeric.cells.{name}", fromlist=[name])
    results = list(run_checks(Subject(get_cell(name), module), examples=EXAMPLES, seed=7))
    assert {r.statement: r.counterexample for r in results if r.verdict != "tested"} == {}
    for r in results:
        assert r.error <= r.bound
        assert r.why, r.statement
        assert r.independent_of, r.statement
        assert r.examples >= 1
    methods = {r.method for r in results}
    assert methods >= {"complex step", "Richardson", "dot product", "50 digits", "time law", "arguments"}
    assert ("ranges" in methods) or name not in ("lstm", "gru_before"), "their states are bounded"


def changed(**functions):
    """The LSTM module with some functions replaced."""
    return SimpleNamespace(**{**vars(lstm), **functions})


def with_outputs(change):
    """``forward`` with its outputs changed after the run; backward and jvp do not know."""

    def forward(*args, **kwargs):
        run = lstm.forward(*args, **kwargs)
        values = dict(vars(run))
        h, c = change(np.array(run.h), np.array(run.c), np.asarray(args[1]))
        return type("Run", (lstm.Run,), {})(**{**values, "h": h, "c": c})

    return forward


def with_gradients(change):
    def backward(p, run, **upstream):
        found = lstm.backward(p, run, **upstream)
        g = SimpleNamespace(**{k: np.array(getattr(found, k)) for k in (*lstm.PARAMETERS, "x", "h0", "c0")})
        change(g)
        return g

    return backward


def scaled_c0(g):
    g.c0 *= 1 + 1e-9


def unstable_slopes(g):
    g.b_g[np.abs(g.b_g) < 1e-20] = 0  # what 1 − tanh² leaves at saturation


def jvp_without_dc0(*args, dc0=None, **kwargs):
    return lstm.jvp(*args, **kwargs)


def stale_step(p, x, h=None, c=None):
    new_h, _ = lstm.step(p, x, h, c)
    return new_h, c


def step_vjp_without_dc(p, x, h=None, c=None, dh=None, dc=None):
    return lstm.step_vjp(p, x, h, c, dh)


def mixing(h, c, x):
    return h + 1e-9 * h.mean(1, keepdims=True), c


def by_place_in_the_batch(h, c, x):
    return h + 1e-9 * np.arange(h.shape[1])[:, None], c


def by_number_of_the_unit(h, c, x):
    return h + 1e-9 * np.arange(h.shape[2]), c


def by_time(h, c, x):
    h[1:] += 1e-9
    return h, c


def without_nan(h, c, x):
    return np.nan_to_num(h), np.nan_to_num(c)


def outside(h, c, x):
    return h * 1.5, c


def by_memory(h, c, x):
    return h + 1e-9 * float(x.ravel("K")[1]), c  # reads the buffer in whatever order it lies


def warning_forward(*args, **kwargs):
    np.exp(800.0 * np.abs(np.asarray(args[1])).max())
    return lstm.forward(*args, **kwargs)


def careless_forward(p, x, h=None, c=None):
    return lstm.forward(p, np.asarray(x, p.dtype)[..., : p.inputs], h, c)


def anonymous_forward(p, x, h=None, c=None):
    try:
        return lstm.forward(p, x, h, c)
    except (TypeError, ValueError):
        raise ValueError("bad argument") from None


def ones_for_nothing(p, run, dh=None, dc=None):
    return lstm.backward(p, run, dh, np.ones(run.h.shape) if dc is None else dc)


def blocks_in_the_wrong_order(p, run, dh=None, dc=None):
    if run.h.shape[0] > 100:
        dh = dh[::-1]
    return lstm.backward(p, run, dh, dc)


def fails_at_odd_sizes(p, x, h=None, c=None):
    if p.hidden in (17, 33):
        raise IndexError("panel")
    return lstm.forward(p, x, h, c)


PLANTED = {
    "forward pass, float64": changed(forward=with_outputs(lambda h, c, x: (h, c + 1e-11))),
    "forward pass, float32": changed(forward=with_outputs(lambda h, c, x: (h, c + np.asarray(2e-3, c.dtype)))),
    "every gradient, float64": changed(backward=with_gradients(scaled_c0)),
    "every gradient, float32": changed(backward=with_gradients(lambda g: g.W_f.__imul__(1.01))),
    "backward pass fits the forward pass, float64": changed(backward=with_gradients(scaled_c0), forward=lstm.forward),
    "backward pass fits the forward pass, float32": changed(backward=with_gradients(lambda g: g.W_f.__imul__(1.5))),
    "forward mode is the transpose of reverse mode": changed(jvp=jvp_without_dc0),
    "tangents of every output": changed(jvp=jvp_without_dc0),
    "T calls of step and step_vjp give one run of T": changed(step=stale_step),
    "T runs of one step give one run of T": changed(forward=with_outputs(by_time)),
    "two runs give one run, cut in the middle": changed(forward=with_outputs(by_time)),
    "runs of ten steps give one long run": changed(backward=blocks_in_the_wrong_order),
    "each row by itself gives the batch": changed(forward=with_outputs(mixing)),
    "the order of the batch does not matter": changed(forward=with_outputs(by_place_in_the_batch)),
    "the numbering of the units does not matter": changed(forward=with_outputs(by_number_of_the_unit)),
    "saturated: values of 40 and 700": changed(backward=with_gradients(unstable_slopes)),
    "denormal inputs and states": changed(forward=with_outputs(lambda h, c, x: (h * 1.001, c))),
    "huge inputs, up to 1e307": changed(forward=warning_forward),
    "NaN and infinities pass as in the equations": changed(forward=with_outputs(without_nan)),
    "wrong shapes and types are refused by name": changed(forward=careless_forward),
    "what is left out counts as zero": changed(backward=ones_for_nothing),
    "layout of the arrays does not matter": changed(forward=with_outputs(by_memory)),
    "sizes 1, 3, 17, 33, T = 1 and batch = 1": changed(forward=fails_at_odd_sizes),
}


def check(statement, **claims):
    return next(c for c in all_checks(Subject(CELL, lstm), **claims) if c.statement == statement)


def test_there_is_a_planted_error_for_every_check():
    named = {c.statement for c in all_checks(Subject(CELL, lstm), claims=())}
    assert named == set(PLANTED)


@pytest.mark.parametrize("statement", PLANTED)
def test_a_check_refutes_its_mistake(statement):
    result = judge(check(statement), Subject(CELL, PLANTED[statement]), 20, 0)
    assert result.verdict == "refuted"
    assert result.error > result.bound
    assert result.examples is None
    json.dumps(result.as_json())
    found = result.counterexample
    assert {"sizes", "dtype", "where", "code", "expected", "W_f", "x", "h0", "dh"} <= set(found)


def test_refusals_must_name_the_argument():
    result = judge(check("wrong shapes and types are refused by name"), Subject(CELL, changed(forward=anonymous_forward)), 20, 0)
    assert result.verdict == "refuted"
    assert "does not say x" in result.counterexample["where"]


def test_step_vjp_is_checked_too():
    result = judge(check("T calls of step and step_vjp give one run of T"), Subject(CELL, changed(step_vjp=step_vjp_without_dc)), 20, 0)
    assert result.verdict == "refuted"


def test_counterexamples_are_small():
    module = changed(backward=with_gradients(scaled_c0))
    found = judge(check("every gradient, float64"), Subject(CELL, module), 20, 0).counterexample
    assert set(found["sizes"].values()) == {1}
    assert found["where"] == "c0[0, 0]"
    numbers = np.concatenate([np.ravel(found[k]) for k in (*lstm.PARAMETERS, "x", "h0", "c0", "dh", "dc")])
    assert np.array_equal(numbers, np.round(numbers, 1)), "rounded as far as it still fails"
    assert np.count_nonzero(numbers) <= 2, "zero where it still fails"


def test_ranges_are_judged_on_the_code():
    broken = Subject(CELL, changed(forward=with_outputs(outside)))
    found = [judge(c, broken, 20, 0) for c in all_checks(broken) if c.method == "ranges"]
    assert {r.statement for r in found if r.verdict == "refuted"} == {
        f"|h_t| < 1 on the code, {t}, ends included" for t in ("float64", "float32")
    }
    false_claim = check("h_t >= 0 on the code, float64, ends included", claims=["h_t >= 0"])
    assert judge(false_claim, Subject(CELL, lstm), 20, 0).counterexample["code"] < 0
    wrong_bound = check("-0.5 <= h_t <= 0.5 on the code, float64, ends included".replace("0.5", "0.500000"), bounds=[Bound("h", -0.5, 0.5)])
    assert judge(wrong_bound, Subject(CELL, lstm), 20, 0).verdict == "refuted"


def raising(error):
    def planted(*arguments, **named):
        raise error

    return planted


@pytest.mark.parametrize("function", ["init", "forward", "backward", "step_vjp"])
def test_code_that_raises_or_gives_nothing_is_refuted(function):
    for planted in (raising(ArithmeticError("planted")), lambda *arguments, **named: None):
        subject = Subject(CELL, changed(**{function: planted}))
        ratios = [attempt(check, subject, next(cases(check, CELL, 1, 0))).ratio for check in all_checks(subject)]
        assert max(ratios) == np.inf, "and none of the checks raised"


@pytest.mark.parametrize("part", ["compare", "draw", "unfit"])
def test_a_check_that_raises_says_nothing_about_the_code(part):
    broken = replace(check("forward pass, float64"), **{part: raising(ZeroDivisionError("planted"))})
    result = judge(broken, Subject(CELL, lstm), 4, 0)
    assert (result.verdict, result.method, result.statement) == ("undecided", FAILED, "forward pass, float64")
    assert re.search(r"gateproof failed: ZeroDivisionError: planted \(test_checks\.py:\d+\)", result.why)


def test_another_cell_is_refuted():
    results = run_checks(Subject(get_cell("gru_seed"), gru_before), examples=2)
    assert next(results).verdict == "refuted"


def test_the_same_seed_gives_the_same_results():
    first, second = (next(iter(run_checks(Subject(CELL, lstm), examples=2, seed=s))) for s in (3, 3))
    assert (first.error, first.bound) == (second.error, second.bound)


def test_scalars_and_sums_of_numbers_are_judged():
    own = Cell.from_toml(
        'title = "leaky"\nsource = ""\nequations = "h_t = (1 - \u03b1) h_{t-1} + \u03b1 tanh(W x_t) + (2/3 - 1/3) b"\n[shapes]\nalpha = []',
        name="own",
    )
    results = list(run_checks(Subject(own, load(own)), examples=2, seed=0))
    assert {r.statement: r.counterexample for r in results if r.verdict != "tested"} == {}


@pytest.mark.parametrize(
    "equations", ["k_t = [x_t, h_{t-1}]\nh_t = tanh(W k_t + b)", "c_t = tanh(W x_t + U [h_{t-1}, c_{t-1}])\nh_t = [c_t, c_t]"]
)
def test_units_are_turned_within_concatenations_that_have_a_name(equations):
    own = Cell.from_equations(equations, name="own")
    law = next(check for check in all_checks(Subject(own, None)) if check.statement == "the numbering of the units does not matter")
    assert judge(law, Subject(own, load(own)), 4, 0).verdict == "tested"


def test_an_equality_is_judged_by_the_largest_value_on_the_way():
    """Undoing a step of an oscillator subtracts what it added, which rounds; a wrong length of the step is still seen."""
    from numeric.cells import cornn, unicornn
    from numeric.checks import ranges

    kept = [judge(check, Subject(get_cell("unicornn"), unicornn), 20, 0).verdict for check in ranges.checks(get_cell("unicornn"))]
    wrong = ranges.checks(get_cell("cornn"), ["y_t = y_{t-1} + 2 δ z_t"])
    assert set(kept) == {"tested"}
    assert {judge(check, Subject(get_cell("cornn"), cornn), 20, 0).verdict for check in wrong} == {"refuted"}
