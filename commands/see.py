"""Exports of a lineage for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelkin.commands.session import HopsOption, RelationOption, put, relations, session
from modelkin.errors import UserError, plural


def register(application: typer.Typer) -> None:
    """Add the commands to the application."""
    application.command("export", rich_help_panel="Export")(export)


def export(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="model id, as org/name")],
    kind: Annotated[
        str, typer.Option("--as", help="graphml, json, or csv in two files")
    ] = "graphml",
    relation: RelationOption = None,
    hops: HopsOption = 50,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="file to write; stdout without it")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace a file that is there")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV text as it is, without the guard for spreadsheets")
    ] = False,
) -> None:
    """Export a model's whole lineage, ancestors and descendants, for other tools.

    GraphML and JSON hold the models with their attributes, and the edges. CSV is two tables:
    with -o NAME.csv the edges go to NAME.csv and the models with their attributes to
    NAME.models.csv; without -o the edges are printed.
    """
    from modelkin.graph.extract import lineage
    from modelkin.graph.walk import require
    from modelkin.output import export as writers

    if kind not in writers.WRITERS:
        raise UserError(
            f"Unknown kind of export {kind!r}", fix=f"Choose from {', '.join(writers.WRITERS)}."
        )
    here = session(context)
    with here.graph() as graph:
        model = require(graph, model)
        nodes, edges, stopped = lineage(graph, model, relations(relation), hops)
    text = writers.WRITERS[kind](nodes, edges, raw)
    told = f"{plural(len(nodes), 'model')}, {plural(len(edges), 'edge')}"
    if output is None:
        put(text)
        told += "; only the edges are printed: -o NAME.csv writes both" if kind == "csv" else ""
    else:
        files = {output: text}
        if kind == "csv":
            files[output.with_suffix(".models.csv")] = writers.models_csv(nodes, raw)
        _write(files, force)
        told += f" written to {' and '.join(map(str, files))}"
    here.talk.say(told)
    if stopped is not None:
        here.talk.say(f"stopped at {stopped} hops; there is more: `--hops` goes on")


def _write(files: dict[Path, str], force: bool) -> None:
    """Write all files of an export, or none where one of them is there already."""
    from modelkin.output.files import write_text

    taken = [str(path) for path in files if path.exists()]
    if taken and not force:
        raise UserError("File exists", where=", ".join(taken), fix="`--force` replaces it.")
    for path, text in files.items():
        write_text(path, text, force=force)
