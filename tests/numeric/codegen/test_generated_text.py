"""The text of a module: tidy, numbered, with a header that says where it comes from."""

import re
from functools import cache

import pytest

from derivations import Cell, CellError, cell_names, derive, get_cell
from derivations.notation.tree import Name
from numeric.codegen import generate
from numeric.codegen.lines import Line
from numeric.codegen.names import Names, joined


@cache
def text_of(name):
    return generate(get_cell(name))


def needed_steps(d):
    """The numbers of the steps that a returned gradient depends on: what only passes a floor or a constant is not computed."""
    returned = {a.target for a in d.reverse.adjoints if a.of not in d.forward.definition}
    needed = returned | {r for r in d.backward.definition if r.name.marks == ("from",)}
    for eq in reversed(d.backward.equations):
        if eq.target in needed:
            needed.update(eq.operands)
    return {step.number for step in d.steps if step.target in needed}


@pytest.mark.parametrize("name", cell_names())
def test_lines_are_short_and_tidy(name):
    for line in text_of(name).splitlines():
        assert len(line) <= 120
        assert line == line.rstrip()
        assert "inline" not in line, "every value is named after what it is"


@pytest.mark.parametrize("name", cell_names())
def test_every_forward_equation_has_its_number_on_a_line(name):
    body = text_of(name).partition("\ndef forward(")[2].partition("\ndef backward(")[0]
    assert {int(n) for n in re.findall(r"#.*?\((\d+)\)", body)} | {int(n) for n in re.findall(r"\((\d+)\)", body)} >= set(
        derive(get_cell(name)).numbers.values()
    )


@pytest.mark.parametrize("name", cell_names())
def test_every_step_backward_has_its_number_on_a_line(name):
    body = text_of(name).partition("\ndef backward(")[2].partition("\ndef jvp(")[0]
    comments = " ".join(part for line in body.splitlines() for part in line.partition("#")[2:])
    assert {int(n) for n in re.findall(r"\((\d+)\)", comments)} >= needed_steps(derive(get_cell(name)))


def test_only_what_no_gradient_needs_is_left_out():
    d = derive(get_cell("lstm"))
    assert needed_steps(d) == {step.number for step in d.steps}


def test_the_header_tells_the_cell():
    text = generate(get_cell("lstm"))
    assert get_cell("lstm").digest in text
    assert "Long short-term memory" in text
    assert "c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t" in text


def test_titles_cannot_leave_the_docstring():
    cell = Cell.from_equations("h_t = tanh(W x_t + U h_{t-1})", title='"""\nraise SystemExit', source='\\ """ end')
    compile(generate(cell), "generated", "exec")
    assert "\nraise SystemExit" not in generate(cell)


def test_unknown_target():
    with pytest.raises(CellError, match="no target 'fortran'"):
        generate(get_cell("lstm"), "fortran")


def test_long_statements_are_broken():
    line = Line("early = " + " + ".join(f"times(x_{k}, p.W_{k}.T)" for k in range(8)), "(1) a")
    assert all(len(part) <= 120 for part in line.indented(8).splitlines())
    compile("if True:\n" + line.indented(8), "line", "exec")


def test_names_of_packs():
    assert joined([Name("W", sub="f"), Name("W", sub="i")]) == "W_fi"
    assert joined([Name("f"), Name("i")]) == "fi"
    assert joined([Name("a", sub="f", marks=("bar",)), Name("a", sub="i", marks=("bar",))]) == "bar_a_fi"
    names = Names(["hidden"])
    assert names.variable(Name("hidden")) == "hidden_"
    assert names.pack([Name("i"), Name("f")]) == "if_"
