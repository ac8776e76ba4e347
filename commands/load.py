"""``modelkin load``: every kind of source, one way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelkin.commands.session import Session, session
from modelkin.errors import plural

if TYPE_CHECKING:
    from modelkin.loader.arena import ArenaSource
    from modelkin.loader.reading import Report
    from modelkin.loader.records import Source

app = typer.Typer(no_args_is_help=True, help="Load models, configurations, edges and ratings.")

FileArgument = Annotated[Path, typer.Argument(help="file or folder", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="read and count only, store nothing")]
Replaces = Annotated[
    str | None, typer.Option("--replaces", help="run that this load takes the place of")
]
Snapshot = Annotated[
    str | None, typer.Option("--snapshot", help="date of the source's state, as 2025-07-12")
]


@app.command("graph")
def load_graph(
    context: typer.Context,
    file: FileArgument,
    hints: Annotated[
        bool, typer.Option("--hints", help="load hints of a config's _name_or_path as edges")
    ] = False,
    snapshot: Snapshot = None,
    dry_run: DryRun = False,
    replaces: Replaces = None,
) -> int:
    """Load a graph: networkx pickle (read inertly), dashboard JSON, or an edge list."""
    return _load(context, "graph", file, dry_run, replaces, hints=hints, snapshot=snapshot)


@app.command("configs")
def load_configs(
    context: typer.Context,
    file: FileArgument,
    raw: Annotated[
        bool, typer.Option("--raw", help="believe every cell, as the notebooks did")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="bring rows back whose shifted columns are recognised")
    ] = False,
    hints: Annotated[
        bool, typer.Option("--hints", help="load a config's _name_or_path as a hint of a parent")
    ] = False,
    evidence: Annotated[
        str | None, typer.Option("--evidence", help="kind of evidence where the file names none")
    ] = None,
    snapshot: Snapshot = None,
    dry_run: DryRun = False,
    replaces: Replaces = None,
) -> int:
    """Load configurations: a config CSV, JSON lines, tables, or folders of config.json."""
    return _load(
        context, "configs", file, dry_run, replaces,
        raw=raw, repair=repair, hints=hints, evidence=evidence, snapshot=snapshot,
    )  # fmt: skip


@app.command("models")
def load_models(
    context: typer.Context,
    file: FileArgument,
    snapshot: Snapshot = None,
    dry_run: DryRun = False,
    replaces: Replaces = None,
) -> int:
    """Load what the Hub lists of models: dates, downloads, likes, licences, tasks."""
    return _load(context, "models", file, dry_run, replaces, snapshot=snapshot)


@app.command("ecosystem")
def load_ecosystem(
    context: typer.Context,
    file: FileArgument,
    snapshot: Snapshot = None,
    dry_run: DryRun = False,
    replaces: Replaces = None,
) -> int:
    """Load the ecosystem table: models and their declared parents."""
    return _load(context, "ecosystem", file, dry_run, replaces, snapshot=snapshot)


@app.command("arena")
def load_arena(
    context: typer.Context,
    file: FileArgument,
    category: Annotated[str, typer.Option("--category", help="leaderboard category")] = "overall",
    snapshot: Annotated[
        str, typer.Option("--snapshot", help="date of the leaderboard, or newest")
    ] = "newest",
    links: Annotated[
        Path | None, typer.Option("--links", help="table of which arena name is which model")
    ] = None,
    dry_run: DryRun = False,
) -> int:
    """Load leaderboard ratings, for models that their names identify without doubt."""
    return _load(
        context, "arena", file, dry_run, None, category=category, snapshot=snapshot, links=links
    )


def _load(
    context: typer.Context,
    kind: str,
    file: Path,
    dry_run: bool,
    replaces: str | None,
    **options: Any,
) -> int:
    """Load one file and give an account of it."""
    from modelkin.loader.fingerprint import source_sha256
    from modelkin.loader.open import source_for

    here = session(context)
    chosen = {name: value for name, value in options.items() if value not in (None, False)}
    source = source_for(kind, file, **chosen)
    sha256 = source_sha256(source)
    here.talk.say(f"{file.name}: sha256 {sha256[:16]}…")
    if dry_run:
        from modelkin.loader.assign import rehearse_ratings
        from modelkin.loader.load import rehearse

        report = rehearse_ratings(source) if kind == "arena" else rehearse(source)
        account(here, report)
        _say_unrepaired(here, report, chosen)
        here.talk.say("dry run: nothing was stored")
        return int(report.exit_code)
    report = _store(here, source, sha256, replaces)
    _say_unrepaired(here, report, chosen)
    return int(report.exit_code)


def _store(
    here: Session, source: Source | ArenaSource, sha256: str, replaces: str | None
) -> Report:
    """Store a source, say where its rejects are, and take the replaced run back."""
    from modelkin.graph import runs
    from modelkin.loader.arena import ArenaSource
    from modelkin.loader.assign import assign
    from modelkin.loader.load import begin, load
    from modelkin.loader.remove import remove

    reading = None if isinstance(source, ArenaSource) else begin(source)
    with here.graph() as graph:
        old = runs.find(graph, replaces) if replaces else None
        with here.talk.progress(source.path.name) as progress:
            if isinstance(source, ArenaSource):
                report = assign(graph, source, sha256)
            else:
                report = load(graph, source, sha256, reading=reading, progress=progress)
        account(here, report)
        if report.kept:
            here.talk.say(f"rows that were not stored: {report.kept}")
        if old and report.run and old.id != report.run.id:
            counts = remove(graph, old)
            here.talk.say(f"run {old.id} replaced: {counts['edges_deleted']:,} edges and "
                          f"{counts['models_deleted']:,} models of it alone deleted")  # fmt: skip
    return report


def _say_unrepaired(here: Session, report: Report, options: Mapping[str, Any]) -> None:
    """Say that `--repair` found nothing to do; what it did is a note."""
    from modelkin.loader.configs import REPAIRED

    if options.get("repair") and not report.already_complete and not report.notes[REPAIRED]:
        here.talk.say("--repair: no row was moved back under its headers")


def account(here: Session, report: Report, *, brief: bool = False) -> None:
    """Say what became of every record: two identities, then what was left out and why.

    `brief` says only what changes numbers; ``runs show`` has the rest.
    """
    c = report.counts
    say = here.talk.say
    if report.already_complete and report.run:
        say(f"run {report.run.id} was complete before; checked against the graph, nothing to do")
    if c["rows"]:
        say(
            f"models: {plural(c['rows'], 'record')} = {c['created']:,} created + {c['matched']:,} "
            f"matched + {c['duplicates']:,} repeated + {c['rejected']:,} rejected + "
            f"{c['set_aside']:,} set aside"
            + (f" + {c['not_chosen']:,} of other rankings" if c["not_chosen"] else "")
        )
    if c["edge_rows"]:
        say(
            f"edges: {plural(c['edge_rows'], 'claim')} = {c['edges_created']:,} created + "
            f"{c['edges_matched']:,} matched + {c['edge_duplicates']:,} repeated + "
            f"{c['edges_rejected']:,} rejected; {plural(c['pairs_created'], 'new pair')}, "
            f"{plural(c['stubs_created'], 'stub')}"
        )
    if c["differing"]:
        say(f"{plural(c['differing'], 'value')} differ from an earlier row of the same source; "
            "the first was kept")  # fmt: skip
    for (field, code), number in report.dropped.most_common(12):
        say(f"left out: {field}: {code.replace('_', ' ')} ({number:,})")
    if brief:
        return
    for note, number in (+report.notes).most_common():
        say(f"note: {note} ({number:,})")
    if report.ignored_columns:
        named = ", ".join(f"{k} ({n:,})" for k, n in report.ignored_columns.most_common(12))
        more = len(report.ignored_columns) - 12
        say(f"columns not stored: {named}" + (f" and {more} more" if more > 0 else ""))
    if report.run and not report.already_complete:
        say(f"run {report.run.id} complete")
