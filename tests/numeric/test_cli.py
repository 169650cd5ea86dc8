"""The command as people use it: what it prints, where, and its exit codes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from derivations import cell_names
from numeric.cli import main

OWN = "f_t = σ(W_f x_t + U_f h_{t-1} + b_f)\nh_t = f_t ⊙ h_{t-1} + (1 - f_t) ⊙ tanh(V x_t + R h_{t-1})\n"
NOTATIONS = {
    "own.txt": "f = sigmoid(W_f @ x + U_f @ h_prev + b_f)\nh = f * h_prev + (1 - f) * tanh(V @ x + R @ h_prev)\n",
    "own.tex": r"""\begin{align}
    f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
    h_t &= f_t \odot h_{t-1} + (1 - f_t) \odot \tanh(V x_t + R h_{t-1})
\end{align}""",
    "own.toml": f'title = "My own"\nequations = """\n{OWN}"""\nclaims = ["0 <= f_t <= 1", "|h_t| <= max(|h_{{t-1}}|, 1)"]\n',
}


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run the command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(list(arguments))
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_list_names_every_cell(run) -> None:
    code, out, err = run("list")
    assert (code, err) == (0, "")
    assert all(name in out for name in cell_names())
    cells = json.loads(run("list", "--json")[1])["cells"]
    assert [cell["name"] for cell in cells] == list(cell_names())
    (found,) = (cell for cell in json.loads(run("list", "--long", "--family", "gru", "--json")[1])["cells"] if cell["name"] == "gru_before")
    assert (found["parameter_count"], found["recurrence"]) == ("3mn + 3n² + 3n", "sequential")
    assert "0 < z_t < 1" in found["ranges"]


@pytest.mark.parametrize("width", [80, 140])
def test_a_list_fits_the_terminal(run, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in run("list")[1].splitlines()]
    assert max(map(len, lines)) <= width
    assert all(any(line.startswith(f"{name} ") for line in lines) for name in cell_names()), "names are whole"
    assert len(lines) < 2 * len(cell_names())


def test_show_prints_the_equations_as_they_were_written(run) -> None:
    code, out, _ = run("show", "lstm")
    assert code == 0
    for line in ("f_t = σ(W_f x_t + U_f h_{t-1} + b_f)", "|h_t| < 1", "hidden × inputs"):
        assert line in out
    assert json.loads(run("show", "gru", "--json")[1])["name"] == "gru_before"


@pytest.mark.parametrize("name", NOTATIONS)
def test_a_cell_of_ones_own_goes_through_everything(run, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(NOTATIONS[name], encoding="utf-8")
    assert run("show", name)[0] == 0
    for fmt in ("tex", "html", "md", "json"):
        code, out, err = run("derive", name, "-o", f"derived.{fmt}")
        assert (code, out, err) == (0, "", f"wrote derived.{fmt}\n")
        assert (tmp_path / f"derived.{fmt}").stat().st_size > 1000
    assert run("generate", name, "-o", "code")[0] == 0
    assert [p.name for p in (tmp_path / "code").iterdir()] == ["own.py"]
    code, out, _ = run("verify", name, "--json", "--examples", "3")
    results = json.loads(out)["results"]
    assert code == 0
    assert {r["verdict"] for r in results if r["kind"] == "gradient"} <= {"proved", "proved_at"}
    assert {r["verdict"] for r in results if r["kind"] in ("invariant", "claim")} == {"proved"}
    assert {r["verdict"] for r in results if r["kind"] == "code"} == {"tested"}


def test_a_wrong_claim_is_refuted_with_numbers(run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(NOTATIONS["own.toml"].replace("0 <= f_t <= 1", "h_t >= 0"), encoding="utf-8")
    code, out, _ = run("verify", "own.toml", "--examples", "3")
    assert code == 1
    assert "REFUTED  h_t >= 0" in out
    assert "gateproof verify own.toml --examples 3 --seed 0" in out
    code, out, _ = run("verify", "own.toml", "--examples", "3", "--json")
    (wrong,) = [r for r in json.loads(out)["results"] if r["verdict"] == "refuted"]
    assert code == 1
    assert wrong["statement"] == "h_t >= 0"
    assert wrong["counterexample"]


def test_json_has_what_the_interface_promises(run) -> None:
    data = json.loads(run("verify", "elman_rnn", "--json", "--examples", "2")[1])
    assert set(data) == {"gateproof", "results"}
    for result in data["results"]:
        assert {"subject", "statement", "kind", "verdict", "method"} <= set(result)
        assert result["kind"] in ("gradient", "invariant", "code", "claim", "equation")


BAD = [
    (("show", "ltsm"), "no cell named 'ltsm'"),
    (("show", "missing.toml"), "cannot be read"),
    (("show", "cell.docx"), "unknown kind of file"),
    (("derive", "lstm", "-o", "lstm.docx"), ".docx"),
    (("derive", "lstm", "-f", "html", "-o", "lstm.tex"), "format html and file lstm.tex"),
    (("derive", "lstm", "-f", "pdf"), "PDF on standard output"),
    (("generate", "lstm", "--target", "fortran"), "fortran"),
    (("verify", "lstm", "--examples", "0"), "--examples"),
    (("verify",), "CELL"),
    (("verify", "--all", "lstm"), "CELL and --all"),
    (("verify", "--claims", "--relations"), "--claims beside"),
    (("verify", "--claims", "lstm"), "--claims with a cell"),
    (("explain", "matrx"), "did you mean matrix"),
    (("frobnicate",), "frobnicate"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_usage_ends_in_one_message_and_two(run, arguments, message: str, tmp_path: Path) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_bad_cell_leaves_an_old_file_alone(run, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("h_t = tanh(W x_t", encoding="utf-8")
    (tmp_path / "out.tex").write_text("precious", encoding="utf-8")
    code, _, err = run("derive", "bad.txt", "-o", "out.tex")
    assert (code, (tmp_path / "out.tex").read_text()) == (2, "precious")
    assert "bad.txt:1:11: '(' is never closed" in err


@pytest.mark.parametrize(
    "text",
    [
        "h_t = tanh(W x_t + U h_{t-1} + Uᵀ b)",  # a parameter's gradient is a product with a matrix, summed over time
        "h_t = σ(a) ⊙ h_{t-1} + W x_t",  # a function of a parameter alone
        "hidden = tanh(W @ x + U @ hidden_prev + b)",  # a name that generated code spells hidden_
        "h_t = λ ⊙ h_{t-1} + W x_t",
        "h_t = tanh(h_{t-1} + x_t)",  # no parameters
    ],
)
def test_unusual_cells_are_not_called_wrong(run, tmp_path: Path, text: str) -> None:
    (tmp_path / "own.txt").write_text(text, encoding="utf-8")
    for fmt in ("tex", "html", "md", "json"):
        assert run("derive", "own.txt", "-f", fmt)[0] == 0
    code, out, _ = run("verify", "own.txt", "--json", "--examples", "3")
    verdicts = [r["verdict"] for r in json.loads(out)["results"]]
    assert (code, verdicts.count("undecided")) == (0, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("h_t = W x_t / 0 + U h_{t-1}", "bad.txt:1:7: W x_t / 0: a division by zero"),
        ("h_t = W x_t / (1 - 1) + U h_{t-1}", "a derivative is zoo"),
        ("h_t = tanh(W x_t + U h_{t-1})", "a cell of your own needs a place for its code"),
    ],
)
def test_what_code_cannot_be_generated_for(run, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.txt").write_text(text, encoding="utf-8")
    code, out, err = run("generate", "bad.txt", *([] if "place" in message else ["-o", "-"]))
    assert (code, out) == (2, "")
    assert message in err


def test_the_equations_are_not_written_over(run, tmp_path: Path) -> None:
    (tmp_path / "own.tex").write_text(NOTATIONS["own.tex"], encoding="utf-8")
    code, _, err = run("derive", "own.tex", "-o", "./own.tex")
    assert (code, (tmp_path / "own.tex").read_text(encoding="utf-8")) == (2, NOTATIONS["own.tex"])
    assert "own.tex holds the equations" in err


def test_generate_check_finds_stale_missing_and_extra_files(run, tmp_path: Path) -> None:
    assert run("generate", "--check")[0] == 0
    assert run("generate", "-o", "code")[0] == 0
    assert run("generate", "-o", "code", "--check") == (0, "", "")
    stale = tmp_path / "code" / "lstm.py"
    stale.write_text(stale.read_text(encoding="utf-8").replace("bar_h * o[t]", "bar_h * i[t]"), encoding="utf-8")
    (tmp_path / "code" / "gru_seed.py").unlink()
    (tmp_path / "code" / "forgotten.py").write_text("")
    code, out, _ = run("generate", "-o", "code", "--check")
    assert code == 1
    for text in ("lstm.py", "bar_h * i[t]", "gru_seed.py", "missing", "forgotten.py", "extra"):
        assert text in out
    assert not (tmp_path / "code" / "gru_seed.py").exists()


def test_generate_to_standard_output_is_the_committed_module(run) -> None:
    import numeric.cells

    committed = Path(numeric.cells.__file__).parent / "lstm.py"
    assert run("generate", "lstm", "-o", "-")[1] == committed.read_text(encoding="utf-8")


def test_standard_input(tmp_path: Path) -> None:
    def shell(data: bytes) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "numeric.cli", "show", "-"], input=data, capture_output=True, cwd=tmp_path, env={**os.environ}
        )

    good = shell(OWN.encode())
    assert good.returncode == 0
    assert "f_t = σ(W_f x_t + U_f h_{t-1} + b_f)" in good.stdout.decode()
    assert good.stderr == b""
    for data, message in ((b"\xff\xfe", "not UTF-8"), (b"x" * 300_000, "more than 262144 bytes"), (b"", "no equation")):
        bad = shell(data)
        assert bad.returncode == 2
        assert message in bad.stderr.decode()
        assert "Traceback" not in bad.stderr.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(("where", "code", "message"), [("> /dev/full", 2, "the output cannot be written"), (">&-", 0, "")])
def test_output_that_cannot_be_written(where: str, code: int, message: str) -> None:
    done = subprocess.run(f"{sys.executable} -m numeric.cli list {where}", shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_every_rule_and_method_is_explained(run) -> None:
    from derivations.calculus import RULES
    from numeric.explanations import METHODS

    code, out, _ = run("explain")
    assert code == 0
    for topic in (*RULES, *METHODS):
        assert topic in out
        assert run("explain", topic)[1].strip()


@pytest.mark.parametrize("name", ["lstm", "gru_before"])
def test_every_method_that_verify_names_is_explained(run, name: str) -> None:
    from numeric.explanations import METHODS, method_topic

    results = json.loads(run("verify", name, "--json", "--examples", "1")[1])["results"]
    assert {method_topic(r["method"]) for r in results} <= set(METHODS)


def test_compare_proves_refutes_and_says_so_by_its_exit_code(run) -> None:
    columns = "; ".join(f"W_{k} = [U_{k}, W_{k}]" for k in "fiog")
    code, out, _ = run("compare", "lstm_concat", "lstm", "--where", columns)
    assert (code, "proved" in out, "by induction" in out) == (0, True, True)
    code, out, _ = run("compare", "gru_before", "gru_after", "--where", "b_hr = 0", "--json")
    (result,) = json.loads(out)["results"]
    assert (code, result["verdict"], result["kind"]) == (1, "refuted", "equation")
    assert result["counterexample"]["gru_before"] != result["counterexample"]["gru_after"]
    code, out, err = run("compare", "lstm", "gru", "--where", "W_q = 0")
    assert (code, out) == (2, "")
    assert "W_q is a name of neither cell" in err


def test_show_and_verify_know_the_relations_of_a_cell_file(run) -> None:
    assert "gru_before ≠ gru_after where" in run("show", "gru")[1]
    assert "gru_before ≠ gru_after where b_{hr} = 0" in json.loads(run("show", "gru", "--json")[1])["relations"]
