"""Whole-graph lineage against networkx, and the shapes that real lineage takes."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_forest import slow_forest

from modelkin.analysis.forest import along, grow, lineages, main_path
from modelkin.analysis.inputs import BITS, Edges


def edges_of(pairs, bits=None) -> Edges:
    """Edges of (parent, child) pairs; finetune unless bits are given."""
    rows = sorted(
        {(p, c): b for (p, c), b in zip(pairs, bits or [1] * len(pairs), strict=True)}.items()
    )
    parent = np.array([p for (p, _), _ in rows], dtype=np.int64)
    child = np.array([c for (_, c), _ in rows], dtype=np.int64)
    marks = np.array([b for _, b in rows], dtype=np.uint8)
    primary = [
        next((r for r in ("merge", "adapter", "quantized", "finetune") if b & BITS[r]), "untyped")
        for b in marks
    ]
    return Edges(parent, child, marks, np.array(primary, dtype=object))


def grown(n, edges):
    return grow(n, edges, *unknowns(n), np.ones(n, dtype=bool))


def unknowns(n):
    return np.full(n, "NaT", dtype="datetime64[ns]"), np.full(n, np.nan)


def random_graph(seed):
    """A small graph with cycles, self-loops, merges, isolated models, gaps in dates and counts."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    m = int(rng.integers(0, 2 * n + 1))
    forward = rng.random() < 0.6
    pairs, bits = [], []
    for _ in range(m):
        p, c = (int(x) for x in rng.integers(0, n, 2))
        if forward and p > c and rng.random() < 0.9:
            p, c = c, p
        pairs.append((p, c))
        bits.append(16 if rng.random() < 0.2 else int(rng.integers(1, 16)))
    made = rng.integers(0, 5, n).astype("datetime64[D]").astype("datetime64[ns]")
    made[rng.random(n) < 0.3] = "NaT"
    fame = rng.integers(0, 3, n).astype(float)
    fame[rng.random(n) < 0.3] = np.nan
    return n, edges_of(pairs, bits), made, fame, rng.random(n) < 0.6


@pytest.mark.parametrize("seed", range(300))
def test_every_quantity_equals_networkx_on_random_graphs(seed):
    graph = random_graph(seed)
    fast, slow = grow(*graph), slow_forest(*graph)
    for field in fields(fast):
        np.testing.assert_array_equal(
            getattr(fast, field.name), getattr(slow, field.name), err_msg=field.name
        )


@pytest.mark.parametrize("seed", range(20))
def test_descendants_and_roots_of_dense_lattices_equal_networkx(seed):
    # more than 64 nodes where ways meet again, so that several sweeps are needed
    rng = np.random.default_rng(seed)
    n = 300
    a, b = rng.integers(0, n, (2, 900))
    edges = edges_of([(int(min(p, c)), int(max(p, c))) for p, c in zip(a, b, strict=True)])
    forest = grown(n, edges)
    graph = nx.DiGraph(zip(edges.parent.tolist(), edges.child.tolist(), strict=True))
    graph.remove_edges_from(nx.selfloop_edges(graph))
    graph.add_nodes_from(range(n))
    roots = set(np.flatnonzero(forest.is_root).tolist())
    assert forest.n_descendants.tolist() == [len(nx.descendants(graph, v)) for v in range(n)]
    assert forest.n_roots.tolist() == [
        len((nx.ancestors(graph, v) | {v}) & roots) for v in range(n)
    ]


def test_an_isolated_model_and_a_self_loop_have_no_lineage():
    forest = grown(2, edges_of([(1, 1)]))
    assert forest.root.tolist() == [-1, -1]
    assert forest.component.tolist() == [0, 1]
    assert forest.n_roots.tolist() == [0, 0]
    assert forest.depth_min.tolist() == forest.depth_max.tolist() == [-1, -1]
    assert forest.n_children.tolist() == forest.n_descendants.tolist() == [0, 0]
    assert not forest.is_root.any()


def test_no_models_at_all():
    forest = grown(0, edges_of([]))
    assert len(forest.component) == 0


def test_a_cycle_has_its_smallest_row_as_root_and_no_depth():
    forest = grown(5, edges_of([(3, 1), (1, 2), (2, 3), (3, 4)]))
    assert forest.root.tolist() == [-1, 1, 1, 1, 1]
    assert forest.depth_min.tolist() == [-1, -1, -1, -1, -1]
    assert forest.n_roots.tolist() == [0, 0, 0, 0, 0]
    assert forest.n_descendants.tolist() == [0, 3, 3, 3, 0]
    assert main_path(forest.main_parent, forest.root).tolist() == [-1, -1, 1, 2, 3]


def test_a_merge_joins_no_components_whatever_else_it_claims():
    merge_and_finetune = BITS["merge"] | BITS["finetune"]
    forest = grown(3, edges_of([(0, 2), (1, 2)], [BITS["finetune"], merge_and_finetune]))
    assert forest.component.tolist() == [0, 1, 0]
    assert forest.n_roots.tolist() == [1, 1, 2]


def test_main_parent_goes_by_relation_then_age_then_downloads_then_row():
    made = np.array(["2024-01-01", "2023-01-01", "NaT", "2023-01-01", "2025-01-01"], "M8[ns]")
    fame = np.array([9.0, 5.0, 99.0, 5.0, 0.0])
    own = np.ones(5, dtype=bool)

    def main(bits):
        edges = edges_of([(0, 4), (1, 4), (2, 4), (3, 4)], bits)
        return grow(5, edges, made, fame, own).main_parent[4]

    assert main([1, 1, 1, 1]) == 1  # earliest; the tie in age and downloads goes to the row
    assert main([2, 4, 1, 16]) == 2  # finetune first, though of unknown date
    assert main([2, 4, 8, 16]) == 0  # adapter
    assert main([16, 4 | 8, 8, 16]) == 1  # quantized decides an edge that also claims merge
    assert main([16, 16, 8, 16]) == 2  # merge before untyped


def test_along_spoils_a_sum_after_the_first_gap_only():
    up = np.array([-1, 0, 1, 2, 3, -1])
    step = np.array([0.0, 1.0, np.nan, 1.0, 1.0, 0.0])
    expected = [0.0, 1.0, np.nan, np.nan, np.nan, 0.0]
    np.testing.assert_array_equal(along(up, step), expected)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_along_equals_a_walk(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    up = np.array([int(rng.integers(-1, v)) if v else -1 for v in range(n)])
    step = rng.integers(0, 9, n)
    walked = []
    for v in range(n):
        total = 0
        while v >= 0:
            total += step[v]
            v = up[v]
        walked.append(total)
    assert along(up, step).tolist() == walked


def test_lineages_overlap_and_list_only_kept_members():
    edges = edges_of([(0, 2), (1, 2), (2, 3), (3, 2), (4, 4)])
    keep = np.array([True, False, True, True, True])
    start, members, size = lineages(5, edges, np.array([0, 1, 4]), keep)
    assert [members[a:b].tolist() for a, b in pairwise(start)] == [
        [0, 2, 3],
        [2, 3],
        [4],
    ]
    assert size.tolist() == [3, 3, 1]


def test_a_long_chain_and_a_long_lattice_need_no_recursion():
    n = 100_000
    chain = grown(n, edges_of([(v, v + 1) for v in range(n - 1)]))
    assert chain.n_descendants[0] == chain.depth_max[-1] == chain.configured_hops[-1] == n - 1
    layers = n // 20
    pairs = [(2 * k + a, 2 * k + 2 + b) for k in range(layers - 1) for a in (0, 1) for b in (0, 1)]
    lattice = grown(2 * layers, edges_of(pairs))
    below = 2 * (layers - 1 - np.arange(2 * layers) // 2)
    np.testing.assert_array_equal(lattice.n_descendants, below)
    assert (lattice.n_roots[2:] == 2).all()
