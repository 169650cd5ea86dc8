"""Forms over several steps: how their lines are written out, and what is refused."""

import pytest

from derivations.catalogue import cell_names
from derivations.errors import CellError
from derivations.form import forms, read_form


def written(equations: str, steps: int) -> list[str]:
    text = f'cell = "any"\nlengths = [{steps}]\nequations = """\n{equations}\n"""\n'
    return [line.replace(" ", "") for line in read_form(text, "mine").over(steps).splitlines()]


def test_a_line_about_a_position_stands_for_one_line_for_each() -> None:
    assert written("y_i = S_0 q_i", 3) == ["y_{1}=S_{0}q_{1}", "y_{2}=S_{0}q_{2}", "y_{3}=S_{0}q_{3}"]
    assert written("S_C = S_0", 4) == ["S_{4}=S_{0}"]
    assert written("m_ij = a_j for j < i", 3) == ["m_{2,1}=a_{1}", "m_{3,1}=a_{1}", "m_{3,2}=a_{2}"]
    assert written("d_Cj = f_{k,j}", 2) == ["d_{2,1}=f_{k,1}", "d_{2,2}=f_{k,2}"]


def test_sums_and_products_run_over_positions_and_may_be_empty() -> None:
    assert written("y_i = sum{j < i}(k_j)", 3) == ["y_{1}=0", "y_{2}=(k_{1})", "y_{3}=(k_{1}+k_{2})"]
    assert written("y_C = prod{l <= C}(a_l)", 2) == ["y_{2}=(a_{1}⊙a_{2})"]
    nested = written("y_C = Σ{j <= C}(Π{j < l <= C}(a_l) (k_j))", 2)
    assert nested == ["y_{2}=((a_{2})(k_{1})+1(k_{2}))"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cell = 1", "no equations"),
        ('cell = "a"\nlengths = [0]\nequations = ""', "lengths"),
        ('cell = "a"\nlengths = [99]\nequations = ""', "lengths"),
        ('cell = "a"\nlengths = [2]\nequations = ""\nsteps = 1', "unknown key 'steps'"),
        ('cell = "a"\nlengths = [2]\nequations = 3', "equations is a int"),
        ('cell = "a"\nlengths = [2]\nequations = ""\nany = "m"', "any is not a list"),
        ('cell = "a"\nequations = ""', "lengths .* or where"),
        ('cell = "a"\nlengths = [2]\nwhere = ""\nequations = ""', "lengths .* or where"),
        ('cell = "a"\nwhere = ""\nequations = ""\ndiffers = 1', "differs is a int"),
        ("cell =", "not a TOML file"),
    ],
)
def test_a_file_that_is_no_form_is_an_error(text: str, found: str) -> None:
    with pytest.raises(CellError, match=found):
        read_form(text, "mine", "mine.toml")


@pytest.mark.parametrize("equations", ["y_i = sum{j < q}(k_j)", "y_i = sum{i < 2}(k_i)", "y_i = sum{j < i}(k_j"])
def test_a_sum_that_makes_no_sense_is_an_error(equations: str) -> None:
    with pytest.raises(CellError):
        written(equations, 2)


def test_every_form_that_comes_with_gateproof_can_be_written_out() -> None:
    assert len({form.name for form in forms()}) == len(forms()) > 0
    assert all(form.over(steps) for form in forms() for steps in form.lengths)


def test_every_form_is_of_a_cell_of_the_catalogue() -> None:
    assert {form.cell for form in forms()} <= set(cell_names())
