"""Measures over the whole graph: drift, mutations, coherence, depth, similarity, audit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelkin.commands.session import (
    FeaturesOption,
    FormatOption,
    MetricOption,
    OutputOption,
    RelationOption,
    SeedOption,
    Session,
    WeightsOption,
    WriteOption,
    relations,
    session,
)
from modelkin.errors import UserError, plural

if TYPE_CHECKING:
    from modelkin.analysis.result import Result

PANEL = "Measures"
METRICS = ("range", "log-range", "pairwise-max")
FEATURES = ("default", "reference", "training")
REPRESENTATIVES_ABOVE = 100_000
"""Sources of SIMILAR_TO above which `--representatives` is required: ten million edges."""

MinSharedOption = Annotated[
    int | None, typer.Option("--min-shared", min=1, help="fields that both rows must know")
]
similarity = typer.Typer(no_args_is_help=True, help="Nearest models by configuration.")


def register(application: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (drift, mutations, coherence, depth, audit):
        application.command(command.__name__, rich_help_panel=PANEL)(command)


def drift(
    context: typer.Context,
    write: WriteOption = False,
    relation: RelationOption = None,
    metric: MetricOption = "range",
    weights: WeightsOption = False,
    min_shared: MinSharedOption = None,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Measure how far each child's configuration lies from its parent's."""
    measure(
        session(context), "drift", write, style, output,
        relations=relations(relation), metric=metric, weights=weights,
        min_shared=min_shared or 3,
    )  # fmt: skip


def mutations(
    context: typer.Context,
    relation: RelationOption = None,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Count which attributes change along which relation, and which way."""
    measure(
        session(context), "mutations", False, style, output,
        relations=relations(relation),
    )  # fmt: skip


def coherence(
    context: typer.Context,
    metric: MetricOption = "range",
    min_shared: MinSharedOption = None,
    seed: SeedOption = 0,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Compare members of a lineage with models of the same kind and time."""
    measure(
        session(context), "coherence", False, style, output,
        metric=metric, min_shared=min_shared or 3, seed=seed,
    )  # fmt: skip


def depth(
    context: typer.Context,
    write: WriteOption = False,
    metric: MetricOption = "range",
    min_shared: MinSharedOption = None,
    seed: SeedOption = 0,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Measure depth, descendants and distance to the root over the whole graph."""
    measure(
        session(context), "depth", write, style, output,
        metric=metric, min_shared=min_shared or 3, seed=seed,
    )  # fmt: skip


@similarity.command("stats")
def similarity_stats(
    context: typer.Context,
    k: Annotated[int, typer.Option("--k", min=1, max=1_000, help="neighbours of each")] = 10,
    metric: MetricOption = "range",
    features: FeaturesOption = "default",
    weights: WeightsOption = False,
    min_shared: MinSharedOption = None,
    seed: SeedOption = 0,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Compute neighbours, the threshold graph and the comparison of metrics; write nothing."""
    measure(
        session(context), "similarity", False, style, output,
        k=k, metric=metric, features=_features(features), weights=weights,
        min_shared=min_shared or 6, seed=seed,
    )  # fmt: skip


@similarity.command("write")
def similarity_write(
    context: typer.Context,
    k: Annotated[int, typer.Option("--k", min=1, max=1_000, help="neighbours of each")] = 10,
    metric: MetricOption = "range",
    weights: WeightsOption = False,
    min_shared: MinSharedOption = None,
    representatives: Annotated[
        bool, typer.Option("--representatives", help="only from one model of each configuration")
    ] = False,
    seed: SeedOption = 0,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Store SIMILAR_TO edges from every configured model to its nearest other configurations."""
    measure(
        session(context), "similarity", True, style, output,
        k=k, metric=metric, features="default", weights=weights,
        min_shared=min_shared or 6, seed=seed, representatives=representatives,
    )  # fmt: skip


@similarity.command("remove")
def similarity_remove(context: typer.Context) -> None:
    """Take all SIMILAR_TO edges away."""
    from modelkin.graph import runs
    from modelkin.loader.remove import remove

    here = session(context)
    with here.graph() as graph:
        found = [run for run in runs.every(graph) if run.kind == "similarity"]
        n = sum(remove(graph, run)["values_cleared"] for run in found)
    here.talk.say(f"{plural(n, 'SIMILAR_TO edge')} removed")


def audit(
    context: typer.Context,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Run every audit and count what it finds."""
    from modelkin.cypher import catalogue

    here = session(context)
    rows = []
    with here.graph() as graph:
        for query in catalogue.every("audit"):
            found = graph.fetch(query, **catalogue.bind(query, {"limit": 1_000_000_000}))
            rows.append({"audit": query.name, "found": len(found), "question": query.question})
    here.show(["audit", "found", "question"], rows, style, output)
    here.talk.say("`modelkin queries run audit/NAME` lists what an audit found")


def measure(
    here: Session,
    name: str,
    write: bool,
    style: str,
    output: Path | None,
    **options: Any,
) -> Result:
    """Fetch, compute, publish, and tell what was found."""
    from modelkin.analysis import registry
    from modelkin.output.compact import compact
    from modelkin.output.files import of_other_databases, plain_rows
    from modelkin.pipeline import fetch, publish

    if options.get("metric", "range") not in METRICS:
        raise UserError(
            f"Unknown metric {options['metric']!r}", fix=f"Choose from {', '.join(METRICS)}."
        )
    with here.graph() as graph:
        inputs = fetch(graph, **options)
        n = int(inputs.models.configured.sum())
        if (
            write
            and name == "similarity"
            and n > REPRESENTATIVES_ABOVE
            and not options.get("representatives")
        ):
            raise UserError(
                f"{n:,} sources would get {n * options['k']:,} edges",
                fix="`--representatives` writes them from one model of each configuration.",
            )
        result = registry.get(name).compute(inputs)
        with here.talk.progress(name) as progress:
            folder, _ = publish(
                graph, result, inputs, output=output, write=write, progress=progress
            )
    main = next((t for t in result.tables if t.main), result.tables[0])
    columns, rows = [str(c) for c in main.frame.columns], plain_rows(main.frame)
    here.show(*(compact(columns, rows) if style == "table" else (columns, rows)), style)
    here.talk.say(f"funnel: {result.coverage.line()}")
    for sentence in result.findings:
        here.talk.say(sentence)
    if write:
        here.talk.say(f"written: {result.written}")
    elif result.writes:
        here.talk.say("nothing was written to the graph; `--write` does" if name != "similarity"
                      else "nothing was written; `modelkin similarity write` does")  # fmt: skip
    also = f" (also as {folder.with_name('latest')})" if result.is_whole else ""
    here.talk.say(f"tables and figures: {folder}{also}")
    for sentence in of_other_databases(folder):
        here.talk.say(f"warning: {sentence}")
    return result


def _features(name: str) -> str:
    """Check the name of a feature set."""
    if name not in FEATURES:
        raise UserError(f"Unknown feature set {name!r}", fix=f"Choose from {', '.join(FEATURES)}.")
    return name
