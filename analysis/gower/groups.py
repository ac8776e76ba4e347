"""Mean distances inside groups of rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower.effort import DEFAULT, Effort
from modelkin.analysis.gower.pairwise import blocks
from modelkin.analysis.gower.table import as_table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from modelkin.analysis.gower.spec import Spec
    from modelkin.analysis.gower.table import Table


def group_means(
    data: pd.DataFrame | Table,
    groups: Iterable[ArrayLike],
    min_shared: int = 3,
    *,
    spec: Spec | None = None,
    effort: Effort = DEFAULT,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the mean distance over the pairs of different rows in each group.

    Parameters
    ----------
    data : DataFrame or Table
        Where the rows are.
    groups : iterable of int arrays
        Row numbers of each group, none twice in one group; groups may overlap.
    min_shared : int
        Pairs that share fewer fields have no distance and are counted.
    spec : Spec, optional
        The distance, for a frame.
    effort : Effort
        Memory, threads, progress.

    Returns
    -------
    mean : ndarray of float64, shape (g,)
        In [0, 1]; copies count as rows, at distance 0. NaN for a group without a
        comparable pair.
    n_pairs : ndarray of int64, shape (g,)
        Pairs that the mean is over.
    n_null : ndarray of int64, shape (g,)
        Pairs without a distance; both together are m (m - 1) / 2.

    Notes
    -----
    Exact: over distinct configurations with their multiplicities, added up so that neither
    the order of rows nor the size of blocks shows (lines from left to right, then
    `math.fsum` of whole lines).
    """
    table = as_table(data, spec)
    found = [_group_mean(table.take(rows), max(min_shared, 1), effort) for rows in groups]
    mean, n_pairs, n_null = zip(*found, strict=True) if found else ((), (), ())
    return (
        np.array(mean, dtype=np.float64),
        np.array(n_pairs, dtype=np.int64),
        np.array(n_null, dtype=np.int64),
    )


def _group_mean(table: Table, least: int, effort: Effort) -> tuple[float, int, int]:
    """Return mean distance, pairs with and pairs without a distance of all rows."""
    copies, n_pairs = table.copies, 0
    sums: list[float] = []
    for rows, distance, shared in blocks(table, upper=True, effort=effort):
        later = (
            np.arange(rows.start, table.n_configurations)
            > np.arange(rows.start, rows.stop)[:, None]
        )
        known = (shared >= least) & later
        distance[~known] = 0.0
        lines = np.cumsum(distance * copies[rows.start :], axis=1)[:, -1]
        sums.extend(copies[rows] * lines)
        n_pairs += int(copies[rows] @ (known @ copies[rows.start :]))
    n_pairs += int((copies * (copies - 1) // 2)[table.known >= least].sum())
    mean = math.fsum(sums) / n_pairs if n_pairs else math.nan
    return mean, n_pairs, table.n * (table.n - 1) // 2 - n_pairs
