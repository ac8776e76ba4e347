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
def add_up(codes, numbers, weights, scale, variant, i, start, size, total, weight, count):  # type: ignore[no-untyped-def] # a kernel
    """Add up row i against `size` rows from `start` on; the rows of a field stand together."""
    n = codes.shape[0]
    for p in range(size):
        total[p], weight[p], count[p] = 0.0, 0.0, 0
    for f in range(n):
        a, w = codes[f, i], weights[f]
        if a >= 0:
            for p in range(size):
                b = codes[f, start + p]
                weight[p] += w if b >= 0 else 0.0
                count[p] += b >= 0
                total[p] += w if b >= 0 and b != a else 0.0
    for f in range(numbers.shape[0]):
        x, w = numbers[f, i], weights[n + f]
        if x == x:
            for p in range(size):
                y = numbers[f, start + p]
                term = number_term(x, y, scale[f], variant) * w
                weight[p] += w if y == y else 0.0
                count[p] += y == y
                total[p] += term if y == y else 0.0


@jit
def block_distances(fields, first, last, left, distance, shared):  # type: ignore[no-untyped-def] # a kernel
    """Measure rows first : last against all columns from `left` on; fields in lines.

    Parameters
    ----------
    fields : Fields
    first, last, left : int
    distance : ndarray of float64, shape (last - first, u - left)
        Filled; NaN where nothing is shared.
    shared : ndarray of int16, the same shape
        Filled.
    """
    codes, numbers, weights, scale, variant, _ = fields
    u = distance.shape[1] + left
    total, weight = np.empty(BLOCK), np.empty(BLOCK)
    count = np.empty(BLOCK, np.int32)
    for start in range(left, u, BLOCK):
        size = min(BLOCK, u - start)
        for i in range(first, last):
            add_up(codes, numbers, weights, scale, variant, i, start, size, total, weight, count)
            for p in range(size):
                distance[i - first, start - left + p] = total[p] / weight[p]
                shared[i - first, start - left + p] = count[p]


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
    codes, numbers, weights, scale, variant, _ = fields
    total, weight = np.empty(BLOCK), np.empty(BLOCK)
    count = np.empty(BLOCK, np.int32)
    for i in range(first, last):
        found, n = 0.0, 0
        for start in range(i + 1, len(copies), BLOCK):
            size = min(BLOCK, len(copies) - start)
            add_up(codes, numbers, weights, scale, variant, i, start, size, total, weight, count)
            for p in range(size):
                if count[p] >= least:
                    found += total[p] / weight[p] * copies[start + p]
                    n += copies[start + p]
        sums[i - first], pairs[i - first] = found, n


@jit
def pair_distances(fields, i, j, distance, shared):  # type: ignore[no-untyped-def] # a kernel
    """Measure listed pairs, shape (m,); fields in lines, NaN where nothing is shared."""
    codes, numbers, weights, scale, variant, _ = fields
    n = codes.shape[0]
    total, weight = np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, len(i), BLOCK):
        size = min(BLOCK, len(i) - start)
        for p in range(size):
            total[p], weight[p], shared[start + p] = 0.0, 0.0, 0
        for f in range(n):
            for p in range(size):
                a, b = codes[f, i[start + p]], codes[f, j[start + p]]
                if a >= 0 and b >= 0:
                    shared[start + p] += 1
                    weight[p] += weights[f]
                    total[p] += weights[f] if a != b else 0.0
        for f in range(numbers.shape[0]):
            for p in range(size):
                x, y = numbers[f, i[start + p]], numbers[f, j[start + p]]
                if x == x and y == y:
                    shared[start + p] += 1
                    weight[p] += weights[n + f]
                    total[p] += number_term(x, y, scale[f], variant) * weights[n + f]
        for p in range(size):
            distance[start + p] = total[p] / weight[p]
