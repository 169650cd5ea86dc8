"""The command ``gateproof``: parses arguments, calls, prints.

Exit codes: 0 nothing refuted, 1 something refuted or stale, 2 input that cannot be read, 3 gateproof itself failed on a cell.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from derivations.catalogue import all_names, cell_names, get_cell, in_catalogue, open_cell
from derivations.errors import CellError
from derivations.verdict import Result

app = typer.Typer(
    name="gateproof",
    help="From the equations of a recurrent cell: gradients derived step by step and proved, documents, generated code and its tests.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

CELL = "A name of the catalogue, a file (.toml, .txt, .tex), or - for standard input."
CellArgument = Annotated[str, typer.Argument(metavar="CELL", help=CELL)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback(invoke_without_command=True)
def _main(show_version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if show_version:
        typer.echo(f"gateproof {version('gateproof')}")
        raise typer.Exit


@app.command("list")
def list_cells(
    as_json: JsonOption = False,
    family: Annotated[str, typer.Option(metavar="NAME", help="Only the cells of one family, such as LSTM.")] = "",
    long: Annotated[bool, typer.Option("--long", help="Operations of a step and proved ranges too.")] = False,
) -> None:
    """The cells, your own too: family, year, states, whether a scan over time computes them, parameters (m inputs, n hidden)."""
    from numeric.overview import overview
    from numeric.report import catalogue_table, cell_record

    cells = [cell for cell in map(get_cell, all_names()) if family.lower() in ("", cell.family.lower())]
    if not cells:
        known = ", ".join(sorted({get_cell(name).family for name in all_names()}))
        raise CellError(f"no family {family!r}", hint=f"families: {known}")
    if as_json:
        _print_json({"cells": [cell_record(cell, ranges=long) | overview(cell).as_json() for cell in cells]})
    else:
        typer.echo(catalogue_table(cells, long=long))


@app.command()
def show(cell: CellArgument, as_json: JsonOption = False) -> None:
    """Equations, shapes, sizes and ranges of a cell."""
    from numeric.report import cell_page, cell_record

    opened = open_cell(cell)
    if as_json:
        _print_json(cell_record(opened))
    else:
        typer.echo(cell_page(opened))


@app.command()
def derive(
    cell: CellArgument,
    fmt: Annotated[
        str | None, typer.Option("--format", "-f", metavar="tex|pdf|html|md|json", help="Format; default: the suffix of -o, or md.")
    ] = None,
    output: Annotated[str, typer.Option("--output", "-o", metavar="PATH|-", help="The file to write, or - for standard output.")] = "-",
    verify: Annotated[
        bool, typer.Option("--verify", help="Report all that gateproof verify finds, code included; takes seconds. Default: the proofs.")
    ] = False,
) -> None:
    """Derive every gradient of a cell, step by step, and write the derivation as a document."""
    from derivations.calculus import derive as derive_cell
    from derivations.documents import render, write
    from numeric.verify import verify as verify_cell

    opened = open_cell(cell)
    derivation = derive_cell(opened)
    results = tuple(verify_cell(opened)) if verify else None
    if output == "-":
        if fmt == "pdf":
            raise CellError("a PDF on standard output", hint="give a file: -o cell.pdf")
        typer.echo(render(derivation, fmt or "md", results), nl=False)
        return
    path = Path(output)
    if path.exists() and Path(cell).exists() and path.samefile(cell):
        raise CellError(f"{output} holds the equations", hint="give another file to write to")
    if fmt and path.suffix != f".{fmt}":
        raise CellError(f"format {fmt} and file {path.name}", hint=f"give a file whose name ends in .{fmt}, or leave out -f")
    write(derivation, path, results)
    typer.echo(f"wrote {path}", err=True)


@app.command()
def generate(
    cells: Annotated[list[str] | None, typer.Argument(metavar="[CELL]...", help=f"{CELL} Default: all of the catalogue.")] = None,
    target: Annotated[str, typer.Option(help="The kind of code: numpy.")] = "numpy",
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="DIR|-", help="Folder, or - for standard output; default: numeric/cells.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 with a diff if a file is stale, missing or extra.")] = False,
) -> None:
    """Generate the code of cells: forward, backward, forward mode."""
    from numeric import codegen

    opened = [open_cell(cell) for cell in cells] if cells else None
    if output == "-" and not check:
        typer.echo("\n".join(codegen.generate(cell, target) for cell in opened or map(get_cell, cell_names())), nl=False)
        return
    if output is None and not all(map(in_catalogue, opened or ())):
        raise CellError("a cell of your own needs a place for its code", hint="give a folder, -o DIR, or -o - for standard output")
    folder = Path(output) if output else codegen.CELLS
    if check:
        problems = codegen.check(folder, opened, target)
        for problem in problems:
            typer.echo(problem)
        raise typer.Exit(1 if problems else 0)
    for path in codegen.write_all(folder, opened, target):
        typer.echo(f"wrote {path}", err=True)


@app.command()
def verify(
    cells: Annotated[list[str] | None, typer.Argument(metavar="CELL...", help=CELL)] = None,
    claims: Annotated[
        bool, typer.Option("--claims", help="Instead of cells: what textbooks say of them, a verdict for each sentence.")
    ] = False,
    relations: Annotated[
        bool, typer.Option("--relations", help="Only the relations to other cells and the parallel forms; default: of all cells.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="All cells of the catalogue and your own; prints a line for each.")] = False,
    as_json: JsonOption = False,
    examples: Annotated[int, typer.Option(min=1, max=100_000, help="Random examples for each check of the code.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random examples.")] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes; default: one for each core, for one cell 1.")] = 0,
    cluster: Annotated[str, typer.Option(metavar="ADDRESS", help="A Dask scheduler that hands out the work: tcp://HOST:8786.")] = "",
    cache: Annotated[Path | None, typer.Option(metavar="DIR", help="Where results are kept; default: the user's cache.")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither use nor keep results.")] = False,
) -> None:
    """A verdict on every statement about a cell: gradients, ranges, claims, relations to other cells, and the generated code."""
    if claims and (relations or every):
        raise CellError("--claims beside --relations or --all", hint="give one of them")
    if claims:
        _verify_claims(cells, as_json)
    if relations:
        _verify_relations(cells, as_json)
    if every == bool(cells):
        raise CellError(
            "CELL and --all" if every else "no CELL to verify",
            hint="give cells, as in gateproof verify lstm, or --all, --claims or --relations",
        )
    from numeric import campaign
    from numeric.campaign.command import verify_cells
    from numeric.report import failures, summary_table, verdict_table

    opened = [get_cell(name) for name in all_names()] if every else [open_cell(cell) for cell in cells or ()]
    store = campaign.Store(None if no_cache else cache or campaign.default_folder())
    workers = campaign.Workers(jobs or (os.cpu_count() or 1 if len(opened) > 1 else 1), cluster)
    options = f"--examples {examples} --seed {seed}"

    def show_cell(number: int, results: list[Result]) -> None:
        typer.echo(verdict_table(opened[number], results))
        typer.echo(failures(results, f"gateproof verify {(cells or ())[number]} {options}"), nl=False)

    found = verify_cells(opened, store, workers, None if every or as_json else show_cell, examples=examples, seed=seed)
    if as_json:
        _print_json({"results": [result.as_json() for result in found.results]})
    elif every:
        typer.echo(summary_table(found.cells))
        typer.echo(failures(found.results, f"gateproof verify --all {options}"), nl=False)
    for error in found.unread:
        typer.echo(f"gateproof: {error}", err=True)
    raise typer.Exit(found.exit_code)


def _verify_relations(cells: list[str] | None, as_json: bool) -> NoReturn:
    """Judge the relations of cells and their parallel forms; exit code 1 if one is refuted."""
    from derivations.proofs import judge_relations
    from numeric.progress import Progress
    from numeric.report import failures, relation_table

    found: list[Result] = []
    for cell in [open_cell(cell) for cell in cells] if cells else map(get_cell, all_names()):
        with Progress(f"{cell.name}: relations"):
            found += judge_relations(cell)
    if as_json:
        _print_json({"results": [result.as_json() for result in found]})
    else:
        typer.echo(relation_table(found))
        again = " ".join(["gateproof verify --relations", *(cells or ())])
        typer.echo(failures(found, again) if found else "no relations", nl=False)
    raise typer.Exit(1 if any(result.verdict == "refuted" for result in found) else 0)


def _verify_claims(cells: list[str] | None, as_json: bool) -> NoReturn:
    """Judge the claims of textbooks; exit code 1 if a verdict is not the one that is recorded."""
    from numeric.claims import judge_all
    from numeric.claims.report import claims_table
    from numeric.progress import Progress

    if cells:
        raise CellError("--claims with a cell", hint="gateproof verify CELL judges the claims of one cell file")
    found = []
    with Progress("claims") as progress:
        for judgement in judge_all():
            found.append(judgement)
            progress.advance()
    if as_json:
        _print_json({"results": [one.as_json() for one in found]})
    else:
        typer.echo(claims_table(found))
    raise typer.Exit(0 if all(one.as_recorded for one in found) else 1)


@app.command()
def compare(
    first: CellArgument,
    second: CellArgument,
    where: Annotated[str, typer.Option(metavar="EQUATIONS", help='What stands for what: "W_f = -W_i; b_f = -b_i".')] = "",
    free: Annotated[list[str] | None, typer.Option("--any", metavar="NAME", help="A name in --where that stands for anything.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove for every size that two cells compute the same, step by step, or refute it with numbers."""
    from derivations.proofs import compare as compare_cells
    from numeric.report import relation_page

    results = compare_cells(open_cell(first), open_cell(second), where, free or ())
    if as_json:
        _print_json({"results": [result.as_json() for result in results]})
    else:
        typer.echo(relation_page(results))
    raise typer.Exit(1 if any(result.verdict == "refuted" for result in results) else 0)


@app.command()
def convert(
    cell: Annotated[str | None, typer.Argument(metavar="CELL", help="A cell of the catalogue, such as lstm.")] = None,
    source: Annotated[Path | None, typer.Argument(metavar="FILE", help="Weights: .npz, .safetensors, .pt or .onnx.")] = None,
    first: Annotated[str, typer.Option("--from", metavar="LIBRARY", help="Whose layout FILE has; gateproof: the cell's own names.")] = "",
    second: Annotated[str, typer.Option("--to", metavar="LIBRARY", help="Whose layout is written.")] = "gateproof",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="PATH", help="The file: .npz, .safetensors or .onnx.")] = None,
    suffix: Annotated[str | None, typer.Option(help="Layer and direction in torch's names: _l0, _l1_reverse, or nothing.")] = None,
    prefix: Annotated[str, typer.Option(help="What stands before all names: rnn.")] = "",
    node: Annotated[str, typer.Option(help="The node of an ONNX model, where it has several.")] = "",
    direction: Annotated[int | None, typer.Option(min=0, max=1, help="The direction of a bidirectional ONNX node.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the layouts and stop.")] = False,
) -> None:
    """Convert weights from the layout of one library to that of another."""
    from numeric.interchange.command import Names, convert_file, layout_list

    if listed:
        from numeric.report import columns, printed

        table = columns("library", "layer", "cell", "arrays")
        for row in layout_list():
            table.add_row(*row)
        typer.echo(printed(table))
        return
    if not (cell and source and first and output):
        raise CellError(
            "convert needs CELL, FILE, --from and -o", hint="gateproof convert lstm weights.npz --from torch --to onnx -o lstm.onnx"
        )
    for note in convert_file(cell, source, output, (first, second), Names(suffix, prefix, node, direction)):
        typer.echo(note, err=True)
    typer.echo(f"wrote {output}", err=True)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits and _.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="PATH", help="The file; default: NAME.toml, here.")] = None,
) -> None:
    """Write the skeleton of a cell file: a cell that verifies as it stands, to be changed."""
    from datetime import UTC, datetime

    from numeric.skeleton import next_steps, write_skeleton

    path = output or Path(f"{name}.toml")
    if path.suffix != ".toml":
        raise CellError(f"{path} is no name of a cell file", hint="give a name that ends in .toml")
    typer.echo(next_steps(write_skeleton(name, path, datetime.now(UTC).year)), err=True)


@app.command()
def mutate(
    cells: Annotated[list[str] | None, typer.Argument(metavar="[CELL]...", help="Names of the catalogue. Default: all.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Judge each N-th change of the code only.")] = 1,
    details: Annotated[bool, typer.Option("--details", help="Say which check caught how many, and what was not caught.")] = False,
) -> None:
    """Plant errors in derived gradients and in generated code, and count what the proofs and the checks catch. Takes minutes."""
    from derivations.calculus import derive as derive_cell
    from derivations.proofs.gradients.planted import score
    from numeric.mutation import campaign
    from numeric.progress import Progress
    from numeric.report import mutation_table

    found = []
    for cell in map(get_cell, cells or cell_names()):
        with Progress(cell.name) as progress:
            progress.stage("gradients")
            formulas = score(derive_cell(cell))
            progress.stage("code")
            found.append((formulas, campaign(cell.name, every=every)))
    typer.echo(mutation_table(found))
    if details:
        typer.echo("\n".join(code.table() for _, code in found))
    raise typer.Exit(1 if any(formulas.missed or code.survivors for formulas, code in found) else 0)


@app.command()
def bench(
    cells: Annotated[list[str] | None, typer.Argument(metavar="[CELL]...", help=f"{CELL} Default: lstm gru_before elman_rnn.")] = None,
    as_json: JsonOption = False,
) -> None:
    """How long deriving, generating, proving and the generated code take on this machine."""
    from numeric import bench as bench_module
    from numeric.progress import Progress
    from numeric.report import timing_table

    opened = [open_cell(cell) for cell in cells or ("lstm", "gru_before", "elman_rnn")]
    found = [bench_module.import_timing()]
    for cell in opened:
        with Progress(cell.name) as progress:
            for timing in bench_module.timings(cell):
                found.append(timing)
                progress.advance()
    if as_json:
        _print_json(bench_module.as_json(found))
    else:
        typer.echo(timing_table(found, bench_module.environment()))


@app.command()
def explain(topic: Annotated[str | None, typer.Argument(metavar="RULE|CHECK|CLAIM", help="Default: list the topics.")] = None) -> None:
    """What a rule of differentiation, a check or a claim of textbooks says, and why it holds or does not."""
    from numeric.explanations import explanation

    typer.echo(explanation(topic))


def _print_json(data: dict[str, Any]) -> None:
    typer.echo(json.dumps({"gateproof": version("gateproof"), **data}, ensure_ascii=False, indent=1, allow_nan=False))


def main(arguments: list[str] | None = None) -> None:
    """Run the command; what cannot be read ends in one message and exit code 2."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: closed before the program began
        stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(arguments, standalone_mode=True)
    except CellError as error:
        typer.echo(f"gateproof: {error}", err=True)
        raise SystemExit(2) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    except OSError as error:  # a full disk
        typer.echo(f"gateproof: the output cannot be written: {error.strerror}", err=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        typer.echo("gateproof: stopped", err=True)
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
