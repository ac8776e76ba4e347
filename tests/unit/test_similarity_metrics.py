"""Distances of numbers and their agreement, against sklearn, scipy and plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import rankdata, spearmanr
from sklearn.metrics.pairwise import nan_euclidean_distances

from modelkin.analysis import metrics
from modelkin.analysis.metrics import METRICS, compare, numeric_matrix, standardised


def numbers(seed: int, missing: float, n: int = 25, f: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(f, n)) * rng.uniform(1, 1000, (f, 1)) + 50
    values[rng.random((f, n)) < missing] = np.nan
    return values


def test_standardising_is_over_all_known_values_and_keeps_gaps() -> None:
    values = numbers(0, 0.3)
    scaled = standardised(values)
    np.testing.assert_array_equal(np.isnan(scaled), np.isnan(values))
    np.testing.assert_allclose(np.nanmean(scaled, axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(np.nanstd(scaled, axis=1), 1, atol=1e-12)


def test_a_constant_or_unknown_field_is_no_nan_factory() -> None:
    scaled = standardised(np.array([[0.1, 0.1, 0.1, np.nan], [np.nan] * 4]))
    np.testing.assert_array_equal(scaled[0], [0, 0, 0, np.nan])
    assert np.isnan(scaled[1]).all()
    assert standardised(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("metric", METRICS)
def test_complete_rows_have_the_distances_of_scipy(metric: str) -> None:
    scaled = standardised(numbers(1, 0.0))
    names = {"L2": "euclidean", "L1": "cityblock", "cosine": "cosine"}
    found, shared = numeric_matrix(scaled, metric)
    np.testing.assert_allclose(found, cdist(scaled.T, scaled.T, names[metric]), atol=1e-12)
    assert (shared == 6).all()


def test_gaps_are_scaled_as_sklearn_does() -> None:
    scaled = standardised(numbers(2, 0.4))
    found, _ = numeric_matrix(scaled, "L2")
    np.testing.assert_allclose(found, nan_euclidean_distances(scaled.T), atol=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_gaps_by_plain_loops(metric: str) -> None:
    scaled = standardised(numbers(3, 0.5))
    found, shared = numeric_matrix(scaled, metric, min_shared=2)
    for i in range(25):
        for j in range(25):
            both = [f for f in range(6) if not math.isnan(scaled[f, i] + scaled[f, j])]
            assert shared[i, j] == len(both)
            a, b = scaled[both, i], scaled[both, j]
            if len(both) < 2:
                assert math.isnan(found[i, j])
            elif metric == "cosine":
                cosine = sum(a * b) / math.sqrt(sum(a * a)) / math.sqrt(sum(b * b))
                assert found[i, j] == pytest.approx(1 - cosine, abs=1e-12)
            else:
                power = 1 if metric == "L1" else 2
                total = sum(abs(a - b) ** power) * 6 / len(both)
                assert found[i, j] == pytest.approx(total ** (1 / power), abs=1e-12)


def test_a_missing_value_is_not_a_zero() -> None:
    # known fields agree exactly; filling with 0 would tear the two apart
    scaled = np.array([[2.0, 2.0, -4.0], [3.0, np.nan, -3.0]])
    for metric in METRICS:
        assert numeric_matrix(scaled, metric)[0][0, 1] == pytest.approx(0, abs=1e-12)


def test_the_cosine_of_a_row_at_the_mean_is_unknown() -> None:
    found, _ = numeric_matrix(np.array([[0.0, 1.0], [0.0, 1.0]]), "cosine")
    assert math.isnan(found[0, 1])


def square(seed: int, n: int) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(n, 3))
    return cdist(points, points)


def test_agreement_equals_that_of_plain_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "TOP", 5)
    a, b = square(0, 30), square(1, 30) + square(0, 30)
    a[3, 7] = a[7, 3] = np.nan
    (found,) = compare({"a": a, "b": b}, np.random.default_rng(0), 30, 99)
    i, j = np.triu_indices(30, 1)
    known = ~np.isnan(a[i, j])
    expected = spearmanr(a[i, j][known], b[i, j][known]).statistic
    assert found["rank_correlation"] == pytest.approx(expected, abs=1e-12)
    assert found["n_pairs"] == 30 * 29 // 2 - 1
    shares = []
    for row in range(30):
        others = [x for x in range(30) if x != row]
        near = [
            set(sorted(others, key=lambda x, m=m: (math.isnan(m[row, x]), m[row, x], x))[:5])
            for m in (a, b)
        ]
        shares.append(len(near[0] & near[1]) / 5)
    assert found["top10_overlap"] == pytest.approx(np.mean(shares))


def slow_mantel(a: np.ndarray, b: np.ndarray, seed: int, permutations: int) -> float:
    """Spearman of two distance matrices, rows and columns of the first permuted together."""
    rng = np.random.default_rng(seed)
    upper = np.triu_indices(len(a), 1)

    def correlation(order: np.ndarray) -> float:
        return np.corrcoef(rankdata(a[np.ix_(order, order)][upper]), rankdata(b[upper]))[0, 1]

    observed = correlation(np.arange(len(a)))
    drawn = np.array([correlation(rng.permutation(len(a))) for _ in range(permutations)])
    above = (1 + (drawn >= observed - 1e-12).sum()) / (1 + permutations)
    below = (1 + (drawn <= observed + 1e-12).sum()) / (1 + permutations)
    return min(1.0, 2 * min(above, below))


@pytest.mark.parametrize("noise", [0.0, 1.0, 30.0])
def test_mantel_p_equals_that_of_a_loop(noise: float) -> None:
    a = square(5, 15)
    b = a + noise * square(6, 15)
    (found,) = compare({"a": a, "b": b}, np.random.default_rng(9), 15, 199)
    assert found["mantel_p"] == pytest.approx(slow_mantel(a, b, 9, 199), abs=1e-12)


def test_unrelated_distances_are_rarely_significant() -> None:
    hits = 0
    for seed in range(40):
        found = compare(
            {"a": square(seed, 12), "b": square(seed + 1000, 12)},
            np.random.default_rng(seed),
            12,
            99,
        )
        hits += found[0]["mantel_p"] <= 0.05
    assert hits <= 6


def test_too_few_rows_give_no_numbers() -> None:
    (found,) = compare({"a": np.zeros((1, 1)), "b": np.zeros((1, 1))}, np.random.default_rng(0), 9)
    assert math.isnan(found["rank_correlation"])
    assert math.isnan(found["mantel_p"])
    assert math.isnan(found["top10_overlap"])
    (flat,) = compare(
        {"a": np.zeros((12, 12)), "b": square(0, 12)}, np.random.default_rng(0), 12, 9
    )
    assert math.isnan(flat["rank_correlation"])
    assert math.isnan(flat["mantel_p"])
