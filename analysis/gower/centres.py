"""Kernels: centres that are spread out, and what every row owes to its nearest one.

The distance of a row and a centre is their mismatch plus the weight of the fields that only
one of them knows: a metric, unlike Gower's distance with gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from modelkin.analysis.gower import lanes as at_once
from modelkin.analysis.gower.comparing import ZERO, Queries, compare, pack
from modelkin.analysis.gower.compiling import jit
from modelkin.analysis.gower.lanes import LANES

if TYPE_CHECKING:
    from numpy.typing import NDArray

FARTHEST = np.float32(1e30)
TWICE, NEARER = np.float32(-2), np.float32(1 - 1e-6)


class Groups(NamedTuple):
    """Centres, and what each tile of configurations owes to its centre.

    Attributes
    ----------
    queries : Queries
        The K centres.
    near : ndarray of int32, shape (K, r)
        Groups to be visited first by those of each group, its own at the head.
    start : ndarray of int64, shape (K + 1,)
        First tile of each group.
    centre : ndarray of int32, shape (t,)
        Group of each tile.
    lost : ndarray of float32, shape (t,)
        Largest mismatch of centre and row plus the centre's fields that the row lacks.
    gained : ndarray of float32, shape (t,)
        Largest weight of the row's fields less that of the centre's.
    """

    queries: Queries
    near: NDArray[np.int32]
    start: NDArray[np.int64]
    centre: NDArray[np.int32]
    lost: NDArray[np.float32]
    gained: NDArray[np.float32]


@jit
def assign(tiles, layout, centres, queries, nearest, lost, gained):  # type: ignore[no-untyped-def] # a kernel
    """Give every row its nearest centre, and what it lost and gained there.

    Parameters
    ----------
    tiles, layout
        Rows, t tiles.
    centres : Queries
        The centres.
    queries : Queries
        Room for 64.
    nearest : ndarray of int32, shape (64 t,)
        Filled.
    lost, gained : ndarray of float32, shape (64 t,)
        Filled; see `Groups`.
    """
    m, none = len(centres.known), np.float32(0)
    differ, both = np.empty(m * LANES, np.float32), np.empty(m * LANES, np.float32)
    apart = np.empty(LANES, np.float32)
    for b in range(len(tiles.places)):
        pack(tiles, layout, b, queries, ZERO)
        compare(tiles, layout, b, b + 1, centres, ZERO, m, differ, both, ZERO)
        apart[:] = FARTHEST
        for z in range(m):
            known = centres.known[z]
            away = at_once.more(at_once.load(differ, z * LANES), at_once.load(queries.known, 0))
            away = at_once.add_times(away, at_once.load(both, z * LANES), TWICE)
            away = at_once.more(away, known)
            nearer = at_once.not_above(away, at_once.load(apart, 0), NEARER, none)
            while nearer:
                q = at_once.first_bit(nearer)
                nearer &= nearer - np.uint64(1)
                i, at = z * LANES + q, b * LANES + q
                apart[q] = differ[i] + queries.known[q] + known - np.float32(2) * both[i]
                nearest[at], lost[at] = z, differ[i] + known - both[i]
                gained[at] = queries.known[q] - known


@jit
def spread(tiles, layout, queries, n, chosen):  # type: ignore[no-untyped-def] # a kernel
    """Choose rows far from each other: each is the farthest from all chosen before it.

    Parameters
    ----------
    tiles, layout
        Rows, t tiles.
    queries : Queries
        The same rows, packed.
    n : int
        How many of them are no padding.
    chosen : ndarray of int64
        Filled with rows, the first of them row 0; repeats when all lie at 0.
    """
    t, known = len(tiles.places), queries.known
    differ, both = np.empty(t * LANES, np.float32), np.empty(t * LANES, np.float32)
    apart = np.empty(t * LANES, np.float32)
    apart[:] = np.inf
    row = ZERO
    for c in range(len(chosen)):
        chosen[c] = row
        compare(tiles, layout, ZERO, t, queries, row, row + 1, differ, both, ZERO)
        own, row = known[row], ZERO
        for i in range(n):
            apart[i] = min(apart[i], differ[i] + known[i] + own - 2 * both[i])
            if apart[i] > apart[row]:
                row = np.int64(i)


@jit
def nearby(tiles, layout, queries, n, near):  # type: ignore[no-untyped-def] # a kernel
    """Fill near, shape (n, r), with each of n packed rows' nearest among them, itself first."""
    t, known = len(tiles.places), queries.known
    differ, both = np.empty(t * LANES, np.float32), np.empty(t * LANES, np.float32)
    best = np.empty(near.shape[1], np.float32)
    for z in range(n):
        compare(tiles, layout, ZERO, t, queries, z, z + 1, differ, both, ZERO)
        best[:] = np.inf
        for i in range(n):
            away = differ[i] + known[i] + known[z] - 2 * both[i] if i != z else np.float32(-1)
            place = len(best) - 1
            if away >= best[place]:
                continue
            while place > 0 and away < best[place - 1]:
                best[place], near[z, place] = best[place - 1], near[z, place - 1]
                place -= 1
            best[place], near[z, place] = away, i
