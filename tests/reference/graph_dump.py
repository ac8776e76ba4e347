"""Everything that a database holds, in an order and form that can be compared."""

from __future__ import annotations

from typing import Any

from modelkin.cypher.query import Query
from modelkin.graph.client import Graph

TIMES = ("started_at", "finished_at", "touched_at", "owner")
"""What a run says of its process and of the clock."""


def statement(text: str, mode: str = "read") -> Query:
    return Query("tests/dump", "?", (), mode, (), text)  # type: ignore[arg-type]  # a mode


def dump(graph: Graph, leave_out: tuple[str, ...] = TIMES) -> dict[str, list[Any]]:
    """Lists, not maps: a doubled node or edge is seen."""
    models = graph.fetch(
        statement(
            "MATCH (m:Model) RETURN m.model_id AS id, labels(m) AS labels, properties(m) AS p"
        )
    )
    edges = graph.fetch(
        statement(
            "MATCH (a)-[e]->(b) RETURN a.model_id AS parent, type(e) AS type, b.model_id AS child, "
            "properties(e) AS p"
        )
    )
    runs = graph.fetch(statement("MATCH (r:Run) RETURN labels(r) AS labels, properties(r) AS p"))
    others = graph.fetch(
        statement("MATCH (n) WHERE NOT n:Model AND NOT n:Run RETURN labels(n) AS labels")
    )
    return {
        "models": sorted([m["id"], sorted(m["labels"]), sorted(m["p"].items())] for m in models),
        "edges": sorted(
            [e["parent"], e["child"], e["type"], sorted(e["p"].items())] for e in edges
        ),
        "runs": sorted(
            sorted((k, v) for k, v in r["p"].items() if k not in leave_out) for r in runs
        ),
        "others": [sorted(o["labels"]) for o in others],
    }


def without_runs(graph: Graph) -> dict[str, list[Any]]:
    """The dump without its run nodes: counts there tell the order of loads."""
    whole = dump(graph)
    del whole["runs"]
    return whole


def wipe(graph: Graph) -> None:
    """Delete all nodes and edges; constraints and indexes stay."""
    some = statement("MATCH (n) WITH n LIMIT 5000 DETACH DELETE n RETURN count(*) AS n", "write")
    while graph.write(lambda tx: tx.run(some))[0]["n"]:
        pass
