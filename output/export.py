"""A lineage for other tools: GraphML, CSV, JSON, and what `modelkin.output.trees` writes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelkin.output.show import to_csv
from modelkin.output.trees import dot, newick

Rows = Sequence[Mapping[str, Any]]


def graphml(nodes: Rows, edges: Rows, raw: bool = False) -> str:
    """Return GraphML that networkx, Gephi and yEd read; lists become text joined by "; ".

    Characters that XML cannot hold are written as their escapes. `raw` changes nothing.
    """
    import networkx as nx

    graph = nx.DiGraph()
    for node in nodes:
        graph.add_node(_xml(node["model_id"]), **_flat(node, ("model_id",)))
    for edge in edges:
        graph.add_edge(
            _xml(edge["parent"]), _xml(edge["child"]), **_flat(edge, ("parent", "child"))
        )
    out = io.BytesIO()
    nx.write_graphml(graph, out, named_key_ids=True)
    return out.getvalue().decode("utf-8") + "\n"


def as_json(nodes: Rows, edges: Rows, raw: bool = False) -> str:
    """Return node-link JSON: ``nodes`` with ``id``, ``edges`` with ``source`` and ``target``."""
    data = {
        "directed": True,
        "multigraph": False,
        "graph": {},
        "nodes": [{"id": n["model_id"], **_rest(n, ("model_id",))} for n in nodes],
        "edges": [
            {"source": e["parent"], "target": e["child"], **_rest(e, ("parent", "child"))}
            for e in edges
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=True) + "\n"


def models_csv(nodes: Rows, raw: bool = False) -> str:
    """Return the models as CSV: the id, then every property that one of them has, by name."""
    names = sorted({name for node in nodes for name in _rest(node, ("model_id",))})
    rows = [{k: ";".join(map(str, v)) if isinstance(v, list) else v for k, v in node.items()}
            for node in nodes]  # fmt: skip
    return to_csv(["model_id", *names], rows, raw=raw)


def edges_csv(nodes: Rows, edges: Rows, raw: bool = False) -> str:
    """Return the edges as CSV, with the ends' family and date beside them."""
    by_id = {n["model_id"]: n for n in nodes}
    columns = [
        "parent_id", "child_id", "relation", "relations", "drift", "n_compared", "changed",
        "parent_family", "child_family", "child_created_at",
    ]  # fmt: skip
    rows = []
    for edge in edges:
        parent, child = by_id[edge["parent"]], by_id[edge["child"]]
        rows.append(
            {
                "parent_id": edge["parent"],
                "child_id": edge["child"],
                "relation": edge.get("relation"),
                "relations": ";".join(edge.get("relations") or ()),
                "drift": edge.get("drift"),
                "n_compared": edge.get("n_compared"),
                "changed": ";".join(edge.get("changed") or ()),
                "parent_family": parent.get("family"),
                "child_family": child.get("family"),
                "child_created_at": child.get("created_at"),
            }
        )
    return to_csv(columns, rows, raw=raw)


WRITERS: Mapping[str, Callable[[Rows, Rows, bool], str]] = {
    "graphml": graphml,
    "csv": edges_csv,
    "json": as_json,
    "dot": dot,
    "newick": newick,
}


def _rest(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the known properties beside the keys."""
    return {k: v for k, v in row.items() if k not in keys and v is not None}


def _flat(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return properties that GraphML can hold."""
    return {
        k: _xml("; ".join(map(str, v)))
        if isinstance(v, list)
        else _xml(v)
        if isinstance(v, str)
        else v
        for k, v in _rest(row, keys).items()
    }


def _xml(text: str) -> str:
    """Escape the characters that XML 1.0 has no way to write."""
    return "".join(
        c
        if c in "\t\n" or 0x20 <= ord(c) <= 0xD7FF or 0xE000 <= ord(c) <= 0xFFFD or ord(c) > 0xFFFF
        else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in text
    )
