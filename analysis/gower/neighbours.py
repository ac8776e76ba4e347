"""The nearest rows: of other configurations, or of all rows with every copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from modelkin.analysis.gower.effort import DEFAULT, Effort
from modelkin.analysis.gower.pairwise import blocks
from modelkin.analysis.gower.table import as_table
from modelkin.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from modelkin.analysis.gower.spec import Spec
    from modelkin.analysis.gower.table import Table

FOUND_BYTES = 24
"""Bytes of one neighbour of a row."""

STEP = 1 << 17
"""Rows whose copies are listed at a time."""


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


class Lists(NamedTuple):
    """The nearest configurations of every configuration, shape (u, k) each.

    Attributes
    ----------
    configuration : ndarray of int64
        -1 where there is none.
    distance : ndarray of float64
        NaN where there is none.
    shared : ndarray of int64
        0 where there is none.
    """

    configuration: NDArray[np.int64]
    distance: NDArray[np.float64]
    shared: NDArray[np.int64]


def nearest(
    data: pd.DataFrame | Table,
    k: int = 10,
    min_shared: int = 1,
    copies: bool = False,
    *,
    spec: Spec | None = None,
    effort: Effort = DEFAULT,
) -> Neighbours:
    """Find the k nearest neighbours of every row, exactly.

    Parameters
    ----------
    data : DataFrame or Table
        n rows to search among.
    k : int
        Neighbours of each row, at least 1; may exceed the number of rows.
    min_shared : int
        Pairs that share fewer fields (at least 1) are neither near nor far: left out.
    copies : bool
        False: neighbours are the representatives of *other* configurations, so that k
        neighbours are k configurations, and all copies of a configuration have the same.
        True: every row but itself.
    spec : Spec, optional
        The distance, for a frame; all columns by "range" if left out.
    effort : Effort
        Memory, threads, progress.

    Returns
    -------
    Neighbours
        Ties go to more shared fields, then to the smaller row key. The result depends on
        neither the order of rows or fields nor on the effort, to the last bit.

    Raises
    ------
    UserError
        If k or min_shared is below 1, the memory does not suffice, or the frame cannot be
        encoded.

    Notes
    -----
    Distance: sum of w_f δ_f over sum of w_f, over the fields f known in both rows, where δ_f
    is |x - y| / range for numbers and 0 or 1 otherwise [1]_.

    Distinct configurations are searched in tiles of 64: a comparison in bytes and float32
    that never exceeds the true distance leaves few rows to be measured in float64. Tiles are
    left out by the triangle inequality of each *field* (the distance has none where values
    are missing): with the mismatch N and the shared weight C of row i and a centre, a row j
    that differs from the centre by `lost` and knows `gained` more has
    d(i, j) ≥ (N - lost) / (C + gained). Time between O(u) and O(u²) field comparisons for u
    configurations; memory about 500 bytes a configuration and 24 k bytes a row.

    References
    ----------
    .. [1] J. C. Gower, "A general coefficient of similarity and some of its properties",
       Biometrics 27 (1971) 857-871.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"layers": [12, 12, 24], "act": ["gelu", "silu", None]})
    >>> found = nearest(frame, k=1)
    >>> found.index.ravel().tolist(), found.distance.ravel().tolist()
    ([1, 0, 0], [0.5, 0.5, 1.0])
    """
    for name, value in (("k", k), ("min_shared", min_shared)):
        if value < 1:
            raise UserError(f"Cannot search with {name} = {value}", why="it is at least 1")
    table = as_table(data, spec)
    effort.require(
        FOUND_BYTES * k * (table.n + table.n_configurations),
        f"list {k} neighbours of {table.n:,} rows",
        "Ask for fewer neighbours.",
    )
    if copies:
        lists = nearest_configurations(table, k + 1, min_shared, True, effort)
        return _rows_with_copies(table, lists, k)
    lists = nearest_configurations(table, k, min_shared, False, effort)
    representative = np.append(table.representative, -1)  # the last is for "none"
    return Neighbours(
        representative[lists.configuration][table.configuration],
        lists.distance[table.configuration],
        lists.shared[table.configuration],
    )


def nearest_configurations(
    table: Table, k: int, least: int, itself: bool, effort: Effort = DEFAULT
) -> Lists:
    """Find the k nearest configurations of every configuration.

    Parameters
    ----------
    table : Table
        u configurations.
    k, least : int
        Neighbours, and shared fields that one needs.
    itself : bool
        Whether a configuration is its own neighbour; ties then go by the first key among
        all copies, and by the representative's otherwise.
    effort : Effort
        Means.
    """
    first = table.first_rows if itself else table.representative
    ranks = np.argsort(np.argsort(table.order[first]))
    if effort.compiled(table.n_configurations, table.n_fields):
        from modelkin.analysis.gower.searching import search_compiled

        return search_compiled(table, ranks, k, least, itself, effort)
    lists = no_lists(table.n_configurations, k)
    for rows, distance, shared in blocks(table, effort=effort):
        if not itself:
            own = np.arange(rows.start, rows.stop)
            shared[own - rows.start, own] = 0
        keep_nearest(lists, rows, distance, shared, ranks, least)
    return lists


def no_lists(n: int, k: int) -> Lists:
    """Return lists of k neighbours without any."""
    return Lists(
        np.full((n, k), -1, dtype=np.int64),
        np.full((n, k), np.nan),
        np.zeros((n, k), dtype=np.int64),
    )


def keep_nearest(
    lists: Lists,
    rows: slice,
    distance: NDArray[np.float64],
    shared: NDArray[np.int16],
    ranks: NDArray[np.int64],
    least: int,
) -> None:
    """Fill lines of lists from all distances of their rows; columns win a tie by rank."""
    k = min(lists.distance.shape[1], distance.shape[1])
    if not k:
        return
    distance[shared < least] = np.nan
    limit = np.partition(distance, k - 1, axis=1)[:, k - 1]  # NaN sorts last
    within = distance <= np.where(np.isnan(limit), np.inf, limit)[:, None]
    for line, row in enumerate(range(rows.start, rows.stop)):
        near = np.flatnonzero(within[line])
        best = np.lexsort((ranks[near], -shared[line, near], distance[line, near]))[:k]
        lists.configuration[row, : len(best)] = near[best]
        lists.distance[row, : len(best)] = distance[line, near[best]]
        lists.shared[row, : len(best)] = shared[line, near[best]]


def _rows_with_copies(table: Table, lists: Lists, k: int) -> Neighbours:
    """Return the k nearest rows of every row, copies included and itself left out."""
    by_configuration, ends = table.members
    found = Neighbours(
        np.full((table.n, k), -1, dtype=np.int64),
        np.full((table.n, k), np.nan),
        np.zeros((table.n, k), dtype=np.int64),
    )
    step = max(1, STEP // (k + 1))
    for start in range(0, table.n_configurations, step):
        here = slice(start, start + step)
        part = Lists(lists.configuration[here], lists.distance[here], lists.shared[here])
        rows, source = merged(table, part, k + 1)
        inside = by_configuration[ends[start] : ends[start + len(rows)]]
        line = table.configuration[inside] - start
        nearby = rows[line]
        # of k + 1 rows, drop the row itself, or the last
        own = nearby == inside[:, None]
        drop = np.where(own.any(axis=1), own.argmax(axis=1), k)
        kept = np.arange(k) + (np.arange(k) >= drop[:, None])
        found.index[inside] = np.take_along_axis(nearby, kept, axis=1)
        place = np.take_along_axis(source[line], kept, axis=1)
        for out, values, none in (
            (found.distance, part.distance, np.nan),
            (found.n_compared, part.shared, 0),
        ):
            taken = np.take_along_axis(values[line], np.maximum(place, 0), axis=1)
            out[inside] = np.where(place < 0, none, taken)
    return found


def merged(table: Table, part: Lists, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the k nearest rows of some configurations and the list place of each.

    Rows of one distance and one number of shared fields go by their key, whichever of their
    configurations comes first in the list.
    """
    by_configuration, ends = table.members
    copies, (u, width) = np.diff(ends), part.configuration.shape
    near = np.maximum(part.configuration, 0)
    size = np.where(part.configuration < 0, 0, np.minimum(copies[near], k)).ravel()
    first = np.repeat(ends[near].ravel(), size)
    begin = np.repeat(np.cumsum(size) - size, size)
    rows = by_configuration[first + np.arange(len(first)) - begin]
    entry = np.repeat(np.arange(u * width), size)
    line, place = np.divmod(entry, width)
    sort = np.lexsort(
        (table.order[rows], -part.shared.ravel()[entry], part.distance.ravel()[entry], line)
    )
    line = line[sort]
    rank = np.arange(len(line)) - np.searchsorted(line, line)
    kept = rank < k
    nearby, source = np.full((u, k), -1), np.full((u, k), -1)
    nearby[line[kept], rank[kept]] = rows[sort][kept]
    source[line[kept], rank[kept]] = place[sort][kept]
    return nearby, source
