"""Means of small groups, shrunk towards the mean of all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def shrink(values: ArrayLike, group: ArrayLike) -> tuple[NDArray[np.float64], float, float]:
    """Shrink the means of small groups towards the mean of all (one-way random effects).

    Parameters
    ----------
    values : array of float, shape (n,)
        One value for each independent unit (the mean drift of one parent).
    group : array of int, shape (n,)
        Group of each unit, 0 to g - 1, none empty.

    Returns
    -------
    shrunken : ndarray of float64, shape (g,)
        μ + τ² / (τ² + σ²/n_g) · (mean_g - μ).
    tau2, sigma2 : float
        Variance between groups and inside them, by the method of moments (ANOVA); NaN with
        one group or without replication, where the means stay as they are.
    """
    y, g = np.asarray(values, dtype=np.float64), np.asarray(group, dtype=np.int64)
    size = np.bincount(g).astype(np.float64)
    means = np.bincount(g, y) / size
    n, k = size.sum(), len(size)
    if k < 2 or n <= k:
        return means, math.nan, math.nan
    sigma2 = float(((y - means[g]) ** 2).sum() / (n - k))
    between = float((size * (means - y.mean()) ** 2).sum() / (k - 1))
    tau2 = max(0.0, (between - sigma2) / ((n - (size**2).sum() / n) / (k - 1)))
    if tau2 == 0.0:
        return np.full(k, y.mean()), tau2, sigma2
    precision = 1 / (tau2 + sigma2 / size)
    middle = float((precision * means).sum() / precision.sum())
    return middle + tau2 * precision * (means - middle), tau2, sigma2
