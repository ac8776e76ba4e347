"""Regressions whose rows come in clusters: estimates with delete-one-cluster jackknife errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import expit

from modelkin.analysis.component_sums import LEVEL
from modelkin.analysis.intervals import effective

Floats = NDArray[np.float64]
QUANTILES = (0.05, 0.35, 0.65, 0.95)
"""Knots of a spline, as quantiles of the different values."""
SEPARATED = 15.0
"""Coefficient of a standardised logistic regression beyond which the data are separated."""


@dataclass(frozen=True, eq=False)
class Regression:
    """Coefficients and their covariance.

    Attributes
    ----------
    beta : ndarray of float64, shape (k,)
        Coefficients.
    covariance : ndarray of float64, shape (k, k)
        Of the jackknife over clusters, (G - 1)/G Σ (β_(g) - β)(β_(g) - β)ᵀ.
    n, n_clusters, n_effective : int, int, float
        Rows, clusters, and how many equal ones they are worth.
    """

    beta: Floats
    covariance: Floats
    n: int
    n_clusters: int
    n_effective: float

    @property
    def freedom(self) -> float:
        """Degrees of freedom of Student's t: effective clusters less one."""
        return max(self.n_effective - 1, 1.0)

    def interval(self, k: int) -> tuple[float, float, float, float]:
        """Return value, low, high and two-sided p of one coefficient."""
        value, error = float(self.beta[k]), math.sqrt(max(float(self.covariance[k, k]), 0.0))
        half = float(stats.t.ppf(0.5 + LEVEL / 2, self.freedom)) * error
        p = 2 * float(stats.t.sf(abs(value) / error, self.freedom)) if error > 0 else math.nan
        return value, value - half, value + half, p


def least_squares(y: ArrayLike, design: ArrayLike, cluster: ArrayLike) -> Regression:
    """Fit a line by least squares.

    Parameters
    ----------
    y : array of float, shape (n,)
        Outcome.
    design : array of float, shape (n, k)
        Columns, the constant among them; one that the others determine shares its effect.
    cluster : array, shape (n,)
        What is one witness.

    Notes
    -----
    Each β_(g) is exact: the normal equations of a cluster are taken off those of all.
    """
    target, x = np.asarray(y, dtype=np.float64), np.asarray(design, dtype=np.float64)
    place = np.unique(np.asarray(cluster), return_inverse=True)[1]
    squares, products = _sums(x, np.ones(len(x)), place), _vectors(x, target, place)
    whole, right = squares.sum(axis=0), products.sum(axis=0)
    beta = np.linalg.pinv(whole, hermitian=True) @ right
    without = np.linalg.pinv(whole - squares, hermitian=True)
    left_out = np.einsum("gij,gj->gi", without, right - products)
    return _summed(beta, left_out, place)


def logistic(happens: ArrayLike, design: ArrayLike, cluster: ArrayLike) -> Regression | None:
    """Fit a logistic regression; None where the data are separated or nothing varies.

    Parameters
    ----------
    happens : array, shape (n,)
        1 or 0.
    design, cluster
        As in `least_squares`.

    Notes
    -----
    Newton's method; each β_(g) is one Newton step from the whole's maximum without the
    cluster.
    """
    y, x = np.asarray(happens, dtype=np.float64), np.asarray(design, dtype=np.float64)
    if y.min() == y.max():
        return None
    place = np.unique(np.asarray(cluster), return_inverse=True)[1]
    scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    z, beta = x / scale, np.zeros(x.shape[1])
    for _ in range(50):
        p = expit(z @ beta)
        step = np.linalg.pinv((z * (p * (1 - p))[:, None]).T @ z, hermitian=True) @ (z.T @ (y - p))
        beta = beta + step
        if np.abs(beta).max() > SEPARATED:
            return None
        if np.abs(step).max() < 1e-9:
            break
    p = expit(z @ beta)
    squares, scores = _sums(z, p * (1 - p), place), _vectors(z, y - p, place)
    without = np.linalg.pinv(squares.sum(axis=0) - squares, hermitian=True)
    left_out = beta - np.einsum("gij,gj->gi", without, scores)
    found = _summed(beta, left_out, place)
    return Regression(beta / scale, found.covariance / np.outer(scale, scale), found.n,
                      found.n_clusters, found.n_effective)  # fmt: skip


def natural_spline(x: Floats) -> Floats:
    """Return the columns of a natural cubic spline with four knots, without the constant.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        Knots are quantiles of its different values; with fewer than four it is a line.

    Returns
    -------
    ndarray of float64, shape (n, 3) or (n, 1)
        Centred and scaled; linear beyond the outer knots.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning, eq. 5.4.
    """
    return spline_at(x, knots_of(x), x)


def knots_of(x: Floats) -> Floats:
    """Return the knots of a spline: quantiles of the different values, () for fewer than four."""
    values = np.unique(x)
    return np.quantile(values, QUANTILES) if len(values) >= len(QUANTILES) else values[:0]


def spline_at(x: Floats, knots: Floats, known: Floats) -> Floats:
    """Return the columns of a spline at `x`, centred and scaled as on the `known` values."""

    def columns(v: Floats) -> Floats:
        if len(knots) < len(QUANTILES):
            return v[:, None].copy()
        last = knots[-1]

        def cubic(k: int) -> Floats:
            upper = np.maximum(v - last, 0) ** 3
            return np.asarray((np.maximum(v - knots[k], 0) ** 3 - upper) / (last - knots[k]))

        tail = cubic(len(knots) - 2)
        return np.stack([v, *(cubic(k) - tail for k in range(len(knots) - 2))], axis=1)

    base = columns(known)
    spread = base.std(axis=0)
    return np.asarray((columns(x) - base.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _sums(x: Floats, weight: Floats, place: NDArray[np.int64]) -> Floats:
    """Return each cluster's weighted squares of the design, shape (G, k, k)."""
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(place.max() + 1))
    z = x[order]
    parts = np.einsum("ni,nj->nij", z * weight[order][:, None], z)
    return np.asarray(np.add.reduceat(parts, starts, axis=0))


def _vectors(x: Floats, y: Floats, place: NDArray[np.int64]) -> Floats:
    """Return each cluster's product of design and outcome, shape (G, k)."""
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(place.max() + 1))
    return np.asarray(np.add.reduceat(x[order] * y[order][:, None], starts, axis=0))


def _summed(beta: Floats, left_out: Floats, place: NDArray[np.int64]) -> Regression:
    """Return the coefficients with the jackknife's covariance."""
    groups, worth = effective(place)
    away = left_out - beta
    return Regression(beta, (groups - 1) / groups * away.T @ away, len(place), groups, worth)
