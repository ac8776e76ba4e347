"""The analysis as a whole, on planted worlds and at its edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import slow_gower
from similarity_world import block_records, inputs_of, models_of, random_records

from modelkin.analysis import similarity
from modelkin.analysis.gower import nearest
from modelkin.analysis.inputs import Models
from modelkin.analysis.representatives import representatives
from modelkin.analysis.result import Result
from modelkin.analysis.similarity import compute, encoded
from modelkin.schema.attributes import BY_NAME, feature_set

REFERENCE_COLUMNS = [
    "n_models", "n_features", "n_nodes", "n_edges", "similarity_threshold", "mean_distance",
    "median_distance",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _few_permutations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "PERMUTATIONS", 49)


def table(result: Result, name: str) -> pd.DataFrame:
    return next(t.frame for t in result.tables if t.name == f"config_similarity_{name}")


def edges_of(result: Result) -> pd.DataFrame:
    (write,) = result.writes
    assert write.target == "similar"
    return write.frame


def block_of(ids: Any) -> list[str]:
    return [name.partition("/")[0] for name in ids]


def test_planted_blocks_are_components_and_neighbourhoods() -> None:
    result = compute(inputs_of(block_records(0)))
    summary = table(result, "summary").set_index("unit").loc["configurations"]
    assert (summary["n_components"], summary["largest_component"]) == (6, 20)
    near = table(result, "neighbours")
    same = np.array(block_of(near["source"])) == np.array(block_of(near["target"]))
    assert same.mean() >= 0.99
    assert len(near) == 120 * 10
    assert near["rank"].tolist() == list(range(1, 11)) * 120
    agreement = table(result, "metrics")
    assert len(agreement) == 15
    assert agreement["rank_correlation"].between(0.3, 1).all()
    assert (agreement["mantel_p"] == 2 / 50).all()


def slow_rows(models: Models) -> list[slow_gower.Row]:
    names = feature_set("default")
    frame = models.frame[list(names)]
    plain = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(k): v for k, v in row.items()} for row in plain]


def gappy_records(seed: int, n: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    records = random_records(seed, n)
    for i, record in enumerate(records):
        for name in feature_set("default"):
            if rng.random() < 0.35 and name != "hidden_size":
                record.pop(name, None)
        if i and rng.random() < 0.4:  # a copy of an earlier model, its gaps included
            copied = records[rng.integers(i)]
            record = records[i] = copied | {"id": record["id"]}
        record["downloads"] = int(rng.integers(0, 4))
    return records


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("metric", ["range", "pairwise-max"])
def test_edges_equal_those_of_the_loop(metric: str, weights: bool) -> None:
    models = models_of(gappy_records(3, 60))
    fields = tuple(
        (n, "number" if BY_NAME[n].kind in ("integer", "number") else BY_NAME[n].kind,
         BY_NAME[n].weight if weights else 1.0)
        for n in feature_set("default")
    )  # fmt: skip
    priority = [-d for d in models.frame["downloads"]]
    slow = slow_gower.nearest(
        slow_rows(models), list(range(60)), fields, metric, 4, 5, False, priority
    )
    rows, encoded_rows = encoded(models, "default", metric, weights)  # type: ignore[arg-type]
    assert rows.tolist() == list(range(60))
    found = nearest(encoded_rows, 4, 5)
    for row in range(60):
        there = found.index[row] >= 0
        assert [
            (int(j), float(d), int(n))
            for j, d, n in zip(
                found.index[row][there],
                found.distance[row][there],
                found.n_compared[row][there],
                strict=True,
            )
        ] == slow[row]


def test_the_representative_has_most_downloads_then_is_earliest_then_first() -> None:
    shape = {"hidden_size": 64, "model_type": "bert"}
    other = {"hidden_size": 128}
    records = [
        {"id": "a/few", "downloads": 1, "created_at": "2020-01-01", **shape},
        {"id": "b/later", "downloads": 5, "created_at": "2024-01-01", **shape},
        {"id": "c/earlier", "downloads": 5, "created_at": "2023-01-01", **shape},
        {"id": "d/unknown-date", "downloads": 5, **shape},
        {"id": "e/unknown-downloads", "created_at": "2019-01-01", **shape},
        {"id": "f/first", **other},
        {"id": "g/second", **other},
        {"id": "h/not-configured", "downloads": 9},
    ]
    models = models_of(records)
    assert models.ids[representatives(models)].tolist() == ["c/earlier", "f/first"]


def test_neighbours_of_copies_are_representatives_of_other_configurations() -> None:
    result = compute(inputs_of(gappy_records(7, 120), min_shared=4))
    models = models_of(gappy_records(7, 120))
    marked, hashes = representatives(models), models.frame["config_hash"].to_numpy()
    edges = edges_of(result)
    assert marked[edges["target"]].all()
    assert (hashes[edges["source"]] != hashes[edges["target"]]).all()
    assert (edges["n_compared"] >= 4).all()
    np.testing.assert_allclose(edges["similarity"], 1 - edges["distance"])
    for _, copies in edges.groupby(hashes[edges["source"]]):
        per_source = {tuple(g["target"]) for _, g in copies.groupby("source")}
        assert len(per_source) == 1
    only = compute(inputs_of(gappy_records(7, 120), min_shared=4, representatives=True))
    assert set(edges_of(only)["source"]) == {r for r in edges["source"] if marked[r]}


def test_models_that_know_too_little_get_no_edges_and_are_counted() -> None:
    sparse = [{"id": f"sparse/{i}", "hidden_size": 64 + i, "model_type": "llama"} for i in range(9)]
    bare = [{"id": "bare/x", "model_type": "llama"}]
    result = compute(inputs_of([*block_records(0, 2), *sparse, *bare]))
    steps = dict(result.coverage.steps)
    assert list(steps.values()) == [50, 49, 40, 40]
    assert "9 know fewer than 6 of 16 compared fields" in result.findings[0]
    ids = set(table(result, "neighbours")["source"])
    assert not any(name.startswith(("sparse", "bare")) for name in ids)
    summary = table(result, "summary").set_index("unit")
    assert summary.loc["models", "n_nodes"] == 40  # unknown is no isolated node
    assert compute(inputs_of(sparse, min_shared=2)).coverage.n_used == 9


def test_every_model_is_used_and_no_sample_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "COMPARED", 60)  # these two alone are samples, and say so
    monkeypatch.setattr(similarity, "LARGEST", 70)
    records = [
        {"id": f"m/{i:05}", "model_type": "llama", "hidden_act": "silu",
         "hidden_size": 8 * (i + 1), "num_hidden_layers": 1 + i % 90, "vocab_size": 100 + i,
         "num_attention_heads": 1 + i % 8}
        for i in range(1_300)
    ]  # fmt: skip
    result = compute(inputs_of(records, k=3))
    assert len(edges_of(result)) == 1_300 * 3
    assert table(result, "summary")["n_nodes"].tolist() == [1_300, 1_300]
    assert table(result, "metrics")["n_configurations"].unique().tolist() == [60]
    assert table(result, "embedding")["n_configurations"].tolist() == [70]


def test_the_summary_has_the_columns_of_the_reference_and_counts_exact_copies() -> None:
    copies = [{**r, "id": f"copy/{i}"} for i, r in enumerate(block_records(2, 3, 5))]
    result = compute(inputs_of([*block_records(2, 3, 5), *copies]))
    summary = table(result, "summary").set_index("unit")
    assert set(REFERENCE_COLUMNS) <= set(summary.columns)
    models, distinct = summary.loc["models"], summary.loc["configurations"]
    assert (models["n_nodes"], distinct["n_nodes"], models["n_features"]) == (30, 15, 16)
    assert models["mean_distance"] < distinct["mean_distance"]  # 15 pairs lie at 0
    assert models["n_edges"] == 4 * distinct["n_edges"] + 15
    groups = table(result, "copies")
    assert groups["n_models"].tolist() == [2] * 15
    assert result.coverage.n_components == 30


def test_results_are_repeatable_and_independent_of_the_order_of_records() -> None:
    records = gappy_records(11, 80)
    one = compute(inputs_of(records, min_shared=4))
    other = compute(inputs_of(list(reversed(records)), min_shared=4))
    for a, b in zip(one.tables, other.tables, strict=True):
        pd.testing.assert_frame_equal(a.frame, b.frame)
    for a, b in zip(one.figures, other.figures, strict=True):
        for p, q in zip(a.panels, b.panels, strict=True):
            pd.testing.assert_frame_equal(p.data, q.data)
    assert one.findings == other.findings
    seeded = compute(inputs_of(records, min_shared=4, seed=5))
    pd.testing.assert_frame_equal(edges_of(one), edges_of(seeded))


def lineages(apart: bool) -> Result:
    """Two lineages in each type and half-year; their members alike, or drawn at random."""
    rng = np.random.default_rng(1)
    records, pairs = [], []
    for b, record in enumerate(block_records(4, 5, 24)):
        lineage = b % 2
        centre = 20_000 * (1 + lineage) if apart else 20_000 * int(rng.integers(1, 3))
        record |= {"vocab_size": centre + b, "created_at": "2024-02-01"}
        records.append(record)
        root = f"{record['model_type']}/model-{lineage:03}"
        if record["id"] != root:
            pairs.append((root, record["id"]))
    return compute(inputs_of(records, pairs, k=3))


def test_related_models_are_found_alike_only_where_they_are() -> None:
    planted = table(lineages(apart=True), "assortativity").set_index("label")
    assert planted.loc["component", "coefficient"] > 0.9
    assert planted.loc["component", "expected"] < 0.6
    assert planted.loc["component", "p"] == 2 / 50
    assert math.isnan(planted.loc["family", "p"])  # one family to a type: nothing moves
    none = table(lineages(apart=False), "assortativity").set_index("label")
    assert none.loc["component", "p"] > 0.05


@pytest.mark.parametrize("features", ["reference", "training"])
def test_other_feature_sets_are_tables_only(features: str) -> None:
    records = block_records(0, 3, 6)
    for i, record in enumerate(records):
        record |= {"torch_dtype": ["float16", "bfloat16"][i % 2], "transformers_version": "4.31",
                   "quant_method": ["awq", "gptq"][i % 2], "quant_bits": 2 + i % 7}  # fmt: skip
    result = compute(inputs_of(records, features=features, min_shared=2))
    assert result.writes == ()
    assert len(table(result, "neighbours")) > 0
    assert table(result, "summary")["n_features"].unique().tolist() == [len(feature_set(features))]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [{"id": "a/plain"}],
        [{"id": "a/one", "hidden_size": 64}],
        [{"id": f"a/{i}", "hidden_size": 64} for i in range(40)],
        block_records(0, 1, 2),
        block_records(0, 2, 2),
    ],
    ids=["none", "unconfigured", "one", "copies", "two", "four"],
)
def test_small_and_empty_graphs_give_whole_results(records: list[dict[str, Any]]) -> None:
    result = compute(inputs_of(records))
    assert [t.name for t in result.tables if t.main] == ["config_similarity_summary"]
    assert len(result.tables) == 7
    assert [f.name for f in result.figures] == [
        "config_similarity_embedding", "similarity_graph", "similarity_metrics_comparison",
    ]  # fmt: skip
    assert result.findings
    assert list(edges_of(result).columns) == [
        "source", "target", "distance", "similarity", "rank", "n_compared", "related",
    ]  # fmt: skip


def test_parameters_name_every_option() -> None:
    result = compute(inputs_of(block_records(0, 2, 3), k=2, metric="log-range", seed=3))
    assert result.parameters["metric"] == "log-range"
    assert set(similarity.DEFAULTS) <= set(result.parameters)
    assert all(any(c.isdigit() for c in sentence) for sentence in result.findings)
