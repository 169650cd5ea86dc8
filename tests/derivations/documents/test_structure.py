import re

import pytest

from derivations.documents.model import Document, Link, Math, Steps
from derivations.documents.outline import document
from derivations.verdict import Result
from tests.document_cells import ALL, derivation, told

TITLES = [
    "The cell", "What is wanted", "Rules", "One step backward", "Through time", "Parameters", "Collected form and algorithm", "Ranges",
    "State Jacobian and vanishing gradients", "Cost", "Other layouts", "Evidence",
]  # fmt: skip
MACHINE = [r"\circ", "lambda", r"\cdots", "-z_t + 1", "+ -", "- -", "None", "inline", r"\left|", "Ref("]


def inlines(found: Document) -> list[object]:
    """Every piece of text of a document."""
    pieces: list[object] = []

    def walk(value: object) -> None:
        if isinstance(value, str | Math | Link):
            pieces.append(value)
        elif isinstance(value, tuple):
            for part in value:
                walk(part)
        elif hasattr(value, "__dataclass_fields__"):
            for field in value.__dataclass_fields__:
                walk(getattr(value, field))

    walk(found.opening)
    for section in found.sections:
        walk(section.blocks)
    return pieces


@pytest.mark.parametrize("name", ALL)
def test_every_formula_is_numbered_in_order_and_labelled_once(name: str) -> None:
    rows = list(told(name).rows())
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert len({row.label for row in rows}) == len(rows)
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", row.label) for row in rows)


@pytest.mark.parametrize("name", ALL)
def test_numbers_are_those_of_the_derivation(name: str) -> None:
    d = derivation(name)
    rows = {row.number: row for row in told(name).rows()}
    for line in d.forward_lines:
        assert rows[line.number].lhs == rows[line.number].latex.split(" =")[0]
    for step in d.steps:
        assert step.number in rows
        if step.kind != "parameter":
            assert r"\bar" in rows[step.number].lhs or r"\overline" in rows[step.number].lhs
        else:
            assert r"\sum_{t=1}^{T}" in rows[step.number].latex
    for number in d.functions.values():
        assert "'" in rows[number].lhs


@pytest.mark.parametrize("name", ALL)
def test_every_reference_has_its_target(name: str) -> None:
    found = told(name)
    numbers = {row.number for row in found.rows()}
    counters = set(found.counters)
    for link in (piece for piece in inlines(found) if isinstance(piece, Link)):
        match link.kind:
            case "eq":
                assert link.to in numbers
            case "rule":
                assert link.to in found.rules
            case "sec":
                assert link.to in found.sections_by_key
            case "cite":
                assert link.to in dict(found.references)
            case kind:
                assert (kind, link.to) in counters


@pytest.mark.parametrize("name", ALL)
def test_sections_keep_their_order_and_names(name: str) -> None:
    titles = [section.title for section in told(name).sections]
    assert titles == [title for title in TITLES if title in titles]
    assert set(titles) >= {
        "The cell",
        "What is wanted",
        "Rules",
        "One step backward",
        "Through time",
        "Collected form and algorithm",
        "Evidence",
    }


@pytest.mark.parametrize("name", ALL)
def test_no_formula_reads_as_a_machine_wrote_it(name: str) -> None:
    for piece in inlines(told(name)):
        text = piece.latex if isinstance(piece, Math) else piece if isinstance(piece, str) else ""
        assert not [word for word in MACHINE if word in text], text


@pytest.mark.parametrize("name", ALL)
def test_a_colon_stands_before_a_block(name: str) -> None:
    found = told(name)
    for section in found.sections:
        for block, following in zip(section.blocks, (*section.blocks[1:], None), strict=True):
            text = getattr(block, "text", ())
            if text and isinstance(text[-1], str) and text[-1].rstrip().endswith(":"):
                assert following is not None
                assert not hasattr(following, "text")


def test_gates_are_summed_when_all_occur() -> None:
    rows = {row.lhs: row for row in told("lstm").rows()}
    assert rows[r"\bar x_t"].rhs == (r"= \sum_{k} W_k\T\,\bar a_{k,t}",)
    mixed = {row.lhs: row for row in told("gru_before").rows()}
    assert mixed[r"\bar x_t"].rhs == (r"= \sum_{k} W_k\T\,\bar a_{k,t}", r"+ W_h\T\,\bar a_{h,t}")


def test_the_lstm_is_numbered_as_its_model() -> None:
    rows = {row.number: row.latex for row in told("lstm").rows()}
    assert rows[13] == r"\bar h_t = \frac{\partial L}{\partial h_t} + \bar{h}^{\leftarrow}_t"
    assert rows[14] == r"\bar{h}^{\leftarrow}_t = \sum_{k} U_k\T\,\bar a_{k,t+1}"
    assert rows[31] == r"\bar W_k = \sum_{t=1}^{T} \bar a_{k,t}\,x_t\T"
    assert rows[36].endswith(r"p_{f,t} = c_{t-1} \odot f_t \odot (\E - f_t)")


def test_checks_that_did_not_run_show_no_number() -> None:
    text = " ".join(p for p in inlines(told("lstm")) if isinstance(p, str))
    assert "not run" in text
    result = Result("lstm", "W̄_f = ā_f x_tᵀ", "gradient", "proved", "index contraction", independent_of="the rules")
    shown = " ".join(p for p in inlines(document(derivation("lstm"), (result,))) if isinstance(p, str))
    assert "not run" not in shown
    assert "index contraction" in shown


@pytest.mark.parametrize("name", ALL)
def test_rows_begin_with_their_relation(name: str) -> None:
    for block in (b for b in told(name).blocks() if isinstance(b, Steps)):
        for row in block.rows:
            assert row.rhs[0].startswith(("= ", r"\le "))
