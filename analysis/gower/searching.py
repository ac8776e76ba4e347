"""The search by compiled kernels: an index, then chunks of its tiles on any workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower import compiling, search
from modelkin.analysis.gower.coarse import LANES
from modelkin.analysis.gower.effort import Effort
from modelkin.analysis.gower.index import Index, build, room
from modelkin.analysis.gower.neighbours import Lists, no_lists
from modelkin.analysis.gower.workers import over_chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.gower.table import Table

INDEX_BYTES = 12
"""Bytes of the index for each field of a configuration."""

CHUNKS = 16
"""Chunks for each worker, so that all end at about the same time."""

_Job = tuple[int, int, int, int, bool, bool]


def search_compiled(
    table: Table,
    ranks: NDArray[np.int64],
    k: int,
    least: int,
    itself: bool,
    effort: Effort,
    prune: bool = True,
) -> Lists:
    """Find the k nearest configurations of every configuration; see `nearest_configurations`.

    Parameters
    ----------
    ranks : ndarray of int64, shape (u,)
        Order in which configurations win a tie.
    prune : bool
        Whether tiles may be left out by their centres; shows in nothing but the time.
    """
    u = table.n_configurations
    lists = no_lists(u, k)
    if not u:
        return lists
    effort.require(u * table.n_fields * INDEX_BYTES, f"index {u:,} configurations")
    compiling.announce(effort)
    index = build(table, ranks, centres_for(u), effort)
    back = np.empty(u, dtype=np.int64)
    back[ranks] = np.arange(u)
    step = max(1, min(256, index.n_tiles // (CHUNKS * effort.workers)))
    jobs = [
        (first, min(first + step, index.n_tiles), k, least, itself, prune)
        for first in range(0, index.n_tiles, step)
    ]
    done = 0
    for job, (distance, shared, rank) in over_chunks(search_tiles, index, jobs, effort):
        places = index.tiles.places[job[0] : job[1]].ravel()
        rows = index.order[places[places >= 0]]
        reached = distance < search.UNREACHED
        lists.configuration[rows] = np.where(reached, back[np.where(reached, rank, 0)], -1)
        lists.distance[rows] = np.where(reached, distance, np.nan)
        lists.shared[rows] = shared
        done += len(rows)
        effort.tell("finding neighbours", done, u)
    return lists


def search_tiles(
    index: Index, job: _Job
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]:
    """Find the nearest of the configurations in some tiles of an index.

    Returns
    -------
    distance, shared, rank : ndarray, shape (m, k)
        Of the m configurations in the order of their places.
    """
    first, last, k, least, itself, prune = job
    size = (last - first) * LANES
    distance = np.full((size, k), search.UNREACHED)
    shared = np.zeros((size, k), dtype=np.int32)
    rank = np.full((size, k), np.iinfo(np.int32).max, dtype=np.int32)
    work = np.zeros(size, dtype=np.int64)
    search.search(
        index.tiles,
        index.layout,
        index.fields,
        index.ranks,
        index.groups,
        room(index.layout, index.tiles, LANES),
        first,
        last,
        (np.float32(least), itself, prune),
        (distance, shared, rank, work),
    )
    filled = index.tiles.places[first:last].ravel() >= 0
    return distance[filled], shared[filled], rank[filled]


def centres_for(u: int) -> int:
    """Return how many centres pay for u configurations."""
    return int(np.clip(u // 128, 1, 4096))
