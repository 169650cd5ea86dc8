"""Derivations as files: .tex, .pdf, .html, .md and .json; a file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from derivations.calculus.derivation import Derivation
from derivations.documents import tex
from derivations.documents.model import Document
from derivations.documents.outline import document
from derivations.errors import CellError
from derivations.verdict import Result

TEXTS: dict[str, Callable[[Document], str]] = {"tex": tex.render}


def render(derivation: Derivation, fmt: str, results: Sequence[Result] = ()) -> str:
    """The document as text in one of the formats tex, html, md, json."""
    if fmt not in TEXTS:
        raise CellError(f"unknown format {fmt!r}", hint=f"formats: {', '.join(TEXTS)}")
    return TEXTS[fmt](document(derivation, results))


def write(derivation: Derivation, path: Path, results: Sequence[Result] = ()) -> Path:
    """Write the document; the suffix says in which format."""
    path = Path(path)
    fmt = path.suffix.removeprefix(".")
    return put(path, render(derivation, fmt, results).encode())


def put(path: Path, data: bytes) -> Path:
    """A file with this content, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return path
