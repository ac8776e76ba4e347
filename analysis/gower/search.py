"""Kernels: the k nearest configurations, found in the coarse space and measured exactly.

Queries are the rows of a tile, so what holds for one of them nearly holds for all. For each
tile that is compared: categories first, in bytes; numbers only if a row could still be among
the nearest; then every row that passes is measured in float64. A tile is left out where its
centre proves that all its rows are too far away (see `nearest` for the bound).
"""

from __future__ import annotations

import numpy as np

from modelkin.analysis.gower import lanes as at_once
from modelkin.analysis.gower.comparing import ZERO, closeness, compare, mismatch, overlap, pack
from modelkin.analysis.gower.compiling import jit, part
from modelkin.analysis.gower.exact import row_distance
from modelkin.analysis.gower.lanes import LANES

UNREACHED = 9.0
"""Above every distance: two numbers of different sign may be 2 apart by "pairwise-max"."""

WHOLE = np.float32(1)
"""The largest limit: no coarse distance is above it, and the bounds hold up to it."""


@part
def candidates(tiles, layout, b, queries, q, limit, least, near):  # type: ignore[no-untyped-def] # a kernel
    """Give the bits of the rows of tile b that may lie within `limit` (at most 1) of query q.

    Where there are any, what differs and the weight of what is shared are put into `near`.
    """
    differ = mismatch(tiles.codes, tiles.planes, layout, b, queries, q)
    none = at_once.no_floats()
    most = limit * queries.known[q] + layout.slack
    if at_once.not_above(differ, none, np.float32(0), most) == 0:
        return np.uint64(0)
    weight, numbers, count = overlap(tiles.planes, layout, b, queries, q)
    passed = at_once.not_below(count, least)
    if passed & at_once.not_above(differ, weight, limit, layout.slack) == 0:
        return np.uint64(0)
    similar = closeness(tiles.values, layout, b, queries, q)
    differ = at_once.less(at_once.more(differ, numbers), similar)
    at_once.store(near, 0, differ)
    at_once.store(near, LANES, weight)
    return passed & at_once.not_above(differ, weight, limit, layout.slack)


@part
def put(distance, shared, rank, q, d, n, r):  # type: ignore[no-untyped-def] # a kernel
    """Insert one row into the list of query q: by distance, shared fields, rank."""
    t = distance.shape[1] - 1
    if not precedes(d, n, r, distance[q, t], shared[q, t], rank[q, t]):
        return
    while t > 0 and precedes(d, n, r, distance[q, t - 1], shared[q, t - 1], rank[q, t - 1]):
        distance[q, t], shared[q, t] = distance[q, t - 1], shared[q, t - 1]
        rank[q, t] = rank[q, t - 1]
        t -= 1
    distance[q, t], shared[q, t], rank[q, t] = d, n, r


@part
def precedes(d, n, r, other_d, other_n, other_r):  # type: ignore[no-untyped-def] # a kernel
    """Order neighbours: the nearer, then more shared fields, then the smaller rank."""
    if d != other_d:
        return d < other_d
    return r < other_r if n == other_n else n > other_n


@part
def within_reach(groups, b, differ, both, limit, slack):  # type: ignore[no-untyped-def] # a kernel
    """Give the bits of the queries for which tile b may hold a neighbour, by b's centre."""
    at = groups.centre[b] * LANES
    least = at_once.more(at_once.load(differ, at), -groups.lost[b])
    most = at_once.more(at_once.load(both, at), groups.gained[b])
    return at_once.not_above(least, most, at_once.load(limit, 0), slack)


@part
def in_view(view, b, lost, gained, limit, slack):  # type: ignore[no-untyped-def] # a kernel
    """Give the bits of the rows of tile b that may be near a query, by the query's centre."""
    differ, both, _ = view
    least = at_once.more(at_once.load(differ, b * LANES), -lost)
    most = at_once.more(at_once.load(both, b * LANES), gained)
    return at_once.not_above(least, most, limit, slack)


@part
def look(tiles, layout, groups, own, b, view):  # type: ignore[no-untyped-def] # a kernel
    """Compare tile b with the queries' centre, unless that was done."""
    differ, both, seen = view
    if seen[b] != own:
        compare(tiles, layout, b, b + 1, groups.queries, own, own + 1, differ, both, b * LANES)
        seen[b] = own


@part
def measure(fields, ranks, i, places, b, rows, near, slack, options, found, line):  # type: ignore[no-untyped-def] # a kernel
    """Measure row i and the marked rows of tile b, and keep the nearest in a line."""
    least, itself, _ = options
    distance, shared, rank, _ = found
    last = distance.shape[1] - 1
    limit = min(np.float32(distance[line, last]), WHOLE)
    while rows:
        lane = at_once.first_bit(rows)
        rows &= rows - np.uint64(1)
        j = places[b, lane]
        # the limit has come nearer since the rows were marked
        hopeful = near[lane] <= limit * near[LANES + lane] + slack
        if hopeful and (itself or i != j):
            d, n = row_distance(
                fields.codes,
                fields.numbers,
                fields.weights,
                fields.scale,
                fields.variant,
                fields.unit,
                i,
                j,
            )
            if n >= least:
                put(distance, shared, rank, line, d, n, ranks[j])
                limit = min(np.float32(distance[line, last]), WHOLE)
    return limit


@part
def able(tiles, layout, a, queries, least):  # type: ignore[no-untyped-def] # a kernel
    """Give the bits of the rows of tile a that know enough fields to have a neighbour."""
    found = np.uint64(0)
    for q in range(LANES):
        known = queries.ends[q, len(layout.code_weights)] + queries.numbers[q, 0]
        if tiles.places[a, q] >= 0 and known >= least:
            found |= np.uint64(1) << np.uint64(q)
    return found


@jit
def search(tiles, layout, fields, ranks, groups, queries, first, last, options, found):  # type: ignore[no-untyped-def] # a kernel
    """Find the nearest of the rows of tiles first : last.

    Parameters
    ----------
    tiles, layout, groups
        The index.
    fields : Fields
        Exact values, the fields of a row together.
    ranks : ndarray of int32, shape (u,)
        Order in which rows win a tie.
    queries : Queries
        Room for 64.
    first, last : int
        Tiles.
    options : tuple (least, itself, prune)
        Shared fields that a neighbour needs; whether a row is its own neighbour; whether
        tiles may be left out.
    found : tuple (distance, shared, rank, work)
        Filled: shape (64 (last - first), k) three times; `distance` comes as `UNREACHED`
        and `rank` as more than every rank. Tiles compared with each row are added to work.
    """
    least, _, prune = options
    n_centres, n_tiles = len(groups.near), len(tiles.places)
    differ = np.empty(n_centres * LANES, np.float32)
    both = np.empty(n_centres * LANES, np.float32)
    view = (
        np.empty(n_tiles * LANES, np.float32),
        np.empty(n_tiles * LANES, np.float32),
        np.empty(n_tiles, np.int64),
    )
    view[2][:] = -1
    limit, near = np.empty(LANES, np.float32), np.empty(2 * LANES, np.float32)
    met = np.empty(n_tiles, np.int64)
    met[:] = -1
    for a in range(first, last):
        pack(tiles, layout, a, queries, ZERO)
        ready, limit[:] = able(tiles, layout, a, queries, least), WHOLE
        if prune:
            compare(tiles, layout, a, a + 1, groups.queries, ZERO, n_centres, differ, both, ZERO)
        own = np.int64(groups.centre[a])
        whole = groups.queries.known[own]
        for turn in range(groups.near.shape[1] + 1):  # the nearest groups, then everything
            start, stop = 0, n_tiles
            if turn < groups.near.shape[1]:
                z = groups.near[own, turn]
                start, stop = groups.start[z], groups.start[z + 1]
            for b in range(start, stop):
                if met[b] == a:
                    continue
                met[b], alive = a, ready
                if prune:
                    alive &= within_reach(groups, b, differ, both, limit, layout.slack)
                    if alive:
                        look(tiles, layout, groups, own, b, view)
                while alive:
                    q = at_once.first_bit(alive)
                    alive &= alive - np.uint64(1)
                    rows = ~np.uint64(0)
                    if prune:
                        at = own * LANES + q
                        lost, gained = differ[at] + whole - both[at], queries.known[q] - whole
                        rows = in_view(view, b, lost, gained, limit[q], layout.slack)
                        if rows == 0:
                            continue
                    line = (a - first) * LANES + q
                    found[3][line] += 1
                    rows &= candidates(tiles, layout, b, queries, q, limit[q], least, near)
                    if rows:
                        limit[q] = measure(
                            fields,
                            ranks,
                            tiles.places[a, q],
                            tiles.places,
                            b,
                            rows,
                            near,
                            layout.slack,
                            options,
                            found,
                            line,
                        )
