"""Taking a run back: its claims go, and what the other runs claim comes forward."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from modelkin.cypher import catalogue
from modelkin.graph import runs
from modelkin.graph.pieces import drain
from modelkin.loader import merge
from modelkin.loader.labels import label

if TYPE_CHECKING:
    from modelkin.graph.client import Graph, Tx

BATCH = 5_000


def remove(graph: Graph, run: runs.Run) -> Counter[str]:
    """Take a run out of the graph.

    A load's claims are deleted, values that it won fall back to the best claim of the other
    loads, and models and edges that nothing else speaks of are deleted. A write-back's values
    are taken away. Safe to interrupt and to run again.

    Parameters
    ----------
    graph : Graph
        Database to write to.
    run : Run
        What to take back, complete or not.

    Returns
    -------
    Counter
        ``edges_deleted``, ``edges_changed``, ``models_deleted``, ``models_changed``,
        ``values_cleared``.
    """
    with graph.loading():
        return take_back(graph, run)


def take_back(graph: Graph, run: runs.Run) -> Counter[str]:
    """Do what `remove` does, inside a load that has the database already."""
    counts: Counter[str] = Counter()
    runs.retire(graph, run)
    if run.kind in runs.LOADS:
        _repeat(graph, lambda tx: _edges(tx, run), counts)
        _repeat(graph, lambda tx: _models(tx, run), counts)
        counts["models_deleted"] += drain(graph, "load/delete_orphans", limit=BATCH)
        label(graph)
    else:
        for name in WRITTEN[run.kind]:
            counts["values_cleared"] += drain(graph, name, run=run.id, limit=BATCH)
    runs.forget(graph, run)
    return counts


WRITTEN = {
    "drift": ("write/clear_drift",),
    "depth": ("write/clear_depth", "write/clear_edge_ages", "write/clear_roots"),
    "similarity": ("write/clear_similar",),
}
"""Kind of a write-back -> the queries that take its values away, piece by piece."""


def _repeat(graph: Graph, work: Callable[[Tx], Counter[str]], counts: Counter[str]) -> None:
    """Run one bounded piece after another until nothing is left to do."""
    while True:
        done = graph.write(work, about="remove run")
        if not done.total():
            return
        counts.update(done)


def _edges(tx: Tx, run: runs.Run) -> Counter[str]:
    """Take the run's claims off one piece of edges."""
    rows = tx.run(catalogue.get("load/edges_of_run"), run=run.id, limit=BATCH)
    changed, gone = [], []
    for row in rows:
        rest = {claim for claim in row["claims"] if claim.split("|")[1] != run.id}
        pair = (row["parent"], row["child"])
        if rest:
            changed.append(merge.edge_row(*pair, rest))
        else:
            gone.append({"parent": pair[0], "child": pair[1]})
    if changed:
        tx.run(catalogue.get("load/update_edges"), rows=merge.by_child(changed))
    if gone:
        tx.run(catalogue.get("load/delete_edges"), pairs=gone)
    return Counter(edges_changed=len(changed), edges_deleted=len(gone))


def _models(tx: Tx, run: runs.Run) -> Counter[str]:
    """Take the run's claims off one piece of models; what nothing speaks of goes."""
    rows = tx.run(catalogue.get("load/models_of_run"), run=run.id, limit=BATCH)
    changed = []
    for row in rows:
        rest = merge.Claims.of(row["properties"]).without(run.id)
        properties = merge.values(row["model_id"], rest)
        if run.kind == "arena" and not any(s.startswith("arena|") for s in rest.sources):
            properties |= dict.fromkeys(runs.ARENA)  # else a later ranking has set them since
        changed.append({"model_id": row["model_id"], "properties": properties})
    if changed:
        tx.run(catalogue.get("load/merge_models"), rows=changed)
    return Counter(models_changed=len(changed))
