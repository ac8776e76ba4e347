"""Whole-graph quantities on 1.86 million models and 574 thousand edges, beside networkx.

    python benchmarks/whole_graph.py [--models 1860411] [--edges 573631]

Ours gives components, main parents, roots, both depths, children, exact descendants and the
number of roots above, all in one call. networkx gets the parts it has: the graph, components,
depths by breadth-first search, descendants of the 2,000 biggest parents only.
"""

from __future__ import annotations

import argparse
import time

import networkx as nx
import numpy as np

from modelkin.analysis.forest import grow
from modelkin.analysis.inputs import BITS, Edges


def world(n: int, m: int, seed: int = 0) -> tuple[Edges, np.ndarray, np.ndarray]:
    """A synthetic hub: Pareto parents, children older than few, one merge in fourteen."""
    rng = np.random.default_rng(seed)
    parent = np.minimum(rng.pareto(0.9, m) * 20, n - 2).astype(np.int64)
    child = np.minimum(parent + 1 + rng.integers(0, n // 4, m), n - 1)
    key = np.unique(parent * n + child)
    parent, child = key // n, key % n
    bits = rng.choice(
        np.array([BITS["finetune"], BITS["adapter"], BITS["quantized"], BITS["merge"]], np.uint8),
        len(parent),
        p=[0.33, 0.35, 0.25, 0.07],
    )
    relation = np.full(len(parent), "finetune", dtype=object)
    created = np.datetime64("2022-03-02", "ns") + np.sort(
        rng.integers(0, 1200, n)
    ) * np.timedelta64(86_400_000_000_000, "ns")
    return Edges(parent, child, bits, relation), created, rng.pareto(1, n)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=1_860_411)
    parser.add_argument("--edges", type=int, default=573_631)
    arguments = parser.parse_args()
    edges, created, downloads = world(arguments.models, arguments.edges)
    n = arguments.models
    configured = np.zeros(n, dtype=bool)
    small, small_created, small_downloads = world(1_000, 300)
    began = time.perf_counter()
    grow(1_000, small, small_created, small_downloads, np.zeros(1_000, dtype=bool))
    compiled = time.perf_counter() - began
    best = min(_timed(n, edges, created, downloads, configured) for _ in range(3))

    began = time.perf_counter()
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(zip(edges.parent.tolist(), edges.child.tolist(), strict=True))
    built = time.perf_counter() - began
    began = time.perf_counter()
    sum(1 for _ in nx.weakly_connected_components(graph))
    roots = [v for v in graph if graph.in_degree(v) == 0 and graph.out_degree(v) > 0]
    nx.multi_source_dijkstra_path_length(graph, set(roots)) if n <= 10_000 else _bfs(graph, roots)
    parts = time.perf_counter() - began
    began = time.perf_counter()
    top = sorted(graph.out_degree, key=lambda item: -item[1])[:2_000]
    for v, _ in top:
        len(nx.descendants(graph, v))
    descendants = time.perf_counter() - began
    print(f"{n:,} models, {edges.n:,} edges")
    print("what | seconds | ratio to ours\n--- | --- | ---")
    print(f"modelkin, everything (best of 3; first call compiles or loads: {compiled:.1f} s) | "
          f"{best:.2f} | 1")  # fmt: skip
    print(f"networkx, building the graph | {built:.1f} | {built / best:.0f}")
    print(f"networkx, components and depths | {parts:.1f} | {parts / best:.0f}")
    print(f"networkx, descendants of 2,000 parents | {descendants:.1f} | {descendants / best:.0f}")


def _timed(n: int, *arrays: object) -> float:
    began = time.perf_counter()
    grow(n, *arrays)  # type: ignore[arg-type]
    return time.perf_counter() - began


def _bfs(graph: nx.DiGraph, roots: list[int]) -> int:
    """Depths from all roots at once."""
    seen = set(roots)
    layer = roots
    depth = 0
    while layer:
        layer = [w for v in layer for w in graph.successors(v) if w not in seen]
        layer = list(dict.fromkeys(layer))
        seen.update(layer)
        depth += 1
    return depth


if __name__ == "__main__":
    main()
