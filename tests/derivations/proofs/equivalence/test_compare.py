"""Two cells beside each other: what is the same is proved, what is not is refuted by a run that anybody can repeat."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from random_cells import cells

from derivations import Cell, CellError, compare, get_cell
from derivations.evaluate import evaluate_cell
from derivations.functions import float_functions
from derivations.notation.tree import Assignment, Expr, Name, Neg, Product, Ref, Sum, rebuild
from derivations.proofs.equivalence.pair import pair
from derivations.sizes import shape_value

CIFG = Cell.from_equations(
    """
i_t = σ(W_i x_t + U_i h_{t-1} + b_i)
o_t = σ(W_o x_t + U_o h_{t-1} + b_o)
g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
c_t = (1 - i_t) ⊙ c_{t-1} + i_t ⊙ g_t
h_t = o_t ⊙ tanh(c_t)
""",
    name="cifg",
)
LSTM = get_cell("lstm")
COLUMNS = "; ".join(f"W_{k} = [U_{k}, W_{k}]" for k in "fiog")


def only(first: Cell, second: Cell, where: str = "", free: tuple[str, ...] = ()):
    (result,) = compare(first, second, where, free)
    assert result.kind == "equation"
    assert result.subject == first.name
    return result


@pytest.mark.parametrize(
    ("first", "second", "where"),
    [
        (CIFG, LSTM, "W_f = -W_i; U_f = -U_i; b_f = -b_i"),
        (get_cell("lstm_concat"), LSTM, COLUMNS),
        (get_cell("gru_seed"), get_cell("gru"), "W_z = [-U_z, -W_z]; W_r = [U_r, W_r]; W_h = [U_h, W_h]; b_z = 0; b_r = 0; b_h = 0"),
    ],
)
def test_an_equality_is_proved_and_every_change_of_it_refuted(first: Cell, second: Cell, where: str) -> None:
    assert only(first, second, where).verdict == "proved"
    clauses = where.split("; ")
    for k, clause in enumerate(clauses):
        target, expr = clause.split(" = ")
        if expr == "0":
            continue
        flipped = expr.replace("[", "[-").replace("--", "") if "[" in expr else expr.removeprefix("-")
        changed = "; ".join([*clauses[:k], f"{target} = {flipped}", *clauses[k + 1 :]])
        assert only(first, second, changed).verdict == "refuted"


def test_a_gate_exchanged_for_another_is_refuted() -> None:
    swapped = COLUMNS.replace("W_i = [U_i, W_i]; W_o = [U_o, W_o]", "W_i = [U_o, W_o]; W_o = [U_i, W_i]")
    result = only(get_cell("lstm_concat"), LSTM, swapped)
    assert result.verdict == "refuted"
    assert result.counterexample["lstm_concat"] != result.counterexample["lstm"]


def test_where_the_reset_stands_matters_in_two_dimensions_only() -> None:
    result = only(get_cell("gru_before"), get_cell("gru_after"), "b_hr = 0")
    assert result.verdict == "refuted"
    assert result.counterexample["hidden"] == 2  # with one unit the product with r commutes


def test_two_biases_add_up_but_not_where_a_gate_lies_between_them() -> None:
    two = Cell.from_equations("h_t = tanh(W x_t + b_1 + U h_{t-1} + b_2)", name="two")
    assert only(two, get_cell("rnn"), "b = b_1 + b_2").verdict == "proved"
    gated = Cell.from_equations("r_t = σ(W_r x_t)\nh_t = tanh(W x_t + b_1 + r_t ⊙ (U h_{t-1} + b_2))", name="gated")
    one = Cell.from_equations("r_t = σ(W_r x_t)\nh_t = tanh(W x_t + b + r_t ⊙ (U h_{t-1}))", name="one")
    assert only(gated, one, "b = b_1 + b_2").verdict == "refuted"


def test_a_computed_value_can_be_held() -> None:
    no_gate = Cell.from_equations("g_t = tanh(W x_t + b)\nc_t = c_{t-1} + g_t", name="no_gate")
    gated = Cell.from_equations("f_t = σ(V x_t)\ng_t = tanh(W x_t + b)\nc_t = f_t ⊙ c_{t-1} + g_t", name="gated")
    assert only(no_gate, gated, "f_t = 1").verdict == "proved"
    assert only(no_gate, gated, "f_t = 1/2").verdict == "refuted"
    assert only(no_gate, gated).verdict == "refuted"


def test_states_can_be_functions_of_states() -> None:
    linear = Cell.from_equations("a_t = σ(W x_t)\nb_t = V x_t\ns_t = a_t ⊙ s_{t-1} + b_t", name="linear")
    scaled = Cell.from_equations(
        "a_t = σ(W x_t)\nb_t = V x_t\nm_t = U x_t\nk_t = exp(m_{t-1} - m_t)\nh_t = a_t ⊙ k_t ⊙ h_{t-1} + exp(-m_t) ⊙ b_t", name="scaled"
    )
    assert only(linear, scaled, "s_t = exp(m_t) ⊙ h_t").verdict == "proved"
    assert only(linear, scaled, "s_t = exp(-m_t) ⊙ h_t").verdict == "refuted"
    assert only(linear, scaled, "s_t = h_t").verdict == "refuted"


def test_a_name_for_anything_is_one_and_the_same_in_both_cells() -> None:
    two = Cell.from_equations("h_t = tanh(W x_t + U h_{t-1} + V h_{t-1})", name="two")
    turned = Cell.from_equations("h_t = tanh(W x_t + U h_{t-1} - V h_{t-1})", name="turned")
    assert only(two, turned, "V = Q", ("Q",)).verdict == "refuted"
    assert only(two, turned, "V = Q - Q", ("Q",)).verdict == "proved"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("W_k = 0", "W_k is a name of neither cell"),
        ("b_f = b_k", "b_k is not a name"),
        ("b_f = W_i", "vector cannot be a matrix"),
        ("b_f = b_i; b_f = b_o", "second substitution"),
        ("c_t = h_{t-1}", "h_{t-1} in a substitution"),
        ("b_f", "no '='"),
        ("c_t = i_t", "in the substitution for the state"),
        ("b_f = [b_f", "where:1:7: .* never closed"),
    ],
)
def test_a_substitution_that_makes_no_sense_is_an_error(where: str, found: str) -> None:
    with pytest.raises(CellError, match=found.replace("{", r"\{").replace("}", r"\}")):
        compare(LSTM, LSTM, where)


def test_a_circle_of_substitutions_is_an_error() -> None:
    other = Cell.from_equations("h_t = tanh(V x_t + U h_{t-1} + b)", name="other")
    assert only(get_cell("rnn"), other, "W = V").verdict == only(get_cell("rnn"), other, "V = W").verdict == "proved"
    with pytest.raises(CellError, match="a circle of substitutions: W, V"):
        compare(get_cell("rnn"), other, "W = V; V = W")


def test_cells_without_a_common_state_are_an_error_that_says_what_to_write() -> None:
    other = Cell.from_equations("s_t = tanh(W x_t + U s_{t-1} + b)", name="other")
    with pytest.raises(CellError, match='--where "h_t = s_t"'):
        compare(get_cell("rnn"), other)
    assert only(get_cell("rnn"), other, "h_t = s_t").verdict == "proved"


@given(cells())
def test_a_cell_equals_itself_with_other_names(cell: Cell) -> None:
    names = {name: replace(name, base=f"{name.base}q" if name.base != "x" else "x") for name in cell.shapes}
    renamed = replace(
        cell,
        name="renamed",
        equations=tuple(Assignment(_renamed(eq.target, names), _renamed(eq.expr, names)) for eq in cell.equations),
        states=tuple(names[n] for n in cell.states),
        inputs=tuple(names[n] for n in cell.inputs),
        parameters=tuple(names[n] for n in cell.parameters),
        shapes={names[n]: shape for n, shape in cell.shapes.items()},
    )
    where = "; ".join(
        [f"{n.id}_t = {names[n].id}_t" for n in cell.states] + [f"{_spelled(n)} = {_spelled(names[n])}" for n in cell.parameters]
    )
    assert only(cell, renamed, where).verdict == "proved"


def _renamed(expr: Expr, names: dict[Name, Name]) -> Expr:
    if isinstance(expr, Ref):
        return replace(expr, name=names[expr.name])
    return rebuild(expr, lambda child: _renamed(child, names))


def _spelled(name: Name) -> str:
    return f"{name.base}_{{{name.sub}}}" if name.sub else name.base


@given(cells(), st.randoms(use_true_random=False))
def test_a_cell_with_one_changed_sign_is_never_proved_equal_to_it_where_numbers_differ(cell: Cell, random: random.Random) -> None:
    equations = list(cell.equations)
    k = random.randrange(len(equations))
    changed = _flipped(equations[k].expr, random)
    assume(changed != equations[k].expr)
    equations[k] = Assignment(equations[k].target, changed)
    other = replace(cell, name="changed", equations=tuple(equations))
    result = only(cell, other)
    if _differ(cell, other):
        assert result.verdict == "refuted"
    else:
        assert result.verdict != "refuted"


def _flipped(expr: Expr, random: random.Random) -> Expr:
    """One term of a sum, or the whole, with the other sign."""
    if isinstance(expr, Sum):
        k = random.randrange(len(expr.terms))
        return Sum((*expr.terms[:k], Neg(expr.terms[k]), *expr.terms[k + 1 :]))
    if isinstance(expr, Product):
        return Product((Neg(expr.factors[0]), *expr.factors[1:]))
    return Neg(expr)


def _differ(one: Cell, other: Cell) -> bool:
    """Whether one step of two cells of the same names differs, on ten draws."""
    sizes = {size: k for k, size in enumerate(one.sizes, 2)}
    for seed in range(10):
        rng = np.random.default_rng(seed)
        read = [Ref(n, 0) for n in one.inputs] + [Ref(n, -1) for n in one.states] + [Ref(n) for n in one.parameters]
        values = {ref: rng.normal(size=shape_value(one.shapes[ref.name], sizes)) for ref in read}
        a, b = (evaluate_cell(cell.equations, values, float_functions()) for cell in (one, other))
        if any(not np.allclose(a[Ref(n, 0)], b[Ref(n, 0)], rtol=1e-4, atol=1e-4) for n in one.outputs):
            return True
    return False


def test_the_sizes_of_two_cells_become_common_ones() -> None:
    found = pair(get_cell("lstm_concat"), LSTM, COLUMNS)
    assert {atom for shape in found.shapes.values() for size in shape for atom in size} == {"hidden", "inputs"}
    assert found.merged == ()
    square = Cell.from_equations("h_t = tanh(x_t + U h_{t-1} + b)", name="square")
    result = only(get_cell("rnn"), square, "W = U")
    assert result.statement.endswith("at hidden = inputs")


def test_a_diagonal_matrix_stands_for_a_matrix_of_its_own() -> None:
    before, after = get_cell("gru_before"), get_cell("gru_after")
    assert only(before, after, "U_h = diag(u); b_hr = 0", ("u",)).verdict == "proved"
    assert only(before, after, "U_h = diag(u)", ("u",)).verdict == "refuted"
    assert only(before, after, "U_z = diag(u); b_hr = 0", ("u",)).verdict == "refuted"
    diagonal = Cell.from_equations("h_t = tanh(W x_t + u ⊙ h_{t-1} + b)", name="diagonal")
    assert only(get_cell("rnn"), diagonal, "U = diag(u)").verdict == "proved"
    assert only(get_cell("rnn"), diagonal, "U = -diag(u)").verdict == "refuted"


def test_a_parameter_can_stand_for_what_changes_with_the_input() -> None:
    factored = get_cell("mrnn")
    assert only(factored, get_cell("rnn"), "U = U_hf diag(W_fx x_t) U_fh").verdict == "proved"
    assert only(factored, get_cell("rnn"), "U = -U_hf diag(W_fx x_t) U_fh").verdict == "refuted"


def test_constants_are_the_same_by_name_and_have_their_values_otherwise() -> None:
    leaky = Cell.from_equations("h_t = (1 - a) h_{t-1} + a tanh(W x_t + U h_{t-1} + b)", name="leaky", constants={"a": 0.25})
    other = Cell.from_equations("h_t = h_{t-1} + a (tanh(W x_t + U h_{t-1} + b) - h_{t-1})", name="other", constants={"a": 0.5})
    number = Cell.from_equations("h_t = 0.75 h_{t-1} + 0.25 tanh(W x_t + U h_{t-1} + b)", name="number")
    assert only(leaky, other).verdict == "proved"
    assert only(leaky, number).verdict == "proved"
    assert only(other, number).verdict == "refuted"
    assert only(leaky, get_cell("rnn"), "a = 1").verdict == "proved"
    assert only(leaky, get_cell("rnn")).verdict == "refuted"


def test_a_state_held_at_anything_is_whatever_it_is_in_both_cells() -> None:
    one = Cell.from_equations("m_t = tanh(W x_t + m_{t-1})\ns_t = s_{t-1} + V x_t", name="one")
    scaled = "m_t = {}\ns_t = exp(m_{{t-1}} - m_t) ⊙ s_{{t-1}} + exp(-m_t) ⊙ (V x_t)"
    two = Cell.from_equations(scaled.format("σ(W x_t + m_{t-1})"), name="two")
    assert only(one, two, "s_t = exp(m_t) ⊙ s_t; m_t = q", ("q",)).verdict == "proved"
    alone = only(one, two, "s_t = exp(m_t) ⊙ s_t")  # m of the second cell stands for something else than m of the first
    assert alone.verdict == "proved"
    assert alone.statement.endswith(", in s_t")
    assert only(one, two, "s_t = exp(m_t) ⊙ s_t; m_t = m_t").verdict == "refuted"
    assert only(one, two, "s_t = 2 exp(m_t) ⊙ s_t; m_t = q", ("q",)).verdict == "refuted"


def test_outputs_that_are_no_states_are_compared_and_can_be_matched() -> None:
    text = "h_t = tanh(W x_t + U h_{t-1} + b)\ny_t = V h_t"
    one, two = (Cell.from_equations(text.replace("V", v), name="one") for v in ("V", "2 V"))
    named = Cell.from_equations(text.replace("y_t", "z_t"), name="named")
    assert only(one, one).verdict == "proved"
    assert only(one, two).verdict == "refuted"
    assert only(named, one, "z_t = y_t").verdict == "proved"
    assert only(named, one, "z_t = -y_t").verdict == "refuted"


def test_a_size_can_be_one() -> None:
    near = Cell.from_equations("H_t = tanh(K windows(X_t, 3) + U H_{t-1})", name="near", inputs=["X"])
    where = "X_t = x_t onesᵀ; H_t = h_t onesᵀ; K = [A, W, A]; b = 0"
    size = near.shapes[near.inputs[0]][1][0]
    assert only(near, get_cell("rnn"), f"{where}; {size} = 1", ("A",)).verdict == "proved"
    assert only(near, get_cell("rnn"), where, ("A",)).verdict == "refuted"
    assert only(near, get_cell("rnn"), f"{where.replace('A, W, A', 'W, A, A')}; {size} = 1", ("A",)).verdict == "refuted"
    with pytest.raises(CellError, match="put to 1 only"):
        compare(near, get_cell("rnn"), f"{where}; {size} = 2", ("A",))


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ("u_t = W x_t\nh_t = h_{t-1} + where(u_t >= 0, u_t, -u_t)", "proved"),
        ("u_t = W x_t\nh_t = h_{t-1} + relu(u_t) + relu(-u_t)", "proved"),
        ("u_t = W x_t\nh_t = h_{t-1} + u_t sign(u_t)", "proved"),
        ("u_t = W x_t\nh_t = h_{t-1} + exp(log(max(u_t, -u_t)))", "proved"),
        ("u_t = W x_t\nh_t = h_{t-1} + where(u_t >= 0, u_t, u_t)", "refuted"),
        ("u_t = 2 (W x_t)\nh_t = h_{t-1} + where(u_t >= 0, u_t, -u_t)", "refuted"),
        ("u_t = W x_t\nh_t = h_{t-1} + relu(u_t)", "refuted"),
    ],
)
def test_kinks_are_told_apart_by_the_sign_of_a_common_value(other: str, verdict: str) -> None:
    one = Cell.from_equations("u_t = W x_t\nh_t = h_{t-1} + abs(u_t)", name="one")
    assert only(one, Cell.from_equations(other.replace(" sign(u_t)", " ⊙ sign(u_t)"), name="other")).verdict == verdict


@pytest.mark.parametrize("half", ["exp(log(x_t))", "sqrt(x_t) ⊙ sqrt(x_t)", "x_t ⊙ x_t / x_t", "x_t + 0 / x_t", "x_t + 0 log(x_t)"])
def test_an_identity_that_needs_values_says_so(half: str) -> None:
    whole = Cell.from_equations("h_t = tanh(x_t + U h_{t-1})", name="whole")
    result = only(Cell.from_equations(f"h_t = tanh({half} + U h_{{t-1}})", name="half"), whole)
    assert result.verdict == "proved"
    assert result.statement.endswith(", where both have values")
    assert any("only one side has a value at" in line and "nan" in line for line in result.proof)
    assert not only(whole, whole).statement.endswith("values")


@pytest.mark.parametrize("one", ["sign(x_t) ⊙ sign(x_t)", "where(x_t > 0, 1, 0) + where(x_t < 0, 1, 0)", "step(x_t) + step(-x_t)"])
def test_what_fails_at_zero_only_is_refuted_there(one: str) -> None:
    first = Cell.from_equations(f"h_t = tanh({one} + x_t + U h_{{t-1}})", name="first")
    assert only(first, Cell.from_equations("h_t = tanh(1 + x_t + U h_{t-1})", name="second")).verdict == "refuted"
