"""Random damage: whatever the bytes, one clear refusal or a graph that agrees with itself."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import hostile_pickles as hostile
import networkx as nx
import pickle_fuzz
import pytest

from modelkin.loader.pickles import inert, shape

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
FOLDER = Path(__file__).parents[1] / "data" / "pickles"
# One of each class; every protocol and variant among them; and one with odd values.
SEEDS = [
    *FOLDER.glob("networkx-2.4-*.pkl"),
    *FOLDER.glob("networkx-2.8.8-*.pkl"),
    *FOLDER.glob("networkx-3.6.1-*.pkl"),
    *FOLDER.glob("values-numpy-2.5.5-pandas-3.1.1-5.pkl"),
]


def fuzz(kind: str, count: int, seed: int, files: list[Path]) -> dict:
    """Run the fuzzing process; it must come to its end."""
    done = subprocess.run(
        [sys.executable, pickle_fuzz.__file__, kind, str(count), str(seed), *map(str, files)],
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("kind", "count", "seed"),
    [
        ("mutations", 100_000 if PROVE else 1_500, 1),
        ("grammar", 20_000 if PROVE else 500, 2),
    ],
)
def test_random_pickles_are_refused_or_agree(kind, count, seed):
    found = fuzz(kind, count, seed, sorted(SEEDS))
    assert sum(found["outcomes"].values()) == count
    assert found["events"] == {}
    assert found["disagreeing"] == 0
    # The cases must be worth something: many kinds of failure, and some that load.
    assert len(found["outcomes"]) >= 8
    if kind == "mutations":
        assert 0.02 < found["outcomes"]["accepted"] / count < 0.5
    assert found["causes"]["foreign"] > 0


def test_a_file_cut_anywhere_is_refused(tmp_path):
    graph = nx.DiGraph()
    for number in range(30):
        graph.add_edge(f"org/parent-{number}", f"org/child-{number}", edge_types=["merge"])
    file = tmp_path / "graph.pkl"
    file.write_bytes(pickle.dumps(graph, 2))
    assert file.stat().st_size > 2_000
    found = fuzz("truncations", 2_000, 0, [file])
    assert sum(found["outcomes"].values()) == 2_000
    assert "accepted" not in found["outcomes"]
    assert found["causes"] == {"damaged": 2_000}


@pytest.mark.skipif(not PROVE, reason="full counts: MODELKIN_PROVE=1")
def test_a_graph_of_200_000_nodes_fits_700_mb(tmp_path):
    from modelkin.loader.pickles.reader import read_graph

    graph = nx.DiGraph()
    for number in range(200_000):
        graph.add_node(f"org/model-{number}", likes=number, createdAt="2024-01-02T03:04:05.000Z")
        graph.add_edge(f"org/model-{number // 2}", f"org/model-{number}", edge_types=[])
    file = tmp_path / "graph.pkl"
    file.write_bytes(pickle.dumps(graph))
    with read_graph(file, memory_limit=700 * 10**6) as found:
        assert sum(1 for _ in found.nodes()) == 200_000
        assert sum(1 for _ in found.edges()) == 200_000


def test_the_slow_check_can_find_a_disagreement():
    """The oracle of the fuzzing is no rubber stamp."""
    root = inert.load(io.BytesIO(hostile.honest()))
    graph = shape.Graph(root)
    assert pickle_fuzz.agrees(root.state, graph)
    root.state["_pred"]["lone"]["org/root"] = {}
    assert not pickle_fuzz.agrees(root.state, graph)
