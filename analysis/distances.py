"""Distances among distinct configurations, and summaries over all pairs with their copies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis import gower

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.inputs import Models

LARGEST = 5_000
"""Distinct configurations up to which all pairs are held at once (200 MB)."""


def configured_table(models: Models, spec: gower.Spec) -> gower.Table:
    """Encode all models, the values of unconfigured ones left out.

    Every measure takes its ranges from the configured models, so that one pair has one
    distance in all of them.
    """
    names = [field.name for field in spec.fields]
    mask = models.configured
    frame = models.frame[names].copy()
    for name in names:
        frame[name] = frame[name].where(mask)
    return gower.encode(frame, spec)


def farthest(metric: str) -> float:
    """Return the largest distance that a metric can give: intervals stay below it.

    1, but 2 for "pairwise-max", where two numbers of different signs can be so far apart.
    """
    return 2.0 if metric == "pairwise-max" else 1.0


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances among models, and among their distinct configurations.

    Attributes
    ----------
    table : gower.Table
        The models.
    min_shared : int
        Fewer shared fields give no distance.
    whole : ndarray of float64, shape (u, u), or None
        Distances of all configurations, NaN where there is none; None above `LARGEST`.
    """

    table: gower.Table
    min_shared: int
    whole: NDArray[np.float64] | None

    def among(self, configurations: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the distances of all pairs of different configurations, shape (k, k)."""
        if self.whole is not None:
            return self.whole[np.ix_(configurations, configurations)]
        rows = self.table.representative[configurations]
        return gower.matrix(self.table.take(rows), self.min_shared)[0]

    def different(self, configurations: NDArray[np.int64]) -> NDArray[np.int64]:
        """Leave out configurations at distance 0 from a fuller one: copies with gaps.

        By falling number of known fields, then by number; a configuration stays if none
        that stayed before lies at distance 0.
        """
        fullest = np.lexsort((configurations, -self.table.known[configurations]))
        same = self.among(configurations[fullest]) == 0
        stays = np.ones(len(configurations), dtype=bool)
        for k in range(1, len(configurations)):
            stays[k] = not (same[k, :k] & stays[:k]).any()
        return np.sort(configurations[fullest][stays])

    def means(self, sets: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        """Return the mean distance inside each set of different configurations."""
        rows = [self.table.representative[configurations] for configurations in sets]
        return gower.group_means(self.table, rows, self.min_shared)[0]


@dataclass(frozen=True, slots=True)
class Summary:
    """Distances over the pairs of a set of models.

    Attributes
    ----------
    mean, median, low, high : float
        Mean, median and quartiles in [0, 1]; NaN without pairs, and all but the mean for
        more than `LARGEST` configurations.
    n_pairs, n_null : int
        Pairs with a distance, and with too few shared fields.
    """

    mean: float
    median: float
    low: float
    high: float
    n_pairs: int
    n_null: int


def distances(table: gower.Table, min_shared: int) -> Distances:
    """Prepare the distances among the models of a table."""
    whole = None
    if table.n_configurations <= LARGEST:
        whole = gower.matrix(table.take(table.representative), min_shared)[0]
    return Distances(table, min_shared, whole)


def summarise(found: Distances, rows: NDArray[np.int64]) -> Summary:
    """Summarise the distances over all pairs of some models, as if they stood in a list.

    Parameters
    ----------
    found : Distances
        Distances.
    rows : ndarray of int64, shape (k,)
        Different rows of the table; copies of one configuration lie at 0.

    Returns
    -------
    Summary
    """
    distinct, copies = np.unique(found.table.configuration[rows], return_counts=True)
    if len(distinct) > LARGEST:
        mean, n_pairs, n_null = gower.group_means(found.table, [rows], found.min_shared)
        nan = math.nan
        return Summary(float(mean[0]), nan, nan, nan, int(n_pairs[0]), int(n_null[0]))
    upper = np.triu_indices(len(distinct))
    values = found.among(distinct)[upper]
    times = np.outer(copies, copies)
    np.fill_diagonal(times, copies * (copies - 1) // 2)
    weight = times[upper]
    known = ~np.isnan(values) & (weight > 0)
    values, weight = values[known], weight[known]
    total = int(weight.sum())
    missing = len(rows) * (len(rows) - 1) // 2 - total
    if not total:
        return Summary(math.nan, math.nan, math.nan, math.nan, 0, missing)
    low, median, high = quantiles(values, weight, (0.25, 0.5, 0.75))
    return Summary(float((values * weight).sum() / total), median, low, high, total, missing)


def quantiles(
    values: NDArray[np.float64], weight: NDArray[np.int64], shares: tuple[float, ...]
) -> list[float]:
    """Return quantiles of values that stand in the list `weight` times each.

    >>> quantiles(np.array([0.0, 1.0]), np.array([3, 1]), (0.5, 0.75))
    [0.0, 0.25]
    """
    order = np.argsort(values, kind="stable")
    ends = np.cumsum(weight[order])
    out = []
    for share in shares:
        place = share * (ends[-1] - 1)
        below, above = math.floor(place), math.ceil(place)
        a, b = values[order[np.searchsorted(ends, [below, above], side="right")]]
        out.append(float(a + (b - a) * (place - below)))
    return out
