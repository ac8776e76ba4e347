"""Other distances of numbers, and how far distances agree with one another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from modelkin.analysis.chance import PERMUTATIONS, permutation_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

Metric = Literal["L2", "L1", "cosine"]
METRICS: tuple[Metric, ...] = get_args(Metric)

TOP = 10
"""Neighbours whose overlap is compared."""

LEAST_PERMUTED = 10
"""Rows below which no permutation test is made."""


def standardised(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each field less its mean, over its standard deviation.

    Parameters
    ----------
    numbers : ndarray of float64, shape (f, n)
        Fields over all rows of the set, never one row or pair; missing is NaN.

    Returns
    -------
    ndarray of float64, shape (f, n)
        Mean 0 and standard deviation 1 over the known values; a constant field is 0;
        missing stays NaN.
    """
    known = ~np.isnan(numbers)
    n = np.maximum(known.sum(axis=1, keepdims=True), 1)
    centred = numbers - np.where(known, numbers, 0.0).sum(axis=1, keepdims=True) / n
    spread = np.sqrt((np.where(known, centred, 0.0) ** 2).sum(axis=1, keepdims=True) / n)
    # a constant field may keep a rounding error of its mean
    constant = np.array([len(np.unique(v[~np.isnan(v)])) <= 1 for v in numbers], dtype=bool)
    spread[constant] = 1.0
    centred[constant] *= 0.0
    scaled: NDArray[np.float64] = centred / spread
    return scaled


def numeric_matrix(
    scaled: NDArray[np.float64], metric: Metric, min_shared: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distances of all pairs of rows over the fields known in both.

    Parameters
    ----------
    scaled : ndarray of float64, shape (f, n)
        Fields as `standardised` gives them; missing is NaN.
    metric : {"L2", "L1", "cosine"}
        - L1: f / shared · sum of absolute differences;
        - L2: root of (f / shared · sum of squared differences);
        - cosine: 1 - cosine of the angle, over shared fields alone.
    min_shared : int
        Fewer shared fields give no distance.

    Returns
    -------
    distance : ndarray of float64, shape (n, n)
        Symmetric; NaN below `min_shared`, and for the cosine of a row that is 0 in all
        shared fields.
    shared : ndarray of int64, shape (n, n)
        Fields known in both rows.

    Notes
    -----
    Sums over shared fields are scaled up by the share of fields that they lack: a missing
    value is neither 0 nor the mean.
    """
    known = ~np.isnan(scaled)
    shared = known.T.astype(np.int64) @ known
    if metric == "cosine":
        distance = _cosine(scaled)
    else:
        distance = _sums(scaled, 1 if metric == "L1" else 2)
        distance *= len(scaled) / np.maximum(shared, 1)
        distance = np.sqrt(distance) if metric == "L2" else distance
    distance[shared < max(min_shared, 1)] = np.nan
    return distance, shared


def _sums(scaled: NDArray[np.float64], power: int) -> NDArray[np.float64]:
    """Return the sums of absolute differences to a power over the fields known in both rows."""
    total = np.zeros((scaled.shape[1],) * 2)
    for values in scaled:
        gap = np.abs(np.subtract.outer(values, values)) ** power
        total += np.fmax(gap, 0.0)  # of a missing value: nothing
    return total


def _cosine(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 - cosine over the fields known in both rows, NaN where a length is 0."""
    n = scaled.shape[1]
    product, square = np.zeros((n, n)), np.zeros((n, n))
    for values in scaled:
        known = ~np.isnan(values)
        filled = np.where(known, values, 0.0)  # adds nothing to products and lengths
        product += np.multiply.outer(filled, filled)
        square += np.multiply.outer(filled**2, known)
    both = np.sqrt(square) * np.sqrt(square.T)
    cosine = np.divide(product, both, out=np.full((n, n), np.nan), where=both > 0)
    distance: NDArray[np.float64] = np.clip(1.0 - cosine, 0.0, 2.0)
    return distance


def compare(
    matrices: Mapping[str, NDArray[np.float64]],
    rng: np.random.Generator,
    n_permuted: int,
    permutations: int = PERMUTATIONS,
) -> list[dict[str, object]]:
    """Say how far distances agree, pair by pair.

    Parameters
    ----------
    matrices : mapping of str to ndarray of float64, shape (n, n)
        Distances of the same rows under different names. Pairs that are NaN in any of them
        are left out of all.
    rng : Generator
        Source of the permutations.
    n_permuted : int
        Rows among the first of which the permutation test is done.
    permutations : int
        How many.

    Returns
    -------
    list of dict
        For each pair of names: metric_a, metric_b, rank_correlation (Spearman, over pairs of
        rows), mantel_p (two-sided, rows of one matrix permuted; NaN below 10 rows),
        top10_overlap (mean share of the ten nearest that are the same), n_configurations,
        n_pairs, n_permuted, permutations.
    """
    names = list(matrices)
    n = len(next(iter(matrices.values()))) if names else 0
    upper = np.triu(~np.isnan(sum(matrices.values(), np.zeros((n, n)))), 1)
    ranks = np.array([_ranks(matrices[name], upper) for name in names])
    agreement = _gram(ranks)
    p = _mantel({name: matrices[name] for name in names}, min(n, n_permuted), rng, permutations)
    nearest = {name: _nearest(matrices[name]) for name in names}
    return [
        {
            "metric_a": names[a],
            "metric_b": names[b],
            "rank_correlation": agreement[a, b],
            "mantel_p": p[a, b],
            "top10_overlap": _overlap(nearest[names[a]], nearest[names[b]]),
            "n_configurations": n,
            "n_pairs": int(upper.sum()),
            "n_permuted": min(n, n_permuted),
            "permutations": permutations,
        }
        for a, b in combinations(range(len(names)), 2)
    ]


def _ranks(distance: NDArray[np.float64], upper: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the centred ranks of the marked pairs, scaled to length 1."""
    from scipy.stats import rankdata

    ranks = rankdata(distance[upper]).astype(float)
    ranks -= ranks.mean() if len(ranks) else 0.0
    length = math.sqrt(float(ranks @ ranks))
    scaled: NDArray[np.float64] = ranks / length if length else np.full(len(ranks), np.nan)
    return scaled


def _gram(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return correlations of ranks; NaN of a distance that never varies, or of no pairs."""
    if not ranks.shape[1]:
        return np.full((len(ranks), len(ranks)), np.nan)
    # a matrix product may add up in another order on another machine
    found: NDArray[np.float64] = np.clip(ranks @ ranks.T, -1.0, 1.0)
    return found.round(12)


def _mantel(
    matrices: Mapping[str, NDArray[np.float64]],
    n: int,
    rng: np.random.Generator,
    permutations: int,
) -> NDArray[np.float64]:
    """Return Mantel permutation p of each pair of distances among the first n rows.

    Null pairs stand at the mean rank, where they add nothing to either side.
    """
    if n < LEAST_PERMUTED:
        return np.full((len(matrices), len(matrices)), np.nan)
    squares = []
    for distance in matrices.values():
        part = distance[:n, :n]
        known = np.triu(~np.isnan(part), 1)
        square = np.zeros((n, n))
        square[known] = _ranks(part, known)
        squares.append((square + square.T).ravel())
    i, j = np.triu_indices(n, 1)
    whole = np.array(squares)
    fixed = whole[:, i * n + j]
    observed = fixed @ fixed.T
    drawn = np.empty((permutations, *observed.shape))
    for b in range(permutations):
        order = rng.permutation(n)
        drawn[b] = np.take(whole, order[i] * n + order[j], axis=1) @ fixed.T
    p = np.full(observed.shape, np.nan)
    for a, b in np.ndindex(*observed.shape):
        p[a, b] = permutation_p(float(observed[a, b]), drawn[:, a, b])
    return p


def _nearest(distance: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the nearest rows of each row; ties go to the smaller row."""
    own = distance.copy()
    np.fill_diagonal(own, np.nan)  # sorts last
    return np.argsort(own, axis=1, kind="stable")[:, : min(TOP, max(len(own) - 1, 0))]


def _overlap(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Return the mean share of neighbours that both name; NaN without neighbours."""
    if not one.size:
        return math.nan
    same = (one[:, :, None] == other[:, None, :]).any(axis=2)
    return float(same.mean())
