"""Intervals of medians and rank correlations: clusters are drawn anew, never rows.

The bootstrap gives a standard error on a scale where the statistic is about normal (logarithm,
Fisher's z); the interval is Student's t with as many degrees as effective clusters less one.
Percentile intervals are not used: they are too short with few or unequal clusters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from modelkin.analysis.component_sums import LEVEL
from modelkin.analysis.estimate import Estimate
from modelkin.analysis.intervals import MIN_COMPONENTS, effective

RESAMPLES = 2_000
"""Draws of clusters for a standard error."""
MIN_ROWS = 30
"""Rows that a correlation needs."""
CELLS = 4_000_000
"""Numbers held at a time."""


def median(
    values: ArrayLike, cluster: ArrayLike, rng: np.random.Generator, resamples: int = RESAMPLES
) -> Estimate:
    """Estimate a median of positive numbers.

    Parameters
    ----------
    values : array of float, shape (n,)
        Positive; NaN is left out.
    cluster : array, shape (n,)
        Cluster of each row.
    rng : Generator
        Random numbers.
    resamples : int
        Draws of clusters.

    Returns
    -------
    Estimate
        The standard error is that of the logarithm; no interval below 10 clusters or 2
        effective ones.
    """
    y, c = np.asarray(values, dtype=np.float64), np.asarray(cluster)
    y, c = y[~np.isnan(y)], c[~np.isnan(y)]
    groups, worth = effective(c)
    empty = Estimate(math.nan, math.nan, math.nan, len(y), groups, worth, "no values")
    if not len(y):
        return empty
    found = replace(empty, value=float(np.median(y)), note="")
    if groups < MIN_COMPONENTS or worth < 2:
        return replace(found, note=f"no interval (G = {groups})")
    order = np.argsort(y, kind="stable")
    y, place = y[order], np.unique(c, return_inverse=True)[1][order]
    drawn = [_medians(y, counts[:, place]) for counts in draws(groups, len(y), resamples, rng)]
    error = float(np.log(np.concatenate(drawn)).std(ddof=1))
    half = float(stats.t.ppf(0.5 + LEVEL / 2, max(worth - 1, 1))) * error
    return replace(found, low=found.value * math.exp(-half), high=found.value * math.exp(half))


def correlation(
    x: ArrayLike,
    y: ArrayLike,
    cluster: ArrayLike,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> tuple[Estimate, float]:
    """Estimate Spearman's rank correlation.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        Rows with a NaN in either are left out.
    cluster, rng, resamples
        As in `median`.

    Returns
    -------
    Estimate
        In [-1, 1]; empty with a note below 30 rows or 10 clusters, or without variation.
    p : float
        Two-sided p of no correlation; NaN without an interval.

    Notes
    -----
    Ranks (of ties: their mean) are those of the whole and are kept in every draw, which
    makes each draw one product of matrices.
    """
    a, b, c = (np.asarray(v) for v in (x, y, cluster))
    known = ~(np.isnan(a) | np.isnan(b))
    a, b, c = stats.rankdata(a[known]), stats.rankdata(b[known]), c[known]
    groups, worth = effective(c)
    empty = Estimate(math.nan, math.nan, math.nan, len(a), groups, worth)
    if len(a) < MIN_ROWS or groups < MIN_COMPONENTS:
        return replace(empty, note=f"not enough data (n = {len(a)}, G = {groups})"), math.nan
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return replace(empty, note="one value only"), math.nan
    a, b = a - a.mean(), b - b.mean()
    place = np.unique(c, return_inverse=True)[1]
    parts = (np.ones(len(a)), a, b, a * b, a * a, b * b)
    sums = np.stack([np.bincount(place, part) for part in parts], axis=1)
    rho = _rho(sums.sum(axis=0)[None])[0]
    found = replace(empty, value=float(rho))
    drawn = np.concatenate(
        [_rho(counts @ sums) for counts in draws(groups, groups, resamples, rng)]
    )
    z = np.arctanh(np.clip(drawn[~np.isnan(drawn)], -1 + 1e-12, 1 - 1e-12))
    error, middle = float(z.std(ddof=1)), math.atanh(min(max(rho, -1 + 1e-12), 1 - 1e-12))
    freedom = max(worth - 1, 1)
    half = float(stats.t.ppf(0.5 + LEVEL / 2, freedom)) * error
    p = 2 * float(stats.t.sf(abs(middle) / error, freedom)) if error > 0 else math.nan
    return replace(found, low=math.tanh(middle - half), high=math.tanh(middle + half)), p


def draws(
    groups: int, width: int, resamples: int, rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Yield how often each cluster is drawn, some draws at a time.

    Parameters
    ----------
    groups : int
        Clusters, of which as many are drawn with replacement.
    width : int
        Numbers that the caller holds for each draw: decides how many come at a time.
    resamples : int
        Draws in all.
    rng : Generator
        Random numbers.

    Yields
    ------
    ndarray of float64, shape (some, groups)
    """
    at_once = max(1, CELLS // max(width, groups))
    for start in range(0, resamples, at_once):
        some = min(at_once, resamples - start)
        drawn = rng.integers(0, groups, (some, groups)) + groups * np.arange(some)[:, None]
        counted = np.bincount(drawn.ravel(), minlength=some * groups)
        yield counted.reshape(some, groups).astype(np.float64)


def _medians(ascending: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of each draw: the mean of the two middle values, as numpy's."""
    total = np.cumsum(weight, axis=1)
    half = total[:, -1:] / 2
    low = ascending[(total < half).sum(axis=1)]
    high = ascending[np.minimum((total <= half).sum(axis=1), len(ascending) - 1)]
    return np.asarray((low + high) / 2)


def _rho(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlation from sums of 1, a, b, ab, aa, bb; NaN without variation."""
    n, a, b, ab, aa, bb = sums.T
    n = np.maximum(n, 1)
    spread = (aa - a * a / n) * (bb - b * b / n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(spread > 0, (ab - a * b / n) / np.sqrt(spread), np.nan))
