"""Kernels: rows compared with tiles in the coarse space, 64 pairs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from modelkin.analysis.gower import lanes as at_once
from modelkin.analysis.gower.compiling import jit, part
from modelkin.analysis.gower.lanes import LANES

if TYPE_CHECKING:
    from numpy.typing import NDArray


ZERO = np.int64(0)
"""A literal 0 would have numba compile a kernel once more."""


class Queries(NamedTuple):
    """The known fields of some rows, packed.

    Attributes
    ----------
    fields : ndarray of int64, shape (m, n_codes)
        Lines of the known categories, run by run.
    codes : ndarray of uint8, shape (m, n_codes)
        Their bytes.
    ends : ndarray of int64, shape (m, runs + 1)
        Where each run's begin in `fields`.
    masks : ndarray of uint8, shape (m, planes)
        Presence.
    numbers : ndarray of int64, shape (m, n_numbers + 1)
        How many numbers are known, and then which.
    values : ndarray of float32, shape (m, values)
        Numbers.
    known : ndarray of float32, shape (m,)
        Weight of the known fields.
    """

    fields: NDArray[np.int64]
    codes: NDArray[np.uint8]
    ends: NDArray[np.int64]
    masks: NDArray[np.uint8]
    numbers: NDArray[np.int64]
    values: NDArray[np.float32]
    known: NDArray[np.float32]


@jit
def pack(tiles, layout, b, queries, at):  # type: ignore[no-untyped-def] # a kernel
    """Pack the rows of tile b into queries at : at + 64."""
    runs, n_numbers = len(layout.code_weights), len(layout.value_weights)
    for lane in range(LANES):
        q, n = at + lane, 0
        for r in range(runs):
            queries.ends[q, r] = n
            for f in range(layout.code_starts[r], layout.code_starts[r + 1]):
                if tiles.codes[b, f, lane] != 255:
                    queries.fields[q, n] = f * LANES
                    queries.codes[q, n] = tiles.codes[b, f, lane]
                    n += 1
        queries.ends[q, runs] = n
        known = np.float32(0)
        for r in range(runs):
            known += layout.code_weights[r] * (queries.ends[q, r + 1] - queries.ends[q, r])
        for g in range(tiles.planes.shape[1]):
            queries.masks[q, g] = tiles.planes[b, g, lane]
        n = 0
        for f in range(n_numbers):
            if is_known(tiles, layout, b, f, lane):
                n += 1
                queries.numbers[q, n] = f
                known += layout.value_weights[f]
        queries.numbers[q, 0] = n
        for f in range(tiles.values.shape[1]):
            queries.values[q, f] = tiles.values[b, f, lane]
        queries.known[q] = known


@part
def is_known(tiles, layout, b, f, lane):  # type: ignore[no-untyped-def] # a kernel
    """Say whether a row of a tile knows a number."""
    value = tiles.values[b, f, lane]
    if layout.ratio:
        return value > 0
    return value < np.float32(8) * layout.value_weights[f]


@part
def mismatch(codes, planes, layout, b, queries, q):  # type: ignore[no-untyped-def] # a kernel
    """Weigh the categories known in query q and each row of tile b that differ."""
    found = at_once.no_floats()
    base, plane = b * codes.shape[1] * LANES, b * planes.shape[1]
    for r in range(len(layout.code_weights)):
        same, both = at_once.no_bytes(), at_once.no_bytes()
        for n in range(queries.ends[q, r], queries.ends[q, r + 1]):
            same = at_once.add_equal(same, codes, base + queries.fields[q, n], queries.codes[q, n])
        for g in range(layout.code_planes[r], layout.code_planes[r + 1]):
            both = at_once.add_bits(both, planes, (plane + g) * LANES, queries.masks[q, g])
        found = at_once.add_times(found, at_once.less(both, same), layout.code_weights[r])
    return found


@part
def overlap(planes, layout, b, queries, q):  # type: ignore[no-untyped-def] # a kernel
    """Give the weight of shared fields, that of shared numbers, and how many fields are shared."""
    weight, numbers, count = at_once.no_floats(), at_once.no_floats(), at_once.no_floats()
    plane, one = b * planes.shape[1], np.float32(1)
    for r in range(len(layout.code_weights)):
        both = at_once.no_bytes()
        for g in range(layout.code_planes[r], layout.code_planes[r + 1]):
            both = at_once.add_bits(both, planes, (plane + g) * LANES, queries.masks[q, g])
        weight = at_once.add_times(weight, both, layout.code_weights[r])
        count = at_once.add_times(count, both, one)
    for r in range(len(layout.number_weights)):
        both = at_once.no_bytes()
        for g in range(layout.number_planes[r], layout.number_planes[r + 1]):
            both = at_once.add_bits(both, planes, (plane + g) * LANES, queries.masks[q, g])
        numbers = at_once.add_times(numbers, both, layout.number_weights[r])
        count = at_once.add_times(count, both, one)
    return at_once.more(weight, numbers), numbers, count


@part
def closeness(values, layout, b, queries, q):  # type: ignore[no-untyped-def] # a kernel
    """Give the weights of the shared numbers less their distances; a missing one adds nothing."""
    found = at_once.no_floats()
    base = b * values.shape[1] * LANES
    half = len(layout.value_weights)
    for n in range(1, queries.numbers[q, 0] + 1):
        f = queries.numbers[q, n]
        at, value = base + f * LANES, queries.values[q, f]
        if layout.ratio:
            found = at_once.add_ratio(
                found, values, at, at + half * LANES, value, queries.values[q, half + f]
            )
        else:
            found = at_once.add_near(found, values, at, value, layout.value_weights[f])
    return found


@jit
def compare(tiles, layout, first, last, queries, q, stop, differ, both, at):  # type: ignore[no-untyped-def] # a kernel
    """Compare queries q : stop with tiles first : last: what differs, and what they share.

    Both are filled from `at` on, query by query, tile by tile: (stop - q) (last - first) 64
    of float32.
    """
    line = at
    for z in range(q, stop):
        for b in range(first, last):
            weight, numbers, _ = overlap(tiles.planes, layout, b, queries, z)
            found = mismatch(tiles.codes, tiles.planes, layout, b, queries, z)
            near = closeness(tiles.values, layout, b, queries, z)
            at_once.store(differ, line, at_once.less(at_once.more(found, numbers), near))
            at_once.store(both, line, weight)
            line += LANES


@jit
def packed(tiles, layout, queries):  # type: ignore[no-untyped-def] # a kernel
    """Pack the rows of all tiles."""
    for b in range(len(tiles.places)):
        pack(tiles, layout, b, queries, b * LANES)
