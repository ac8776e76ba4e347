"""Every member and edge of a walked lineage with its properties, for downloads and the file."""

from __future__ import annotations

from typing import Any

from modelkin.cypher import catalogue
from modelkin.explorer.members import PIECE, Walked
from modelkin.graph.asking import Asking
from modelkin.graph.extract import readable


def rows_of(ask: Asking, members: Walked) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return nodes and edges as `modelkin.graph.extract.lineage` does, under the same filters.

    Returns
    -------
    nodes : list of dict
        ``model_id`` and every known property, ordered by id.
    edges : list of dict
        ``parent``, ``child`` and every known property, ordered by both.
    """
    ids = sorted(members.ids)
    pairs = sorted((s.parent, s.child) for s in members.all_steps)
    nodes = [
        {"model_id": row["model_id"], **readable(row["properties"])}
        for at in range(0, len(ids), PIECE)
        for row in ask.fetch(catalogue.get("load/read_models"), ids=ids[at : at + PIECE])
    ]
    edges = [
        {"parent": row["parent"], "child": row["child"], **readable(row["properties"])}
        for at in range(0, len(pairs), PIECE)
        for row in ask.fetch(
            catalogue.get("load/read_edges"),
            pairs=[{"parent": a, "child": b} for a, b in pairs[at : at + PIECE]],
        )
    ]
    nodes.sort(key=lambda n: str(n["model_id"]))
    edges.sort(key=lambda e: (str(e["parent"]), str(e["child"])))
    return nodes, edges
