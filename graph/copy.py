"""Carry a whole graph from one database into another one, counts checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from modelkin.cypher import catalogue
from modelkin.cypher.query import Mode, Query
from modelkin.errors import UserError
from modelkin.graph.client import Graph, Tx
from modelkin.graph.faults import TooBig

Row = dict[str, Any]
Progress = Callable[[str, int], None]
BATCH = 5_000  # measured: narrow rows go through at 10,000 to 28,000 a second
SMALLEST = 50
# How a model is created with its labels at once: the embedded engine moves a record whose labels
# change, and cannot move it in the transaction that made it. A root is labelled afterwards, while
# it has no edges that would move with it.
_CREATE = {
    ("Model",): "load/create_models",
    ("Configured", "Model"): "load/create_configured",
    ("Model", "Stub"): "load/create_stubs",
}


def copy(
    source: Graph, target: Graph, progress: Progress = lambda phase, n: None
) -> dict[str, int]:
    """Copy all models, edges, similarities and runs.

    Parameters
    ----------
    source : Graph
        Read through the fetch door.
    target : Graph
        An empty database, or one in which a copy was interrupted: that is told by models without
        any run, since runs are copied last. Then it goes on.
    progress : callable
        Called with the phase and how many of it are done.

    Returns
    -------
    dict
        models, edges, similar and runs copied, and `other_nodes` of the source that are not ours
        and stay behind.

    Raises
    ------
    UserError
        When the target is in use, is the source itself, or does not hold the same in the end.

    Notes
    -----
    Safe to run again: each batch is one transaction that creates only what is missing.
    """
    held = target.fetch(_TOTALS)[0]
    if held["runs"] or (source.address, source.database) == (target.address, target.database):
        raise UserError(
            "Cannot copy into this database",
            where=target.address,
            why=f"it holds {held['models']:,} models and {held['runs']:,} runs",
            fix="Copy into an empty database.",
        )
    target.schema(*catalogue.every("schema"))
    with target.loading():
        for phase, read, write in _PHASES:
            done = 0
            for rows in _batches(source.stream(read)):
                done += len(rows)
                _store(target, write, rows, phase)
                progress(phase, done)
    return _compared(source.fetch(_TOTALS)[0], target.fetch(_TOTALS)[0])


def _compared(wanted: Row, got: Row) -> dict[str, int]:
    """Return the counts when both databases hold the same; other nodes stay behind."""
    differing = [name for name in wanted if name != "nodes" and wanted[name] != got[name]]
    if differing:
        raise UserError(
            "The copy differs from its source",
            where=", ".join(f"{name}: {wanted[name]} became {got[name]}" for name in differing),
            why="the source was changed meanwhile, or this is our bug",
            fix="Empty the target and copy again while no load runs.",
        )
    counts = {name: int(wanted[name]) for name in ("models", "edges", "similar", "runs")}
    return counts | {"other_nodes": int(wanted["nodes"] - wanted["models"] - wanted["runs"])}


def _store(
    target: Graph, write: Callable[[Tx, list[Row]], None], rows: list[Row], phase: str
) -> None:
    """Write one batch; halve it when it is too big for one transaction."""
    try:
        target.write(lambda tx: write(tx, rows), about=f"copy {phase}")
    except TooBig:
        if len(rows) <= SMALLEST:
            raise
        middle = len(rows) // 2
        _store(target, write, rows[:middle], phase)
        _store(target, write, rows[middle:], phase)


def _models(tx: Tx, rows: list[Row]) -> None:
    """Create the models that are missing, with their labels."""
    ids = [row["properties"]["model_id"] for row in rows]
    known = {row["model_id"] for row in tx.run(catalogue.get("load/known_models"), ids=ids)}
    by_labels: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row["properties"]["model_id"] not in known:
            labels = tuple(sorted(set(row["labels"]) - {"Root"}))
            by_labels.setdefault(labels, []).append(
                {"model_id": row["properties"]["model_id"], "properties": row["properties"]}
            )
    for labels, made in by_labels.items():
        if labels not in _CREATE:
            raise UserError("Cannot copy a model with these labels", where=", ".join(labels))
        tx.run(catalogue.get(_CREATE[labels]), rows=made)


def _roots(tx: Tx, rows: list[Row]) -> None:
    tx.run(_LABEL_ROOTS, ids=[row["id"] for row in rows])


def _edges(tx: Tx, rows: list[Row]) -> None:
    tx.run(catalogue.get("load/merge_edges"), rows=rows)


def _similar(tx: Tx, rows: list[Row]) -> None:
    """Draw the edges, each told from others between the same models by its run."""
    shaped = [
        {
            "source": row["source"],
            "run": row["properties"]["run"],
            "edges": [{"target": row["target"], "properties": row["properties"]}],
        }
        for row in rows
    ]
    tx.run(catalogue.get("write/similar"), rows=shaped)


def _runs(tx: Tx, rows: list[Row]) -> None:
    for row in rows:
        tx.run(catalogue.get("load/run_put"), run=row["run"]["id"], properties=row["run"])


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _query(name: str, question: str, returns: tuple[str, ...], text: str) -> Query:
    mode: Mode = "write" if "SET" in text else "read"
    return Query(f"copy/{name}", question, (), mode, returns, text)


# Only a copy asks these: whole records, whatever properties they have.
_MODELS = _query(
    "models",
    "Which models are there, with all that they hold?",
    ("properties", "labels"),
    "MATCH (m:Model) RETURN properties(m) AS properties, labels(m) AS labels",
)
_EDGES = _query(
    "edges",
    "Which edges are there, with all that they hold?",
    ("parent", "child", "properties"),
    "MATCH (p:Model)-[e:PARENT_OF]->(c:Model) "
    "RETURN p.model_id AS parent, c.model_id AS child, properties(e) AS properties",
)
_SIMILAR = _query(
    "similar",
    "Which models are drawn as similar, with all that the edges hold?",
    ("source", "target", "properties"),
    "MATCH (s:Model)-[e:SIMILAR_TO]->(t:Model) "
    "RETURN s.model_id AS source, t.model_id AS target, properties(e) AS properties",
)
_ROOTS = _query(
    "roots",
    "Which models are labelled as roots?",
    ("id",),
    "MATCH (m:Root) RETURN m.model_id AS id",
)
_LABEL_ROOTS = _query(
    "label_roots",
    "Label these models as roots.",
    ("n",),
    "UNWIND $ids AS id MATCH (m:Model {model_id: id}) WHERE NOT m:Root SET m:Root "
    "RETURN count(m) AS n",
)
_TOTALS = _query(
    "totals",
    "How much does the graph hold, down to the number of properties?",
    ("models", "configured", "stubs", "roots", "edges", "similar", "runs", "values", "nodes"),
    "RETURN COUNT { (:Model) } AS models, COUNT { (:Configured) } AS configured, "
    "COUNT { (:Stub) } AS stubs, COUNT { (:Root) } AS roots, "
    "COUNT { ()-[:PARENT_OF]->() } AS edges, COUNT { ()-[:SIMILAR_TO]->() } AS similar, "
    "COUNT { (:Run) } AS runs, COUNT { () } AS nodes, "
    "reduce(s = 0, n IN COLLECT { MATCH (m:Model) RETURN sum(size(keys(m))) } | s + n) "
    "+ reduce(s = 0, n IN COLLECT { MATCH (:Model)-[e]->(:Model) RETURN sum(size(keys(e))) } "
    "| s + n) AS values",
)
_PHASES = (
    ("models", _MODELS, _models),
    ("roots", _ROOTS, _roots),
    ("edges", _EDGES, _edges),
    ("similar", _SIMILAR, _similar),
    ("runs", catalogue.get("load/runs_all"), _runs),
)
