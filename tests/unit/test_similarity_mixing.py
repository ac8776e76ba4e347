"""Assortativity against networkx, and permutations that stay inside their strata."""

from __future__ import annotations

import itertools
import math

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from modelkin.analysis import mixing as module
from modelkin.analysis.mixing import assortativity, kind_and_time, mixing


def random_edges(seed: int, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pairs = sorted({tuple(sorted(rng.choice(n, 2, replace=False).tolist())) for _ in range(m)})
    i, j = np.array(pairs).T
    return i, j


@pytest.mark.parametrize("seed", range(5))
def test_the_coefficient_equals_that_of_networkx(seed: int) -> None:
    edges = random_edges(seed, 30, 80)
    labels = np.random.default_rng(seed).choice(["a", "b", "c"], 30)
    graph = nx.Graph(zip(*(e.tolist() for e in edges), strict=True))
    nx.set_node_attributes(graph, dict(enumerate(labels.tolist())), "label")
    expected = nx.attribute_assortativity_coefficient(graph, "label")
    assert assortativity(edges, labels) == pytest.approx(expected, abs=1e-12)


def test_no_edges_and_one_label_have_no_coefficient() -> None:
    empty = np.empty(0, dtype=np.int64)
    assert math.isnan(assortativity((empty, empty), np.array(["a", "b"])))
    assert math.isnan(assortativity((np.array([0]), np.array([1])), np.array(["a", "a"])))


def test_p_equals_that_of_full_enumeration() -> None:
    edges = random_edges(3, 8, 14)
    labels = np.array(list("aabbabab"))
    strata = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    observed = assortativity(edges, labels)
    every = [
        assortativity(edges, np.array([*first, *second]))
        for first in itertools.permutations(labels[:4])
        for second in itertools.permutations(labels[4:])
    ]
    upper = np.mean([r >= observed - 1e-12 for r in every])
    lower = np.mean([r <= observed + 1e-12 for r in every])
    exact = min(1.0, 2 * min(upper, lower))
    found = mixing(edges, labels, strata, np.random.default_rng(0))
    assert found.expected == pytest.approx(np.mean(every), abs=0.02)
    assert found.p == pytest.approx(exact, abs=0.06)


def test_labels_stay_in_their_strata() -> None:
    # within each stratum one label: nothing can move, so chance explains everything
    edges = (np.array([0, 1, 3, 4]), np.array([1, 2, 4, 5]))
    labels = np.array(["a", "a", "a", "b", "b", "b"])
    strata = np.array([0, 0, 0, 1, 1, 1])
    found = mixing(edges, labels, strata, np.random.default_rng(0), 99)
    assert (found.coefficient, found.n_no_partner) == (1.0, 6)
    assert math.isnan(found.p)
    loose = mixing(edges, labels, np.zeros(6, dtype=np.int64), np.random.default_rng(0), 99)
    assert loose.p < 0.4
    assert loose.n_no_partner == 0


def test_with_few_partners_there_is_no_p() -> None:
    edges = random_edges(1, 10, 20)
    labels = np.arange(10) % 3
    strata = np.array([0, 0, 0, 0, -1, -1, -1, -1, -1, -1])
    found = mixing(edges, labels, strata, np.random.default_rng(0), 99)
    assert (found.n_no_partner, math.isnan(found.p)) == (6, True)
    assert not math.isnan(found.coefficient)


def test_null_labels_are_rarely_significant_and_planted_ones_always() -> None:
    strata = np.repeat(np.arange(5), 12)
    hits = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        edges = random_edges(seed, 60, 180)
        hits += mixing(edges, rng.integers(0, 6, 60), strata, rng, 99).p <= 0.05
    assert hits <= 6
    halves = np.tile([0, 1], 30)  # edges join equal labels inside every stratum
    i, j = np.nonzero(np.triu(halves[:, None] == halves, 1))
    assert mixing((i, j), halves, strata, np.random.default_rng(0), 99).p <= 0.05


def test_strata_are_type_and_half_year() -> None:
    frame = pd.DataFrame(
        {
            "model_type": ["a", "a", "a", "b", None, "a", "a"],
            "created_at": pd.to_datetime(
                pd.Series(
                    ["2024-01-05", "2024-06-30", "2024-07-01", "2024-01-05", "2024-01-05", None,
                     "2022-03-02"]
                ),
                utc=True,
            ).astype("datetime64[ns, UTC]"),
        }
    )  # fmt: skip
    found = kind_and_time(frame)
    assert found[0] == found[1]
    assert len({found[0], found[2], found[3], found[6]}) == 4
    assert found[4] == found[5] == -1
    assert len(kind_and_time(frame.iloc[:0])) == 0


def test_half_of_the_nodes_is_the_stated_gate() -> None:
    assert module.LEAST_PARTNERED == 0.5
