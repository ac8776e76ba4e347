"""The arithmetic, in numpy: distances of configurations in tiles that stay in cache.

The compiled kernels of `exact` and `search` give the same bits: float64, terms added in the
order of the spec's fields, integer counts. Small tables are done here, and this is what the
kernels are checked against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.gower.table import Table

ROWS, COLUMNS = 64, 1024
"""Pairs of one tile: three float64 buffers of it fit a level-2 cache (1.5 MB)."""

LISTED = 250_000
"""Pairs of a list that are compared at once: buffers have the size of the whole."""


def compare(
    table: Table, i: NDArray[np.int64], j: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return distance and shared fields of configurations i and j.

    Parameters
    ----------
    table : Table
        Where the configurations come from.
    i, j : ndarray of int64
        Numbers of configurations; shapes that broadcast.

    Returns
    -------
    distance : ndarray of float64, the broadcast shape
        Weighted mean over the fields present in both; NaN where nothing is shared.
    shared : ndarray of int64, the broadcast shape
        How many fields that mean is over.
    """
    weights = [field.weight for field in table.spec.fields]
    n_codes, shape = len(table.codes), np.broadcast_shapes(i.shape, j.shape)
    shared = np.zeros(shape, dtype=np.uint8 if len(weights) < 256 else np.uint16)
    total, term, both = np.zeros(shape), np.empty(shape), np.empty(shape, dtype=bool)
    weight = None if set(weights) == {1.0} else np.zeros(shape)
    for f, w in enumerate(weights):
        if f < n_codes:
            a, b = table.codes[f][i], table.codes[f][j]
            np.logical_and(a >= 0, b >= 0, out=both)
            np.add(total, w, out=total, where=(a != b) & both)
        else:
            x, y = table.numbers[f - n_codes][i], table.numbers[f - n_codes][j]
            np.logical_and(x == x, y == y, out=both)
            _number_term(table, f - n_codes, x, y, term)
            total += term if w == 1.0 else np.multiply(term, w, out=term)
        shared += both.view(np.uint8)
        if weight is not None:
            np.add(weight, w, out=weight, where=both)
    divisor = shared if weight is None else weight
    np.divide(total, divisor, out=total, where=shared > 0)
    total[shared == 0] = np.nan
    return total, shared.astype(np.int64)


def fill(
    table: Table,
    rows: slice,
    left: int,
    distance: NDArray[np.float64],
    shared: NDArray[np.int16],
) -> None:
    """Compare some configurations with all from `left` on, tile by tile.

    Parameters
    ----------
    table : Table
        u configurations.
    rows : slice
        Lines of the block.
    left : int
        Its first column.
    distance, shared : ndarray, shape (rows, u - left)
        Filled as `compare` gives them.
    """
    columns = np.arange(left, left + distance.shape[1])
    for top in range(0, len(distance), ROWS):
        here = np.arange(rows.start + top, min(rows.start + top + ROWS, rows.stop))[:, None]
        for start in range(0, len(columns), COLUMNS):
            there = columns[None, start : start + COLUMNS]
            tile = np.s_[top : top + ROWS, start : start + COLUMNS]
            distance[tile], shared[tile] = compare(table, here, there)


def _number_term(
    table: Table,
    f: int,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    term: NDArray[np.float64],
) -> None:
    """Write the distances of numeric field f into `term`; 0 where a value is missing."""
    np.subtract(a, b, out=term)
    np.abs(term, out=term)
    if table.spec.variant == "pairwise-max":
        larger = np.maximum(np.abs(a), np.abs(b))
        np.divide(term, larger, out=term, where=larger > 0)
    else:
        term /= table.scale[f]
    if table.spec.variant == "log-range":
        np.minimum(term, 1.0, out=term)  # zeros stand two ranges away
    np.fmax(term, 0.0, out=term)
