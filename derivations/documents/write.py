"""Derivations as files: .tex, .pdf, .html, .md and .json; a file appears whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from derivations.calculus.derivation import Derivation
from derivations.documents import as_json, html, markdown, pdf, tex
from derivations.documents.outline import document
from derivations.errors import CellError
from derivations.files import write_whole
from derivations.proofs import judge_claims, prove_ranges
from derivations.proofs.gradients.every_size import prove_lowering, prove_steps, prove_tangents
from derivations.proofs.gradients.scalars import prove_at_small_sizes
from derivations.verdict import Result

TEXTS = {"tex": tex.render, "html": html.render, "md": markdown.render}
FORMATS = (*TEXTS, "json", "pdf")


def render(derivation: Derivation, fmt: str, results: Sequence[Result] | None = None) -> str:
    """The document as text: tex, html, md or json.

    ``results`` are verdicts of checks that ran; by default the gradients, ranges and claims of the cell are proved now.
    """
    if fmt not in (*TEXTS, "json"):
        raise CellError(
            f"unknown format {fmt!r}" if fmt != "pdf" else "a PDF is no text", hint=f"formats of text: {', '.join((*TEXTS, 'json'))}"
        )
    results = [
        replace(result, seconds=None) for result in (proved(derivation) if results is None else results)
    ]  # the same bytes every time
    made = document(derivation, results)
    return as_json.render(derivation, made, results) if fmt == "json" else TEXTS[fmt](made)


def proved(derivation: Derivation) -> tuple[Result, ...]:
    """The proofs that take seconds at most: equations, steps, tangents, ranges, claims; not second order nor T steps.

    What is proved for every size is not proved again at small ones; ``gateproof verify`` does both.
    """
    steps = prove_steps(derivation)
    return (
        *prove_lowering(derivation),
        *steps,
        *prove_tangents(derivation),
        *(() if all(result.verdict == "proved" for result in steps) else prove_at_small_sizes(derivation)),
        *prove_ranges(derivation.cell),
        *judge_claims(derivation.cell),
    )


def write(derivation: Derivation, path: Path, results: Sequence[Result] | None = None) -> Path:
    """Write the document; the suffix says in which format. ``results`` as in ``render``."""
    path = Path(path)
    fmt = path.suffix.removeprefix(".").lower()
    if fmt not in FORMATS:
        raise CellError(f"no format for {path.name!r}", hint=f"the suffix is one of {', '.join('.' + f for f in FORMATS)}")
    if fmt == "pdf":
        return write_whole(path, pdf.compile_tex(render(derivation, "tex", results), path.stem))
    return write_whole(path, render(derivation, fmt, results))
