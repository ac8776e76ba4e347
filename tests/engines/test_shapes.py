"""Lineages of extreme shape: lattices of merges, hubs, chains, cycles; on both engines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelkin.cypher import catalogue
from modelkin.graph.client import Graph
from modelkin.graph.walk import Walk, closest, nearest_common, path, require, walk
from modelkin.loader.load import load
from modelkin.loader.records import EdgeRow, Ledger, ModelRow, Outcome, RawRow

HUB = 30_000 if os.environ.get("MODELKIN_PROVE") == "1" else 6_000
LEVELS, CHAIN = 24, 300


class Shapes:
    """Edges of a lattice 2 wide and 24 deep, a hub, a chain, a cycle and a self-loop."""

    kind = "graph"
    path = Path("shapes")

    def __init__(self) -> None:
        self.parameters: dict[str, str | int | bool] = {}
        self.ledger = Ledger()

    def edges(self) -> Iterator[tuple[str, str, str]]:
        for level in range(LEVELS):
            for above in "ab":
                for below in "ab":
                    yield f"lattice/{above}{level}", f"lattice/{below}{level + 1}", "merge"
        for i in range(HUB):
            yield "hub/base", f"hub/child-{i}", "adapter" if i % 2 else "quantized"
        for i in range(CHAIN):
            yield f"chain/m{i}", f"chain/m{i + 1}", "finetune"
        yield "cycle/a", "cycle/b", "finetune"
        yield "cycle/b", "cycle/c", "finetune"
        yield "cycle/c", "cycle/a", "finetune"
        yield "loop/x", "loop/x", "finetune"

    def read(self) -> Iterator[RawRow]:
        for number, edge in enumerate(self.edges()):
            yield RawRow("edge", f"row {number}", {"edge": edge})

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        parent, child, relation = row.values["edge"]
        yield ModelRow(child, {}, "hub-api", "")
        yield EdgeRow(parent, child, relation)


@pytest.fixture(scope="module")
def shapes(graph: Graph) -> Graph:
    load(graph, Shapes(), "0" * 64)
    return graph


def test_a_lattice_of_merges_is_walked_edge_by_edge(shapes: Graph) -> None:
    down = walk(shapes, "lattice/a0", "down")
    assert len(down.hops) == 1 + 2 * LEVELS
    assert down.stopped_at is None
    assert len(down.steps) == 2 + 4 * (LEVELS - 1)
    up = walk(shapes, f"lattice/b{LEVELS}", "up")
    assert len(up.hops) == 1 + 2 * LEVELS
    assert max(up.hops.values()) == LEVELS


def test_a_hub_gives_all_its_children(shapes: Graph) -> None:
    down = walk(shapes, "hub/base", "down")
    assert len(down.hops) == 1 + HUB
    adapters = walk(shapes, "hub/base", "down", relations=["adapter"])
    assert len(adapters.hops) == 1 + HUB // 2
    up = walk(shapes, f"hub/child-{HUB - 1}", "up")
    assert up.hops == {f"hub/child-{HUB - 1}": 0, "hub/base": 1}


def test_a_chain_stops_at_the_hops_and_says_so(shapes: Graph) -> None:
    down = walk(shapes, "chain/m0", "down", hops=50)
    assert len(down.hops) == 51
    assert down.stopped_at == 50
    whole = walk(shapes, "chain/m0", "down", hops=CHAIN)
    assert len(whole.hops) == CHAIN + 1
    assert whole.stopped_at is None


def test_a_cycle_ends_and_a_self_loop_is_nobody(shapes: Graph) -> None:
    found: Walk = walk(shapes, "cycle/a", "down")
    assert found.hops == {"cycle/a": 0, "cycle/b": 1, "cycle/c": 2}
    assert walk(shapes, "loop/x", "down").hops == {"loop/x": 0}
    assert walk(shapes, "loop/x", "down").steps == []


def test_paths_run_from_the_ancestor_down(shapes: Graph) -> None:
    line = path(shapes, "chain/m9", "chain/m2")
    assert line is not None
    assert [s.child for s in line] == [f"chain/m{i}" for i in range(3, 10)]
    assert path(shapes, "chain/m0", "hub/base") is None
    assert len(path(shapes, "lattice/a0", f"lattice/a{LEVELS}") or []) == LEVELS


def test_nearest_common_ancestors(shapes: Graph) -> None:
    both = nearest_common(shapes, "lattice/a3", "lattice/b3")
    assert both == [("lattice/a2", 1, 1), ("lattice/b2", 1, 1)]
    assert nearest_common(shapes, "chain/m5", "chain/m9") == [("chain/m5", 0, 4)]
    assert nearest_common(shapes, "chain/m5", "hub/base") == []


def test_ids_are_found_in_any_case_and_wrong_ones_answered(shapes: Graph) -> None:
    assert require(shapes, "HUB/Base") == "hub/base"
    assert closest(shapes, "hub/bse")[0][0] == "hub/base"


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_catalogued_spelling_agrees_within_its_hops(shapes: Graph, direction: str) -> None:
    name = "lineage/ancestors" if direction == "up" else "lineage/descendants"
    query = catalogue.get(name)
    rows = shapes.fetch(query, **catalogue.bind(query, {"model_id": "chain/m50"}))
    walked = walk(shapes, "chain/m50", direction, hops=10)  # type: ignore[arg-type] # a direction
    assert {r["model_id"] for r in rows} == set(walked.hops) - {"chain/m50"}
