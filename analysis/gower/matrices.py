"""Distances of chosen pairs of rows, and of all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower.effort import DEFAULT, Effort
from modelkin.analysis.gower.pairwise import announce, blocks, compare, fill_matrix, over_rows
from modelkin.analysis.gower.table import as_table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from modelkin.analysis.gower.spec import Spec
    from modelkin.analysis.gower.table import Table

CELL_BYTES = 10
"""Bytes of a cell of a matrix: a distance and a count."""


def pairs(
    data: pd.DataFrame | Table,
    i: ArrayLike,
    j: ArrayLike,
    min_shared: int = 1,
    *,
    spec: Spec | None = None,
    effort: Effort = DEFAULT,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distances of chosen pairs of rows.

    Parameters
    ----------
    data : DataFrame or Table
        Where the rows are.
    i, j : array of int, shape (m,)
        Row numbers.
    min_shared : int
        Fewer shared fields give no distance.
    spec : Spec, optional
        The distance, for a frame.
    effort : Effort
        Memory, threads, progress.

    Returns
    -------
    distance : ndarray of float64, shape (m,)
        In [0, 1]; NaN where fewer than `min_shared` fields are known in both rows.
    n_compared : ndarray of int64, shape (m,)
        Fields known in both rows.

    Notes
    -----
    O(m f) time for f fields; 16 bytes a pair.
    """
    table = as_table(data, spec)
    first, second = (table.configuration[np.asarray(rows, dtype=np.int64)] for rows in (i, j))
    distance, shared = compare(table, first, second, effort)
    distance[shared < min_shared] = np.nan
    return distance, shared


def matrix(
    data: pd.DataFrame | Table,
    min_shared: int = 1,
    *,
    spec: Spec | None = None,
    effort: Effort = DEFAULT,
) -> tuple[NDArray[np.float64], NDArray[np.int16]]:
    """Return the distances of all pairs of rows.

    Parameters
    ----------
    data : DataFrame or Table
        n rows; `Table.take(table.representative)` leaves the copies out.
    min_shared : int
        Fewer shared fields give no distance.
    spec : Spec, optional
        The distance, for a frame.
    effort : Effort
        Memory (10 bytes for each of n² cells), threads, progress.

    Returns
    -------
    distance : ndarray of float64, shape (n, n)
        Symmetric, in [0, 1]; NaN below `min_shared`, on the diagonal too.
    n_compared : ndarray of int16, shape (n, n)
        Fields known in both rows.

    Raises
    ------
    UserError
        If the matrix does not fit the memory.

    Notes
    -----
    O(u² f) time for u distinct configurations and f fields, O(n²) for their copies.
    """
    table = as_table(data, spec)
    u, n = table.n_configurations, table.n
    cells = n * n + (u * u if u < n else 0)
    effort.require(
        cells * CELL_BYTES,
        f"hold all pairs of {n:,} rows",
        "Use nearest, pairs or group_means, or take part of the rows.",
    )
    distance, shared = np.empty((u, u)), np.empty((u, u), dtype=np.int16)
    compiled = effort.compiled(u, table.n_fields)
    if compiled:
        announce(effort)
        fill_matrix(table, min_shared, distance, shared, effort)
    else:
        for rows, d, s in blocks(table, upper=True, effort=effort):
            d[s < min_shared] = np.nan
            distance[rows, rows.start :], shared[rows, rows.start :] = d, s
            distance[rows.start :, rows], shared[rows.start :, rows] = d.T, s.T
    if n == u and (table.configuration == np.arange(n)).all():
        return distance, shared
    if compiled:
        return _expanded(table, distance, shared, effort)
    expand = np.ix_(table.configuration, table.configuration)
    return distance[expand], shared[expand]


def _expanded(
    table: Table, distance: NDArray[np.float64], shared: NDArray[np.int16], effort: Effort
) -> tuple[NDArray[np.float64], NDArray[np.int16]]:
    """Return the matrix of rows from that of configurations."""
    from modelkin.analysis.gower import exact

    n = table.n
    whole, counts = np.empty((n, n)), np.empty((n, n), dtype=np.int16)

    def task(place: NDArray[np.int64], lines: tuple[int, int]) -> None:
        exact.expand(distance, shared, place, *lines, whole, counts)

    over_rows(task, table.configuration, 0, n, effort)
    return whole, counts


def condensed(
    data: pd.DataFrame | Table,
    min_shared: int = 1,
    *,
    spec: Spec | None = None,
    effort: Effort = DEFAULT,
) -> tuple[NDArray[np.float64], NDArray[np.int16]]:
    """Return the distances of all pairs of rows once, as scipy's `squareform` orders them.

    Parameters
    ----------
    data, min_shared, spec, effort
        As for `matrix`.

    Returns
    -------
    distance : ndarray of float64, shape (n (n - 1) / 2,)
        d(0, 1), d(0, 2), …, d(1, 2), …; NaN below `min_shared`.
    n_compared : ndarray of int16, the same shape
        Fields known in both rows.

    Raises
    ------
    UserError
        If they do not fit the memory.
    """
    table = as_table(data, spec)
    n, u = table.n, table.n_configurations
    effort.require(
        n * (n - 1) // 2 * CELL_BYTES,
        f"hold all pairs of {n:,} rows",
        "Use nearest, pairs or group_means, or take part of the rows.",
    )
    distance, shared = np.empty(n * (n - 1) // 2), np.empty(n * (n - 1) // 2, dtype=np.int16)
    starts = np.concatenate([[0], np.cumsum(np.arange(n - 1, 0, -1))])
    line_of, ends = table.members
    for rows, d, s in blocks(table, effort=effort):
        d[s < min_shared] = np.nan
        for configuration in range(rows.start, min(rows.stop, u)):
            line = configuration - rows.start
            for row in line_of[ends[configuration] : ends[configuration + 1]]:
                place = slice(starts[row], starts[row] + n - 1 - row)
                distance[place] = d[line][table.configuration[row + 1 :]]
                shared[place] = s[line][table.configuration[row + 1 :]]
    return distance, shared
