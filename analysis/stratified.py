"""Two groups compared inside strata: what is left of a difference at equal family and year."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from modelkin.analysis.bootstrap import RESAMPLES, draws
from modelkin.analysis.component_sums import LEVEL
from modelkin.analysis.estimate import Estimate
from modelkin.analysis.intervals import MIN_COMPONENTS, effective

MIN_STRATA = 5
"""Strata that must hold both groups."""


def stratified_delta(
    values: ArrayLike,
    group: ArrayLike,
    stratum: ArrayLike,
    cluster: ArrayLike,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> tuple[Estimate, int]:
    """Estimate Cliff's delta inside strata: the mean of all strata that hold both groups.

    Parameters
    ----------
    values : array of float, shape (n,)
        What is compared; rows with NaN are left out.
    group : array, shape (n,)
        1 or True for the first group, 0 for the second; NaN (unknown) is left out.
    stratum : array, shape (n,)
        What is held equal.
    cluster : array, shape (n,)
        What is one witness.
    rng, resamples
        As in `modelkin.analysis.bootstrap.median`.

    Returns
    -------
    Estimate
        P(first larger) - P(second larger), -1 to 1. n counts the rows of the strata used;
        without a value below 5 such strata or 10 clusters.
    n_strata : int
        Strata that hold both.

    Notes
    -----
    Clusters are drawn anew; a draw that leaves a stratum with one group leaves it out. The
    standard error is that of the delta itself, the interval Student's t with as many
    degrees as effective clusters less one, cut at -1 and 1.
    """
    y, g, c = (np.asarray(v) for v in (values, group, cluster))
    known = ~(np.isnan(y.astype(np.float64)) | np.isnan(g.astype(np.float64)))
    s = np.unique(np.asarray(stratum)[known], return_inverse=True)[1]
    first = g[known].astype(np.float64).astype(np.int64)
    both = np.intersect1d(s[first == 1], s[first == 0])
    kept = np.isin(s, both)
    code = np.unique(y[known][kept], return_inverse=True)[1]
    place = np.unique(c[known][kept], return_inverse=True)[1]
    groups, worth = effective(place)
    empty = Estimate(math.nan, math.nan, math.nan, int(kept.sum()), groups, worth)
    if len(both) < MIN_STRATA or groups < MIN_COMPONENTS:
        words = f"not enough data ({len(both)} strata with both, G = {groups})"
        return replace(empty, note=words), len(both)
    cell = np.unique(s[kept], return_inverse=True)[1] * 2 + first[kept]
    shape = (len(both), 2, int(code.max()) + 1)
    flat = cell * shape[2] + code
    value = float(np.nanmean(_deltas(np.bincount(flat, minlength=math.prod(shape)), shape)))
    drawn = [
        _mean_delta(np.bincount(flat, counts[place], minlength=math.prod(shape)), shape)
        for some in draws(groups, groups, resamples, rng)
        for counts in some
    ]
    error = float(np.nanstd(drawn, ddof=1))
    half = float(stats.t.ppf(0.5 + LEVEL / 2, max(worth - 1, 1))) * error
    low, high = max(value - half, -1.0), min(value + half, 1.0)
    return replace(empty, value=value, low=low, high=high), len(both)


def _deltas(flat: NDArray[Any], shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return the delta of each stratum, NaN where one group has none."""
    counts = flat.reshape(shape).astype(np.float64)
    second, first = counts[:, 0], counts[:, 1]
    below = np.cumsum(second, axis=1) - second
    above = second.sum(axis=1, keepdims=True) - np.cumsum(second, axis=1)
    pairs = first.sum(axis=1) * second.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            np.where(pairs > 0, (first * (below - above)).sum(axis=1) / pairs, np.nan)
        )


def _mean_delta(flat: NDArray[Any], shape: tuple[int, int, int]) -> float:
    """Return the mean over the strata that have both groups, NaN without any."""
    found = _deltas(flat, shape)
    found = found[~np.isnan(found)]
    return float(found.mean()) if len(found) else math.nan
