"""Lineage questions on lineages of extreme shape, on the embedded engine (and NEO4J_URI).

    python benchmarks/shapes.py [--chain 100000]

A lattice of merges 2 wide and 24 deep, a hub of 30,000 children, a chain; then the whole-graph
quantities of the chain once its arrays are read.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from modelkin.graph.client import Graph
from modelkin.graph.connect import connect, engine_at
from modelkin.graph.walk import walk
from modelkin.loader.load import load
from modelkin.loader.records import EdgeRow, Ledger, ModelRow, Outcome, RawRow
from modelkin.pipeline import fetch

HUB, LEVELS = 30_000, 24


class Shapes:
    """Declared edges of the three shapes."""

    kind = "graph"
    path = Path("shapes")

    def __init__(self, chain: int) -> None:
        self.parameters = {"chain": chain}
        self.ledger = Ledger()
        self.chain = chain

    def read(self) -> Iterator[RawRow]:
        for level in range(LEVELS):
            for above in "ab":
                for below in "ab":
                    yield row(f"lattice/{above}{level}", f"lattice/{below}{level + 1}", "merge")
        for i in range(HUB):
            yield row("hub/base", f"hub/child-{i}", "adapter")
        for i in range(self.chain):
            yield row(f"chain/m{i}", f"chain/m{i + 1}", "finetune")

    def normalise(self, raw: RawRow) -> Iterator[Outcome]:
        parent, child, relation = raw.values["edge"]
        yield ModelRow(child, {}, "hub-api", "")
        yield EdgeRow(parent, child, relation)


def row(*edge: str) -> RawRow:
    return RawRow("edge", "", {"edge": edge})


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(graph: Graph, name: str, chain: int) -> None:
    load(graph, Shapes(chain), "0" * 64)
    asked = {
        "lattice down": lambda: walk(graph, "lattice/a0", "down"),
        "lattice up": lambda: walk(graph, f"lattice/a{LEVELS}", "up"),
        "hub down": lambda: walk(graph, "hub/base", "down"),
        "hub up": lambda: walk(graph, "hub/child-7", "up"),
        "chain, 50 hops": lambda: walk(graph, "chain/m0", "down", hops=50),
    }
    for what, work in asked.items():
        work()
        print(f"{name} | {what} | {min(seconds(work) for _ in range(3)):.3f}")
    print(f"{name} | fetch and whole-graph quantities | {seconds(lambda: fetch(graph)):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chain", type=int, default=100_000)
    chain = parser.parse_args().chain
    print("engine | question | seconds\n--- | --- | ---")
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_at(folder)
        try:
            with connect(db=folder) as graph:
                measure(graph, "embedded", chain)
        finally:
            engine.stop()
    if os.environ.get("NEO4J_URI"):
        with connect() as graph:
            measure(graph, "neo4j", chain)


if __name__ == "__main__":
    main()
