"""A graph in memory that answers what the explorer asks, as `modelkin.graph.asking.Asking` does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelkin.cypher import catalogue
from modelkin.cypher.query import Query
from modelkin.graph.door import Answer


class AskedGraph:
    """Edges as (parent, child, relation); facts by model id.

    Attributes
    ----------
    asked : list of str
        Names of the queries, in order.
    """

    def __init__(
        self, edges: Iterable[tuple[str, str, str]], facts: dict[str, dict[str, Any]] | None = None
    ) -> None:
        self.edges = list(edges)
        self.facts = facts or {}
        self.asked: list[str] = []
        self.ids = {i for edge in self.edges for i in edge[:2]} | set(self.facts)

    def fetch(self, query: Query, **params: Any) -> list[dict[str, Any]]:
        self.asked.append(query.name)
        return list(getattr(self, query.name.replace("/", "_"))(**params))

    def ask(self, name: str, **params: Any) -> list[dict[str, Any]]:
        query = catalogue.get(name)
        return self.fetch(query, **catalogue.bind(query, params))

    def cypher(self) -> list[dict[str, str]]:
        return []

    def below(self, start: str) -> set[str]:
        """Everything below a model, by the plainest search."""
        seen: set[str] = set()
        stack = [start]
        while stack:
            here = stack.pop()
            for parent, child, _ in self.edges:
                if parent == here and child != here and child not in seen:
                    seen.add(child)
                    stack.append(child)
        return seen - {start}

    def _rows(self, frontier: list[str], relations: list[str], end: int) -> Any:
        for edge in self.edges:
            if edge[0] != edge[1] and edge[end] in frontier and edge[2] in (relations or [edge[2]]):
                yield {"parent": edge[0], "child": edge[1], "relation": edge[2],
                       "relations": [edge[2]], "drift": None}  # fmt: skip

    def lineage_step_up(self, frontier: list[str], relations: list[str]) -> Any:
        return self._rows(frontier, relations, 1)

    def lineage_step_down(self, frontier: list[str], relations: list[str]) -> Any:
        return self._rows(frontier, relations, 0)

    def fetch_members(self, ids: list[str]) -> Any:
        for model in sorted(self.ids.intersection(ids)):
            yield self._facts(model)

    def _facts(self, model: str) -> dict[str, Any]:
        held = self.facts.get(model, {})
        kids = {c for p, c, _ in self.edges if p == model and c != model}
        return {"model_id": model, "created_at": held.get("created_at"),
                "downloads": held.get("downloads"), "license": held.get("license"),
                "n_children": len(kids), "n_descendants": len(self.below(model))}  # fmt: skip

    def fetch_children(
        self, model_id: str, relations: list[str], sort: str, skip: int, limit: int
    ) -> Any:
        rows = [
            {"child": row["child"], **self._facts(row["child"])}
            for row in self._rows([model_id], relations, 0)
        ]
        first = {"downloads": "downloads", "descendants": "n_descendants"}.get(sort, "")
        rows.sort(key=lambda r: (-(-1 if r.get(first) is None else r[first]), r["child"]))
        return rows[skip : skip + limit]

    def load_read_edges(self, pairs: list[dict[str, str]]) -> Any:
        for edge in self.edges:
            if {"parent": edge[0], "child": edge[1]} in pairs:
                yield {"parent": edge[0], "child": edge[1], "claims": [],
                       "properties": {"relation": edge[2], "relations": [edge[2]]}}  # fmt: skip

    def fetch_counts(self) -> Any:
        n = {"models": len(self.ids), "edges": len(self.edges)}
        yield {**dict.fromkeys(("configured", "stubs", "roots", "similar", "runs"), 0), **n}

    def lineage_roots(self, limit: int) -> Any:
        children = {child for _, child, _ in self.edges}
        return [self._facts(m) for m in sorted(self.ids - children)][:limit]

    def lineage_resolve(self, model_id: str) -> Any:
        return [{"model_id": m} for m in sorted(self.ids) if m.lower() == model_id.lower()]

    def lineage_candidates(self, organization: str, parts: list[str]) -> Any:
        return [{"model_id": m, "n_parts": 1} for m in sorted(self.ids)][:1000]

    def overview_search(self, text: str, limit: int) -> Any:
        found = [m for m in sorted(self.ids) if text.lower() in m.lower()]
        return [self._facts(m) for m in found][:limit]

    def lineage_parents(self, model_id: str) -> Any:
        for row in self._rows([model_id], [], 1):
            yield {**row, "n_compared": None, "changed": None}

    def lineage_children(self, model_id: str, relations: list[str], limit: int) -> Any:
        return list(self._rows([model_id], relations, 0))[:limit]

    def similarity_similar(self, model_id: str, limit: int) -> Any:
        return []

    def fetch_model(self, model_id: str) -> Any:
        yield {"properties": {"model_id": model_id, **self.facts.get(model_id, {})},
               "labels": ["Model"]}  # fmt: skip

    def load_runs_all(self) -> Any:
        return []

    def load_read_models(self, ids: list[str]) -> Any:
        for model in sorted(self.ids.intersection(ids)):
            yield {"model_id": model, "labels": ["Model"],
                   "properties": {"model_id": model, **self.facts.get(model, {})}}  # fmt: skip


class StandIn:
    """An `AskedGraph` where a `Graph` is wanted: answers by the name that a statement carries."""

    engine, address, notices = "embedded", "nowhere", ()

    def __init__(self, asked: AskedGraph) -> None:
        self.asked = asked

    def fetch(self, query: Query, **params: Any) -> list[dict[str, Any]]:
        return self.asked.fetch(query, **params)

    def ask(self, text: str, params: dict[str, Any], **_limits: Any) -> Answer:
        name = text.partition("// name: ")[2].partition("\n")[0]
        query = catalogue.get(name)
        rows = self.asked.fetch(query, **params)
        return Answer(
            query.returns, [tuple(r.get(c) for c in query.returns) for r in rows], False, 0
        )
