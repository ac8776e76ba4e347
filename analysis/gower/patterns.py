"""Mean distances without pairs: over patterns of presence instead of rows.

What a pair's terms are divided by depends only on which fields its two rows know. So rows that
know the same fields are taken together: with K[p, v] the number of rows of pattern p that hold
value v of a field, the sums of that field's distances over all pairs of two patterns are
products of such matrices.

    categories, booleans     m m' - K K'                    m: rows of a pattern
    numbers, by range        Σ_v step_v F_v (m - F_v)'      F: K added up to v
    numbers, pairwise-max    G V⁻¹ K'                       for x < y, δ = 1 - x / y
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.gower.table import Table

TILE_BYTES = 64
"""Bytes for each cell of a tile of pairs of patterns, its temporary matrices included."""


@dataclass(frozen=True, eq=False)
class Patterns:
    """Rows grouped by the fields that they know.

    Attributes
    ----------
    table : Table
        Where the rows are.
    rows : ndarray of int64, shape (u,)
        Configurations.
    copies : ndarray of float64, shape (u,)
        Rows of each.
    known : ndarray of float64, shape (p, n_fields)
        1 where a pattern knows a field, else 0.
    of_row : ndarray of int64, shape (u,)
        Pattern of each configuration.
    """

    table: Table
    rows: NDArray[np.int64]
    copies: NDArray[np.float64]
    known: NDArray[np.float64]
    of_row: NDArray[np.int64]

    def levels(self) -> int:
        """Return the number of different values, added up over all fields."""
        found = 0
        for values in (*self.table.codes, *self.table.numbers):
            found += len(np.unique(values[self.rows]))
        return found

    @property
    def linear(self) -> bool:
        """Whether the formulas hold: of ratios they need one sign."""
        numbers = self.table.numbers[:, self.rows]
        return self.table.spec.variant != "pairwise-max" or not (numbers < 0).any()


def patterns(table: Table, rows: NDArray[np.int64], copies: NDArray[np.int64]) -> Patterns:
    """Group configurations by the fields that they know."""
    present = np.concatenate([table.codes[:, rows] >= 0, ~np.isnan(table.numbers[:, rows])]).T
    packed = np.packbits(present, axis=1)
    kinds, first, of_row = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    known = present[first].astype(np.float64)
    assert len(kinds) == len(known)
    return Patterns(table, rows, copies.astype(np.float64), known, of_row.ravel())


def mean_of_patterns(found: Patterns, least: int, memory: int) -> tuple[float, int]:
    """Return the mean distance over all pairs of rows, and their number.

    Parameters
    ----------
    found : Patterns
        Rows, for which `linear` holds.
    least : int
        Pairs that share fewer fields are left out.
    memory : int
        Bytes for a tile of pairs of patterns.

    Returns
    -------
    mean : float
        NaN without pairs; within 1e-12 of the mean over pairs.
    n_pairs : int

    Notes
    -----
    O(p² l) time for p patterns and l different values of all fields together. Counts are
    whole numbers below 2**53, so that what categories add is exact.
    """
    n = np.bincount(found.of_row, found.copies, len(found.known))
    weights = found.table.weights
    step = max(1, memory // TILE_BYTES // max(len(n), 1))
    sums: list[float] = []
    n_pairs = 0
    for first in range(0, len(n), step):
        tile = slice(first, first + step)
        shared = found.known[tile] @ found.known.T
        divisor = (found.known[tile] * weights) @ found.known.T
        enough = shared >= least
        total = np.zeros(shared.shape)
        for f, weight in enumerate(weights):
            _add_field(found, f, float(weight), tile, total)
        lines = np.divide(total, divisor, out=np.zeros_like(total), where=enough).sum(axis=1)
        sums.extend(lines)
        n_pairs += int(n[tile] @ (enough @ n))
    known = found.known.sum(axis=1)
    n_pairs = (n_pairs - int(n @ (known >= least))) // 2
    return (math.fsum(sums) / 2 / n_pairs if n_pairs else math.nan), n_pairs


def _add_field(
    found: Patterns, f: int, weight: float, tile: slice, total: NDArray[np.float64]
) -> None:
    """Add one field's distances over the pairs of some patterns and all."""
    knows = found.known[:, f] > 0
    inside = np.flatnonzero(knows[tile])
    if not len(inside):
        return
    some = np.flatnonzero(knows[found.of_row])
    table, n_codes = found.table, len(found.table.codes)
    values = table.codes[f] if f < n_codes else table.numbers[f - n_codes]
    level, of_level = np.unique(values[found.rows[some]], return_inverse=True)
    place = np.cumsum(knows) - 1
    slot = place[found.of_row[some]] * len(level) + of_level
    counts = np.bincount(slot, found.copies[some], int(knows.sum()) * len(level))
    K = np.asarray(counts, dtype=np.float64).reshape(-1, len(level))
    here = place[np.arange(len(knows))[tile][inside]]
    if f < n_codes:
        sums = _different(K, here)
    elif table.spec.variant == "pairwise-max":
        sums = _ratios(K, level, here)
    else:
        scale = float(table.scale[f - n_codes])
        sums = _ranges(K, level, here, scale, table.spec.variant == "log-range")
    total[np.ix_(inside, np.flatnonzero(knows))] += weight * sums


def _different(K: NDArray[np.float64], here: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how many pairs differ."""
    m = K.sum(axis=1)
    out: NDArray[np.float64] = np.outer(m[here], m) - K[here] @ K.T
    return out


def _ranges(
    K: NDArray[np.float64],
    level: NDArray[np.float64],
    here: NDArray[np.int64],
    scale: float,
    logs: bool,
) -> NDArray[np.float64]:
    """Return sums of differences over the range; zeros, under logs, are 1 from all others."""
    if logs and len(level) > 1 and level[1] - level[0] > 1.5 * scale:
        zeros, K = K[:, :1], K[:, 1:]
        rest = _ranges(K, level[1:], here, scale, logs=False)
        m = K.sum(axis=1)
        apart: NDArray[np.float64] = zeros[here] * m + m[here, None] * zeros.T
        return rest + apart
    m = K.sum(axis=1, keepdims=True)
    below = np.cumsum(K, axis=1)[:, :-1]
    step = np.diff(level)
    above = m - below
    out = (below[here] * step) @ above.T + (above[here] * step) @ below.T
    return np.asarray(out / scale)


def _ratios(
    K: NDArray[np.float64], level: NDArray[np.float64], here: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return sums of 1 - smaller / larger over values that are not negative."""
    below = np.cumsum(K, axis=1) - K  # how many are smaller, and their sum
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(level > 0, 1 / level, 0.0)
        ratio = (np.cumsum(K * level, axis=1) - K * level) * inverse
    gap = below - np.where(np.isfinite(ratio), ratio, 0.0)
    return np.asarray(gap[here] @ K.T + K[here] @ gap.T)
