"""Fitness: planted ratios under confounding, nulls chosen by organization, refits, bins."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lineage_worlds import from_synth, tiny
from scipy import stats

from modelkin.analysis import fitness_effects
from modelkin.analysis.fitness import compute, groups, prepared, size_bin
from modelkin.analysis.fitness_effects import covariates, explained, sweet_spots
from modelkin.analysis.regression import least_squares, logistic, natural_spline
from modelkin.data.synth.world import make

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
SEEDS = range(400 if PROVE else 40)
LLAMA = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2}


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


def planted(seed: int, ratio: float, n_org: int = 60) -> pd.DataFrame:
    """Models of organizations: a feature chosen by organization, rarer in old and small models.

    Log outcomes: 0.8 per log size, 0.5 per log age, organization effects, noise; `ratio` is
    what the feature multiplies 1 + outcome by.
    """
    rng = np.random.default_rng([seed, 17])
    size = np.minimum(rng.zipf(1.9, n_org), 60) + 2
    org = np.repeat(np.arange(n_org), size)
    n = len(org)
    log_size, log_age = rng.normal(1.5, 1.0, n), rng.normal(5.5, 0.7, n)
    taste = rng.normal(0, 1.5, n_org)[org]
    moe = rng.random(n) < 1 / (1 + np.exp(-(taste + 0.8 * (log_size - 1.5) - (log_age - 5.5))))
    mean = 4 + 0.8 * log_size + 0.5 * log_age + rng.normal(0, 1, n_org)[org]
    outcome = np.exp(mean + np.log(ratio) * moe + rng.normal(0, 1.5, n)) - 1
    return pd.DataFrame(
        {
            "organization": [f"o{k:03d}" for k in org], "age": np.exp(log_age),
            "size": np.exp(log_size), "year": 2024, "pipeline_tag": "text-generation",
            "relation": "base", "uses_moe": moe.astype(float), "downloads": outcome.clip(0),
            **dict.fromkeys(("likes", "descendants", "uses_gqa", "uses_rope",
                             "uses_quantization", "long_context"), np.nan),
        }
    )  # fmt: skip


def effect(frame: pd.DataFrame) -> dict:
    return fitness_effects._one(frame, "downloads", "uses_moe")


def test_a_planted_ratio_comes_back_and_a_null_is_seldom_found():
    covered, false, naive, n = 0, 0, 0, 0
    for seed in SEEDS:
        found = effect(planted(seed, 1.5))
        if found["note"]:
            continue
        n += 1
        covered += found["ratio_low"] <= 1.5 <= found["ratio_high"]
        frame = planted(seed, 1.0)
        false += effect(frame)["p"] < 0.05
        sides = [np.log1p(frame.loc[frame["uses_moe"] == k, "downloads"]) for k in (1, 0)]
        naive += stats.ttest_ind(*sides, equal_var=False).pvalue < 0.05
    assert n > 0.8 * len(SEEDS)
    assert covered / n >= (0.90 if PROVE else 0.85)
    assert false / n <= (0.09 if PROVE else 0.15)
    assert naive / n > 0.3, "without covariates and organizations the same data must mislead"


def test_least_squares_is_statsmodels_and_its_error_that_of_refits():
    frame = planted(3, 1.5)
    y = np.log1p(frame["downloads"].to_numpy())
    x = np.column_stack([frame["uses_moe"], covariates(frame)])
    org = frame["organization"].to_numpy()
    found = least_squares(y, x, org)
    np.testing.assert_allclose(found.beta, sm.OLS(y, x).fit().params, rtol=1e-7, atol=1e-9)
    slow = []
    for name in np.unique(org):
        rest = org != name
        slow.append(np.linalg.lstsq(x[rest], y[rest], rcond=None)[0][0])
    variance = (len(slow) - 1) / len(slow) * ((np.array(slow) - found.beta[0]) ** 2).sum()
    assert found.covariance[0, 0] == pytest.approx(variance, rel=1e-6)


def test_logistic_is_statsmodels_and_refuses_separated_data():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=300), np.ones(300)])
    y = rng.random(300) < 1 / (1 + np.exp(-0.7 * x[:, 0]))
    org = rng.integers(0, 40, 300)
    found = logistic(y, x, org)
    theirs = sm.Logit(y.astype(float), x).fit(disp=0)
    np.testing.assert_allclose(found.beta, theirs.params, rtol=1e-6)
    slow = []
    for name in np.unique(org):
        rest = org != name
        slow.append(sm.Logit(y[rest].astype(float), x[rest]).fit(disp=0).params[0])
    variance = (len(slow) - 1) / len(slow) * ((np.array(slow) - found.beta[0]) ** 2).sum()
    assert found.covariance[0, 0] == pytest.approx(variance, rel=0.1), "one step each"
    assert logistic(x[:, 0] > 0, x, org) is None
    assert logistic(np.ones(300), x, org) is None


def test_a_spline_is_linear_outside_and_a_line_for_few_values():
    x = np.linspace(0, 10, 201)
    columns = natural_spline(x)
    assert columns.shape == (201, 3)
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=1e-12)
    outside = columns[x > 9.6]
    np.testing.assert_allclose(np.diff(outside, n=2, axis=0), 0, atol=1e-9)
    assert natural_spline(np.array([1.0, 2.0, 2.0])).shape == (3, 1)


def test_thin_data_give_a_note_and_no_number():
    few = planted(1, 1.5).head(60)
    assert effect(few)["note"].startswith("not enough data (n = 60")
    assert np.isnan(effect(few)["ratio"])
    lonely = planted(1, 1.5).assign(organization="one")
    assert "organizations 1" in effect(lonely)["note"]
    one_side = planted(1, 1.5).assign(uses_moe=1.0)
    assert effect(one_side)["note"].startswith("not enough data")


def test_a_sweet_spot_stands_out_only_where_one_is():
    rng = np.random.default_rng(5)
    frame = planted(2, 1.0, 120)
    log_size = np.log(frame["size"])
    hump = np.exp(4 - 1.5 * (log_size - np.log(13)) ** 2 + 0.3 * rng.normal(size=len(frame)))
    found = sweet_spots(frame.assign(downloads=hump), np.random.default_rng(0))
    here = found[found["outcome"] == "downloads"]
    assert here["ratio"].idxmax() == here.index[here["billions"] == 13.0][0]
    flat = np.exp(4 + rng.normal(size=len(frame)))
    found = sweet_spots(frame.assign(downloads=flat), np.random.default_rng(0))
    assert not found["is_best"].any()
    assert found.loc[found["outcome"] == "likes", "note"].str.startswith("not enough").all()


def test_r2_is_of_organizations_not_fitted_on():
    frame = planted(4, 1.0)
    rng = np.random.default_rng(0)
    by_org = dict(zip(sorted(set(frame["organization"])), rng.normal(0, 3, 60), strict=True))
    only = frame.assign(downloads=np.exp(5 + frame["organization"].map(by_org)))
    row = explained(only).iloc[0]
    assert row["r2_with_features"] < 0.2, "what an organization has does not leak"


@pytest.mark.parametrize(("billions", "name"), [(1.0, "up to 1 B"), (7.0, "3 to 7 B"),
                                                (7.001, "7 to 13 B"), (200.0, "70 to 200 B"),
                                                (201.0, "above 200 B")])  # fmt: skip
def test_a_bound_belongs_to_the_lower_bin(billions, name):
    assert size_bin(np.array([billions, np.nan])).tolist() == [name, None]


def test_outcomes_age_and_relation_are_those_of_the_graph():
    models = {
        "a/base": {**LLAMA, "created_at": "2023-01-01T00:00:00Z", "downloads": 5},
        "b/tuned": {**LLAMA, "created_at": "2024-01-01T00:00:00Z", "downloads": 0},
        "c/young": {**LLAMA, "created_at": "2024-06-01T00:00:00Z"},
        "d/early": {**LLAMA, "created_at": "2022-03-02T23:29:04Z"},
    }
    edges = [("a/base", "b/tuned"), ("b/tuned", "c/young", "quantized"), ("a/base", "e/stub")]
    frame = prepared(tiny(models, edges)).set_index("model_id")
    assert frame["relation"].to_dict() == {"a/base": "base", "b/tuned": "finetune",
                                           "c/young": "quantized", "d/early": "base"}  # fmt: skip
    assert frame.loc[["a/base", "b/tuned"], "descendants"].tolist() == [3, 1]
    assert np.isnan(frame.loc["c/young", "descendants"]), "too young to have any"
    assert np.isnan(frame.loc["d/early", "age"])
    assert frame.loc["b/tuned", "downloads"] == 0, "no downloads is an outcome"


def test_groups_tell_quartiles_zeros_and_thin_ones():
    inputs = from_synth(make("planted", n_models=900, seed=2))
    frame = prepared(inputs)
    rows = groups(frame, "family", None)
    for row in rows.to_dict("records"):
        known = frame.loc[frame["family"] == row["group"], row["outcome"]].dropna()
        assert row["n"] == len(known)
        assert row["zero_share"] == (known == 0).mean()
        if len(known) >= 10:
            assert row["median"] == known.median()
        else:
            assert np.isnan(row["median"])


def test_the_whole_runs_on_a_world_and_says_what_is_thin():
    result = compute(from_synth(make("planted", n_models=900, seed=2)))
    rows = table(result, "fitness_effects")
    assert len(rows) == 18
    assert rows["note"].ne("").sum() == len(result.missing)
    tested = rows["p"].notna()
    assert tested.any()
    np.testing.assert_allclose(
        rows.loc[tested, "p_adjusted"], stats.false_discovery_control(rows.loc[tested, "p"])
    )
    truth = rows[(rows["outcome"] == "downloads") & (rows["feature"] == "a doubling of size")]
    assert (truth["ratio_low"] < 1).all(), "nothing in this world depends on configurations"
    assert (truth["ratio_high"] > 1).all()
