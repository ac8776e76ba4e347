"""Families: partition, medians and tests against other packages, planted nulls with copies."""

from __future__ import annotations

import os
from collections import Counter
from itertools import product

import numpy as np
import pandas as pd
import pytest
from lineage_worlds import from_synth, tiny
from scipy import stats

from modelkin.analysis.families import compute
from modelkin.analysis.family_contrasts import ALL, cliffs_delta, contrasts, epsilon_squared
from modelkin.analysis.family_tables import median_interval, standardised
from modelkin.analysis.family_time import by_month, trends
from modelkin.analysis.months import axis, label
from modelkin.analysis.traits import configured, distinct
from modelkin.data.synth.prototypes import TYPE_NAMES
from modelkin.data.synth.world import make
from modelkin.schema.families import UNKNOWN, family_of

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
SEEDS = range(400 if PROVE else 40)


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


@pytest.fixture(scope="module")
def world():
    return make("dirty", n_models=1_200, seed=9)


@pytest.fixture(scope="module")
def inputs(world):
    return from_synth(world, permutations=49)


@pytest.fixture(scope="module")
def result(inputs):
    return compute(inputs)


def test_every_model_has_the_family_of_its_true_type_or_is_unknown(world, inputs, result):
    frame = configured(inputs)
    truth = [family_of(TYPE_NAMES[k]) for k in world.kind[frame["row"]]]
    told = frame["model_type"].notna()
    assert (frame.loc[told, "family"] == np.array(truth)[told]).all()
    assert set(frame.loc[~told, "family"]) == {UNKNOWN}, "unknown is not other"
    summary = table(result, "family_summary")
    assert dict(zip(summary["family"], summary["n_models"], strict=True)) == Counter(
        frame["family"]
    )
    assert summary["n_models"].sum() == len(frame)


def test_medians_and_shares_equal_those_of_a_loop(inputs, result):
    frame = configured(inputs)
    rows = table(result, "family_summary").set_index("family")
    for family, here in frame.groupby("family"):
        once = here[here["is_representative"]]
        layers = once["num_hidden_layers"].dropna()
        assert rows.loc[family, "median_num_hidden_layers"] == np.median(layers)
        assert rows.loc[family, "median_num_hidden_layers_n"] == len(layers)
        known = here["uses_gqa"].dropna()
        assert rows.loc[family, "uses_gqa_known"] == len(known)
        if len(known):
            assert rows.loc[family, "uses_gqa_share"] == known.mean()
        dated = here.loc[here["month"] >= 0, "month"]
        assert rows.loc[family, "first_month"] == label(dated.min())


def test_the_interval_of_a_median_is_the_exact_one():
    assert np.isnan(median_interval(np.arange(9.0))).all()
    low, high = median_interval(np.arange(1.0, 21.0))
    # binomial(20, 1/2): P(X <= 5) = 0.0207 <= 0.025 < P(X <= 6), so the 6th and the 15th
    assert (low, high) == (6.0, 15.0)


def test_effects_equal_those_of_scipy():
    rng = np.random.default_rng(2)
    a, b, c = rng.integers(0, 6, 30), rng.integers(1, 8, 25), rng.integers(0, 8, 40)
    counts = np.stack([np.bincount(v, minlength=8) for v in (a, b, c)]).astype(float)
    h = stats.kruskal(a, b, c).statistic
    assert epsilon_squared(counts) == pytest.approx(h / (30 + 25 + 40 - 1), abs=1e-12)
    u = stats.mannwhitneyu(a, b).statistic
    assert cliffs_delta(counts[0], counts[1]) == pytest.approx(2 * u / (30 * 25) - 1, abs=1e-12)
    slow = np.mean([np.sign(x - y) for x, y in product(a, b)])
    assert cliffs_delta(counts[0], counts[1]) == pytest.approx(slow, abs=1e-12)
    assert np.isnan(cliffs_delta(counts[0], np.zeros(8)))


def twins(seed: int, effect: float, n_components: int = 60) -> pd.DataFrame:
    """Two families of one distribution of sizes; components repeat what their base has.

    Widths of one component are steps from its base: many different configurations that are
    no independent witnesses.
    """
    rng = np.random.default_rng([seed, 11])
    rows = []
    for k in range(n_components):
        family, base = ("LLaMA", "Qwen")[k % 2], rng.normal()
        month = int(rng.integers(640, 660))
        for j in range(int(rng.integers(1, 12))):
            size = np.exp(0.5 * (base + effect * (k % 2)) + 0.05 * rng.normal() + 7)
            rows.append((f"a/{k:03d}-{j:02d}", family, k, month, size))
    frame = pd.DataFrame(rows, columns=["model_id", "family", "component", "month", "hidden_size"])
    for name in ("num_hidden_layers", "max_position_embeddings", "gqa_ratio"):
        frame[name] = np.nan
    return frame.assign(is_representative=True)


def test_families_alike_are_seldom_told_apart_and_rows_as_witnesses_fail():
    false, power, naive = 0, 0, 0
    for seed in SEEDS:
        frame = twins(seed, 0.0)
        rows = contrasts(frame, seed, 99)
        false += rows.loc[rows["family"] == ALL, "p"].iloc[0] < 0.05
        sides = [part["hidden_size"] for _, part in frame.groupby("family")]
        naive += stats.kruskal(*sides).pvalue < 0.05
        rows = contrasts(twins(seed, 1.5), seed, 99)
        power += rows.loc[rows["family"] == ALL, "p"].iloc[0] < 0.05
    n = len(SEEDS)
    assert false / n <= (0.075 if PROVE else 0.15)
    assert power / n >= 0.8
    assert naive / n > 0.3, "configurations taken as independent must fail here"


def test_a_family_made_of_copies_is_not_compared_by_them():
    llama = {"hidden_size": 64, "num_hidden_layers": 4}
    models = {f"a/{k:03d}": {**llama, "model_type": "llama"} for k in range(60)}
    models |= {f"b/{k:03d}": {**llama, "model_type": "qwen2", "hidden_size": 65 + k}
               for k in range(12)}  # fmt: skip
    found = compute(tiny(models, [], permutations=19))
    tests = table(found, "family_contrasts")
    assert tests["note"].str.startswith("not enough data (1 families").any()
    assert "Families by width: not enough data" in " ".join(found.missing)


def test_standardised_shares_take_the_mix_away():
    # within each year both families have the same share; one is older
    rows = []
    for family, years in (("LLaMA", (30, 10)), ("Qwen", (10, 30))):
        for year, n in zip((2023, 2024), years, strict=True):
            for k in range(n):
                yes = k < n * (0.2 if year == 2023 else 0.8)
                rows.append((family, 12 * (year - 1970), "small", float(yes)))
    frame = pd.DataFrame(rows, columns=["family", "month", "size_class", "uses_moe"])
    for name in ("uses_gqa", "uses_rope", "uses_quantization", "uses_mla"):
        frame[name] = np.nan
    found = standardised(frame.assign(is_representative=True), ["LLaMA", "Qwen"])
    moe = found[found["feature"] == "mixture of experts"].set_index("family")
    assert moe["share"].tolist() == pytest.approx([0.35, 0.65])
    assert moe["standardised"].tolist() == pytest.approx([0.5, 0.5])
    assert (found.loc[found["feature"] != "mixture of experts", "n"] == 0).all()


def test_months_have_no_gaps_and_no_false_first_day():
    days = ["2022-03-02T23:29:04Z"] * 5 + ["2023-01-31T00:00:00Z", "2023-04-10T00:00:00Z"]
    models = {f"a/{k}": {"model_type": "llama", "hidden_size": 64 + k, "created_at": day}
              for k, day in enumerate(days)}  # fmt: skip
    frame = configured(tiny(models, []))
    assert [label(m) for m in axis(frame)] == ["2023-01", "2023-02", "2023-03"], "April is cut"
    monthly = by_month(frame)
    assert monthly["n_new"].tolist() == [1, 0, 0]
    assert monthly["n_total"].tolist() == [1, 1, 1]
    assert monthly["share"].isna().tolist() == [False, True, True]
    lines = trends(frame, ["LLaMA"])
    assert lines["n"].tolist() == [1, 0, 0]
    assert lines["hidden_size"].isna().all(), "one model is no month"


def test_a_context_of_32768_is_long():
    models = {f"a/{k:02d}": {"model_type": "llama", "hidden_size": 64 + k,
                             "max_position_embeddings": 32_768 if k < 5 else 32_767,
                             "created_at": "2024-05-31T00:00:00Z"} for k in range(10)}  # fmt: skip
    lines = trends(configured(tiny(models, [])), ["LLaMA"])
    assert lines["long_context"].tolist() == [0.5]


def test_distinct_models_are_those_of_the_boxes(inputs, result):
    once = distinct(configured(inputs))
    figure = next(f for f in result.figures if f.name == "hidden_size_by_family")
    drawn = figure.panels[0].data
    for family, part in drawn.groupby("family"):
        want = once.loc[once["family"] == family, "hidden_size"].dropna()
        assert sorted(part["hidden_size"]) == sorted(want)


def test_nothing_dated_is_said():
    found = compute(tiny({"a/x": {"hidden_size": 4}}, [], permutations=9))
    assert "No configured model has a date" in " ".join(found.missing)
