"""Documents as PDF, where TeX is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from derivations.errors import CellError

SECONDS = 120
RUNS = 4
INSTALL = "apt-get install texlive-latex-extra lmodern, or write the TeX and compile it elsewhere: -o {stem}.tex"
ENGINES = {
    "pdflatex": ["-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error"],
    "lualatex": ["--no-shell-escape", "--interaction=nonstopmode", "--halt-on-error"],
    "tectonic": ["--untrusted", "--chatter", "minimal"],
}
_TROUBLE = re.compile(r"^!.*|^l\.\d+.*|.*(?:Undefined control sequence|not found).*", re.MULTILINE)


def compile_tex(source: str, stem: str) -> bytes:
    """The PDF of a TeX document, made in a folder of its own that is removed."""
    engine = next((name for name in ENGINES if shutil.which(name)), None)
    if engine is None:
        raise CellError("no TeX is installed: neither pdflatex nor lualatex nor tectonic is found", hint=INSTALL.format(stem=stem))
    with tempfile.TemporaryDirectory(prefix="gateproof-") as folder:
        Path(folder, "document.tex").write_text(source, encoding="utf-8")
        for _ in range(1 if engine == "tectonic" else RUNS):  # the second run knows the numbers
            if "Rerun" not in _run(engine, folder):
                break
        return Path(folder, "document.pdf").read_bytes()


def _run(engine: str, folder: str) -> str:
    """One run; what it said."""
    command = [engine, *ENGINES[engine], "document.tex"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        raise CellError(f"{engine} took more than {SECONDS} seconds") from None
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode or not Path(folder, "document.pdf").exists():
        lines = [found.group(0) for found in _TROUBLE.finditer(said)][:8] or said.splitlines()[-8:]
        raise CellError(
            f"{engine} failed:\n    " + "\n    ".join(lines), hint="apt-get install texlive-latex-extra lmodern, if a file is not found"
        )
    return said
