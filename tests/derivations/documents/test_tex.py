"""The articles compiled: no box leaves the margin, nothing is undefined, nothing is warned of."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from derivations import CellError, cell_names, derive, get_cell
from derivations.documents import write
from derivations.documents.outline import document
from derivations.documents.pdf import compile_tex
from derivations.documents.tex import render as render_tex
from derivations.verdict import Result
from tests.document_cells import CATALOGUE, derivation, rendered

TROUBLE = re.compile(r"^(?:Overfull|! |LaTeX Warning|Package \w+ Warning|.*undefined).*", re.MULTILINE)
STRANGE = ("many_gates", "stacked", "memory", "normed")


@pytest.fixture(scope="session")
def tex() -> str:
    """pdflatex, without which these tests are skipped unless it is demanded."""
    found = shutil.which("pdflatex")
    if found is None:
        if os.environ.get("GATEPROOF_REQUIRE_TEX") == "1":
            pytest.fail("GATEPROOF_REQUIRE_TEX=1, and there is no pdflatex")
        pytest.skip("no pdflatex")
    return found


def compiled(tex: str, source: str, folder: Path) -> str:
    """The log of the last run."""
    folder.mkdir(parents=True)
    (folder / "document.tex").write_text(source, encoding="utf-8")
    command = [tex, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    log = ""
    for _ in range(4):
        subprocess.run(command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
        log = (folder / "document.log").read_text(encoding="latin-1")
        if "Rerun" not in log:
            break
    return log


def test_articles_compile_without_a_warning(tex: str, tmp_path: Path) -> None:
    names = (*CATALOGUE, *STRANGE)
    sources = {name: rendered(name, "tex") for name in names}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        logs = dict(zip(names, pool.map(lambda name: compiled(tex, sources[name], tmp_path / name), names), strict=True))
    trouble = {name: TROUBLE.findall(log) for name, log in logs.items()}
    assert not {name: found for name, found in trouble.items() if found}
    assert all("Output written on document.pdf" in log for log in logs.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", cell_names())
def test_every_cell_of_the_catalogue_stays_on_the_page(tex: str, tmp_path: Path, name: str) -> None:
    log = compiled(tex, render_tex(document(derive(get_cell(name)))), tmp_path / name)
    assert not TROUBLE.findall(log)
    assert "Output written on document.pdf" in log


def test_a_pdf_is_written(tex: str, tmp_path: Path) -> None:
    results = (Result("elman_rnn", "W̄ = ā_t x_tᵀ", "gradient", "tested", "complex step", examples=7, error=3e-16),)
    path = write(derivation("elman_rnn"), tmp_path / "rnn.pdf", results)
    assert path.read_bytes().startswith(b"%PDF")
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_of_tex_shows_its_lines(tex: str) -> None:
    with pytest.raises(CellError, match="Undefined control sequence"):
        compile_tex(r"\documentclass{article}\begin{document}\nothing\end{document}", "x")
