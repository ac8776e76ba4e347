"""The nearest rows: of other configurations, or of all rows with every copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower.numpy_tiles import blocks
from modelkin.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.gower.table import Table


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest rows of every row, nearest first.

    Attributes
    ----------
    index : ndarray of int64, shape (n, k)
        Row of each neighbour; -1 where there is none.
    distance : ndarray of float64, shape (n, k)
        Its distance, ascending; NaN where there is none.
    n_compared : ndarray of int64, shape (n, k)
        Fields that the distance is over; 0 where there is none.
    """

    index: NDArray[np.int64]
    distance: NDArray[np.float64]
    n_compared: NDArray[np.int64]


def nearest(table: Table, k: int, min_shared: int, copies: bool = False) -> Neighbours:
    """Find the k nearest neighbours of every row, exactly.

    Parameters
    ----------
    table : Table
        Rows to search among.
    k : int
        Neighbours of each row, at least 1; may exceed the number of rows.
    min_shared : int
        Pairs that share fewer fields (at least 1) are neither near nor far: left out.
    copies : bool
        False: neighbours are the representatives of *other* configurations, so that k
        neighbours are k configurations, and all copies of a configuration have the same.
        True: every row but itself.

    Returns
    -------
    Neighbours
        Ties go to more shared fields, then to the smaller row key. The result depends on
        neither the order of rows nor that of fields.

    Raises
    ------
    UserError
        If k or min_shared is below 1.

    Notes
    -----
    All pairs of distinct configurations: O(u² f) time, memory for 4 million pairs.
    """
    found = _empty(table.n, k, min_shared)
    members = _members(table)
    for rows, distance, shared in blocks(table):
        distance[shared < min_shared] = np.nan
        if not copies:
            own = np.arange(rows.start, rows.stop)
            distance[own - rows.start, own] = np.nan
        wanted = min(k + copies, table.n_configurations)
        limit = np.partition(distance, wanted - 1, axis=1)[:, wanted - 1]  # NaN sorts last
        within = distance <= np.where(np.isnan(limit), np.inf, limit)[:, None]
        for line, configuration in enumerate(range(rows.start, rows.stop)):
            near = np.flatnonzero(within[line])
            values = (near, distance[line, near], shared[line, near])
            if copies:
                _fill_with_rows(found, table, members, configuration, values)
            else:
                _fill(found, table, members[configuration], values)
    return found


def _empty(n: int, k: int, min_shared: int) -> Neighbours:
    """Return neighbours of n rows that have none; refuse numbers below 1."""
    for name, value in (("k", k), ("min_shared", min_shared)):
        if value < 1:
            raise UserError(f"Cannot search with {name} = {value}", why="it is at least 1")
    return Neighbours(
        np.full((n, k), -1, dtype=np.int64),
        np.full((n, k), np.nan),
        np.zeros((n, k), dtype=np.int64),
    )


def _members(table: Table) -> list[NDArray[np.int64]]:
    """Return the rows of each configuration, by key."""
    rows = np.lexsort((table.order, table.configuration))
    return np.split(rows, np.cumsum(table.copies)[:-1])


_Values = tuple["NDArray[np.int64]", "NDArray[np.float64]", "NDArray[np.int64]"]


def _fill(found: Neighbours, table: Table, rows: NDArray[np.int64], values: _Values) -> None:
    """Give all rows of a configuration its nearest representatives."""
    near, distance, shared = values
    # configurations are numbered by key, so their number breaks the last tie
    best = np.lexsort((near, -shared, distance))[: found.index.shape[1]]
    found.index[rows, : len(best)] = table.representative[near[best]]
    found.distance[rows, : len(best)] = distance[best]
    found.n_compared[rows, : len(best)] = shared[best]


def _fill_with_rows(
    found: Neighbours,
    table: Table,
    members: list[NDArray[np.int64]],
    configuration: int,
    values: _Values,
) -> None:
    """Give each row of a configuration its nearest rows, itself left out."""
    k = found.index.shape[1]
    near, distance, shared = values
    copied = [members[c][: k + 1] for c in near]
    times = [len(rows) for rows in copied]
    rows = np.concatenate(copied) if copied else np.empty(0, dtype=np.int64)
    distance, shared = np.repeat(distance, times), np.repeat(shared, times)
    best = np.lexsort((table.order[rows], -shared, distance))[: k + 1]
    for row in members[configuration]:
        others = best[rows[best] != row][:k]
        found.index[row, : len(others)] = rows[others]
        found.distance[row, : len(others)] = distance[others]
        found.n_compared[row, : len(others)] = shared[others]
