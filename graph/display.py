"""How a value of an answer is shown: to people as words, to programs as plain data."""

from __future__ import annotations

from typing import Any

from modelkin.graph.values import Edge, Node, Path


def as_text(value: Any) -> Any:
    """Return a value for a table: a model is its id, an edge and a path are chains.

    Examples
    --------
    >>> as_text(Edge("PARENT_OF", "a", "b", {"relation": "finetune"}))
    'a -[finetune]-> b'
    """
    match value:
        case Node():
            return value.model_id or _other(value)
        case Edge():
            return f"{value.start_id} -[{_words(value)}]-> {value.end_id}"
        case Path():
            return _chain(value)
        case list() | tuple():
            return [as_text(item) for item in value]
        case dict():
            return {key: as_text(item) for key, item in value.items()}
        case bytes():
            return value.hex()
        case _:
            return value


def as_data(value: Any) -> Any:
    """Return a value for JSON: labels and properties, never the engine's own ids."""
    match value:
        case Node():
            return {"labels": list(value.labels), "properties": as_data(dict(value.properties))}
        case Edge():
            return {
                "type": value.type,
                "start": value.start_id,
                "end": value.end_id,
                "properties": as_data(dict(value.properties)),
            }
        case Path():
            return {
                "nodes": [as_data(node) for node in value.nodes],
                "edges": [as_data(edge) for edge in value.edges],
            }
        case list() | tuple():
            return [as_data(item) for item in value]
        case dict():
            return {key: as_data(item) for key, item in value.items()}
        case bytes():
            return value.hex()
        case _:
            return value


def _other(node: Node) -> str:
    """Spell a node that is no model."""
    name = node.properties.get("id", "")
    return f"{':'.join(node.labels)} {name}".strip()


def _words(edge: Edge) -> str:
    """Spell what an edge says."""
    if edge.type == "SIMILAR_TO":
        distance = edge.properties.get("distance")
        return "similar" if distance is None else f"similar {distance:.3f}"
    return str(edge.properties.get("relation") or edge.type)


def _chain(path: Path) -> str:
    """Spell a path, with each arrow in the direction of its edge."""
    out = str(as_text(path.nodes[0]))
    for node, following, edge in zip(path.nodes, path.nodes[1:], path.edges, strict=False):
        forward = edge.start_id == node.model_id
        out += f" -[{_words(edge)}]-> " if forward else f" <-[{_words(edge)}]- "
        out += str(as_text(following))
    return out
