"""A source whose rows are given as a list, for tests of everything behind the readers."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from modelkin.loader.records import EdgeRow, Ledger, ModelRow, Outcome, RawRow

RELATIONS = ("finetune", "adapter", "quantized", "merge", "untyped")


class ListedSource:
    """Rows as they stand: each a kind ("model" or "edge") with the outcomes it becomes."""

    def __init__(
        self,
        rows: Iterable[tuple[str, list[Outcome]]],
        kind: str = "graph",
        **parameters: Any,
    ) -> None:
        self.rows = list(rows)
        self.kind, self.path, self.parameters = kind, Path("listed.json"), parameters
        self.ledger = Ledger()

    @classmethod
    def of(cls, *outcomes: Outcome, kind: str = "graph", **parameters: Any) -> ListedSource:
        """One row for each outcome, models first, as the sources promise."""
        rows: list[tuple[str, list[Outcome]]] = [
            ("edge" if isinstance(outcome, EdgeRow) else "model", [outcome]) for outcome in outcomes
        ]
        return cls(sorted(rows, key=lambda row: row[0], reverse=True), kind, **parameters)

    def read(self) -> Iterator[RawRow]:
        for number, (kind, outcomes) in enumerate(self.rows, 1):
            yield RawRow(kind, f"row {number}", {"outcomes": outcomes})

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        yield from row.values["outcomes"]


def wood(models: int, edges: int, seed: int = 0) -> ListedSource:
    """A reproducible source: models with some attributes, and edges of all relations.

    Some parents are named only by edges, some edges are declared twice, one is a self-loop.
    """
    chance = random.Random(seed)
    ids = [f"org{n % 7}/model-{n:05d}" for n in range(models)]
    rows: list[Outcome] = []
    for n, model_id in enumerate(ids):
        values: dict[str, Any] = {"downloads": n, "likes": n % 11, "license": "apache-2.0"}
        if n % 3 == 0:
            values |= {"model_type": "llama", "hidden_size": 64 * (1 + n % 5), "rope_theta": 1e4}
        rows.append(ModelRow(model_id, values, "hub-api", "2025-07-01"))
    named_only = [f"gone/parent-{n}" for n in range(max(models // 5, 1))]
    for _ in range(edges):
        parent = chance.choice(ids + named_only)
        rows.append(EdgeRow(parent, chance.choice(ids), chance.choice(RELATIONS)))
    rows.append(EdgeRow(ids[0], ids[0], "merge"))
    rows.append(rows[-2])
    return ListedSource.of(*rows)


def grove(n: int = 28, kind: str = "configs") -> ListedSource:
    """Four lineages whose members all differ; every edge is a finetune, some a quantized too."""
    rows: list[Outcome] = []
    for k in range(n):
        shape = {"model_type": "llama", "hidden_size": 64 * (1 + k % 5), "vocab_size": 100 + k,
                 "num_hidden_layers": 2 + k % 7, "num_attention_heads": 2 ** (k % 4)}  # fmt: skip
        rows.append(ModelRow(f"{kind}/m{k:03}", shape, "config.json", "2025-07-01"))
        if k >= 4:
            rows.append(EdgeRow(f"{kind}/m{(k - 4) // 2:03}", f"{kind}/m{k:03}", "finetune"))
        if k % 5 == 4:
            rows.append(EdgeRow(f"{kind}/m{(k - 4) // 2:03}", f"{kind}/m{k:03}", "quantized"))
    return ListedSource.of(*rows, kind=kind)
