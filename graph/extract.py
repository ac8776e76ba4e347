"""A model's whole lineage with its attributes, for exports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from modelkin.cypher import catalogue
from modelkin.graph.walk import HOPS, walk

if TYPE_CHECKING:
    from modelkin.graph.client import Graph

BOOKKEEPING = ("attribute_sources", "other_claims", "sources", "claims", "model_id_lower")
"""Properties that serve loads, not readers of an export."""

PIECE = 5_000


def lineage(
    graph: Graph, model_id: str, relations: Iterable[str] = (), hops: int = HOPS
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int | None]:
    """Return ancestors, the model and descendants, with the edges between them.

    Parameters
    ----------
    graph : Graph
        Any engine.
    model_id : str
        A model that is in the graph.
    relations : iterable of str
        Only edges that claim one of these; empty: all.
    hops : int
        Where the walk stops, each way.

    Returns
    -------
    nodes : list of dict
        ``model_id`` and every known property, ordered by id.
    edges : list of dict
        ``parent``, ``child`` and every known property, ordered by both.
    stopped_at : int or None
        The hop limit, when there was more beyond it.
    """
    wanted = list(relations)
    above = walk(graph, model_id, "up", relations=wanted, hops=hops)
    below = walk(graph, model_id, "down", relations=wanted, hops=hops)
    ids = sorted(above.hops.keys() | below.hops.keys())
    pairs = sorted({(s.parent, s.child) for s in (*above.steps, *below.steps)})
    nodes = [
        {"model_id": row["model_id"], **readable(row["properties"])}
        for piece in _pieces(ids)
        for row in graph.fetch(catalogue.get("load/read_models"), ids=piece)
    ]
    edges = [
        {"parent": row["parent"], "child": row["child"], **readable(row["properties"])}
        for piece in _pieces([{"parent": a, "child": b} for a, b in pairs])
        for row in graph.fetch(catalogue.get("load/read_edges"), pairs=piece)
    ]
    nodes.sort(key=lambda n: str(n["model_id"]))
    edges.sort(key=lambda e: (str(e["parent"]), str(e["child"])))
    return nodes, edges, above.stopped_at or below.stopped_at


def readable(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that an export shows."""
    return {k: v for k, v in sorted(properties.items()) if k not in BOOKKEEPING and k != "model_id"}


def _pieces(rows: list[Any]) -> Iterator[list[Any]]:
    """Cut a long list into what one query takes."""
    for at in range(0, len(rows), PIECE):
        yield rows[at : at + PIECE]
