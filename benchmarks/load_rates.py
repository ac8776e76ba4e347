"""Load rates on both engines, beside a plain driver loop with the same rows.

The plain loop sends batches of 5,000 rows with UNWIND and MERGE, nothing else: no checkpoint, no
claims, no counts, no check. The ratio is what certainty costs.

    python benchmarks/load_rates.py [--models 100000] [--edges 60000]

The embedded engine starts in a temporary folder; Neo4j is measured when NEO4J_URI is set
(`make neo4j` starts one) and its database is empty.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import neo4j
import numpy as np

from modelkin.graph.client import Graph
from modelkin.graph.connect import connect, engine_at
from modelkin.loader.load import load
from modelkin.loader.records import EdgeRow, Ledger, ModelRow, Outcome, RawRow

BATCH = 5_000


class Rows:
    """A source in memory: models with 8 properties, edges to a few hubs and many others."""

    kind = "graph"
    path = Path("synthetic")

    def __init__(self, n_models: int, n_edges: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.parameters = {"models": n_models, "edges": n_edges}
        self.ledger = Ledger()
        self.ids = [f"org{i % 997}/model-{i}" for i in range(n_models)]
        parents = np.minimum(rng.pareto(1.0, n_edges) * 3, n_models // 3).astype(int)
        children = rng.integers(n_models // 3 + 1, n_models, n_edges)
        pairs = sorted({(int(p), int(c)) for p, c in zip(parents, children, strict=True)})
        self.edges = [(self.ids[p], self.ids[c]) for p, c in pairs]

    def properties(self, i: int) -> dict[str, object]:
        return {
            "created_at": f"2024-0{i % 9 + 1}-11T00:55:12Z",
            "downloads": i % 10_007,
            "likes": i % 101,
            "pipeline_tag": "text-generation",
            "library_name": "transformers",
            "license": "apache-2.0",
        }

    def read(self) -> Iterator[RawRow]:
        for i in range(len(self.ids)):
            yield RawRow("model", f"row {i}", {"i": i})
        for pair in self.edges:
            yield RawRow("edge", "edge", {"pair": pair})

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        if row.kind == "model":
            i = row.values["i"]
            yield ModelRow(self.ids[i], self.properties(i), "hub-api", "2025-07-12")
        else:
            yield EdgeRow(*row.values["pair"], "finetune")


def ours(graph: Graph, rows: Rows) -> tuple[float, float]:
    """Seconds for models and for edges."""
    marks = [time.perf_counter()]
    seen: list[str] = []

    def step(phase: str, _done: int) -> None:
        if phase not in seen:
            seen.append(phase)
        marks.append(time.perf_counter())
        ends[phase] = marks[-1]

    ends: dict[str, float] = {}
    load(graph, rows, "0" * 64, progress=step)
    return ends["models"] - marks[0], ends["edges"] - ends["models"]


def plain(uri: str, auth: tuple[str, str], database: str, rows: Rows) -> tuple[float, float]:
    """The same rows by a loop over the driver."""
    with (
        neo4j.GraphDatabase.driver(uri, auth=auth) as driver,
        driver.session(database=database) as session,
    ):
        session.run("CREATE CONSTRAINT IF NOT EXISTS FOR (m:Plain) REQUIRE m.model_id IS UNIQUE")
        began = time.perf_counter()
        for at in range(0, len(rows.ids), BATCH):
            batch = [
                {"id": rows.ids[i], "p": rows.properties(i)}
                for i in range(at, min(at + BATCH, len(rows.ids)))
            ]
            text = "UNWIND $rows AS r MERGE (m:Plain {model_id: r.id}) SET m += r.p"
            session.execute_write(lambda tx, b=batch, t=text: tx.run(t, rows=b).consume())
        middle = time.perf_counter()
        for at in range(0, len(rows.edges), BATCH):
            batch = [{"p": p, "c": c} for p, c in rows.edges[at : at + BATCH]]
            text = (
                "UNWIND $rows AS r MATCH (c:Plain {model_id: r.c}) MATCH (p:Plain {model_id: r.p}) "
                "MERGE (c)<-[e:PLAIN_PARENT]-(p) SET e.relation = 'finetune'"
            )
            session.execute_write(lambda tx, b=batch, t=text: tx.run(t, rows=b).consume())
        return middle - began, time.perf_counter() - middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--edges", type=int, default=60_000)
    arguments = parser.parse_args()
    rows = Rows(arguments.models, arguments.edges)
    print("engine | loader | models /s | edges /s")
    print("--- | --- | --- | ---")
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_at(folder)
        try:
            runtime, passwords = engine.ensure()
            uri = f"bolt://127.0.0.1:{runtime.bolt_port}"
            with connect(db=folder) as graph:
                report("embedded", rows, ours(graph, rows),
                       plain(uri, ("root", passwords.root), graph.database, rows))  # fmt: skip
        finally:
            engine.stop()
    if os.environ.get("NEO4J_URI"):
        with connect() as graph:
            if graph.ask("MATCH (n) RETURN count(n) AS n").rows[0][0]:
                print("neo4j skipped: its database is not empty")
                return
            password = (
                os.environ.get("NEO4J_PASSWORD")
                or Path(os.environ["NEO4J_PASSWORD_FILE"]).read_text().strip().rpartition("/")[2]
            )
            mine = ours(graph, rows)
            auth = ("neo4j", password)
            loop = plain(os.environ["NEO4J_URI"], auth, graph.database, rows)
            report("neo4j", rows, mine, loop)
    else:
        print("neo4j skipped: NEO4J_URI is not set")


def report(name: str, rows: Rows, mine: tuple[float, float], loop: tuple[float, float]) -> None:
    """Print both loaders and their ratio."""
    n, m = len(rows.ids), len(rows.edges)
    print(f"{name} | modelkin | {n / mine[0]:,.0f} | {m / mine[1]:,.0f}")
    print(f"{name} | plain loop | {n / loop[0]:,.0f} | {m / loop[1]:,.0f}")
    print(f"{name} | ratio | {loop[0] / mine[0]:.2f} | {loop[1] / mine[1]:.2f}")


if __name__ == "__main__":
    main()
