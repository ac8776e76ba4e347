"""What a search runs over: tiles of similar configurations around centres, and exact values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from modelkin.analysis.gower.centres import Groups, assign, nearby, spread
from modelkin.analysis.gower.coarse import LANES, Coarse, Layout, Tiles, in_tiles
from modelkin.analysis.gower.comparing import Queries, packed
from modelkin.analysis.gower.effort import DEFAULT, Effort
from modelkin.analysis.gower.pairwise import rows_of
from modelkin.analysis.gower.workers import over_chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.gower.exact import Fields
    from modelkin.analysis.gower.table import Table

SAMPLE = 20_000
"""Rows among which centres are looked for."""

NEAR = 8
"""Groups that a row visits first."""

ASSIGNED = 256
"""Tiles that are given their centres at a time."""


@dataclass(frozen=True, eq=False)
class Index:
    """Configurations in the order of their tiles.

    Attributes
    ----------
    tiles, layout : Tiles, Layout
        The coarse space; `Tiles.places` are positions in `order`.
    fields : Fields
        Exact values, row by row, in that order.
    order : ndarray of int64, shape (u,)
        Configuration at each position.
    ranks : ndarray of int32, shape (u,)
        Which position wins a tie: the smallest.
    groups : Groups
        Centres.
    """

    tiles: Tiles
    layout: Layout
    fields: Fields
    order: NDArray[np.int64]
    ranks: NDArray[np.int32]
    groups: Groups

    @property
    def n_tiles(self) -> int:
        """Number of tiles."""
        return len(self.tiles.places)


def build(
    table: Table, ranks: NDArray[np.int64], n_centres: int, effort: Effort = DEFAULT
) -> Index:
    """Group configurations by their nearest centre.

    Parameters
    ----------
    table : Table
        u configurations, at least one.
    ranks : ndarray of int64, shape (u,)
        Order in which configurations win a tie.
    n_centres : int
        Wanted centres.
    effort : Effort
        Threads and progress.
    """
    coarse = Coarse(table)
    centres, near = _centres(table, coarse, n_centres)
    nearest, lost, gained = _assigned(table, coarse, centres, effort)
    order = np.lexsort((-lost, nearest))
    count = np.bincount(nearest, minlength=len(centres.known))
    start = np.concatenate([[0], np.cumsum(-(-count // LANES))])
    # every group begins a tile, so its last tile has empty places
    shift = start[:-1] * LANES - np.concatenate([[0], np.cumsum(count)[:-1]])
    slot = np.repeat(shift, count) + np.arange(len(order))
    places = np.full(start[-1] * LANES, -1, dtype=np.int64)
    places[slot] = order
    tiles = coarse.tiles(places.reshape(-1, LANES))
    tiles.places.reshape(-1)[slot] = np.arange(len(order), dtype=np.int32)
    groups = Groups(
        centres,
        near,
        start,
        np.repeat(np.arange(len(count), dtype=np.int32), np.diff(start)),
        _largest(lost[order], slot, len(places), 0.0),
        _largest(gained[order], slot, len(places), -np.inf),
    )
    fields = rows_of(table, order)
    return Index(tiles, coarse.layout, fields, order, ranks[order].astype(np.int32), groups)


def room(layout: Layout, tiles: Tiles, m: int) -> Queries:
    """Return room for m packed rows."""
    n_codes = tiles.codes.shape[1]
    return Queries(
        np.zeros((m, n_codes), np.int64),
        np.zeros((m, n_codes), np.uint8),
        np.zeros((m, len(layout.code_starts)), np.int64),
        np.zeros((m, tiles.planes.shape[1]), np.uint8),
        np.zeros((m, len(layout.value_weights) + 1), np.int64),
        np.zeros((m, tiles.values.shape[1]), np.float32),
        np.zeros(m, np.float32),
    )


def _packed(tiles: Tiles, layout: Layout) -> Queries:
    """Return all rows of some tiles, packed."""
    queries = room(layout, tiles, tiles.places.size)
    packed(tiles, layout, queries)
    return queries


def _centres(table: Table, coarse: Coarse, wanted: int) -> tuple[Queries, NDArray[np.int32]]:
    """Choose centres from a sample, half of them far apart, half at random; and their nearest."""
    rng = np.random.default_rng(0)
    some = rng.permutation(table.n_configurations)[: max(SAMPLE, wanted)]
    tiles, layout = coarse.tiles(in_tiles(some)), coarse.layout
    far = np.empty(max(wanted // 2, 1), dtype=np.int64)
    spread(tiles, layout, _packed(tiles, layout), len(some), far)
    chosen = np.unique(np.concatenate([far, np.arange(min(wanted - len(far), len(some)))]))
    tiles = coarse.tiles(in_tiles(some[chosen]))
    queries = _packed(tiles, layout)
    near = np.empty((len(chosen), min(NEAR, len(chosen))), dtype=np.int32)
    nearby(tiles, layout, queries, len(chosen), near)
    first: Any = (np.ascontiguousarray(part[: len(chosen)]) for part in queries)
    return Queries(*first), near


def _assigned(
    table: Table, coarse: Coarse, centres: Queries, effort: Effort
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """Return nearest centre, what was lost and gained, of every configuration."""
    u = table.n_configurations
    nearest = np.empty(u, np.int32)
    lost, gained = np.empty(u, np.float32), np.empty(u, np.float32)

    def task(centres: Queries, rows: tuple[int, int]) -> None:
        tiles = coarse.tiles(in_tiles(np.arange(*rows)))
        size = tiles.places.size
        found = (np.zeros(size, np.int32), *np.zeros((2, size), np.float32))
        assign(tiles, coarse.layout, centres, room(coarse.layout, tiles, LANES), *found)
        for out, part in zip((nearest, lost, gained), found, strict=True):
            out[slice(*rows)] = part[: rows[1] - rows[0]]

    step = ASSIGNED * LANES
    chunks = [(first, min(first + step, u)) for first in range(0, u, step)]
    done = 0
    for rows, _ in over_chunks(task, centres, chunks, effort.here()):
        done += rows[1] - rows[0]
        effort.tell("indexing configurations", done, u)
    return nearest, lost, gained


def _largest(
    values: NDArray[np.float32], slot: NDArray[np.int64], n_places: int, least: float
) -> NDArray[np.float32]:
    """Return the largest value in each tile."""
    spaced = np.full(n_places, least, dtype=np.float32)
    spaced[slot] = values
    found: NDArray[np.float32] = spaced.reshape(-1, LANES).max(axis=1)
    return found
