"""Rows and sums of each component, and how far a mean of them varies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Of = Literal["component", "edge"]

LEVEL = 0.95
"""Confidence of every interval."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Rows and sums of each component.

    Attributes
    ----------
    size, total : ndarray of float64, shape (G,)
        Number of rows, and sum of their values.
    """

    size: NDArray[np.float64]
    total: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.size.sum())

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean of each component."""
        return self.total / self.size

    @property
    def n_effective(self) -> float:
        """Effective components, (sum of rows)^2 / sum of rows^2; 0 without rows."""
        return float(self.size.sum() ** 2 / (self.size**2).sum()) if len(self.size) else 0.0

    def mean(self, of: Of) -> float:
        """Return the mean of component means, or of all rows."""
        return float(self.means.mean() if of == "component" else self.total.sum() / self.n)

    def variance(self, of: Of) -> float:
        """Return the variance of `mean`: over component means, or by leaving out components."""
        groups = len(self.size)
        if of == "component":
            return float(self.means.var(ddof=1) / groups)
        n, total = self.size.sum(), self.total.sum()
        without = (total - self.total) / (n - self.size)
        return float((groups - 1) / groups * ((without - total / n) ** 2).sum())

    def quantile(self, of: Of) -> float:
        """Return Student's t of the interval: G - 1 or max(G_eff - 1, 1) degrees of freedom."""
        freedom = len(self.size) - 1 if of == "component" else max(self.n_effective - 1, 1.0)
        return float(stats.t.ppf(0.5 + LEVEL / 2, freedom))

    def independent(self, p: float, of: Of) -> float:
        """Return how many independent yes-or-no rows a share p of this variance is worth."""
        variance = self.variance(of)
        if variance <= 0:
            return math.inf
        normal = float(stats.norm.ppf(0.5 + LEVEL / 2))
        return float(p * (1 - p) / variance * (normal / self.quantile(of)) ** 2)


def summed(values: ArrayLike, component: ArrayLike) -> Sums:
    """Return rows and sums by component; rows with NaN are left out."""
    y, c = known_rows(values, component)
    place = np.unique(c, return_inverse=True)[1]
    size = np.bincount(place).astype(np.float64)
    return Sums(size, np.bincount(place, y).astype(np.float64))


def known_rows(
    values: ArrayLike, component: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the rows with a value, and their components."""
    y, c = np.asarray(values, dtype=np.float64), np.asarray(component)
    known = ~np.isnan(y)
    return y[known], c[known]
