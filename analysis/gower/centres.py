"""Kernels: centres that are spread out, and what every row owes to its nearest one.

The distance of a row and a centre is their mismatch plus the weight of the fields that only
one of them knows: a metric, unlike Gower's distance with gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from modelkin.analysis.gower.comparing import ZERO, Queries, compare, pack
from modelkin.analysis.gower.compiling import jit
from modelkin.analysis.gower.lanes import LANES

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    m = len(centres.known)
    differ, both = np.empty(m * LANES, np.float32), np.empty(m * LANES, np.float32)
    apart = np.empty(LANES, np.float32)
    for b in range(len(tiles.places)):
        pack(tiles, layout, b, queries, ZERO)
        compare(tiles, layout, b, b + 1, centres, ZERO, m, differ, both)
        apart[:] = np.inf
        for z in range(m):
            known = centres.known[z]
            for q in range(LANES):
                i = z * LANES + q
                away = differ[i] + known + queries.known[q] - 2 * both[i]
                if away < apart[q]:
                    apart[q], nearest[b * LANES + q] = away, z
                    lost[b * LANES + q] = differ[i] + known - both[i]
                    gained[b * LANES + q] = queries.known[q] - known


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
        compare(tiles, layout, ZERO, t, queries, row, row + 1, differ, both)
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
        compare(tiles, layout, ZERO, t, queries, z, z + 1, differ, both)
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
