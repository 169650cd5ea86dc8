"""Runs what README.md and docs/ show: ```python and ```console blocks, in order, in an empty folder per page.

The python blocks of a page share one namespace; functions named test_… are called at the end of their block. In a console block, a line
that begins with `$ ` is run by a shell that must exit with 0, and the lines after it, if any, must match what it prints: `...` stands for
any text; times and the width of blanks are not compared. A block after `<!-- file: NAME -->` is written to that file instead, one after
`<!-- not run: REASON -->` is left alone.
"""

import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts)]
FENCE = re.compile(r"^(`{3,})(\S*)[^\n]*\n(.*?)^\1`*[ \t]*$", re.M | re.S)
NOTE = re.compile(r"<!-- (file|not run): (.+?) -->\s*\Z")


class Block(NamedTuple):
    line: int
    language: str
    text: str
    file: str | None


def blocks(page: str) -> Iterator[Block]:
    for m in FENCE.finditer(page):
        note = NOTE.search(page, 0, m.start())
        if note and note[1] == "not run":
            continue
        yield Block(page.count("\n", 0, m.start()) + 1, m[2], m[3], note[2] if note else None)


def commands(console: str) -> Iterator[tuple[str, str]]:
    """(command, expected output) of each `$ ` line; `> ` lines continue a command."""
    for part in re.split(r"^\$ ", console, flags=re.M)[1:]:
        lines = part.splitlines()
        more = next((k for k, line in enumerate(lines[1:], 1) if not line.startswith("> ")), len(lines))
        yield "\n".join([lines[0], *(line[2:] for line in lines[1:more])]), "\n".join(lines[more:])


def normal(text: str) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", unicodedata.normalize("NFC", text))  # an editor may have put ā for a and a macron
    text = re.sub(r"\b\d+(\.\d+)? ?(m|µ)?s\b", "# s", text)
    text = re.sub(r"([─━═-])\1{2,}", r"\1\1\1", re.sub(r"[ \t]+", " ", text))
    return "\n".join(line.strip() for line in text.strip().splitlines())


def matches(expected: str, got: str) -> bool:
    pattern = ".*?".join(re.escape(piece) for piece in normal(expected).split("..."))
    return re.fullmatch(pattern, normal(got), re.S) is not None


def run_console(text: str, where: str, cwd: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    env = os.environ | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"}
    for command, expected in commands(text):
        done = subprocess.run(["bash", "-c", command], cwd=cwd, env=env, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL)
        said = f"{where}: $ {command}\n{done.stdout}{done.stderr}"
        assert done.returncode == 0, f"{said}\nexit code {done.returncode}"
        if expected.strip():
            assert any(matches(expected, got) for got in (done.stdout, done.stdout + done.stderr)), f"{said}\nexpected:\n{expected}"


def run_page(page: str, name: str, cwd: Path) -> None:
    namespace: dict[str, object] = {"__name__": "__snippet__"}
    for block in blocks(page):
        if block.file:
            (cwd / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            before = set(namespace)
            exec(compile("\n" * block.line + block.text, name, "exec"), namespace)  # so that a traceback shows the page's line
            for test in sorted(n for n in set(namespace) - before if n.startswith("test_")):
                namespace[test]()  # type: ignore[operator]
        elif block.language == "console":
            run_console(block.text, f"{name}:{block.line}", cwd)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page.read_text(encoding="utf-8"), page.relative_to(ROOT).as_posix(), tmp_path)


GOOD = """<!-- file: a.txt -->
```text
one  two
```
```python
from pathlib import Path
assert Path("a.txt").read_text() == "one  two\\n"
```
```console
$ cat a.txt && echo "took 0.25 s"
one two
took 3 s
$ python -c "
> print(1, 2, 3)"
1 ... 3
$ false; echo "exit code $?"
exit code 1
```
"""


def test_runner_accepts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(GOOD, "good", tmp_path)


@pytest.mark.parametrize("bad", ["python\nassert False", "python\ndef test_x(): assert False", "console\n$ false", "console\n$ echo a\nb"])
def test_runner_rejects(bad: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_page(f"```{bad}\n```\n", "bad", tmp_path)
