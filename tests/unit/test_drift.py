"""Drift of every edge against loops, its funnel, and summaries with planted truth."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from lineage_worlds import from_synth, tiny
from slow_drift import slow_drift

from modelkin.analysis.drift import compute
from modelkin.data.synth.truth import drifted
from modelkin.data.synth.world import make

LLAMA = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4, "vocab_size": 100}


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


def written(result):
    return result.writes[0].frame


def row(frame, **wanted):
    mask = np.logical_and.reduce([frame[k] == v for k, v in wanted.items()])
    assert mask.sum() == 1
    return frame[mask].iloc[0]


@pytest.fixture(scope="module")
def planted():
    return from_synth(make("dirty", n_models=1_200, seed=3))


@pytest.fixture(scope="module")
def planted_result(planted):
    return compute(planted)


def test_every_edge_is_written_as_the_loops_say(planted, planted_result):
    frame = written(planted_result)
    assert len(frame) == planted.edges.n
    for (_, got), (drift, n_compared, changed) in zip(
        frame.iterrows(), slow_drift(planted), strict=True
    ):
        if n_compared is None:
            assert pd.isna(got["drift"])
            assert pd.isna(got["n_compared"])
            assert got["changed"] is None
            continue
        assert got["n_compared"] == n_compared
        assert set(got["changed"]) == changed
        assert got["n_changed"] == len(changed)
        if drift is None:
            assert pd.isna(got["drift"])
        else:
            assert got["drift"] == pytest.approx(drift, abs=1e-12)


def test_the_table_holds_the_pairs_with_a_drift_in_the_order_of_ids(planted, planted_result):
    frame = table(planted_result, "config_drift_pairs")
    assert len(frame) == sum(d is not None for d, _, _ in slow_drift(planted))
    assert frame[["parent_id", "child_id"]].apply(tuple, axis=1).is_monotonic_increasing
    np.testing.assert_allclose(frame["similarity"], 1 - frame["drift"])


def test_funnel_and_truth_agree(planted_result):
    world = make("dirty", n_models=1_200, seed=3)
    steps = dict(planted_result.coverage.steps)
    assert list(steps) == [
        "declared pairs",
        "row at both ends",
        "configured at both ends",
        "≥ 3 shared fields",
    ]
    assert steps["declared pairs"] == int((world.parent != world.child).sum())
    pairs = table(planted_result, "drift_by_relation")
    for relation, told in drifted(world, world.configured).items():
        words = "all but merge" if relation == "no_merge" else relation
        if told["n"]:
            assert row(pairs, subset="all", relation=words)["n"] == told["n"]


def test_self_loops_and_unconfigured_ends_have_no_drift_and_thin_pairs_a_count():
    models = {
        "a/a": LLAMA,
        "b/b": {**LLAMA, "vocab_size": 200},
        "c/c": {"hidden_size": 64},
        "d/d": {"model_type": "llama"},
        "e/e": {"has_row": False},
    }
    edges = [("a/a", "a/a"), ("a/a", "b/b"), ("a/a", "c/c"), ("a/a", "d/d"), ("a/a", "e/e"),
             ("e/e", "e/e")]  # fmt: skip
    result = compute(tiny(models, edges))
    assert [n for _, n in result.coverage.steps] == [4, 3, 2, 1]
    frame = written(result)
    assert frame["drift"].notna().tolist() == [False, True, False, False, False, False]
    assert frame["n_compared"].fillna(-1).tolist() == [-1, 4, 1, -1, -1, -1]
    assert frame["changed"].tolist() == [None, ["vocab_size"], [], None, None, None]
    assert "elf-loops, apart: 2" in result.findings[0], "configured or not"


def test_a_filter_restricts_the_report_and_never_what_is_written(planted, planted_result):
    only = compute(
        type(planted)(planted.models, planted.edges, planted.forest, {"relations": ["quantized"]})
    )
    assert set(table(only, "config_drift_pairs")["relations"].str.contains("quantized")) == {True}
    pd.testing.assert_frame_equal(written(only), written(planted_result))
    # ranges come from the whole set: the same pairs have the same drift
    whole = table(planted_result, "config_drift_pairs").set_index(["parent_id", "child_id"])
    part = table(only, "config_drift_pairs").set_index(["parent_id", "child_id"])
    pd.testing.assert_series_equal(part["drift"], whole.loc[part.index, "drift"])


def test_an_edge_with_two_relations_counts_in_both_and_once_in_all():
    models = {f"m/{k:02d}": {**LLAMA, "vocab_size": 100 + k} for k in range(12)}
    names = list(models)
    edges = [(names[0], n, "finetune", "quantized") for n in names[1:]]
    pairs = table(compute(tiny(models, edges)), "drift_by_relation")
    counts = {r: row(pairs, subset="all", relation=r)["n"] for r in pairs["relation"].unique()}
    assert counts == {"all but merge": 11, "finetune": 11, "quantized": 11}


def test_unknown_family_is_neither_inside_nor_across():
    models = {
        "a/a": {"hidden_size": 1, "num_hidden_layers": 1, "vocab_size": 1},
        "b/b": LLAMA,
        "c/c": {**LLAMA, "model_type": "gpt2"},
        "d/d": {**LLAMA, "model_type": "strange"},
        "e/e": {**LLAMA, "model_type": "stranger"},
    }
    edges = [("a/a", "b/b"), ("b/b", "c/c"), ("d/d", "e/e"), ("d/d", "b/b")]
    frame = table(compute(tiny(models, edges)), "config_drift_pairs")
    same = frame.set_index(["parent_id", "child_id"])["same_family"]
    assert same[("b/b", "c/c")] is np.False_ or same[("b/b", "c/c")] == False  # noqa: E712
    assert pd.isna(same[("a/a", "b/b")])
    assert pd.isna(same[("d/d", "e/e")])
    assert not same[("d/d", "b/b")]


def test_merges_stand_apart_and_are_measured_to_the_nearest_parent_too():
    models = {
        "a/a": LLAMA,
        "b/b": {**LLAMA, "vocab_size": 200},
        "c/c": LLAMA,
    }
    edges = [("a/a", "c/c", "merge"), ("b/b", "c/c", "merge", "finetune")]
    pairs = table(compute(tiny(models, edges)), "drift_by_relation")
    assert "all but merge" not in set(pairs["relation"])
    assert row(pairs, subset="all", relation="merge")["n"] == 2
    assert row(pairs, subset="to the nearest parent", relation="merge")["n"] == 1


def test_a_relations_own_fields_are_left_out_beside_where_they_are_compared():
    models = {
        f"m/{k:02d}": {
            **LLAMA,
            "torch_dtype": "int8" if k else "bf16",
            "quant_bits": 8,
            "quant_method": "x",
            "transformers_version": "4.1",
        }
        for k in range(12)
    }
    names = list(models)
    inputs = tiny(
        models, [(names[0], n, "quantized") for n in names[1:]], features="training", min_shared=1
    )
    result = compute(inputs)
    pairs = table(result, "drift_by_relation")
    assert row(pairs, subset="all", relation="quantized")["edge_drift_note"] != ""
    inside = table(result, "config_drift_pairs")
    assert (inside["drift"] == 0.25).all()
    assert (
        row(pairs, subset="without its own fields", relation="quantized")["median_of_moved"] != 0.25
    )
    assert result.writes == ()  # drift in the graph is over "default" only


def test_contrasts_are_paired_inside_components():
    # quantized copies drift by 0, finetunes by 1/4, in components of different families
    models, edges = {}, []
    for g in range(12):
        root = f"g{g:02d}/root"
        models[root] = {**LLAMA, "vocab_size": 100}
        for k in range(2):
            models[f"g{g:02d}/q{k}"] = models[root]
            models[f"g{g:02d}/f{k}"] = {**models[root], "vocab_size": 101}
            edges += [(root, f"g{g:02d}/q{k}", "quantized"), (root, f"g{g:02d}/f{k}", "finetune")]
    found = row(table(compute(tiny(models, edges)), "drift_contrasts"), relation="finetune")
    assert found["against"] == "quantized"
    assert found["n_components"] == 12
    assert found["difference_value"] == pytest.approx(0.25)


def test_scale_is_the_mean_over_all_pairs_of_one_type_and_half_year():
    models = {
        "a/a": {**LLAMA, "created_at": "2023-02-01"},
        "b/b": {**LLAMA, "created_at": "2023-03-01", "vocab_size": 200},
        "c/c": {**LLAMA, "created_at": "2023-04-01", "vocab_size": 300},
        "d/d": {**LLAMA, "created_at": "2024-04-01", "vocab_size": 100},
        "e/e": {**LLAMA, "model_type": "gpt2", "created_at": "2023-02-01"},
    }
    found = row(
        table(compute(tiny(models, [("a/a", "b/b"), ("a/a", "d/d")])), "drift_scale"),
        strata="type × half-year",
    )
    # range 200: pairs of a, b, c are 0.5, 1 and 0.5 apart in one of four fields
    assert found["mean_random_distance"] == pytest.approx((0.5 + 1 + 0.5) / 3 / 4)
    assert found["mean_drift"] == pytest.approx(0.5 / 4)
    assert (found["n"], found["n_without_partner"]) == (1, 1)


def test_nothing_at_all_gives_empty_tables_and_no_failure():
    result = compute(tiny({"a/a": LLAMA}, []))
    assert result.coverage.n_used == 0
    assert result.figures[0].name == "config_drift_analysis"
    assert len(written(result)) == 0


def test_every_table_and_the_caption_tell_the_coverage(planted_result):
    assert all(t.coverage.n_used == planted_result.coverage.n_used for t in planted_result.tables)
    caption = planted_result.figures[0].caption
    assert planted_result.coverage.line() in caption
    assert "says nothing about" in caption
    assert [t.name for t in planted_result.tables if t.main] == ["drift_by_relation"]


@pytest.mark.skipif(not os.environ.get("MODELKIN_PROVE"), reason="a proof of 200 worlds")
def test_equal_relations_are_seldom_told_apart_though_the_hub_has_one_relation_only():
    p, unpaired = [], []
    for seed in range(200):
        contrasts = table(compute(from_synth(make("hub", seed=seed))), "drift_contrasts")
        found = contrasts.dropna(subset=["p"])
        p.extend(found["p"])
        unpaired.extend(found["unpaired_difference"])
    assert len(p) > 200
    assert np.mean(np.array(p) < 0.05) <= 0.075


@pytest.mark.skipif(not os.environ.get("MODELKIN_PROVE"), reason="a proof of 200 worlds")
def test_the_share_of_changed_pairs_covers_its_mean_over_worlds():
    rows = []
    for seed in range(200):
        world = make("planted", seed=seed, rate=0.02, component_rho=0.1, multi_share=0.0)
        rows.append(
            row(
                table(compute(from_synth(world)), "drift_by_relation"),
                subset="all",
                relation="all but merge",
            )
        )
    found = pd.DataFrame(rows)
    truth = found["unchanged_value"].mean()
    covered = (found["unchanged_low"] <= truth) & (truth <= found["unchanged_high"])
    assert covered.mean() >= 0.90  # approximate
