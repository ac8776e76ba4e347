"""What chance alone would give: permutation p, many tests at once, and seeds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

PERMUTATIONS = 1_999
"""Permutations of a test unless fewer are asked for (the proofs take 199)."""


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return the random numbers of one analysis, whatever else runs.

    Parameters
    ----------
    seed : int
        Seed of the run.
    *names : str
        The analysis, and what is drawn in it (a component's id).

    Examples
    --------
    >>> stream(1, "drift").integers(9) == stream(1, "drift").integers(9)
    np.True_
    """
    words = [int.from_bytes(name.encode(), "little") for name in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))


def permutation_p(observed: float, permuted: ArrayLike) -> float:
    """Return the two-sided permutation p: twice the smaller tail, (1 + hits) / (1 + B).

    Parameters
    ----------
    observed : float
        Statistic of the data.
    permuted : array of float, shape (B,)
        The statistic of each permutation; NaN ones are left out.

    Returns
    -------
    float
        In (0, 1]; NaN without permutations or an observed value.
    """
    null = np.asarray(permuted, dtype=np.float64)
    null = null[~np.isnan(null)]
    if math.isnan(observed) or not len(null):
        return math.nan
    slack = 1e-12 * max(1.0, abs(observed))  # equal statistics added up in another order
    upper = 1 + int((null >= observed - slack).sum())
    lower = 1 + int((null <= observed + slack).sum())
    return min(1.0, 2 * min(upper, lower) / (1 + len(null)))


def false_discovery(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust the p values of one table of like tests (Benjamini and Hochberg 1995).

    Parameters
    ----------
    p : array of float, shape (m,)
        NaN where no test was made; those do not count as tests.

    Returns
    -------
    ndarray of float64, shape (m,)
        Adjusted p, NaN where no test was made.
    """
    return _adjusted(p, "fdr_bh")


def family_wise(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p values so that any false one is improbable (Holm 1979); as `false_discovery`."""
    return _adjusted(p, "holm")


def _adjusted(p: ArrayLike, method: str) -> NDArray[np.float64]:
    """Adjust the p values that are there."""
    from statsmodels.stats.multitest import multipletests

    given = np.asarray(p, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    tested = ~np.isnan(given)
    if tested.any():
        adjusted[tested] = multipletests(given[tested], method=method)[1]
    return adjusted
