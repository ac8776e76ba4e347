"""Kernels: distances in float64, with the bits of `numpy_tiles`.

The order of fields and every rounding are those of the numpy engine: terms are added field by
field, numbers are divided by their range, and nothing is fused or reordered. With weights of 1
a sum of weights is the count of shared fields, so one formula serves both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from modelkin.analysis.gower.compiling import jit, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANGE, LOG_RANGE, PAIRWISE_MAX = 0, 1, 2

BLOCK = 512
"""Pairs whose sums stay in the nearest cache (10 KB)."""

TILE = 32
"""Rows and columns of a square that is turned at once."""


class Fields(NamedTuple):
    """What an exact distance needs.

    Attributes
    ----------
    codes : ndarray of int32, shape (n_codes, u) or, for a search, (u, n_codes)
        Categories; missing is -1.
    numbers : ndarray of float64, shape (n_numbers, u) or (u, n_numbers)
        Numbers; missing is NaN.
    weights : ndarray of float64, shape (n_codes + n_numbers,)
        Weight of each field.
    scale : ndarray of float64, shape (n_numbers,)
        What differences are divided by.
    variant : int
        0 "range", 1 "log-range", 2 "pairwise-max".
    unit : bool
        Whether all weights are 1.
    """

    codes: NDArray[np.int32]
    numbers: NDArray[np.float64]
    weights: NDArray[np.float64]
    scale: NDArray[np.float64]
    variant: int
    unit: bool


@part
def number_term(x, y, scale, variant):  # type: ignore[no-untyped-def] # a kernel
    """Measure two known numbers."""
    gap = abs(x - y)
    if variant == PAIRWISE_MAX:
        larger = max(abs(x), abs(y))
        return gap / larger if larger > 0.0 else 0.0
    gap /= scale
    return min(gap, 1.0) if variant == LOG_RANGE else gap


@part
def row_distance(codes, numbers, weights, scale, variant, unit, i, j):  # type: ignore[no-untyped-def] # a kernel
    """Measure two rows and count what they share; the fields of a row stand together.

    Where all weights are 1 (`unit`), categories are counted: sums of ones are exact.
    """
    n, shared = codes.shape[1], 0
    if unit:
        differ = 0
        for f in range(n):
            a, b = codes[i, f], codes[j, f]
            both = (a >= 0) & (b >= 0)
            shared += both
            differ += both & (a != b)
        total, weight = float(differ), float(shared)
    else:
        total, weight = 0.0, 0.0
        for f in range(n):
            a, b = codes[i, f], codes[j, f]
            if a >= 0 and b >= 0:
                shared += 1
                weight += weights[f]
                if a != b:
                    total += weights[f]
    for f in range(numbers.shape[1]):
        x, y = numbers[i, f], numbers[j, f]
        both = (x == x) & (y == y)
        term = number_term(x, y, scale[f], variant) * weights[n + f]
        shared += both
        weight += weights[n + f] if both else 0.0  # no branches: what is missing has no order
        total += term if both else 0.0
    return total / weight, shared


@part
def add_codes(codes, weights, unit, i, start, size, total, weight, count):  # type: ignore[no-untyped-def] # a kernel
    """Set the sums of row i and `size` rows from `start` on to what categories add."""
    for p in range(size):
        total[p], weight[p], count[p] = 0.0, 0.0, 0
    if unit:
        differ = np.zeros(size, np.int32)
        for f in range(codes.shape[0]):
            a, line = codes[f, i], codes[f, start : start + size]
            if a >= 0:
                for p in range(size):
                    both = np.int32(line[p] >= 0)
                    count[p] += both
                    differ[p] += both & np.int32(line[p] != a)
        for p in range(size):
            total[p] = differ[p]
        return
    for f in range(codes.shape[0]):
        a, w, line = codes[f, i], weights[f], codes[f, start : start + size]
        if a >= 0:
            for p in range(size):
                count[p] += np.int32(line[p] >= 0)
                weight[p] += w if line[p] >= 0 else 0.0
            for p in range(size):
                total[p] += w if (line[p] >= 0) & (line[p] != a) else 0.0


@part
def add_numbers(fields, i, start, size, total, weight, count):  # type: ignore[no-untyped-def] # a kernel
    """Add what numbers add."""
    numbers, variant, unit = fields.numbers, fields.variant, fields.unit
    term, n = np.empty(size), fields.codes.shape[0]
    for f in range(numbers.shape[0]):
        x, scale, w = numbers[f, i], fields.scale[f], fields.weights[n + f]
        line = numbers[f, start : start + size]
        if x == x:
            if variant == PAIRWISE_MAX:
                for p in range(size):
                    larger = max(abs(x), abs(line[p]))
                    gap = abs(x - line[p])
                    term[p] = gap / larger if larger > 0.0 else gap
            else:
                for p in range(size):
                    term[p] = abs(x - line[p]) / scale
            if variant == LOG_RANGE:
                for p in range(size):
                    term[p] = min(term[p], 1.0)
            if not unit:
                for p in range(size):
                    term[p] *= w
                    weight[p] += w if line[p] == line[p] else 0.0
            for p in range(size):
                total[p] += term[p] if line[p] == line[p] else 0.0
                count[p] += np.int32(line[p] == line[p])


@part
def add_up(fields, i, start, size, total, weight, count):  # type: ignore[no-untyped-def] # a kernel
    """Measure row i and `size` rows from `start` on; the rows of a field stand together.

    `total` ends as the distance, NaN where nothing is shared, and `count` as shared fields.
    """
    add_codes(fields.codes, fields.weights, fields.unit, i, start, size, total, weight, count)
    add_numbers(fields, i, start, size, total, weight, count)
    if fields.unit:
        for p in range(size):
            total[p] /= float(count[p])
    else:
        for p in range(size):
            total[p] /= weight[p]


@jit
def block_distances(fields, rows, left, least, distance, shared, corner):  # type: ignore[no-untyped-def] # a kernel
    """Measure some rows against all from `left` on; fields in lines.

    Parameters
    ----------
    fields : Fields
        u rows.
    rows : tuple (first, last)
        Rows first : last.
    left : int
        First column.
    least : int
        Pairs that share fewer fields have the distance NaN.
    distance : ndarray of float64
        Filled; pair (i, j) is put to (i, j) - corner.
    shared : ndarray of int16, the same shape
        Filled with counts.
    corner : tuple (top, margin)
    """
    first, last = rows
    top, margin = corner
    u = fields.codes.shape[1]
    total, weight, count = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, np.int32)
    for start in range(left, u, BLOCK):
        size = min(BLOCK, u - start)
        for i in range(first, last):
            add_up(fields, i, start, size, total, weight, count)
            for p in range(size):
                distance[i - top, start - margin + p] = total[p] if count[p] >= least else np.nan
                shared[i - top, start - margin + p] = count[p]


@jit
def mirror(distance, shared, first, last):  # type: ignore[no-untyped-def] # a kernel
    """Copy the upper triangle of rows first : last to the lower one, in tiles."""
    for top in range(first, last, TILE):
        for left in range(top, distance.shape[0], TILE):
            for i in range(top, min(top + TILE, last)):
                for j in range(max(left, i + 1), min(left + TILE, distance.shape[0])):
                    distance[j, i], shared[j, i] = distance[i, j], shared[i, j]


@jit
def expand(distance, shared, place, first, last, whole, counts):  # type: ignore[no-untyped-def] # a kernel
    """Fill lines first : last of a matrix of rows from one of their configurations."""
    for i in range(first, last):
        for j in range(len(place)):
            whole[i, j] = distance[place[i], place[j]]
            counts[i, j] = shared[place[i], place[j]]


@jit
def line_sums(fields, copies, least, first, last, sums, pairs):  # type: ignore[no-untyped-def] # a kernel
    """Sum the distances of rows first : last to all later rows, each `copies` times.

    Parameters
    ----------
    fields : Fields
        u rows, fields in lines.
    copies : ndarray of int64, shape (u,)
    least : int
        Pairs that share fewer fields are left out.
    first, last : int
    sums : ndarray of float64, shape (last - first,)
        Filled; added up from left to right.
    pairs : ndarray of int64, shape (last - first,)
        Filled with the number of copies that the sums are over.
    """
    total, weight, count = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, np.int32)
    for i in range(first, last):
        found, n = 0.0, 0
        for start in range(i + 1, len(copies), BLOCK):
            size = min(BLOCK, len(copies) - start)
            add_up(fields, i, start, size, total, weight, count)
            for p in range(size):
                if count[p] >= least:
                    found += total[p] * copies[start + p]
                    n += copies[start + p]
        sums[i - first], pairs[i - first] = found, n


@jit
def pair_distances(fields, i, j, distance, shared):  # type: ignore[no-untyped-def] # a kernel
    """Measure listed pairs, shape (m,); the fields of a row together, NaN where none is shared."""
    for p in range(len(i)):
        distance[p], shared[p] = row_distance(
            fields.codes,
            fields.numbers,
            fields.weights,
            fields.scale,
            fields.variant,
            fields.unit,
            i[p],
            j[p],
        )
