"""Mixtures of experts: three states, planted bounds, and a difference that strata take away."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from lineage_worlds import from_synth, tiny
from scipy import stats

from modelkin.analysis.experts import compute
from modelkin.analysis.stratified import stratified_delta
from modelkin.analysis.traits import configured
from modelkin.data.synth.world import make

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
SEEDS = range(400 if PROVE else 40)


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


def test_counts_pairs_and_utilization_equal_those_of_a_loop():
    inputs = from_synth(make("planted", n_models=1_500, seed=3), resamples=19)
    result, frame = compute(inputs), configured(inputs)
    moe = [r for r in frame.to_dict("records") if r["num_experts"] >= 2 or r["uses_moe"] == 1]
    stats_ = table(result, "moe_summary").set_index("metric")["value"]
    assert stats_["total_moe"] == len(moe)
    pairs = Counter(
        (r["num_experts"], r["num_experts_per_tok"])
        for r in moe
        if r["num_experts"] == r["num_experts"] and r["num_experts_per_tok"] > 0
    )
    got = table(result, "moe_configurations")
    keys = zip(got["num_experts"], got["num_experts_per_tok"], strict=True)
    assert dict(zip(keys, got["n_models"], strict=True)) == pairs
    use = [a / n for (n, a), times in pairs.items() for _ in range(times)]
    assert stats_["mean_utilization"] == pytest.approx(np.mean(use))
    assert got["n_models"].is_monotonic_decreasing


def test_one_expert_is_dense_and_silence_is_unknown():
    shape = {"hidden_size": 64, "num_hidden_layers": 2}
    models = {
        "a/one": {**shape, "model_type": "strange", "num_experts": 1},
        "a/none": {**shape, "model_type": "strange"},
        "a/llama": {**shape, "model_type": "llama"},
        "a/two": {**shape, "model_type": "strange", "num_experts": 2},
        "a/mixtral": {**shape, "model_type": "mixtral"},
    }
    result = compute(tiny(models, [], resamples=9))
    assert table(result, "moe_models")["model_id"].tolist() == ["a/mixtral", "a/two"]
    row = table(result, "moe_adoption").iloc[0]
    assert (row["n_scope"], row["n_known"], row["n_yes"]) == (5, 4, 2)
    stats_ = table(result, "moe_summary").set_index("metric")["value"]
    assert (stats_["dense"], stats_["unknown"], stats_["adoption_rate"]) == (2, 1, 0.5)


@pytest.mark.parametrize("seed", range(20))
def test_bounds_contain_the_truth_when_dense_models_keep_silent(seed):
    rng = np.random.default_rng(seed)
    moe = rng.random(400) < 0.1
    silent = rng.random(400) < np.where(moe, 0.2, 0.6)
    shape = {"model_type": "strange", "hidden_size": 64, "num_hidden_layers": 2}
    models = {
        f"a/{k:03d}": {**shape, "num_experts": None if silent[k] else 8 if moe[k] else 0}
        for k in range(400)
    }
    row = table(compute(tiny(models, [], resamples=9)), "moe_adoption").iloc[0]
    assert row["if_unknown_no"] <= moe.mean() <= row["if_unknown_yes"]
    assert row["share"] > moe.mean(), "the share of the known alone would mislead"


def simpson(seed: int, effect: float = 0.0) -> pd.DataFrame:
    """Mixtures stand in the strata with large sizes; inside a stratum they differ by `effect`."""
    rng = np.random.default_rng([seed, 5])
    rows = []
    for component in range(150):
        stratum = int(rng.integers(0, 10))
        shared = rng.normal()
        for _ in range(int(rng.integers(1, 5))):
            moe = rng.random() < 0.1 + 0.08 * stratum
            size = 0.4 * stratum + 0.5 * shared + rng.normal() + effect * moe
            rows.append((stratum, component, float(moe), size))
    return pd.DataFrame(rows, columns=["stratum", "component", "moe", "size"])


def delta(frame: pd.DataFrame, seed: int, stratum: str = "stratum"):
    return stratified_delta(
        frame["size"], frame["moe"], frame[stratum], frame["component"],
        np.random.default_rng(seed), 199,
    )[0]  # fmt: skip


def test_a_difference_of_strata_is_none_inside_them():
    false, found, naive = 0, 0, 0
    for seed in SEEDS:
        frame = simpson(seed)
        here = delta(frame, seed)
        false += not here.low <= 0 <= here.high
        first, second = (frame.loc[frame["moe"] == k, "size"] for k in (1, 0))
        naive += stats.mannwhitneyu(first, second).pvalue < 0.05
        here = delta(simpson(seed, 1.0), seed)
        found += here.low > 0
    n = len(SEEDS)
    assert false / n <= (0.075 if PROVE else 0.15)
    assert found / n >= 0.8
    assert naive / n > 0.5, "without strata the same data must mislead"


def test_the_mean_delta_is_that_of_a_loop_and_thin_strata_give_none():
    frame = simpson(1)
    want = []
    for _, part in frame.groupby("stratum"):
        a, b = (part.loc[part["moe"] == k, "size"].to_numpy() for k in (1, 0))
        if len(a) and len(b):
            want.append(np.mean(np.sign(a[:, None] - b[None, :])))
    assert delta(frame, 0).value == pytest.approx(np.mean(want), abs=1e-12)
    few = frame[frame["stratum"] < 4]
    assert delta(few, 0).note.startswith("not enough data (4 strata")
