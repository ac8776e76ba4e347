"""Similarity inside lineages against explicit pairs; excess over chance against planted worlds."""

from __future__ import annotations

import os
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from lineage_worlds import from_synth, tiny
from scipy.spatial.distance import pdist

from modelkin.analysis import coherence, gower
from modelkin.analysis.coherence import compute
from modelkin.analysis.coherence_null import Entries, Stratum, compare, null_means, strata
from modelkin.analysis.distances import distances, quantiles, summarise
from modelkin.data.synth.world import make

PROVE = bool(os.environ.get("MODELKIN_PROVE"))
SEEDS = 40 if PROVE else 2
LLAMA = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4}


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


@pytest.fixture(scope="module")
def planted():
    return from_synth(make("dirty", n_models=1_500, seed=2), permutations=99)


@pytest.fixture(scope="module")
def planted_result(planted):
    return compute(planted)


def test_every_large_enough_lineage_equals_its_explicit_pairs(planted, planted_result):
    graph = nx.DiGraph(
        zip(planted.edges.parent.tolist(), planted.edges.child.tolist(), strict=True)
    )
    graph.remove_edges_from(nx.selfloop_edges(graph))
    encoded = gower.encode(planted.models.frame, gower.default_spec())
    stats = table(planted_result, "subgraph_similarity_stats").set_index("root_id")
    expected = 0
    for root in graph:
        members = nx.descendants(graph, root) | {root}
        inside = [m for m in sorted(members) if planted.models.configured[m]]
        if graph.in_degree(root) or len(members) < 6 or len(inside) < 5:
            continue
        expected += 1
        i, j = np.array(list(combinations(inside, 2))).T
        distance, _ = gower.pairs(encoded, i, j, 3)
        known = distance[~np.isnan(distance)]
        got = stats.loc[planted.models.ids[root]]
        assert got["n_nodes"] == len(members)
        assert got["n_descendants"] == len(members) - 1
        assert got["n_configured"] == len(inside)
        assert (got["n_pairs"], got["n_null"]) == (len(known), len(distance) - len(known))
        assert got["mean_similarity"] == pytest.approx(1 - known.mean(), abs=1e-9)
        assert got["median_similarity"] == pytest.approx(1 - np.median(known), abs=1e-9)
        assert got["low_quartile"] == pytest.approx(1 - np.quantile(known, 0.75), abs=1e-9)
    assert len(stats) == expected > 20  # all roots, not the first 20
    assert stats["n_nodes"].is_monotonic_decreasing


def test_the_lineage_table_has_the_reference_columns_first(planted_result):
    columns = list(table(planted_result, "subgraph_similarity_stats").columns)
    assert columns[:6] == [
        "root_id",
        "n_nodes",
        "n_descendants",
        "mean_similarity",
        "median_similarity",
        "family",
    ]


@pytest.mark.parametrize("seed", range(4))
def test_weighted_quantiles_equal_the_written_out_list(seed):
    rng = np.random.default_rng(seed)
    values, weight = rng.integers(0, 9, 30) / 9, rng.integers(1, 6, 30)
    shares = (0.0, 0.25, 0.5, 0.9, 1.0)
    np.testing.assert_allclose(
        quantiles(values, weight, shares), np.quantile(np.repeat(values, weight), shares)
    )


def complete(n, seed=0):
    """Configurations without gaps: distances are those of scipy."""
    rng = np.random.default_rng(seed)
    models = {
        f"m/{k:03d}": {
            "hidden_size": int(rng.integers(1, 50)),
            "num_hidden_layers": int(rng.integers(1, 50)),
            "vocab_size": int(rng.integers(1, 50)),
        }
        for k in range(n)
    }
    return tiny(models, []).models.frame


@pytest.mark.parametrize("largest", [5_000, 3])
def test_means_equal_scipy_with_and_without_the_whole_matrix(monkeypatch, largest):
    monkeypatch.setattr("modelkin.analysis.distances.LARGEST", largest)
    frame = complete(40)
    columns = ["hidden_size", "num_hidden_layers", "vocab_size"]
    numbers = frame[columns].to_numpy()
    scaled = (numbers - numbers.min(axis=0)) / np.ptp(numbers, axis=0)
    found = distances(gower.encode(frame, gower.default_spec()), 3)
    assert (found.whole is None) == (largest == 3)
    got = summarise(found, np.arange(40))
    assert got.mean == pytest.approx(pdist(scaled, "cityblock").mean() / 3, abs=1e-12)
    assert got.n_pairs == 780
    configurations = found.table.configuration[np.arange(40)]
    assert found.means([configurations])[0] == pytest.approx(got.mean)


@pytest.mark.parametrize("largest", [5_000, 3])
def test_the_null_equals_full_enumeration(monkeypatch, largest):
    monkeypatch.setattr("modelkin.analysis.coherence_null.LARGEST", largest)
    frame = complete(12)
    found = distances(gower.encode(frame, gower.default_spec()), 3)
    a, b = np.arange(7), np.arange(7, 12)  # numbers of configurations
    parts = [Stratum(a[:3], a, True), Stratum(b[:2], b, True)]
    exact = [
        found.among(np.array(first + second))[np.triu_indices(5, 1)].mean()
        for first in combinations(a.tolist(), 3)
        for second in combinations(b.tolist(), 2)
    ]
    drawn = null_means(parts, found, 2_000, np.random.default_rng(1))
    error = np.std(exact) / np.sqrt(2_000)
    assert drawn.mean() == pytest.approx(np.mean(exact), abs=4 * error)
    assert drawn.std() == pytest.approx(np.std(exact), rel=0.1)
    assert set(np.round(drawn, 9)) <= set(np.round(exact, 9))


def made_entries(cells):
    component, configuration, kind, period = np.array(cells).T
    return Entries(component, configuration, kind, period)


def test_strata_stay_in_type_and_time_and_name_who_has_no_partner():
    own = [(0, k, 0, 10) for k in range(3)] + [(0, 3, 0, -1), (0, 4, 1, 10), (0, 5, -1, 10)]
    others = [(k, 100 + k, 0, 10 + k % 2) for k in range(1, 21)]
    rare = [(50, 200, 1, 10)]
    parts, without = strata(made_entries(own + others + rare), 0)
    assert without == 2  # too few of type 1; unknown type
    undated, dated = parts
    assert undated.members.tolist() == [3]
    assert len(undated.pool) == 24  # the whole type
    assert dated.members.tolist() == [0, 1, 2]
    assert len(dated.pool) == 3 + 10  # 10 others in the half-year are enough
    assert (undated.is_dated, dated.is_dated) == (False, True)


def test_a_configuration_that_the_component_holds_too_is_no_other():
    cells = [(0, k, 0, 10) for k in range(5)] + [(k, k % 5, 0, 10) for k in range(1, 30)]
    assert strata(made_entries(cells), 0) == ([], 5)


def test_a_component_that_is_its_type_has_no_comparison():
    models = {"a/0": {**LLAMA, "vocab_size": 1}}
    models |= {f"a/{k}": {**LLAMA, "vocab_size": 10 + k} for k in range(1, 8)}
    models |= {f"b/{k}": {**LLAMA, "model_type": "gpt2", "vocab_size": k} for k in range(30)}
    result = compute(tiny(models, [("a/0", f"a/{k}") for k in range(1, 8)], permutations=99))
    row = table(result, "coherence_excess").iloc[0]
    assert row["note"].startswith("no comparison")
    assert np.isnan(row["p"])
    assert "No component can be compared" in result.findings[-1]


def test_copies_and_copies_with_gaps_are_one_configuration():
    full = {**LLAMA, "vocab_size": 5, "num_attention_heads": 4}
    less = {k: v for k, v in full.items() if k != "vocab_size"}
    other = {**full, "vocab_size": 6}
    frame = tiny({"a/0": full, "a/1": full, "a/2": less, "a/3": other}, []).models.frame
    found = distances(gower.encode(frame, gower.default_spec()), 3)
    configuration = found.table.configuration
    kept = found.different(np.unique(configuration))
    assert set(kept) == {configuration[0], configuration[3]}


def test_results_do_not_depend_on_what_else_is_in_the_graph():
    world = make("planted", n_models=400, seed=1)
    first = compute(from_synth(world, permutations=49))
    again = compute(from_synth(world, permutations=49))
    for name in ("coherence_excess", "subgraph_similarity_stats"):
        assert table(first, name).equals(table(again, name))
    other = compute(from_synth(world, permutations=49, seed=1))
    a, b = (table(r, "coherence_excess") for r in (first, other))
    assert not a["null_mean"].equals(b["null_mean"])
    assert a["mean_distance"].equals(b["mean_distance"])


def test_nothing_at_all_gives_empty_tables_and_no_failure():
    result = compute(tiny({"a/a": LLAMA}, []))
    assert result.coverage.n_used == 0
    assert list(table(result, "coherence_excess")["component_id"]) == []


def rejected(world, seeds, n_models=1_500, **changes):
    """Share of compared components with p < 0.05, and how many there were."""
    p = []
    for seed in range(seeds):
        made = make(world, n_models=n_models, seed=seed, **changes)
        result = compute(from_synth(made, permutations=199))
        p.extend(table(result, "coherence_excess")["p"].dropna())
    return float(np.mean(np.array(p) < 0.05)), len(p)


INDEPENDENT = {"redraw": 1.0, "component_offset": 0.3}  # members drawn as isolated models are


@pytest.mark.parametrize("changes", [{}, {"size_trend": 3.0}])
def test_components_of_independent_draws_are_not_coherent(changes):
    share, n = rejected("null", SEEDS, **INDEPENDENT, **changes)
    assert n > 20 * SEEDS
    assert share <= (0.075 if PROVE else 0.10)


def test_copies_alone_make_no_coherence():
    share, n = rejected("copies", SEEDS, redraw=0.3)
    assert n > 4 * SEEDS
    assert share <= (0.075 if PROVE else 0.15)


def test_a_planted_effect_is_found():
    share, n = rejected("planted", SEEDS, n_models=3_000)
    assert n > 3 * SEEDS
    assert share >= 0.8


def test_without_strata_the_null_fails(monkeypatch):
    one = lambda values: np.zeros(len(values), dtype=np.int64)  # noqa: E731 - one short rule
    monkeypatch.setattr(coherence, "codes", one)
    share, _ = rejected("null", 1, **INDEPENDENT)
    assert share > 0.5


def test_compare_says_when_too_little_is_shared():
    frame = tiny(
        {f"m/{k:02d}": {"hidden_size": k, "model_type": "x"} for k in range(30)}, []
    ).models.frame
    found = distances(gower.encode(frame, gower.default_spec()), 3)
    cells = [(k // 6 if k < 6 else k, k, 0, 10) for k in range(30)]
    told = compare(made_entries(cells), 0, found, 19, np.random.default_rng(0))
    assert told.note == "no comparison (too few shared fields)"
