"""Who is related, against networkx asked pair by pair."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from modelkin.analysis.inputs import BITS, Edges
from modelkin.analysis.kinship import related


def edges_of(*pairs: tuple[int, int], relation: str = "finetune") -> Edges:
    ends = np.array(sorted(set(pairs)), dtype=np.int64).reshape(-1, 2)
    bits = np.full(len(ends), BITS[relation], dtype=np.uint8)
    return Edges(ends[:, 0], ends[:, 1], bits, np.full(len(ends), relation, dtype=object))


def slow(edges: Edges, n: int, a: int, b: int) -> bool | None:
    """The definition, walked by networkx for this pair alone."""
    world = nx.DiGraph()
    world.add_nodes_from(range(n))
    world.add_edges_from((p, c) for p, c in zip(edges.parent, edges.child, strict=True) if p != c)
    if not world.degree(a) or not world.degree(b):
        return None
    return bool(({a} | nx.ancestors(world, a)) & ({b} | nx.ancestors(world, b)))


@pytest.mark.parametrize("seed", range(12))
def test_related_is_what_networkx_finds_with_cycles_loops_and_lonely_models(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 25))
    pairs = rng.integers(0, n, size=(int(rng.integers(0, 1 + 2 * n // 3)), 2)).tolist()
    edges = edges_of(*[(p, c) for p, c in pairs])
    one, other = (x.ravel() for x in np.meshgrid(np.arange(n), np.arange(n)))
    found = related(edges, n, one, other)
    assert found.tolist() == [slow(edges, n, a, b) for a, b in zip(one, other, strict=True)]


def test_a_merge_is_related_to_every_parent_and_two_parents_are_not() -> None:
    edges = edges_of((0, 2), (1, 2), relation="merge")
    found = related(edges, 4, np.array([0, 2, 0, 0]), np.array([2, 1, 1, 3]))
    assert found.tolist() == [True, True, False, None]


def test_cousins_are_related_and_models_that_share_only_a_descendant_are_not() -> None:
    edges = edges_of((0, 1), (0, 2), (1, 3), (2, 4), (5, 4))
    found = related(edges, 6, np.array([3, 5, 5]), np.array([4, 2, 4]))
    assert found.tolist() == [True, False, True]


def test_no_pair_is_no_answer() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert related(edges_of((0, 1)), 2, none, none).tolist() == []
