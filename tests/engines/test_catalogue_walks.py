"""The questions about lineage against a plain breadth-first search, on graphs drawn at random."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from modelkin.cypher import catalogue
from modelkin.cypher.query import Query
from modelkin.graph.client import Graph

N_MODELS, N_EDGES, BOUND = 24, 34, 10
RELATIONS = ("finetune", "adapter", "quantized", "merge")
Edges = dict[tuple[str, str], list[str]]


@pytest.fixture(scope="module", params=[1, 2])
def drawn(request: pytest.FixtureRequest, graph: Graph) -> Edges:
    """Edges drawn at random, loops and cycles among them, stored; pair -> relations."""
    draw = random.Random(request.param)
    ids = [f"m{n:02}" for n in range(N_MODELS)]
    edges: Edges = {}
    while len(edges) < N_EDGES:
        parent, child = sorted(draw.choices(ids, k=2))
        if draw.random() < 0.1:
            parent, child = child, parent
        edges[parent, child] = sorted(draw.sample(RELATIONS, draw.choice((1, 1, 2))))
    empty = Query("tests/empty", "?", (), "write", (), "MATCH (n) DETACH DELETE n RETURN 1 AS n")
    graph.write(lambda tx: tx.run(empty))
    models = [{"model_id": i, "properties": {}} for i in ids]
    rows = [
        {"parent": p, "child": c, "properties": {"relations": r, "relation": r[0], "claims": []}}
        for (p, c), r in edges.items()
    ]
    graph.write(lambda tx: tx.run(catalogue.get("load/merge_models"), rows=models))
    graph.write(lambda tx: tx.run(catalogue.get("load/merge_edges"), rows=rows))
    return edges


def reach(edges: Edges, start: str, up: bool, relations: list[str]) -> dict[str, int]:
    """Hops to everything within the bound; the start itself has 0."""
    steps = defaultdict(set)
    for (parent, child), said in edges.items():
        if not relations or set(relations) & set(said):
            steps[child if up else parent].add(parent if up else child)
    hops, frontier = {start: 0}, [start]
    for hop in range(1, BOUND + 1):
        frontier = sorted({n for f in frontier for n in steps[f]} - hops.keys())
        hops |= dict.fromkeys(frontier, hop)
    return hops


def ask(graph: Graph, name: str, **given: Any) -> list[dict[str, Any]]:
    query = catalogue.get(name)
    return graph.fetch(query, **catalogue.bind(query, given))


def starts(edges: Edges) -> list[str]:
    return random.Random(0).sample(sorted({end for pair in edges for end in pair}), 6)


@pytest.mark.parametrize("relations", [[], ["merge"], ["finetune", "quantized"]])
@pytest.mark.parametrize("name", ["ancestors", "descendants"])
def test_reached_models_and_their_fewest_hops(
    graph: Graph, drawn: Edges, name: str, relations: list[str]
) -> None:
    for start in starts(drawn):
        rows = ask(graph, f"lineage/{name}", model_id=start, relations=relations)
        wanted = reach(drawn, start, name == "ancestors", relations)
        assert {r["model_id"]: r["hops"] for r in rows} | {start: 0} == wanted
        assert [(r["hops"], r["model_id"]) for r in rows] == sorted(
            (r["hops"], r["model_id"]) for r in rows
        )


def test_profile_counts_the_descendants(graph: Graph, drawn: Edges) -> None:
    for start in starts(drawn):
        wanted = list(reach(drawn, start, False, []).values())
        rows = ask(graph, "lineage/depth_profile", model_id=start)
        assert {r["hops"]: r["n_models"] for r in rows} == {
            hop: wanted.count(hop) for hop in set(wanted) - {0}
        }


def test_roots_above_and_leaves_below(graph: Graph, drawn: Edges) -> None:
    proper = [pair for pair in drawn if pair[0] != pair[1]]
    children, parents = {c for _, c in proper}, {p for p, _ in proper}
    for start in starts(drawn):
        up, down = reach(drawn, start, True, []), reach(drawn, start, False, [])
        roots = {r["model_id"] for r in ask(graph, "lineage/roots_of", model_id=start)}
        leaves = {r["model_id"] for r in ask(graph, "lineage/leaves", model_id=start)}
        assert roots == up.keys() - children - {start}
        assert leaves == down.keys() - parents - {start}


def test_common_ancestors_have_the_hops_to_both(graph: Graph, drawn: Edges) -> None:
    ids = starts(drawn)
    for one, other in pairwise(ids):
        mine, theirs = reach(drawn, one, True, []), reach(drawn, other, True, [])
        rows = ask(graph, "lineage/common_ancestors", one=one, other=other)
        assert {r["model_id"]: (r["hops_one"], r["hops_other"]) for r in rows} == {
            i: (mine[i], theirs[i]) for i in mine.keys() & theirs.keys()
        }


def test_paths_are_all_simple_ways(graph: Graph, drawn: Edges) -> None:
    def ways(at: str, goal: str, seen: tuple[str, ...]) -> list[tuple[str, ...]]:
        if at == goal and len(seen) > 1:
            return [seen]
        nexts = [c for p, c in drawn if p == at and c not in seen]
        return [w for n in nexts if len(seen) <= BOUND for w in ways(n, goal, (*seen, n))]

    ids = starts(drawn)
    for ancestor, heir in zip(ids, ids[1:] + ids[:1], strict=True):
        rows = ask(graph, "lineage/paths", ancestor_id=ancestor, descendant_id=heir, limit=1000)
        found = [tuple(r["models"]) for r in rows]
        assert sorted(found) == sorted(ways(ancestor, heir, (ancestor,)))
        for row in rows:
            pairs = pairwise(row["models"])
            assert row["relations_on_the_way"] == [drawn[pair][0] for pair in pairs]


def test_cycles_are_told_once_by_their_smallest_id(graph: Graph, drawn: Edges) -> None:
    def around(first: str, at: str, seen: tuple[str, ...]) -> set[tuple[str, ...]]:
        found = set()
        for parent, child in drawn:
            if parent == at and child == first and len(seen) > 1:
                found.add((*seen, first))
            elif parent == at and child > first and child not in seen and len(seen) < BOUND:
                found |= around(first, child, (*seen, child))
        return found

    wanted = {way for first in {p for p, _ in drawn} for way in around(first, first, (first,))}
    rows = ask(graph, "audit/cycles")
    assert sorted(tuple(r["models"]) for r in rows) == sorted(wanted)
