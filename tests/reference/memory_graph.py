"""A graph in memory that answers the catalogue's load statements by their names.

Slow and obvious: dicts of models, edges and runs. It stands for a database behind `bolt_double`,
and for a whole `Graph` in tests of the loader's logic. It proves nothing about Cypher.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
_NAME = re.compile(r"^// name: (\S+)$", re.MULTILINE)


def name_of(text: str) -> str:
    """The name in a statement's header; the statement itself where it has none."""
    match = _NAME.search(text)
    return match[1] if match else text.strip()


class DoubledError(Exception):
    """A node with this key is there already: what a uniqueness constraint refuses."""


@dataclass
class Model:
    labels: set[str] = field(default_factory=set)
    properties: dict[str, Any] = field(default_factory=dict)


def _set(held: dict[str, Any], new: dict[str, Any]) -> None:
    """SET x += map: null takes a property away."""
    for name, value in new.items():
        if value is None:
            held.pop(name, None)
        else:
            held[name] = copy.deepcopy(value)


def _runs_in(entries: list[str] | None) -> list[str]:
    return [entry.split("|")[1] for entry in entries or ()]


class Store:
    """What the database holds, and what each statement does to it."""

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}
        self.edges: dict[tuple[str, str], dict[str, Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}

    def answer(self, text: str, params: dict[str, Any]) -> list[Row]:
        name = name_of(text)
        if name.startswith("schema/"):
            return []
        if name.startswith("SHOW INDEXES"):
            return [{"name": "model_key", "state": "ONLINE"}]
        if name.startswith("RETURN 1"):
            return [{"one": 1}]
        work: Callable[..., list[Row]] = getattr(self, name.partition("/")[2])
        return work(**params)

    # models

    def read_models(self, ids: list[str]) -> list[Row]:
        return [
            {
                "model_id": i,
                "properties": copy.deepcopy(self.models[i].properties),
                "labels": sorted(self.models[i].labels),
            }
            for i in ids
            if i in self.models
        ]

    def ids(self) -> list[Row]:
        return [{"model_id": i} for i in sorted(self.models)]

    def known_models(self, ids: list[str]) -> list[Row]:
        return [{"model_id": i} for i in ids if i in self.models]

    def create_models(self, rows: list[Row], labels: tuple[str, ...] = ()) -> list[Row]:
        for row in rows:
            if row["model_id"] in self.models:
                raise DoubledError(row["model_id"])
            self.models[row["model_id"]] = Model({"Model", *labels}, {"model_id": row["model_id"]})
        return self.merge_models(rows)

    def create_configured(self, rows: list[Row]) -> list[Row]:
        return self.create_models(rows, ("Configured",))

    def create_stubs(self, rows: list[Row]) -> list[Row]:
        return self.create_models(rows, ("Stub",))

    def merge_models(self, rows: list[Row]) -> list[Row]:
        for row in rows:
            fresh = Model({"Model"}, {"model_id": row["model_id"]})
            _set(self.models.setdefault(row["model_id"], fresh).properties, row["properties"])
        return [{"n": len(rows)}]

    def models_of_run(self, run: str, limit: int = 5_000) -> list[Row]:
        mine = [i for i, m in self.models.items() if run in _runs_in(m.properties.get("sources"))]
        return self.read_models(sorted(mine)[:limit])

    def count_run_models(self, run: str) -> list[Row]:
        return [{"n": len(self.models_of_run(run, 10**9))}]

    def delete_orphans(self, limit: int = 5_000) -> list[Row]:
        tied = {end for pair in self.edges for end in pair}
        free = [i for i, m in self.models.items() if not m.properties.get("sources")]
        gone = [i for i in free if i not in tied][:limit]
        for i in gone:
            del self.models[i]
        return [{"n": len(gone)}]

    # labels

    def _is_configured(self, model_id: str) -> bool:
        held = self.models[model_id].properties
        adapter = any(
            c == model_id and "adapter" in e["relations"] for (_p, c), e in self.edges.items()
        )
        return ("hidden_size" in held or "num_hidden_layers" in held) and not (
            held.get("config_source") == "weight-shapes" and adapter
        )

    def _is_stub(self, model_id: str) -> bool:
        return not self.models[model_id].properties.get("sources")

    def _label(self, label: str, on: bool, ids: list[str] | None, limit: int) -> list[Row]:
        rule = {"Configured": self._is_configured, "Stub": self._is_stub}[label]
        asked = [i for i in (self.models if ids is None else ids) if i in self.models]
        todo = [i for i in asked if rule(i) is on and (label in self.models[i].labels) is not on]
        for i in todo[:limit]:
            (self.models[i].labels.add if on else self.models[i].labels.discard)(label)
        return [{"n": len(todo[:limit])}]

    def label_configured(self, limit: int = 10**9) -> list[Row]:
        return self._label("Configured", True, None, limit)

    def label_configured_of(self, ids: list[str]) -> list[Row]:
        return self._label("Configured", True, ids, 10**9)

    def unlabel_configured(self, limit: int = 10**9) -> list[Row]:
        return self._label("Configured", False, None, limit)

    def label_stubs(self, limit: int = 10**9) -> list[Row]:
        return self._label("Stub", True, None, limit)

    def unlabel_stubs(self, limit: int = 10**9) -> list[Row]:
        return self._label("Stub", False, None, limit)

    # edges

    def read_edges(self, pairs: list[Row]) -> list[Row]:
        keys = [(p["parent"], p["child"]) for p in pairs]
        return [self._edge(key) for key in keys if key in self.edges]

    def _edge(self, key: tuple[str, str]) -> Row:
        held = copy.deepcopy(self.edges[key])
        return {"parent": key[0], "child": key[1], "claims": held["claims"], "properties": held}

    def edges_of_children(self, children: list[str]) -> list[Row]:
        rows = [self._edge(key) for key in sorted(self.edges) if key[1] in children]
        return [{k: row[k] for k in ("parent", "child", "claims")} for row in rows]

    def create_edges(self, rows: list[Row]) -> list[Row]:
        for row in rows:
            if (row["parent"], row["child"]) in self.edges:
                raise DoubledError(f"{row['parent']} -> {row['child']}")
        return self.merge_edges(rows)

    def update_edges(self, rows: list[Row]) -> list[Row]:
        pairs = [((p, row["child"]), new) for row in rows for p, new in row["parents"].items()]
        there = [(pair, new) for pair, new in pairs if pair in self.edges]
        for pair, new in there:
            _set(self.edges[pair], new)
        return [{"n": len(there)}]

    def merge_edges(self, rows: list[Row]) -> list[Row]:
        whole = [row for row in rows if {row["parent"], row["child"]} <= self.models.keys()]
        for row in whole:
            _set(self.edges.setdefault((row["parent"], row["child"]), {}), row["properties"])
        return [{"n": len(whole)}]

    def edges_of_run(self, run: str, limit: int = 5_000) -> list[Row]:
        mine = [k for k, e in self.edges.items() if run in _runs_in(e["claims"])]
        return [self._edge(key) for key in sorted(mine)[:limit]]

    def count_run_claims(self, run: str) -> list[Row]:
        return [{"n": sum(_runs_in(e["claims"]).count(run) for e in self.edges.values())}]

    def delete_edges(self, pairs: list[Row]) -> list[Row]:
        for pair in pairs:
            del self.edges[pair["parent"], pair["child"]]
        return [{"n": len(pairs)}]

    # runs

    def run_get(self, run: str) -> list[Row]:
        return [{"run": copy.deepcopy(self.runs[run])}] if run in self.runs else []

    def runs_all(self) -> list[Row]:
        ordered = sorted(self.runs.values(), key=lambda r: (r["seq"], r["id"]))
        return [{"run": copy.deepcopy(run)} for run in ordered]

    def run_put(self, run: str, properties: dict[str, Any]) -> list[Row]:
        _set(self.runs.setdefault(run, {"id": run}), properties)
        return [{"n": 1}]

    def run_delete(self, run: str) -> list[Row]:
        return [{"n": int(self.runs.pop(run, None) is not None)}]

    # what tests compare

    def dump(self) -> dict[str, Any]:
        """Everything that loads decide; runs without times and owners."""
        left_out = ("started_at", "finished_at", "touched_at", "owner", "seq")
        return {
            "models": {
                i: (sorted(m.labels), dict(sorted(m.properties.items())))
                for i, m in sorted(self.models.items())
            },
            "edges": {pair: dict(sorted(e.items())) for pair, e in sorted(self.edges.items())},
            "runs": {
                i: {k: v for k, v in sorted(run.items()) if k not in left_out}
                for i, run in sorted(self.runs.items())
            },
        }


class _Tx:
    def __init__(self, store: Store) -> None:
        self._store = store

    def run(self, query: Any, **params: Any) -> list[Row]:
        return self._store.answer(query.text, copy.deepcopy(params))


class MemoryGraph:
    """What the loader asks of a `Graph`, without a server: a failed transaction leaves no trace."""

    def __init__(self) -> None:
        self.store = Store()

    def write(self, work: Callable[[Any], Any], *, about: str = "") -> Any:
        draft = copy.deepcopy(self.store)
        result = work(_Tx(draft))
        self.store = draft
        return result

    def fetch(self, query: Any, **params: Any) -> list[Row]:
        return self.store.answer(query.text, params)

    def schema(self, *queries: Any) -> None:
        for query in queries:
            self.store.answer(query.text, {})

    @contextmanager
    def loading(self) -> Iterator[None]:
        yield
