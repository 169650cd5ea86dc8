"""Committed modules: written whole or not at all, and compared with what would be generated now."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from derivations import cell_names, get_cell
from numeric.codegen.targets import generate

CELLS = Path(__file__).parent.parent / "cells"


def write_file(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_all(folder: Path = CELLS, names: Iterable[str] | None = None) -> list[Path]:
    """Generate cells of the catalogue, all by default, into ``folder``; returns the files that changed."""
    texts = {folder / f"{name}.py": generate(get_cell(name)) for name in (cell_names() if names is None else names)}
    changed = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        write_file(path, texts[path])
    return changed


def check(folder: Path = CELLS) -> list[str]:
    """What is wrong with the committed modules: stale (with a diff), missing or extra; empty if nothing is."""
    problems = []
    for name in cell_names():
        path = folder / f"{name}.py"
        if not path.exists():
            problems.append(f"{path}: missing; gateproof generate {name} writes it")
            continue
        old, new = path.read_text(encoding="utf-8"), generate(get_cell(name))
        if old != new:
            diff = difflib.unified_diff(old.splitlines(True), new.splitlines(True), str(path), f"{path} (as generated now)", n=1)
            problems.append(f"{path}: stale; gateproof generate {name} mends it\n{''.join(diff)}")
    known = {f"{name}.py" for name in cell_names()} | {"__init__.py"}
    extra = sorted(path for path in folder.glob("*.py") if path.name not in known)
    return problems + [f"{path}: extra; no cell of that name, delete it" for path in extra]
