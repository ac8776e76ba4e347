"""Seeing a lineage: the local page, and exports for other tools."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelkin.commands.session import (
    HopsOption,
    RelationOption,
    Session,
    put,
    relations,
    session,
)
from modelkin.errors import UserError
from modelkin.output.talk import plural

if TYPE_CHECKING:
    import socketserver

    from modelkin.explorer.browser import BrowserFiles


PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65_535, help="port of 127.0.0.1; 0: a free one")
]
NoOpenOption = Annotated[
    bool, typer.Option("--no-open", help="print the address without opening a browser")
]


def register(application: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (explore, browser, export):
        application.command(command.__name__, rich_help_panel="See")(command)


def explore(
    context: typer.Context,
    model: Annotated[str | None, typer.Argument(help="model id to begin with, as org/name")] = None,
    port: PortOption = 0,
    no_open: NoOpenOption = False,
) -> None:
    """Look at lineages in the web browser: a local page over the graph, reading only.

    The address that is printed holds the key of this run: whoever has it can read the graph
    until Ctrl-C ends the page.
    """
    import webbrowser
    from urllib.parse import urlencode

    from modelkin.explorer.server import Server
    from modelkin.graph.walk import require

    here = session(context)
    with here.graph() as graph:
        asked = urlencode({"id": require(graph, model)}, safe="/") if model else ""
        with Server(graph, port) as server:
            put(server.address(asked) + "\n")
            here.talk.say("the page is open until Ctrl-C")
            if not no_open:
                webbrowser.open(server.address(asked))
            _serve(here, server)


def browser(
    context: typer.Context,
    page: Annotated[
        str, typer.Option("--page", help="address of Neo4j Browser")
    ] = "http://localhost:7474/browser/",
    port: PortOption = 0,
    no_open: NoOpenOption = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="folder to write style and queries to, and end"),
    ] = None,
) -> None:
    """Open Neo4j Browser with our style, a guided tour and saved queries.

    Browser fetches them from this command, so it runs until Ctrl-C. With -o style and
    queries are written to a folder instead, to be dropped on Browser's page.
    """
    import webbrowser

    from modelkin.explorer.browser import BrowserFiles

    here = session(context)
    with BrowserFiles(page, port) as files:
        if output is not None:
            _save_browser_files(here, files, output)
            return
        with here.graph() as graph:
            if graph.engine == "embedded":
                raise UserError(
                    "Neo4j Browser needs a Neo4j",
                    why="this graph is in the embedded engine",
                    fix="`modelkin db copy --to URI` carries it there; `modelkin explore` shows "
                    "it as it is.",
                )
            user = os.environ.get("NEO4J_USERNAME") or "neo4j"
            address = files.address(graph.address, user, graph.database)
        put(address + "\n")
        here.talk.say("three things to do: 1. type the password and connect; 2. in the guide, "
                      "click “Load the style”; 3. get the saved queries there and drop the file "
                      "on the page")  # fmt: skip
        here.talk.say("style and guide are served until Ctrl-C")
        if not no_open:
            webbrowser.open(address)
        _serve(here, files)


def _save_browser_files(here: Session, files: BrowserFiles, folder: Path) -> None:
    """Write what Browser would fetch."""
    from modelkin.output.files import write_bytes

    for name, (content, _) in files.files.items():
        if name != "/guide.html":  # its links hold only while we serve
            write_bytes(folder / name[1:], content)
    here.talk.say(f"style.grass and queries.zip written to {folder}: drop them on Browser's page")


def _serve(here: Session, server: socketserver.BaseServer) -> None:
    """Serve until Ctrl-C."""
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        here.talk.say("ended")


def export(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="model id, as org/name")],
    kind: Annotated[
        str, typer.Option("--as", help="graphml, json, html, dot, newick, or csv in two files")
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
    NAME.models.csv; without -o the edges are printed. HTML is the page of `explore` as one file
    that opens anywhere. DOT is for Graphviz; Newick is refused unless main parents make one tree.
    """
    from modelkin.graph.extract import lineage
    from modelkin.graph.walk import require
    from modelkin.output import export as writers

    kinds = (*writers.WRITERS, "html")
    if kind not in kinds:
        raise UserError(f"Unknown kind of export {kind!r}", fix=f"Choose from {', '.join(kinds)}.")
    here = session(context)
    if kind == "html":
        _export_html(here, model, relations(relation), hops, output, force)
        return
    with here.graph() as graph:
        model = require(graph, model)
        nodes, edges, stopped = lineage(graph, model, relations(relation), hops)
    text = writers.WRITERS[kind](nodes, edges, raw)
    told = f"{plural(len(nodes), 'model')}, {plural(len(edges), 'edge')}"
    if kind == "newick" and len(edges) >= len(nodes):
        told += f"; {plural(len(edges) - len(nodes) + 1, 'edge')} to further parents left out"
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


def _export_html(
    here: Session, model: str, wanted: list[str], hops: int, output: Path | None, force: bool
) -> None:
    """Write the lineage page as one file."""
    from modelkin.explorer import onefile
    from modelkin.explorer.filters import Filters
    from modelkin.explorer.members import Walked
    from modelkin.graph.asking import Asking
    from modelkin.graph.walk import require

    with here.graph() as graph:
        ask, filters = Asking(graph), Filters(tuple(wanted))
        members = Walked(ask, require(graph, model), filters, hops)
        text, n_left = onefile.write(ask, members, filters)
    told = f"{plural(members.n, 'model')}, {plural(len(members.all_steps), 'edge')}"
    if n_left:
        told += f"; {plural(n_left, 'least downloaded leaf', 'least downloaded leaves')} left out"
        told += " to keep the file under 3 MB"
    if output is None:
        put(text)
    else:
        _write({output: text}, force)
        told += f" written to {output}"
    here.talk.say(told)
    if members.stopped_at is not None:
        here.talk.say(f"stopped at {members.stopped_at} hops; there is more: `--hops` goes on")


def _write(files: dict[Path, str], force: bool) -> None:
    """Write all files of an export, or none where one of them is there already."""
    from modelkin.output.files import write_text

    taken = [str(path) for path in files if path.exists()]
    if taken and not force:
        raise UserError("File exists", where=", ".join(taken), fix="`--force` replaces it.")
    for path, text in files.items():
        write_text(path, text, force=force)
