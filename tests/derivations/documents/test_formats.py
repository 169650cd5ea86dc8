import itertools
import json
import re
import xml.dom.minidom
from pathlib import Path

import pytest
from hypothesis import given, settings

from derivations import Cell, CellError, derive
from derivations.documents import mathml, notebook_html, notebook_latex, render, write
from derivations.documents import pdf as pdf_module
from derivations.documents.context import Context
from derivations.documents.measure import measure
from derivations.verdict import Result
from tests.document_cells import ALL, HOSTILE, derivation, rendered
from tests.random_cells import cells

CORE = {
    "math",
    "mi",
    "mn",
    "mo",
    "mrow",
    "msub",
    "msup",
    "msubsup",
    "mover",
    "munder",
    "munderover",
    "mfrac",
    "mtable",
    "mtr",
    "mtd",
    "mspace",
    "msqrt",
}


@pytest.mark.parametrize("name", ALL)
def test_mathml_is_core_and_well_formed(name: str) -> None:
    page = rendered(name, "html")
    for formula in set(re.findall(r"<math.*?</math>", page, re.DOTALL)):
        tree = xml.dom.minidom.parseString(formula)
        assert {node.tagName for node in tree.getElementsByTagName("*")} <= CORE
        for tag, children in (("mfrac", 2), ("msub", 2), ("msup", 2), ("msubsup", 3), ("mover", 2), ("munder", 2), ("munderover", 3)):
            assert all(len(node.childNodes) == children for node in tree.getElementsByTagName(tag)), formula


@pytest.mark.parametrize("name", ALL)
def test_the_page_is_one_file_with_links_that_lead_somewhere(name: str) -> None:
    page = rendered(name, "html")
    assert "<script" not in page
    assert not re.search(r"(src|href)=[\"']?https?:", page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    for tag in ("div", "span", "details", "p", "td", "tr", "li", "table", "svg"):
        assert len(re.findall(rf"<{tag}\b", page)) == page.count(f"</{tag}>"), tag


@pytest.mark.parametrize("name", ALL)
def test_tex_refers_to_labels_that_it_has(name: str) -> None:
    source = rendered(name, "tex")
    labels = re.findall(r"\\st\{([^}]+)\}", source) + re.findall(r"\\label\{([^}#]+)\}", source)
    assert len(labels) == len(set(labels))
    assert set(re.findall(r"\\(?:eqref|ref)\{([^}]+)\}", source)) <= set(labels)
    assert source.count("{") - source.count(r"\{") == source.count("}") - source.count(r"\}")


@pytest.mark.parametrize("name", ALL)
def test_markdown_keeps_its_tables_whole(name: str) -> None:
    lines = rendered(name, "md").splitlines()
    for before, line in itertools.pairwise(lines):
        if re.fullmatch(r"\|(?: :?---:? \|)+", line):
            assert len(re.findall(r"(?<!\\)\|", before)) == len(re.findall(r"(?<!\\)\|", line))
    formulas = re.findall(r"(?<!\\)\$((?:[^$\n\\]|\\.)*)(?<!\\)\$", "\n".join(lines))
    assert not [f for f in formulas if re.search(r"\\[,;{}!~\\]", f)]  # Markdown would eat the backslash


def test_json_says_what_the_derivation_says() -> None:
    d = derivation("lstm")
    result = Result("lstm", "|h_t| < 1", "invariant", "proved", "vertices of a box")
    found = json.loads(render(d, "json", (result,)))
    assert set(found) == {"format", "version", "cell", "rules", "functions", "forward", "steps", "formulas", "results"}
    assert [step["number"] for step in found["steps"]] == [step.number for step in d.steps]
    assert [step["unicode"] for step in found["steps"]] == [step.unicode() for step in d.steps]
    assert found["cell"]["states"] == ["h", "c"]
    assert found["results"] == [result.as_json()]
    assert [rule["number"] for rule in found["rules"]] == list(range(1, len(found["rules"]) + 1))


@pytest.mark.parametrize("fmt", ["tex", "html", "md", "json"])
def test_two_runs_give_the_same_bytes(fmt: str) -> None:
    assert render(derivation("many_gates"), fmt) == rendered("many_gates", fmt)


@pytest.mark.parametrize("fmt", ["tex", "html", "md"])
def test_texts_of_people_are_shown_and_never_obeyed(fmt: str) -> None:
    text = rendered("many_gates", fmt)
    assert HOSTILE not in text
    if fmt == "tex":
        assert r"\input{" not in text
        assert r"\textbackslash{}input\{/etc/passwd\}" in text
    if fmt == "html":
        assert "&lt;script&gt;" in text
        assert "<script>" not in text
    if fmt == "md":
        assert "<script>" not in text
        assert r"\$x\$" in text


def test_notebooks_show_formulas() -> None:
    d = derivation("gru_before")
    assert notebook_latex(d).startswith("$$\n\\begin{aligned}")
    assert notebook_latex(d).count("&&") == len(d.forward_lines) + len({s.number for s in d.steps})
    shown = notebook_html(d)
    assert shown.count("<math display") == len(d.forward_lines) + len({s.number for s in d.steps})
    assert "<script" not in shown


def test_an_unknown_suffix_names_the_formats(tmp_path: Path) -> None:
    with pytest.raises(CellError, match=r"one of \.tex, \.html, \.md, \.json, \.pdf"):
        write(derivation("elman_rnn"), tmp_path / "rnn.docx")
    with pytest.raises(CellError, match="formats of text: tex, html, md, json"):
        render(derivation("elman_rnn"), "docx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["tex", "html", "md", "json"])
def test_files_are_written_whole(tmp_path: Path, suffix: str) -> None:
    path = write(derivation("elman_rnn"), tmp_path / f"rnn.{suffix}")
    assert path.read_text(encoding="utf-8") == render(derivation("elman_rnn"), suffix)
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.tex"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises((CellError, OSError), match="No space left"):
        write(derivation("elman_rnn"), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CellError, match="nowhere"):
        write(derivation("elman_rnn"), tmp_path / "nowhere" / "rnn.tex")


def test_without_tex_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf_module.shutil, "which", lambda _: None)
    with pytest.raises(CellError, match=r"texlive-latex-extra.*-o rnn\.tex"):
        write(derivation("elman_rnn"), tmp_path / "rnn.pdf")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=5)
@given(cells())
def test_cells_that_nobody_wrote_are_told(cell: Cell) -> None:
    d = derive(cell)
    for fmt in ("tex", "html", "md", "json"):
        assert render(d, fmt)
    for _, _, error in measure(Context(d, ())).rows:
        assert error is not None
        assert error < 1e-9


def test_matrices_and_functions_in_mathml() -> None:
    assert mathml.row(r"\begin{pmatrix} a & b \\[3pt] c & 0 \end{pmatrix}").count("<mtd>") == 4
    assert "3" not in mathml.row(r"\begin{pmatrix} a \\[3pt] c \end{pmatrix}")
    assert "<mspace" in mathml.row(r"\ln 2")
    assert "<mspace" not in mathml.row(r"\sigma(u)")
    with pytest.raises(ValueError, match="no MathML for"):
        mathml.row(r"\unheardof")
