"""First steps: demo, doctor, inspect, synth."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelkin.commands.session import FormatOption, OutputOption, SeedOption, put, session
from modelkin.errors import ExitCode, UserError, plural

if TYPE_CHECKING:
    from modelkin.loader.inspection import Inspection

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
        bool, typer.Option("--report", help="of a pickle only the names that it asks for")
    ] = False,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Say what a file holds and what a load would make of it; no database is touched."""
    from modelkin.loader.inspection import inspect as look

    here = session(context)
    if report:
        here.show(["name", "uses", "byte", "needed_by_graphs"], _names(file), style, output)
        return
    found = look(file, names=False)
    here.show(["what", "detail", "number", "example"], _account(found), style, output)
    here.talk.say(f"load it with: modelkin load {found.command} {file}")


def _names(file: Path) -> list[dict[str, Any]]:
    """Return every name that a pickle asks for; nothing of it is executed."""
    from modelkin.loader.pickles.reader import scan

    return [
        {
            "name": f"{n.module}.{n.name}",
            "uses": n.uses,
            "byte": n.byte,
            "needed_by_graphs": n.known,
        }
        for n in scan(file).names
    ]


def _account(found: Inspection) -> list[dict[str, Any]]:
    """Turn an inspection into rows: what, detail, number, example."""
    rows: list[dict[str, Any]] = [
        {"what": "read as", "detail": f"load {found.command} ({found.reader})"},
        {"what": "rows", "detail": "as read", "number": found.rows},
        {"what": "models", "detail": "records", "number": found.models},
        {"what": "models", "detail": "stubs", "number": found.stubs},
        {"what": "edges", "detail": "claims", "number": found.edges},
        {"what": "ratings", "detail": "records", "number": found.ratings},
    ]
    counted: dict[str, Counter[Any]] = {
        "attribute known": found.coverage,
        "evidence": found.evidence,
        "relation": found.relations,
        "ranking": found.rankings,
        "rejected": found.rejected,
        "set aside": found.set_aside,
        "cell left out": found.dropped,
        "column not stored": found.ignored_columns,
        "note": found.notes,
    }
    for what, counter in counted.items():
        for key, number in counter.most_common():
            detail = ": ".join(key) if isinstance(key, tuple) else str(key)
            where = found.examples.get(detail, [])
            example = f"{where[0][0]}: {where[0][1]}" if where else None
            rows.append({"what": what, "detail": detail, "number": number, "example": example})
    return [row for row in rows if row.get("number") != 0]


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
