"""Values that were computed and written back: which a query reads, and whether they are current."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from modelkin.graph import runs

if TYPE_CHECKING:
    from modelkin.cypher.query import Query
    from modelkin.graph.client import Graph
    from modelkin.graph.runs import Run

STEP = {
    "depth": "modelkin depth --write",
    "drift": "modelkin drift --write",
    "similarity": "modelkin similarity write",
}
"""Kind of a write-back -> the command that makes it new."""

READS: Mapping[str, tuple[str, ...]] = {
    "depth": (
        ":Root", "root_id", "component_id", "depth_", "n_descendants", "n_children", "n_roots",
        "configured_hops", "drift_to_root", "accumulated_drift", "created_delta_days",
        "is_representative",
    ),
    "drift": ("e.drift", ".drift ", "n_changed", "e.changed"),
    "similarity": ("SIMILAR_TO",),
}  # fmt: skip
"""Kind of a write-back -> words of a query that reads its values."""


def needs(query: Query) -> tuple[str, ...]:
    """Return the kinds of write-backs whose values a query reads."""
    return tuple(kind for kind, words in READS.items() if any(w in query.text for w in words))


def is_current(run: Run, loads: str, every: Iterable[Run]) -> bool:
    """Tell whether a write-back was made from the loads as they stand now.

    Parameters
    ----------
    run : Run
        Of the write-back.
    loads : str
        Fingerprint of the complete loads.
    every : iterable of Run
        All runs: a load that was taken back and loaded again has the fingerprint of before,
        but its models and edges are new and bare.
    """
    began_since = any(other.seq > run.seq for other in every if other.kind in runs.LOADS)
    return run.sha256 == loads and not began_since


def stale(graph: Graph, *kinds: str) -> list[str]:
    """Return sentences about stored values that are missing or older than the loads.

    Parameters
    ----------
    graph : Graph
        The database.
    *kinds : str
        "depth", "drift", "similarity": what the caller is about to read.
    """
    loads, every = runs.fingerprint(graph), runs.every(graph)
    out = []
    for kind in kinds:
        last = [run for run in every if run.kind == kind and run.is_complete]
        if not last:
            cut = any(run.kind == kind for run in every)
            why = "was not written to its end" if cut else "was never written"
            out.append(f"{kind} {why}: `{STEP[kind]}` computes it")
        elif not is_current(last[-1], loads, every):
            out.append(f"{kind} is older than the last load or removal: `{STEP[kind]}` renews it")
    return out
