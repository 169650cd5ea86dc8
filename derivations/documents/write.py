"""Derivations as files: .tex, .pdf, .html, .md and .json; a file appears whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from derivations.calculus.derivation import Derivation
from derivations.documents import as_json, html, markdown, pdf, tex
from derivations.documents.outline import document
from derivations.errors import CellError
from derivations.files import write_whole
from derivations.verdict import Result

TEXTS = {"tex": tex.render, "html": html.render, "md": markdown.render}
FORMATS = (*TEXTS, "json", "pdf")


def render(derivation: Derivation, fmt: str, results: Sequence[Result] = ()) -> str:
    """The document as text: tex, html, md or json. ``results`` are verdicts of checks that ran."""
    if fmt not in (*TEXTS, "json"):
        raise CellError(
            f"unknown format {fmt!r}" if fmt != "pdf" else "a PDF is no text", hint=f"formats of text: {', '.join((*TEXTS, 'json'))}"
        )
    made = document(derivation, results)
    return as_json.render(derivation, made, results) if fmt == "json" else TEXTS[fmt](made)


def write(derivation: Derivation, path: Path, results: Sequence[Result] = ()) -> Path:
    """Write the document; the suffix says in which format."""
    path = Path(path)
    fmt = path.suffix.removeprefix(".").lower()
    if fmt not in FORMATS:
        raise CellError(f"no format for {path.name!r}", hint=f"the suffix is one of {', '.join('.' + f for f in FORMATS)}")
    if fmt == "pdf":
        return write_whole(path, pdf.compile_tex(render(derivation, "tex", results), path.stem))
    return write_whole(path, render(derivation, fmt, results))
