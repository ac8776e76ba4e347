"""Inert reading of a graph pickle compared with ``pickle.load``: time and peak memory.

Makes a graph of the published size (1.86 million models, 574 thousand edges, the usual
attributes) in a temporary folder, reads it in both ways, each in a process of its own,
and prints a Markdown table.

    python benchmarks/inert_reading.py [--nodes 1860411]
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NODES, EDGES = 1_860_411, 573_653
MIB = 2**20


def make(path: Path, n_nodes: int) -> None:
    """Write the graph: random attributes, edges from earlier to later nodes."""
    import networkx as nx

    draw = random.Random(1)
    pipelines = ["text-generation", "text-classification", "feature-extraction", float("nan")]
    licenses = ["['apache-2.0']", "['mit']", "['other']", "[]"]
    graph = nx.DiGraph()
    ids = [f"user-{draw.randrange(10**6)}/model-{number}" for number in range(n_nodes)]
    for node in ids:
        day = f"2024-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
        clock = f"{draw.randrange(24):02}:{draw.randrange(60):02}:{draw.randrange(60):02}"
        graph.add_node(
            node,
            likes=draw.randrange(100),
            downloads=draw.randrange(10**6),
            pipeline_tag=draw.choice(pipelines),
            library_name=draw.choice(["transformers", "peft", float("nan")]),
            createdAt=f"{day}T{clock}.000Z",
            licenses=draw.choice(licenses),
            datasets="[]",
            languages="['English']",
        )
    for _ in range(n_nodes * EDGES // NODES):
        child = draw.randrange(1, n_nodes)
        graph.add_edge(
            ids[draw.randrange(child)],
            ids[child],
            edge_types=["finetune"],
            edge_type="finetune",
            change_in_likes=draw.randrange(-100, 100),
            percentage_change_in_likes=draw.random(),
            change_in_downloads=draw.randrange(-(10**6), 10**6),
            percentage_change_in_downloads=draw.choice([float("nan"), draw.random()]),
            change_in_createdAt_days=draw.randrange(-30, 900),
        )
    with path.open("wb") as file:
        pickle.dump(graph, file)


def read_inertly(path: Path) -> dict[str, float]:
    """Stream the graph; peak memory of this process and of the child."""
    from modelkin.loader.pickles.reader import read_graph

    start = time.perf_counter()
    with read_graph(path) as graph:
        read = time.perf_counter() - start
        records = sum(1 for _ in graph.nodes()) + sum(1 for _ in graph.edges())
    return {
        "read": read,
        "total": time.perf_counter() - start,
        "records": records,
        "peak": _peak(resource.RUSAGE_SELF),
        "peak_child": _peak(resource.RUSAGE_CHILDREN),
    }


def read_plainly(path: Path) -> dict[str, float]:
    """Unpickle with networkx itself and visit every record."""
    start = time.perf_counter()
    with path.open("rb") as file:
        graph = pickle.load(file)
    read = time.perf_counter() - start
    records = sum(1 for _ in graph.nodes(data=True)) + sum(1 for _ in graph.edges(data=True))
    return {
        "read": read,
        "total": time.perf_counter() - start,
        "records": records,
        "peak": _peak(resource.RUSAGE_SELF),
        "peak_child": 0,
    }


def _peak(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--job", choices=["make", "inert", "plain"], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job == "make":
        make(options.file, options.nodes)
    elif options.job:
        read = read_inertly if options.job == "inert" else read_plainly
        print(json.dumps(read(options.file)))
    else:
        compare(options.nodes)


def compare(n_nodes: int) -> None:
    """Run the three jobs in processes of their own and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "graph.pkl")
        command = [sys.executable, __file__, "--nodes", str(n_nodes), "--file", str(file), "--job"]
        subprocess.run([*command, "make"], check=True)
        print(f"{n_nodes:,} nodes, {file.stat().st_size / MIB:,.0f} MiB\n")
        print("| reader | until checked | with all records | peak, reading process | peak, ours |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for job, name in (("inert", "inert, child process"), ("plain", "`pickle.load`, networkx")):
            done = subprocess.run([*command, job], check=True, capture_output=True, text=True)
            row = json.loads(done.stdout)
            reading, ours = row["peak_child"] or row["peak"], row["peak"]
            print(
                f"| {name} | {row['read']:.1f} s | {row['total']:.1f} s "
                f"| {reading:,.0f} MiB | {ours:,.0f} MiB |"
            )


if __name__ == "__main__":
    main()
