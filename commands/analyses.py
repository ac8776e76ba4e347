"""Analyses by name, all of them, and the report that they end in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelkin.commands.session import FormatOption, OutputOption, SeedOption, Session, session
from modelkin.errors import UserError

if TYPE_CHECKING:
    from modelkin.analysis.registry import Analysis
    from modelkin.graph.client import Graph
    from modelkin.output.report import Part
    from modelkin.pipeline import Fetched

PANEL = "Analyses"


def register(application: typer.Typer) -> None:
    """Add the commands to the application."""
    application.command("analyze", rich_help_panel=PANEL)(analyze)


def analyze(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(help="analyses, as `--list` names them")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="all of them, and a report")] = False,
    show: Annotated[bool, typer.Option("--list", help="what there is, and run nothing")] = False,
    seed: SeedOption = 0,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Run analyses over the whole graph; `--all` ends in one report."""
    from modelkin.analysis import registry

    here = session(context)
    if show:
        rows = [
            {"analysis": a.name, "question": a.question, "tables": len(a.tables),
             "figures": len(a.figures)} for a in registry.ANALYSES
        ]  # fmt: skip
        here.show(["analysis", "question", "tables", "figures"], rows, style, output)
        return
    if not names and not every:
        raise UserError(
            "Which analysis?", fix="`modelkin analyze --list` shows them, `--all` runs them all."
        )
    chosen = registry.ANALYSES if every else tuple(registry.get(name) for name in names or ())
    if len(chosen) == 1:
        from modelkin.commands.measures import measure

        measure(here, chosen[0].name, False, style, output, **chosen[0].options(seed=seed))
        return
    _several(here, chosen, every, seed, style, output)


def _several(
    here: Session,
    chosen: Sequence[Analysis],
    report: bool,
    seed: int,
    style: str,
    output: Path | None,
) -> None:
    """Fetch once, run each analysis, tell where its files are, and write the report."""
    from modelkin.pipeline import fetch

    with here.graph() as graph:
        inputs = fetch(graph)
        parts = []
        for part in _parts(graph, chosen, inputs, seed, output):
            said = part.result.coverage.line() if part.result else f"not computed: {part.why}"
            here.talk.say(f"{part.name}: {said}")
            for sentence in part.result.findings if part.result else ():
                here.talk.say(f"  {sentence}")
            parts.append(part)
        if report:
            _report(here, graph, inputs, parts, seed, output)
    rows = [
        {"analysis": p.name, "used": p.result.coverage.n_used if p.result else None,
         "in_scope": p.result.coverage.n_scope if p.result else None,
         "files": str(p.folder or ""), "why_not": p.why or None} for p in parts
    ]  # fmt: skip
    here.show(["analysis", "used", "in_scope", "files", "why_not"], rows, style)


def _parts(
    graph: Graph, chosen: Sequence[Analysis], inputs: Fetched, seed: int, output: Path | None
) -> Iterator[Part]:
    """Compute and publish one analysis after the other; what the user can mend stops none."""
    from modelkin.output.report import Part
    from modelkin.pipeline import publish

    for analysis in chosen:
        own = replace(inputs, options=analysis.options(seed=seed))
        try:
            result = analysis.compute(own)
        except UserError as error:
            yield Part(analysis.name, analysis.question, why=error.line())
            continue
        folder, _ = publish(graph, result, own, output=output)
        yield Part(analysis.name, analysis.question, result, folder)


def _report(
    here: Session,
    graph: Graph,
    inputs: Fetched,
    parts: Sequence[Part],
    seed: int,
    output: Path | None,
) -> None:
    """Write the page with everything in it, and the summary beside it."""
    from modelkin import __version__
    from modelkin.cypher import catalogue
    from modelkin.graph.runs import run_id
    from modelkin.output import files, markdown
    from modelkin.output import report as pages

    n = graph.fetch(catalogue.get("fetch/counts"))[0]
    identity = run_id("report", inputs.loads, {"seed": seed, "analyses": [p.name for p in parts]})
    folder = files.result_folder("report", identity, output)
    head = (
        f"{n['models']:,} models, {n['configured']:,} of them configured, {n['edges']:,} edges; "
        f"loads {inputs.loads}; modelkin {__version__}; seed {seed}.",
        "Everything here is observational: two things may go together for reasons that nobody "
        "measured. What is not known is left out and counted; nothing is guessed.",
    )
    page = files.write_text(folder / "report.html", pages.html("modelkin report", head, parts))
    here.talk.say(f"report: {page}")
    summary = next((p.result for p in parts if p.name == "summary"), None)
    if summary is not None:
        path = files.write_text(folder / "summary.md", markdown.page("Quick summary", summary))
        here.talk.say(f"summary: {path}")
    files.point_latest(folder)
