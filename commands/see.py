"""Exports of a lineage for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelkin.commands.session import HopsOption, RelationOption, put, relations, session
from modelkin.errors import UserError
from modelkin.output.talk import plural


def register(application: typer.Typer) -> None:
    """Add the commands to the application."""
    application.command("export", rich_help_panel="Export")(export)


def export(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="model id, as org/name")],
    kind: Annotated[str, typer.Option("--as", help="graphml, csv or json")] = "graphml",
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
    """Export a model's whole lineage, ancestors and descendants, with its attributes."""
    from modelkin.graph.extract import lineage
    from modelkin.graph.walk import require
    from modelkin.output import export as writers
    from modelkin.output.files import write_text

    if kind not in writers.WRITERS:
        raise UserError(
            f"Unknown kind of export {kind!r}", fix=f"Choose from {', '.join(writers.WRITERS)}."
        )
    here = session(context)
    with here.graph() as graph:
        model = require(graph, model)
        nodes, edges, stopped = lineage(graph, model, relations(relation), hops)
    text = writers.WRITERS[kind](nodes, edges, raw)
    if output is None:
        put(text)
    else:
        write_text(output, text, force=force)
    here.talk.say(f"{plural(len(nodes), 'model')}, {plural(len(edges), 'edge')}"
                  + (f" written to {output}" if output else ""))  # fmt: skip
    if stopped is not None:
        here.talk.say(f"stopped at {stopped} hops; there is more: `--hops` goes on")
