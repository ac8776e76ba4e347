"""The threshold graph against networkx on brute force, copies written out as nodes."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import slow_gower
from gower_frames import FIELDS, frame_of, random_rows

from modelkin.analysis import threshold
from modelkin.analysis.gower import Field, Spec, Table, encode, nearest, pairwise
from modelkin.analysis.threshold import (
    GraphStatistics,
    closeness,
    graph_curve,
    nearest_graph,
)

FLAT = tuple((n, k, 1.0) for n, k, _ in FIELDS)
SPEC = Spec(tuple(Field(n, k) for n, k, _ in FIELDS))
LIMITS = (0.1, 0.25, 0.4, 0.6)


def slow_graph(
    rows: list[slow_gower.Row], chosen: list[int], limit: float, min_shared: int
) -> tuple[nx.Graph, list[float], int]:
    """Return the graph of chosen rows, their distances, and how many pairs have none."""
    ranges = slow_gower.ranges_of(rows, FIELDS, "range")
    graph, known, null = nx.Graph(), [], 0
    graph.add_nodes_from(chosen)
    for a in chosen:
        for b in chosen:
            if a >= b:
                continue
            d, shared = slow_gower.distance(rows[a], rows[b], FLAT, "range", ranges)
            if shared < min_shared:
                null += 1
                continue
            known.append(d)
            if d < limit:
                graph.add_edge(a, b)
    return graph, known, null


def check(found: GraphStatistics, graph: nx.Graph, comparable: int | None) -> None:
    degrees = [d for _, d in graph.degree]
    sizes = [len(c) for c in nx.connected_components(graph)]
    assert (found.nodes, found.edges) == (len(graph), graph.number_of_edges())
    assert (found.components, found.largest) == (len(sizes), max(sizes))
    assert found.degree_min == min(degrees)
    assert found.degree_max == max(degrees)
    assert found.degree_median == np.median(degrees)
    assert found.average_degree == pytest.approx(np.mean(degrees), abs=1e-12)
    assert found.clustering == pytest.approx(nx.average_clustering(graph), abs=1e-12)
    if comparable is not None:
        assert found.comparable == comparable
        assert found.density == pytest.approx(graph.number_of_edges() / comparable, abs=1e-12)


@pytest.mark.parametrize("min_shared", [1, 4])
@pytest.mark.parametrize("seed", range(3))
def test_graphs_equal_those_of_networkx(seed: int, min_shared: int) -> None:
    rows = random_rows(seed, 70, missing=0.4, copies=0.5)
    table = encode(frame_of(rows), SPEC)
    close = closeness(table, min_shared, LIMITS)
    for unit, chosen in (
        ("models", list(range(70))),
        ("configurations", table.representative.tolist()),
    ):
        curve = graph_curve(close, unit)
        for q, limit in enumerate(LIMITS):
            graph, known, null = slow_graph(rows, chosen, limit, min_shared)
            check(curve[q], graph, len(known))
            assert len(known) + null == len(chosen) * (len(chosen) - 1) // 2
        assert close.mean[unit] == pytest.approx(np.mean(known), abs=1e-12)
        assert close.median[unit] == pytest.approx(np.median(known), abs=1e-6)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    table = encode(frame_of(random_rows(4, 60)), SPEC)
    whole = closeness(table, 2, LIMITS)
    monkeypatch.setattr(pairwise, "BLOCK_PAIRS", 70)
    parts = closeness(table, 2, LIMITS)
    np.testing.assert_array_equal(parts.levels, whole.levels)
    assert parts.mean == pytest.approx(whole.mean, abs=1e-15)
    assert parts.median == whole.median


def test_exact_duplicates_count_in_the_mean() -> None:
    table = encode(pd.DataFrame({"a": [1.0, 1.0, 2.0]}))
    close = closeness(table, 1, LIMITS)
    assert close.mean == {"configurations": 1.0, "models": pytest.approx(2 / 3)}
    assert close.median == {"configurations": 1.0, "models": 1.0}
    assert graph_curve(close, "models")[0].edges == 1


def test_a_pair_at_the_threshold_is_no_edge() -> None:
    table = encode(pd.DataFrame({"a": [0.0, 1.0, 4.0]}))
    edges = [g.edges for g in graph_curve(closeness(table, 1, (0.2, 0.25, 0.3)), "models")]
    assert edges == [0, 0, 1]


def test_pairs_that_share_too_little_are_neither_edges_nor_non_edges() -> None:
    frame = pd.DataFrame({"a": ["x", "x", "y"], "b": [1.0, None, 1.0], "c": [None, "p", "q"]})
    curve = graph_curve(closeness(encode(frame), 2, (0.3,)), "configurations")
    # only (0, 2) and (1, 2) share two fields; they lie at 0.5 and 1
    assert (curve[0].comparable, curve[0].edges, curve[0].density) == (2, 0, 0.0)


def test_no_rows_and_one_row() -> None:
    none = closeness(encode(pd.DataFrame({"a": np.empty(0)})), 1)
    curve = graph_curve(none, "models")
    assert [g.nodes for g in curve] == [0] * 10
    assert math.isnan(curve[0].density)
    assert math.isnan(none.median["models"])
    one = graph_curve(closeness(encode(pd.DataFrame({"a": [1.0]})), 1), "models")[0]
    assert (one.nodes, one.edges, one.components, one.largest) == (1, 0, 1, 1)
    assert nearest_graph(np.empty((0, 3), dtype=np.int64)).nodes == 0


def test_clustering_of_large_graphs_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threshold, "LARGEST_CLUSTERING", 3)
    table = encode(pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]}))
    found = graph_curve(closeness(table, 1), "models")[0]
    assert math.isnan(found.clustering)
    assert found.components == 4


@pytest.mark.parametrize("seed", range(2))
def test_the_graph_of_nearest_equals_that_of_networkx(seed: int) -> None:
    table: Table = encode(frame_of(random_rows(seed, 60, missing=0.5)), SPEC)
    distinct = table.take(table.representative)
    index = nearest(distinct, 4, 3).index
    graph = nx.Graph()
    graph.add_nodes_from(range(len(index)))
    graph.add_edges_from((i, int(j)) for i, line in enumerate(index) for j in line if j >= 0)
    found = nearest_graph(index)
    check(found, graph, None)
    assert math.isnan(found.density)
