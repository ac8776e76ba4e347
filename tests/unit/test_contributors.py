"""Who contributes what: counts against loops, shares with three states, bounds that hold."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest
from lineage_worlds import from_synth, tiny

from modelkin.analysis.contributors import compute
from modelkin.analysis.intervals import rate
from modelkin.analysis.shares import share
from modelkin.analysis.traits import FEATURES
from modelkin.data.synth.params import FIELDS
from modelkin.data.synth.world import make
from modelkin.schema.derive import derived


@pytest.fixture(scope="module")
def world():
    return make("dirty", n_models=1_500, seed=5)


@pytest.fixture(scope="module")
def result(world):
    return compute(from_synth(world))


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


def test_counts_equal_those_of_a_loop(world, result):
    frame = from_synth(world).models.frame
    rows = [r for _, r in frame.iterrows() if r["configured"]]
    orgs = Counter(r["organization"] for r in rows)
    got = table(result, "contributors")
    assert dict(zip(got["organization"], got["n_models"], strict=True)) == orgs
    assert got["n_models"].is_monotonic_decreasing
    assert got["share"].sum() == pytest.approx(1)
    hashes = defaultdict(set)
    for r in rows:
        hashes[r["organization"]].add(r["config_hash"])
    assert dict(zip(got["organization"], got["n_distinct"], strict=True)) == {
        org: len(found) for org, found in hashes.items()
    }
    for name, column in (("model_families", "family"), ("model_types", "model_type")):
        got = table(result, name)
        counts = Counter(r[column] or "unknown" for r in rows)
        assert dict(zip(got[column], got["n_models"], strict=True)) == counts
        assert got["n_models"].sum() == len(rows), "a partition"


def test_features_are_counted_among_known_ones_only(world, result):
    frame = from_synth(world).models.frame
    yes, known = Counter(), Counter()
    for _, r in frame[frame["configured"]].iterrows():
        values = {n: v for n, v in r.items() if not isinstance(v, (list, tuple)) and not pd.isna(v)}
        for name, value in derived(values).items():
            if name.startswith("uses_") and value is not None:
                known[name] += 1
                yes[name] += bool(value)
    got = table(result, "feature_adoption").set_index("feature")
    for name, words in list(FEATURES.items())[:4]:
        assert got.loc[words, "n_known"] == known[name]
        assert got.loc[words, "n_yes"] == yes[name]
        assert got.loc[words, "share"] == yes[name] / known[name]
        assert got.loc[words, "n_scope"] == frame["configured"].sum()


def test_numbers_of_the_whole_agree_with_numpy(world, result):
    frame = from_synth(world).models.frame
    layers = frame.loc[frame["configured"], "num_hidden_layers"].dropna().to_numpy()
    row = table(result, "numeric_summary").set_index("attribute").loc["num_hidden_layers"]
    assert row["count"] == len(layers)
    assert row["median"] == np.median(layers)
    assert row["std"] == pytest.approx(np.std(layers, ddof=1))
    stats = table(result, "summary_stats").set_index("metric")["value"]
    assert stats["total_models"] == frame["configured"].sum()
    assert stats["unique_orgs"] == frame.loc[frame["configured"], "organization"].nunique()
    part = table(result, "contributors")["share"]
    assert stats["effective_orgs"] == pytest.approx(1 / (part**2).sum())


@pytest.mark.parametrize("seed", range(20))
def test_bounds_contain_the_truth_when_adopters_keep_silent(seed):
    # the flag is unknown more often where it is True; the files' own share is then too low
    world = make("dirty", n_models=600, seed=seed, unknown={"tie_word_embeddings": 0.4},
                 mnar_odds={"tie_word_embeddings": 6.0})  # fmt: skip
    field = FIELDS.index("tie_word_embeddings")
    rows = np.flatnonzero(world.configured & (world.codes[:, field] >= 0))
    truth = float((world.codes[rows, field] == 1).mean())
    told = np.where(world.known[rows, field], world.codes[rows, field] == 1, np.nan)
    found = share(told, world.component[rows], np.ones(len(rows), dtype=bool))
    assert found["if_unknown_no"] <= truth <= found["if_unknown_yes"]
    assert found["share"] < truth, "the share of the known alone would mislead"


def test_a_share_is_what_the_interval_module_says():
    rng = np.random.default_rng(3)
    cluster = rng.integers(0, 40, 400)
    values = np.where(rng.random(400) < 0.3, np.nan, rng.random(400) < 0.4)
    once = rng.random(400) < 0.5
    found = share(values, cluster, once)
    assert found["n_scope"] == 400
    assert found["n_known"] == np.isfinite(values).sum()
    assert found["typical_value"] == rate(values, cluster).value
    assert found["share_low"] == rate(values, cluster, "edge").low
    assert found["distinct_value"] == rate(values[once], cluster[once]).value
    assert found["share_low"] < found["share"] < found["share_high"]


def test_copies_of_one_base_do_not_make_a_preference():
    llama = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4,
             "num_attention_heads": 32}  # fmt: skip
    models = {f"big/{k:02d}": {**llama, "num_key_value_heads": 8} for k in range(30)}
    models |= {f"big/x{k:02d}": {**llama, "num_key_value_heads": 32, "vocab_size": 100 + k}
               for k in range(10)}  # fmt: skip
    row = table(compute(tiny(models, [])), "contributor_features").set_index("feature")
    row = row.loc["grouped attention"]
    assert row["share"] == 0.75
    assert row["n_distinct"] == 11
    assert row["distinct_note"].startswith("rare: 1 of 11")


def test_nothing_configured_is_said():
    result = compute(tiny({"a/x": {"has_row": False}}, []))
    assert "nothing can be counted" in result.findings[0]
    assert table(result, "contributors").empty
