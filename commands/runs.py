"""``modelkin runs``: what was loaded and computed, and how to take it back."""

from __future__ import annotations

from typing import Annotated

import typer

from modelkin.commands.session import FormatOption, LimitOption, OutputOption, session

app = typer.Typer(no_args_is_help=True, help="List, show and take back loads and stored measures.")

RunArgument = Annotated[str, typer.Argument(help="run id, or its first digits")]


@app.command("list")
def list_runs(
    context: typer.Context, style: FormatOption = "table", output: OutputOption = None
) -> None:
    """List every run in the order of starting."""
    from modelkin.graph import runs

    here = session(context)
    with here.graph() as graph:
        rows = [runs.describe(run) for run in runs.every(graph)]
    columns = ["seq", "run", "kind", "state", "source", "started_at", "finished_at"]
    here.show(columns, rows, style, output)


@app.command("show")
def show_run(
    context: typer.Context,
    run: RunArgument,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show a run's parameters and every count."""
    from modelkin.graph import runs

    here = session(context)
    with here.graph() as graph:
        found = runs.find(graph, run)
    rows = [{"what": k, "value": v} for k, v in runs.describe(found).items()]
    rows.append({"what": "sha256", "value": found.sha256})
    rows += [{"what": f"parameter {k}", "value": v} for k, v in found.parameters.items()]
    rows += [{"what": f"count {k}", "value": v} for k, v in sorted(found.counts.items())]
    here.show(["what", "value"], rows, style, output)


@app.command("rejects")
def show_rejects(
    context: typer.Context,
    run: RunArgument,
    limit: LimitOption = 100,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show the rows of a load that were rejected or set aside, with the reasons."""
    from modelkin.loader import rejects

    here = session(context)
    rows = rejects.read(run)
    if len(rows) > limit:
        here.talk.say(f"first {limit:,} of {len(rows):,} rows; `--limit` shows more")
    here.show(["where", "kind", "codes", "message", "excerpt"], rows[:limit], style, output)


@app.command("remove")
def remove_run(context: typer.Context, run: RunArgument) -> None:
    """Take a run back: its claims go, and what other loads claim comes forward."""
    from modelkin.graph import runs
    from modelkin.loader.remove import remove

    here = session(context)
    with here.graph() as graph:
        found = runs.find(graph, run)
        counts = remove(graph, found)
    here.show(
        ["what", "number"], [{"what": k, "number": v} for k, v in counts.items() if v], "table"
    )
    if found.kind in runs.LOADS:
        here.talk.say("Nothing needs loading again: values of other loads came forward.")
