"""Sizes, what goes together and what stands out: planted truth, other packages, slow loops."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from lineage_worlds import from_synth, tiny
from scipy import stats

from modelkin.analysis.bootstrap import correlation, median
from modelkin.analysis.correlations import correlations, partial_rank
from modelkin.analysis.outliers import outliers, robust_z
from modelkin.analysis.parameters import compute
from modelkin.analysis.traits import configured, distinct
from modelkin.data.synth.world import make

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
SEEDS = range(400 if PROVE else 40)
LLAMA = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4}


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


@pytest.fixture(scope="module")
def inputs():
    return from_synth(make("dirty", n_models=1_000, seed=6), resamples=200)


@pytest.fixture(scope="module")
def result(inputs):
    return compute(inputs)


def test_quantiles_and_top_values_equal_those_of_a_loop(inputs, result):
    frame = configured(inputs)
    quantiles = table(result, "parameter_quantiles")
    for basis, part in (("models", frame), ("configurations", distinct(frame))):
        for name in ("hidden_size", "rope_theta", "gqa_ratio"):
            known = sorted(v for v in part[name] if v == v)
            row = quantiles[(quantiles["basis"] == basis) & (quantiles["attribute"] == name)].iloc[
                0
            ]
            assert (row["n_known"], row["n_scope"]) == (len(known), len(part))
            assert row["median"] == np.median(known)
            assert (row["min"], row["max"]) == (known[0], known[-1])
    top = table(result, "parameter_top_values")
    here = top[top["attribute"] == "num_hidden_layers"]
    layers = frame["num_hidden_layers"].dropna().tolist()
    want = sorted({v: layers.count(v) for v in layers}.items(), key=lambda vn: (-vn[1], vn[0]))
    assert list(zip(here["value"], here["n_models"], strict=True)) == want[:10]
    assert here["share"].iloc[0] == want[0][1] / len(layers)


def test_the_most_common_are_the_most_common_and_not_the_smallest():
    models = {f"a/{k:02d}": {**LLAMA, "num_attention_heads": 2 if k < 3 else 64, "vocab_size": k}
              for k in range(20)}  # fmt: skip
    top = table(compute(tiny(models, [], resamples=20)), "parameter_top_values")
    assert top[top["attribute"] == "num_attention_heads"]["value"].tolist() == [64.0, 2.0]


def test_correlations_are_those_of_other_packages(inputs):
    once = distinct(configured(inputs))
    rows = correlations(configured(inputs), 0, 50)
    for _, row in rows.iterrows():
        known = once[[row["first"], row["second"]]].dropna()
        assert row["n"] == len(known)
        if row["spearman_value"] == row["spearman_value"]:
            want = stats.spearmanr(known.iloc[:, 0], known.iloc[:, 1]).statistic
            assert row["spearman_value"] == pytest.approx(want, abs=1e-9)
            logs = np.log(known)
            assert row["pearson_log"] == pytest.approx(
                stats.pearsonr(logs.iloc[:, 0], logs.iloc[:, 1]).statistic, abs=1e-9
            )
    tested = rows["p"].notna()
    np.testing.assert_allclose(
        rows.loc[tested, "p_adjusted"], stats.false_discovery_control(rows.loc[tested, "p"])
    )
    size = rows["second"].eq("approx_params_billions") & rows["first"].isin(
        ["hidden_size", "num_hidden_layers"]
    )
    assert rows.loc[size, "p"].isna().all()


def test_a_partial_correlation_is_the_closed_form_for_one_column():
    rng = np.random.default_rng(0)
    z = rng.normal(size=400)
    x, y = z + rng.normal(size=400), z + rng.normal(size=400)
    a, b, c = (stats.spearmanr(u, v).statistic for u, v in ((x, y), (x, z), (y, z)))
    want = (a - b * c) / np.sqrt((1 - b**2) * (1 - c**2))
    assert partial_rank(x, y, z[:, None]) == pytest.approx(want, abs=1e-9)
    assert a > 0.3
    assert abs(partial_rank(x, y, z[:, None])) < 0.15
    assert np.isnan(partial_rank(z, y, z[:, None]))


def clustered(seed: int, rho: float, n_groups: int = 60) -> tuple[np.ndarray, ...]:
    """Two columns with this correlation; components of unequal size, alike inside in both."""
    rng = np.random.default_rng([seed, 7])
    size = np.minimum((1 / (1 - rng.random(n_groups))).astype(int) + 1, 60)
    group = np.repeat(np.arange(n_groups), size)
    cov = [[1, rho], [rho, 1]]
    shared = rng.multivariate_normal([0, 0], cov, n_groups)[group]
    own = rng.multivariate_normal([0, 0], cov, len(group))
    x, y = (np.sqrt(0.5) * shared + np.sqrt(0.5) * own).T
    return x, y, group


def test_rank_correlations_cover_and_null_ones_are_seldom_found():
    truth = 6 / np.pi * np.arcsin(0.5 / 2)  # Spearman's of a normal pair with ρ = 0.5
    covered, false, naive = 0, 0, 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        found, _ = correlation(*clustered(seed, 0.5), rng, 199)
        covered += found.low <= truth <= found.high
        x, y, group = clustered(seed, 0.0)
        false += correlation(x, y, group, rng, 199)[1] < 0.05
        naive += stats.spearmanr(x, y).pvalue < 0.05
    n = len(SEEDS)
    assert covered / n >= (0.90 if PROVE else 0.85)
    assert false / n <= (0.075 if PROVE else 0.15)
    assert naive / n > 0.2, "rows taken as independent must fail here"


def test_medians_cover_and_equal_those_of_redrawn_rows():
    covered = 0
    for seed in SEEDS:
        x, _, group = clustered(seed, 0.0)
        found = median(np.exp(x), group, np.random.default_rng(seed), 199)
        covered += found.low <= 1.0 <= found.high
        assert found.value == np.median(np.exp(x))
    assert covered / len(SEEDS) >= (0.90 if PROVE else 0.85)
    # the draws themselves, by building each resample
    y, c = np.array([1.0, 2.0, 4.0, 8.0, 9.0, 7.0] * 4), np.repeat(np.arange(12), 2)
    found = median(y, c, np.random.default_rng(1), 50)
    rng = np.random.default_rng(1)
    slow = [
        np.median(np.concatenate([y[c == g] for g in draw]))
        for draw in rng.integers(0, 12, (50, 12))
    ]
    half = stats.t.ppf(0.975, 11) * np.std(np.log(slow), ddof=1)
    assert found.high == pytest.approx(found.value * np.exp(half))


def test_too_few_rows_or_components_give_no_number():
    rng = np.random.default_rng(0)
    x = np.arange(40.0)
    assert correlation(x[:20], x[:20], np.arange(20), rng)[0].note.startswith("not enough data")
    assert correlation(x, x, np.repeat([1, 2], 20), rng)[0].note.startswith("not enough data")
    assert median(x + 1, np.repeat([1, 2], 20), rng).note == "no interval (G = 2)"
    assert median([], [], rng).note == "no values"


def test_planted_outliers_are_found_and_few_others():
    found, planted, false, rows = 0, 0, 0, 0
    for seed in range(20 if PROVE else 4):
        world = make("planted", seed=seed, n_outliers=30, noise=0.1, component_offset=0.1)
        frame = configured(from_synth(world))
        hashes = frame.set_index("model_id")["config_hash"]
        truth = {(hashes[m], a) for m, a in world.truth["outliers"].items()}
        odd = outliers(frame)
        got = set(zip(odd["model_id"].map(hashes), odd["attribute"], strict=True))
        planted += len(truth)
        found += len(truth & got)
        false += len(got - truth)
        rows += len(frame)
    assert found / planted >= 0.95
    assert false / rows <= 0.002


def test_an_outlier_has_its_reason_and_a_variant_is_none():
    models = {f"a/{k:03d}": {**LLAMA, "vocab_size": 32_000 + k % 3, "hidden_size": 64 + k}
              for k in range(100)}  # fmt: skip
    models |= {f"b/{k}": {**LLAMA, "vocab_size": 128_256 + k, "hidden_size": 64} for k in range(5)}
    models["c/odd"] = {**LLAMA, "vocab_size": 3_000_000, "num_attention_heads": 8,
                       "num_key_value_heads": 3}  # fmt: skip
    odd = outliers(configured(tiny(models, [])))
    assert odd["model_id"].tolist() == ["c/odd", "c/odd"]
    assert odd["kind"].tolist() == ["inconsistent", "outlier"]
    assert odd["reason"].tolist()[0] == "key heads do not divide query heads"
    assert "times the median of llama" in odd["reason"].tolist()[1]
    assert robust_z(np.array([5.0, 5.0])).tolist() == [0.0, 0.0]


def test_a_graph_that_knows_nothing_says_so():
    result = compute(tiny({"a/x": {"hidden_size": 4}}, [], resamples=20))
    assert "vocabulary: known of none of 1 models." in result.missing
    assert table(result, "parameter_outliers").empty
    assert pd.isna(table(result, "parameter_correlations")["spearman_value"]).all()
