"""Writes lineage: the reference's NetworkX pickle, edge lists, the dashboard's JSON."""

from __future__ import annotations

import csv
import gc
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelkin.data.synth.listing_files import created_text, listed, lists_of
from modelkin.data.synth.params import BITS, RELATIONS
from modelkin.data.synth.world import World

# The reference writes the single label in this order, the last one staying.
_LABEL_ORDER = ("finetune", "quantized", "adapter", "merge")


def write_pickle(world: World, path: Path) -> None:
    """Write ai_ecosystem_graph.pkl: a DiGraph parent -> child with the reference's attributes.

    Missing parents are nodes without attributes, and their edges have no differences.
    """
    import networkx as nx

    graph = nx.DiGraph()
    created = created_text(world)
    enabled = gc.isenabled()
    gc.disable()  # millions of small dicts: three times slower with it
    try:
        for row in listed(world):
            graph.add_node(world.ids[row], **_node(world, row, created[row]))
        for edge in range(len(world.parent)):
            parent, child = world.parent[edge], world.child[edge]
            graph.add_edge(world.ids[parent], world.ids[child], **_edge(world, edge))
        with path.open("wb") as file:
            pickle.dump(graph, file, protocol=4)
    finally:
        if enabled:
            gc.enable()


def _node(world: World, row: int, created: str) -> dict[str, Any]:
    """Return a node's attributes; a missing task or library is NaN, as pandas leaves it."""
    table = world.listing
    return {
        "likes": int(table.likes[row]),
        "downloads": int(table.downloads[row]),
        "pipeline_tag": table.pipeline_tag[row] or float("nan"),
        "library_name": table.library_name[row] or float("nan"),
        "createdAt": created,
        **lists_of(world, row),
    }


def _edge(world: World, edge: int) -> dict[str, Any]:
    """Return an edge's attributes: relations, and what changed from parent to child."""
    bits = int(world.bits[edge])
    kinds = [r for r in _LABEL_ORDER if bits & BITS[r]]
    attributes: dict[str, Any] = {"edge_types": kinds, "edge_type": kinds[-1] if kinds else None}
    parent, child = int(world.parent[edge]), int(world.child[edge])
    if world.stub[parent]:
        return attributes
    for name in ("likes", "downloads"):
        before = int(getattr(world.listing, name)[parent])
        change = int(getattr(world.listing, name)[child]) - before
        attributes[f"change_in_{name}"] = change
        attributes[f"percentage_change_in_{name}"] = change / before if before else float("nan")
    seconds = int((world.created_at[child] - world.created_at[parent]).astype("int64"))
    attributes["change_in_createdAt_days"] = seconds // 86_400
    return attributes


def _declared(world: World) -> Iterator[dict[str, str]]:
    """Yield parent, child and relation, a line for each relation of a pair."""
    for parent, child, bits in zip(
        world.parent.tolist(), world.child.tolist(), world.bits.tolist(), strict=True
    ):
        for relation in RELATIONS:
            if bits & BITS[relation]:
                yield {
                    "parent_id": world.ids[parent],
                    "child_id": world.ids[child],
                    "relation": relation,
                }


def write_edges_csv(world: World, path: Path) -> None:
    """Write edges.csv: parent_id, child_id, relation."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["parent_id", "child_id", "relation"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(_declared(world))


def write_edges_jsonl(world: World, path: Path) -> None:
    """Write edges.jsonl: the same as objects, one a line."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in _declared(world):
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def write_dashboard(world: World, path: Path) -> None:
    """Write graph_data.json: the dashboard's nodes, edges (one label each) and metadata.

    An edge of a missing parent names a node that is not there; an untyped edge has null.
    """
    created, table = created_text(world), world.listing
    nodes = [
        {
            "id": world.ids[row],
            "name": world.ids[row].split("/")[-1],
            "likes": int(table.likes[row]),
            "downloads": int(table.downloads[row]),
            "createdAt": created[row],
            "pipeline_tag": table.pipeline_tag[row],
            "library_name": table.library_name[row],
            "size": 1.0,
        }
        for row in listed(world)
    ]
    edges = [
        {
            "source": world.ids[world.parent[e]],
            "target": world.ids[world.child[e]],
            "type": _edge(world, e)["edge_type"],
        }
        for e in range(len(world.parent))
    ]
    metadata = {
        "total_nodes": len(nodes),
        "total_edges": len(edges),
        "full_graph": True,
        "sample": False,
        "original_size": len(nodes),
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        json.dump({"nodes": nodes, "edges": edges, "metadata": metadata}, file)
