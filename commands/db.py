"""``modelkin db``: the embedded engine, passwords, and carrying a graph over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelkin.commands.session import FormatOption, OutputOption, session
from modelkin.errors import plural

app = typer.Typer(no_args_is_help=True, help="Start, stop, look at and copy databases.")


@app.command("start")
def start(context: typer.Context) -> None:
    """Start the embedded engine (commands do it by themselves)."""
    with session(context).graph():
        pass


@app.command("stop")
def stop(context: typer.Context) -> None:
    """Stop the embedded engine; the graph stays on disk."""
    from modelkin.graph.connect import engine_at

    here = session(context)
    stopped = engine_at(here.db).stop()
    here.talk.say("stopped" if stopped else "was not running")


@app.command("status")
def status(
    context: typer.Context, style: FormatOption = "table", output: OutputOption = None
) -> None:
    """Say which engine is used, whether it runs, and what it holds."""
    from modelkin.graph.status import status as state_of

    here = session(context)
    rows = [{"what": k, "value": v} for k, v in state_of(here.uri, db=here.db).items()]
    here.show(["what", "value"], rows, style, output)


@app.command("password")
def password(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="file to make")] = Path("neo4j-password"),
) -> None:
    """Make a random password for docker compose in a file that only you can read."""
    from modelkin.graph.password import generate

    generate(file)
    session(context).talk.say(
        f"password written to {file}; `docker compose up -d` uses it, "
        f"NEO4J_PASSWORD_FILE={file} lets modelkin use it"
    )


@app.command("copy")
def copy(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", help="address of the Neo4j to copy to")],
) -> None:
    """Copy the whole graph from one database into an empty other one, counts checked."""
    from modelkin.graph.connect import connect
    from modelkin.graph.copy import copy as carry

    here = session(context)
    with here.graph() as source, connect(to) as target:
        with here.talk.progress("copy") as progress:
            counts = carry(source, target, progress)
        held = ", ".join(plural(n, word.rstrip("s")) for word, n in counts.items())
        here.talk.say(f"copied and counted: {held}")
