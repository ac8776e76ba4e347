"""Distances of chosen pairs, of all pairs, and their means inside groups."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower.numpy_tiles import BLOCK_PAIRS, blocks, compare
from modelkin.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from modelkin.analysis.gower.table import Table

LARGEST_MATRIX = 20_000
"""Rows of the largest full matrix: two arrays of 3.2 GB."""


def pairs(
    table: Table, i: ArrayLike, j: ArrayLike, min_shared: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distances of chosen pairs of rows.

    Parameters
    ----------
    table : Table
        Where the rows are.
    i, j : array of int, shape (m,)
        Row numbers.
    min_shared : int
        Fewer shared fields give no distance.

    Returns
    -------
    distance : ndarray of float64, shape (m,)
        In [0, 1]; NaN where fewer than `min_shared` fields are known in both rows.
    n_compared : ndarray of int64, shape (m,)
        Fields known in both rows.
    """
    first, second = (table.configuration[np.asarray(rows, dtype=np.int64)] for rows in (i, j))
    distance = np.empty(len(first))
    shared = np.empty(len(first), dtype=np.int64)
    step = BLOCK_PAIRS // 16  # as the buffers of `compare` have the size of the whole
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        distance[part], shared[part] = compare(table, first[part], second[part])
    distance[shared < min_shared] = np.nan
    return distance, shared


def matrix(table: Table, min_shared: int = 1) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distances of all pairs of rows.

    Parameters
    ----------
    table : Table
        At most 20,000 rows; `Table.take(table.representative)` leaves the copies out.
    min_shared : int
        Fewer shared fields give no distance.

    Returns
    -------
    distance : ndarray of float64, shape (n, n)
        Symmetric, in [0, 1]; NaN below `min_shared`, on the diagonal too.
    n_compared : ndarray of int64, shape (n, n)
        Fields known in both rows.

    Raises
    ------
    UserError
        If the table has more rows.
    """
    if table.n > LARGEST_MATRIX:
        raise UserError(
            f"Cannot hold all pairs of {table.n:,} rows",
            why=f"a full matrix is for at most {LARGEST_MATRIX:,}",
            fix="Use nearest, pairs or group_means, or take part of the rows.",
        )
    u = table.n_configurations
    distance, shared = np.empty((u, u)), np.empty((u, u), dtype=np.int64)
    for rows, d, s in blocks(table):
        distance[rows], shared[rows] = d, s
    distance[shared < min_shared] = np.nan
    expand = np.ix_(table.configuration, table.configuration)
    return distance[expand], shared[expand]


def group_means(
    table: Table, groups: Iterable[ArrayLike], min_shared: int = 3
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the mean distance over the pairs of different rows in each group.

    Parameters
    ----------
    table : Table
        Where the rows are.
    groups : iterable of int arrays
        Row numbers of each group, none twice in one group; groups may overlap.
    min_shared : int
        Pairs that share fewer fields have no distance and are counted.

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
    the order of rows nor the size of blocks shows (`math.fsum` of whole lines).
    """
    found = [_group_mean(table.take(rows), min_shared) for rows in groups]
    mean, n_pairs, n_null = zip(*found, strict=True) if found else ((), (), ())
    return (
        np.array(mean, dtype=np.float64),
        np.array(n_pairs, dtype=np.int64),
        np.array(n_null, dtype=np.int64),
    )


def _group_mean(table: Table, min_shared: int) -> tuple[float, int, int]:
    """Return mean distance, pairs with and pairs without a distance of all rows."""
    copies, sums, n_pairs = table.copies, [], 0
    for rows, distance, shared in blocks(table):
        known = shared >= max(min_shared, 1)
        distance[~known] = 0.0
        # every pair of rows is met twice, and every row meets itself once
        sums.extend(copies[rows] * (distance * copies).sum(axis=1))
        n_pairs += int(copies[rows] @ known @ copies)
    n_pairs -= int(copies @ (table.known >= max(min_shared, 1)))
    n_pairs //= 2
    mean = math.fsum(sums) / 2 / n_pairs if n_pairs else math.nan
    return mean, n_pairs, table.n * (table.n - 1) // 2 - n_pairs
