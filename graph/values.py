"""What a query answers, free of driver types: nodes, edges, paths, and plain values.

Element ids never leave this module: they differ between engines and change with time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# A row whose values all are of these types needs no conversion (checked at C speed).
SCALARS = frozenset({type(None), bool, int, float, str})


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its labels (sorted) and its properties (sorted by name)."""

    labels: tuple[str, ...]
    properties: Mapping[str, Any]

    @property
    def model_id(self) -> str | None:
        """The model's id; None for a node that is no model."""
        return self.properties.get("model_id")


@dataclass(frozen=True, slots=True)
class Edge:
    """A relationship; `start_id` and `end_id` are the ends' model ids, None where there is none."""

    type: str
    start_id: str | None
    end_id: str | None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Path:
    """A walk: ``edges[i]`` joins ``nodes[i]`` and ``nodes[i + 1]``, in either direction."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


Names = Mapping[str, str | None]  # element id -> model id, for ends that came without properties


def plain_row(values: Sequence[Any], names: Names | None = None) -> tuple[Any, ...]:
    """Return one row with every value in a type of Python or of this module."""
    if SCALARS.issuperset(map(type, values)):
        return tuple(values)
    return tuple(plain(value, names) for value in values)


def plain(value: Any, names: Names | None = None) -> Any:
    """Return a value free of driver types.

    Temporal values become ISO 8601 text, points become maps, bytes stay bytes.
    """
    if type(value) in SCALARS:
        return value
    if isinstance(value, list):
        if SCALARS.issuperset(map(type, value)):
            return value
        return [plain(item, names) for item in value]
    if isinstance(value, dict):
        return {key: plain(item, names) for key, item in value.items()}
    return _from_driver(value, names or {})


def unnamed_ends(values: Iterable[Any]) -> set[str]:
    """Return the element ids of ends of relationships that came without their properties."""
    from neo4j.graph import Path as DriverPath
    from neo4j.graph import Relationship

    found: set[str] = set()
    for value in values:
        if isinstance(value, list):
            found |= unnamed_ends(value)
        elif isinstance(value, dict):
            found |= unnamed_ends(value.values())
        elif isinstance(value, Relationship):
            found |= {n.element_id for n in value.nodes if n is not None and "model_id" not in n}
        elif isinstance(value, DriverPath):
            found |= unnamed_ends(value.relationships)
    return found


def _from_driver(value: Any, names: Names) -> Any:
    """Convert the driver's own types; anything unknown is returned as text."""
    import neo4j.graph
    import neo4j.spatial
    import neo4j.time

    match value:
        case neo4j.graph.Node():
            return _node(value)
        case neo4j.graph.Relationship():
            return _edge(value, names)
        case neo4j.graph.Path():
            return Path(
                tuple(_node(node) for node in value.nodes),
                tuple(_edge(edge, names) for edge in value.relationships),
            )
        case neo4j.time.Date() | neo4j.time.Time() | neo4j.time.DateTime() | neo4j.time.Duration():
            return value.iso_format()
        case neo4j.spatial.Point():
            return {"srid": value.srid, "coordinates": list(value)}
        case bytes() | bytearray():
            return bytes(value)
        case _ if hasattr(value, "isoformat"):
            return value.isoformat()
        case _:
            return str(value)


def _properties(entity: Any) -> dict[str, Any]:
    return {key: plain(entity[key]) for key in sorted(entity.keys())}


def _node(node: Any) -> Node:
    return Node(tuple(sorted(node.labels)), _properties(node))


def _edge(edge: Any, names: Names) -> Edge:
    start, end = (
        None if node is None else node.get("model_id", names.get(node.element_id))
        for node in edge.nodes
    )
    return Edge(edge.type, start, end, _properties(edge))
