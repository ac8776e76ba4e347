"""The one way of every analysis: fetch → compute → publish.

`fetch` turns the graph into arrays: ids become row numbers here and nowhere else.
`publish` saves tables and figures and, when asked, writes back what belongs in the graph.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin import __version__
from modelkin.analysis import forest
from modelkin.analysis.inputs import BITS, Edges, Inputs, Models
from modelkin.cypher import catalogue
from modelkin.errors import UserError
from modelkin.graph import runs
from modelkin.graph.pieces import drain
from modelkin.graph.stale import is_current
from modelkin.output import files
from modelkin.output.results import save
from modelkin.schema.attributes import ATTRIBUTES
from modelkin.schema.graph import HINT

if TYPE_CHECKING:
    from modelkin.analysis.result import Result, WriteBack
    from modelkin.graph.client import Graph, Tx

BATCH = 5_000
Progress = Callable[[str, int], None]


@dataclass(frozen=True, eq=False)
class Fetched(Inputs):
    """Inputs as they were read from a graph.

    Attributes
    ----------
    loads : str
        Fingerprint of the complete loads that they were read from.
    database : dict
        Which database: "engine", "address", "database", "id" as people are told (`_database`).
    """

    loads: str
    database: Mapping[str, str]


def fetch(graph: Graph, **options: Any) -> Fetched:
    """Read the graph into arrays.

    Parameters
    ----------
    graph : Graph
        Any engine; two queries through the fetch door.
    **options
        Parameters of the analysis, passed through.

    Returns
    -------
    Fetched
        Models with an edge or a configuration, edges, and the whole-graph quantities.

    Raises
    ------
    UserError
        The graph is empty, a load is not finished (numbers would be of half a graph), or the
        graph changed while it was read.
    """
    loads = _whole_loads(graph)
    models = _models(graph)
    edges = _edges(graph, models)
    adapters = edges.child[edges.having("adapter")]
    only_shapes = models.frame.pop("only_shapes").to_numpy(dtype=bool)
    models.frame.loc[adapters[only_shapes[adapters]], "has_row"] = False
    created = models.frame["created_at"]
    grown = forest.grow(
        models.n,
        edges,
        created.to_numpy(dtype="datetime64[ns]"),
        models.frame["downloads"].to_numpy(dtype=float),
        models.configured,
    )
    _refuse_change(graph, loads)
    return Fetched(models, edges, grown, options, loads, _database(graph))


def _database(graph: Graph) -> dict[str, str]:
    """Say which database this is, without secrets and without a person's home folder.

    "id" tells two apart, from wherever they are called.
    """
    address = graph.address
    if graph.engine == "embedded":
        address = str(Path(address).resolve())
    whole = "|".join((graph.engine, address, graph.database))
    if graph.engine == "embedded":
        for start, short in ((Path.cwd(), ""), (Path.home(), "~")):
            if Path(address).is_relative_to(start):
                address = str(Path(short, Path(address).relative_to(start)))
                break
    return {
        "engine": graph.engine,
        "address": address,
        "database": graph.database,
        "id": hashlib.sha256(whole.encode()).hexdigest()[:16],
    }


def _refuse_change(graph: Graph, loads: str) -> None:
    """Refuse to go on when the loads are no longer those of this fingerprint."""
    if _whole_loads(graph) != loads:
        raise _changed(graph)


def _changed(graph: Graph) -> UserError:
    """Return the error that values of two states of the graph would be mixed."""
    return UserError(
        "The graph changed while it was measured",
        where=graph.address,
        why="a load or a removal ended meanwhile",
        fix="Start this again.",
    )


def _whole_loads(graph: Graph) -> str:
    """Return the fingerprint of the loads; refuse to measure while one is unfinished."""
    every = runs.every(graph)
    half = [run for run in every if run.kind in runs.LOADS and not run.is_complete]
    if half:
        raise UserError(
            "A load is not finished",
            where=f"run {half[0].id}, {half[0].kind} {half[0].source}",
            why="numbers would be of half a graph",
            fix="Start that load again, or take it back with `modelkin runs remove`.",
        )
    if not every:
        raise UserError(
            "The graph is empty",
            where=graph.address,
            fix="`modelkin demo` fills it with the sample; `modelkin load --help` with your files.",
        )
    return runs.fingerprint(graph)


def _models(graph: Graph) -> Models:
    """Read the models that stand in an edge or are configured, ordered by id."""
    frame = graph.frame(catalogue.get("fetch/models"))
    # Engines order text differently (code points or UTF-16 units): the order is ours.
    frame = frame.sort_values("model_id", kind="stable", ignore_index=True)
    ids = frame["model_id"].to_numpy(dtype=object)
    columns: dict[str, Any] = {}
    for attribute in ATTRIBUTES:
        values = frame[attribute.name]
        if attribute.kind in ("integer", "number"):
            columns[attribute.name] = pd.to_numeric(values).astype(float)
        elif attribute.kind == "time":
            columns[attribute.name] = pd.to_datetime(values, utc=True, format="ISO8601").astype(
                "datetime64[ns, UTC]"
            )
        else:
            columns[attribute.name] = values.astype(object).where(values.notna(), None)
    for name in ("family", "organization", "config_hash"):
        values = frame[name]
        columns[name] = values.astype(object).where(values.notna(), None)
    for name in ("configured", "stub"):
        columns[name] = frame[name].astype(bool)
    columns["has_row"] = [bool(_evidences(sources)) for sources in frame["sources"]]
    # An adapter's weight shapes are its base's: they are no row of its own.
    columns["only_shapes"] = [_evidences(s) == {"weight-shapes"} for s in frame["sources"]]
    columns["family"] = columns["family"].fillna("unknown")
    n_graph = graph.fetch(catalogue.get("fetch/counts"))[0]["models"]
    return Models(ids, pd.DataFrame(columns), int(n_graph))


def _evidences(sources: list[str] | None) -> set[str]:
    """Return the kinds of evidence of the configuration rows that sources hold of a model."""
    entries = [s.split("|") for s in sources or ()] if isinstance(sources, list) else []
    return {entry[2] for entry in entries if entry[0] == "config"}


def _edges(graph: Graph, models: Models) -> Edges:
    """Read the edges as row numbers, ordered by (parent, child); hints are no lineage."""
    frame = graph.frame(catalogue.get("fetch/edges"))
    frame = frame[frame["relation"] != HINT]
    row = pd.Series(np.arange(models.n, dtype=np.int64), index=models.ids)
    if not (frame["parent"].isin(row.index) & frame["child"].isin(row.index)).all():
        raise _changed(graph)
    parent = row.loc[frame["parent"]].to_numpy(dtype=np.int64)
    child = row.loc[frame["child"]].to_numpy(dtype=np.int64)
    bits = np.fromiter(
        (sum(BITS[r] for r in relations) for relations in frame["relations"]),
        dtype=np.uint8,
        count=len(frame),
    )
    order = np.lexsort((child, parent))
    relation = frame["relation"].to_numpy(dtype=object)
    return Edges(parent[order], child[order], bits[order], relation[order])


def publish(
    graph: Graph,
    result: Result,
    inputs: Fetched,
    *,
    output: Path | None = None,
    write: bool = False,
    progress: Progress = lambda _phase, _n: None,
) -> tuple[Path, Counter[str]]:
    """Save a result's tables and figures, and write back when asked.

    Parameters
    ----------
    graph : Graph
        Where the values are written.
    result : Result
        What an analysis gave.
    inputs : Fetched
        What it was computed from: turns rows into ids.
    output : Path, optional
        Folder above ``<analysis>/<run>/``; ``out`` in the working directory unless named.
    write : bool
        Whether the graph is changed.
    progress : callable, optional
        Called with (phase, records done).

    Returns
    -------
    folder : Path
        Where the files are.
    counts : Counter
        Records written back, by target.

    Raises
    ------
    UserError
        The files are written, but the graph is no longer the one that was measured.
    """
    identity = runs.run_id(result.name, inputs.loads, result.parameters)
    made = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "database": dict(inputs.database),
        "loads": inputs.loads,
        "models": inputs.models.n_graph,
        "edges": inputs.edges.n,
    }
    folder = save(result, files.result_folder(result.name, identity, output), identity, made)
    if result.is_whole:  # a part does not take the place of the whole
        files.point_latest(folder)
    if not write or not result.writes:
        return folder, Counter()
    return folder, _write_back(graph, result, inputs, progress)


def _write_back(graph: Graph, result: Result, inputs: Fetched, progress: Progress) -> Counter[str]:
    """Write a result's values in a run of its own; the older run of its kind is replaced."""
    run = _begin(graph, result, inputs.loads)
    if not run.is_complete:
        for number, back in enumerate(result.writes):
            phase = f"{number}-{back.target}"
            records = _records(back, inputs, run.id, _stamp(result, back, run))
            run = _store(graph, run, phase, records, back.target, progress)
        for name in AFTER[result.name]:
            drain(graph, name, run=run.id, limit=BATCH)
        run = runs.finish(graph, run, run.counts)
    for other in _others(graph, run):
        runs.forget(graph, other)
    return Counter(run.counts)


def _begin(graph: Graph, result: Result, loads: str) -> runs.Run:
    """Start a write-back's run, or go on with it where all that it wrote still stands."""
    identity = runs.run_id(result.name, loads, result.parameters)
    every = runs.refuse_while_live(graph)
    for run in every:
        overwritten = run.state == "removing" or not is_current(run, loads, every)
        if run.id == identity and overwritten:
            runs.forget(graph, run)
    run = runs.start(graph, result.name, result.name, loads, result.parameters)
    _refuse_change(graph, loads)
    if not run.is_complete:
        # From here on the values of older runs are overwritten: none of them is complete.
        for other in _others(graph, run):
            runs.retire(graph, other)
    return run


def _others(graph: Graph, run: runs.Run) -> list[runs.Run]:
    """Return the other runs of a run's kind."""
    return [o for o in runs.every(graph) if o.kind == run.kind and o.id != run.id]


AFTER: Mapping[str, tuple[str, ...]] = {
    "depth": ("write/clear_depth_stale", "write/unlabel_roots", "write/label_roots"),
    "drift": (),
    "similarity": ("write/clear_similar_stale",),
}
"""Kind of a write-back -> queries that set labels and take away what its older runs left."""

STORE = {
    "model": "write/model_properties",
    "edge": "write/edge_properties",
    "similar": "write/similar",
}


def _stamp(result: Result, back: WriteBack, run: runs.Run) -> dict[str, Any]:
    """Return what every record of a target carries about how it was made."""
    if back.target == "similar":
        return {name: result.parameters.get(name) for name in ("metric", "features")}
    return {"drift_run": run.id} if result.name == "drift" else {}


def _records(
    back: WriteBack, inputs: Inputs, run: str, stamp: dict[str, Any]
) -> list[dict[str, Any]]:
    """Turn rows into ids and a frame into maps the driver can send; missing is null."""
    ids = inputs.models.ids
    frame = back.frame
    keys = {"model": ["row"], "edge": ["parent", "child"], "similar": ["source", "target"]}
    names = [c for c in frame.columns if c not in keys[back.target]]
    ends = [ids[frame[key].to_numpy(dtype=np.int64)] for key in keys[back.target]]
    values = [_plain(row) | stamp for row in files.plain_rows(frame[names])]
    if back.target == "model":
        return [{"model_id": i, "properties": v} for i, v in zip(ends[0], values, strict=True)]
    if back.target == "edge":
        return [
            {"parent": a, "child": b, "properties": v}
            for a, b, v in zip(*ends, values, strict=True)
        ]
    by_source: dict[str, list[dict[str, Any]]] = {}
    for source, target, value in zip(*ends, values, strict=True):
        by_source.setdefault(source, []).append({"target": target, "properties": value})
    return [{"source": s, "edges": edges, "run": run} for s, edges in sorted(by_source.items())]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with Python's own types: the driver packs nothing else reliably."""
    return {
        k: v.item() if hasattr(v, "item") else list(v) if isinstance(v, (tuple, set)) else v
        for k, v in row.items()
    }


def _store(
    graph: Graph,
    run: runs.Run,
    phase: str,
    records: list[dict[str, Any]],
    target: str,
    progress: Progress,
) -> runs.Run:
    """Write the records of one target in batches that move the run's checkpoint."""
    size = BATCH // 10 if target == "similar" else BATCH
    for at in range(run.done.get(phase, 0), len(records), size):
        run = _store_batch(graph, run, phase, records[at : at + size], at, target)
        progress(target, min(at + size, len(records)))
    return run


def _store_batch(
    graph: Graph, run: runs.Run, phase: str, batch: list[dict[str, Any]], at: int, target: str
) -> runs.Run:
    """Write one batch and move the checkpoint in one transaction."""
    number = sum(len(r["edges"]) for r in batch) if target == "similar" else len(batch)

    def work(tx: Tx) -> runs.Run | None:
        stored = runs.checkpoint(tx, run, phase, at, at + len(batch))
        if stored is None:
            return None
        if target == "similar":
            # A source's old edges go in the transaction that draws its new ones: a reader
            # sees one set or the other, never a mixture.
            tx.run(catalogue.get("write/drop_similar_of"), sources=[r["source"] for r in batch])
        tx.run(catalogue.get(STORE[target]), rows=batch)
        return runs.advance(tx, stored, phase, at + len(batch), {target: number})

    return graph.write(work, about=f"write {target} {at}") or runs.get(graph, run.id)
