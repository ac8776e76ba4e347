"""The main job, end to end, on the shipped sample."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelkin.commands.session import Session, put
from modelkin.errors import plural

if TYPE_CHECKING:
    from modelkin.analysis.result import Result
    from modelkin.graph.client import Graph

OPTIONS: dict[str, dict[str, Any]] = {
    "drift": {"relations": [], "metric": "range", "weights": False, "min_shared": 3},
    "mutations": {"relations": []},
    "coherence": {"metric": "range", "min_shared": 3, "seed": 0},
    "depth": {"metric": "range", "min_shared": 3, "seed": 0},
    "similarity": {
        "k": 10, "metric": "range", "features": "default", "weights": False, "min_shared": 6,
        "seed": 0, "representatives": False,
    },
}  # fmt: skip
"""What each analysis is called with: the commands' own defaults."""

STAR = "mistralai/Mistral-7B-v0.1"
"""The model that the demo asks about."""


def run(here: Session, output: Path | None) -> None:
    """Load the sample's files, ask, measure, write back, and tell what was found."""
    began = time.monotonic()
    _stage(here, 1, "make files of the usual kinds from the sample's facts")
    from modelkin.data.sample import make

    with tempfile.TemporaryDirectory(prefix="modelkin-") as folder:
        paths = make.make_files(Path(folder))
        for path in paths.values():
            put(f"  {path.name}\n")
        with here.graph() as graph:
            _load(here, graph, paths)
            _ask(graph)
            results = _measure(here, graph, output)
            _stage(here, 5, "read back what is in the graph now")
            _read_back(graph)
    put("\nWhat was found (in a sample that holds pairs that drift on purpose more often)\n")
    for result in results:
        for sentence in result.findings[:2]:
            put(f"  {result.name}: {sentence}\n")
    name = _command()
    put(
        f"\nDone in {time.monotonic() - began:.0f} s. Three commands to try next:\n"
        f"  {name} lineage {STAR} --down\n"
        f"  {name} similar {STAR}\n"
        f"  {name} queries list\n"
        f"Tables and figures: {output or 'out'}/. `{name} db stop` stops the engine; the graph "
        "stays.\nKeep your own data apart in another folder: --db FOLDER, or MODELKIN_HOME.\n"
    )


def _command() -> str:
    """Return how the person can call us: by name, or by path where it is not on the PATH."""
    called = Path(sys.argv[0])
    if shutil.which("modelkin") or called.name != "modelkin":
        return "modelkin"
    return os.path.relpath(called)


def _stage(here: Session, number: int, words: str) -> None:
    """Announce a stage."""
    put(f"\n[{number}/5] {words}\n")


def _load(here: Session, graph: Graph, paths: dict[str, Path]) -> None:
    """Load every file of the sample."""
    from modelkin.commands.load import account
    from modelkin.loader.assign import assign
    from modelkin.loader.fingerprint import source_sha256
    from modelkin.loader.load import load
    from modelkin.loader.open import source_for

    _stage(here, 2, "load them into the graph (pickles are read inertly)")
    for kind, name in (("graph", "graph"), ("ecosystem", "ecosystem"), ("configs", "jsonl"),
                       ("arena", "arena")):  # fmt: skip
        if name not in paths:
            continue
        path = paths[name]
        put(f"  load {kind} {path.name}\n")
        source = source_for(kind, path)
        sha256 = source_sha256(source)
        report = assign(graph, source, sha256) if kind == "arena" else load(graph, source, sha256)
        account(here, report, brief=True)


def _ask(graph: Graph) -> None:
    """Ask the graph about one model."""
    from modelkin.graph.walk import walk
    from modelkin.output import tree

    put("\n[3/5] ask the graph: what came of one model?\n")
    found = walk(graph, STAR, "down")
    below: dict[str, list[tuple[str, str]]] = {}
    for step in sorted(found.steps, key=lambda s: (s.parent, s.child)):
        below.setdefault(step.parent, []).append((f"[{'+'.join(step.relations)}]", step.child))
    put(f"  {plural(len(found.hops) - 1, 'descendant')} of {STAR}\n")
    for line in tree.draw(STAR, below, wide=5, size=lambda m: len(below.get(m, ()))):
        put(f"  {line}\n")


def _measure(here: Session, graph: Graph, output: Path | None) -> list[Result]:
    """Run every measure and write its values back."""
    from modelkin.analysis import registry
    from modelkin.pipeline import fetch, publish

    put("\n[4/5] measure, and write the values back\n")
    results = []
    for analysis in registry.ANALYSES:
        inputs = fetch(graph, **OPTIONS[analysis.name])
        result = analysis.compute(inputs)
        folder, _ = publish(graph, result, inputs, output=output, write=True)
        written = f"    written: {result.written}\n" if result.written else ""
        put(f"  {analysis.name}: {result.coverage.line()}\n{written}    {folder}\n")
        results.append(result)
    return results


def _read_back(graph: Graph) -> None:
    """Show what the graph holds, from the graph."""
    from modelkin.cypher import catalogue
    from modelkin.output.show import render

    for name, words in (
        ("similarity/most_drifted", "edges that drifted most"),
        ("similarity/similar", f"models of other configurations nearest to {STAR}"),
    ):
        query = catalogue.get(name)
        given = {"model_id": STAR} if any(p.name == "model_id" for p in query.params) else {}
        rows = graph.fetch(query, **catalogue.bind(query, given))
        put(f"  {words}\n")
        text = render(list(query.returns)[:5], rows[:5], "table")
        put("".join(f"    {line}\n" for line in text.splitlines()))
