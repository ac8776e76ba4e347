"""First steps: demo, doctor, inspect, synth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelkin.commands.session import FormatOption, OutputOption, SeedOption, put, session
from modelkin.errors import ExitCode, UserError
from modelkin.output.talk import plural

PANEL = "Start"


def register(application: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (demo, doctor, inspect, synth):
        application.command(command.__name__, rich_help_panel=PANEL)(command)


def demo(
    context: typer.Context,
    output: OutputOption = None,
) -> None:
    """Run the whole job on the shipped sample: load, lineage, measures, write back."""
    from modelkin.commands.demo import run

    run(session(context), output)


def doctor(
    context: typer.Context, style: FormatOption = "table", output: OutputOption = None
) -> int:
    """Check everything that modelkin needs, and say how to mend what is missing."""
    from modelkin.graph.doctor import doctor as examine

    here = session(context)
    checks = examine(here.uri, db=here.db)
    rows = [
        {"check": c.name, "ok": c.ok, "detail": c.detail, "fix": "" if c.ok else c.fix}
        for c in checks
    ]
    here.show(["check", "ok", "detail", "fix"], rows, style, output)
    return int(ExitCode.DONE if all(c.ok for c in checks) else ExitCode.USER)


def inspect(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="file or folder")],
    report: Annotated[
        bool, typer.Option("--report", help="for a pickle: scan it for every name it asks for")
    ] = False,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Say what a file holds and what a load would make of it; no database is touched."""
    from modelkin.loader.inspect import inspect as look

    found = look(file, scan=report)
    here = session(context)
    here.show(["what", "detail", "number"], found.rows(), style, output)


def synth(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="folder to write into")],
    world: Annotated[str, typer.Option("--world", help="what is planted")] = "planted",
    models: Annotated[int, typer.Option("--models", min=10, help="number of models")] = 3_000,
    seed: SeedOption = 0,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="only these kinds of files; repeatable")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="write into a folder with files")] = False,
) -> None:
    """Make an ecosystem with planted truth: every kind of file, and the truth beside them."""
    from modelkin.data import synth as generator

    here = session(context)
    if world not in generator.worlds():
        raise UserError(
            f"Unknown world {world!r}", fix=f"Choose from {', '.join(generator.worlds())}."
        )
    made = generator.make(world, n_models=models, seed=seed)
    paths = generator.write(made, folder, set(kind) if kind else None, force=force)
    for name, path in paths.items():
        put(f"{name}\t{path}\n")
    here.talk.say(f"world {world}, seed {seed}: {plural(len(paths), 'file')} in {folder}")
