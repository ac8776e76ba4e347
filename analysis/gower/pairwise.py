"""Distances of many pairs of configurations, by the compiled kernels or by numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from modelkin.analysis.gower import numpy_tiles
from modelkin.analysis.gower.effort import DEFAULT, SMALL, Effort
from modelkin.analysis.gower.spec import VARIANTS
from modelkin.analysis.gower.workers import Shared, over_chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.gower.exact import Fields
    from modelkin.analysis.gower.table import Table

PAIR_BYTES = 24
"""Memory for one pair of a block: distance, count, and room for whoever reads them."""

BLOCK_PAIRS = 4_000_000
"""Pairs that a block holds at most: about 100 MB with what is made of them."""

LISTED = 1 << 18
"""Listed pairs of one chunk."""

TOGETHER = 256
"""Rows that a thread takes at most at a time."""


def compare(
    table: Table, i: NDArray[np.int64], j: NDArray[np.int64], effort: Effort = DEFAULT
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return distances and shared fields of listed pairs of configurations, shape (m,)."""
    distance, shared = np.empty(len(i)), np.empty(len(i), dtype=np.int64)
    compiled = effort.compiled(int(np.sqrt(len(i))), table.n_fields)
    step = LISTED if compiled else numpy_tiles.LISTED
    chunks = [slice(first, min(first + step, len(i))) for first in range(0, len(i), step)]
    if not compiled:
        for part in chunks:
            distance[part], shared[part] = numpy_tiles.compare(table, i[part], j[part])
        return distance, shared
    from modelkin.analysis.gower import exact

    announce(effort)
    used = np.zeros(table.n_configurations, dtype=bool)
    used[i], used[j] = True, True
    place = np.cumsum(used) - 1
    fields = rows_of(table, np.flatnonzero(used))

    def task(fields: Fields, part: slice) -> None:
        first, second = place[i[part]], place[j[part]]
        exact.pair_distances(fields, first, second, distance[part], shared[part])

    done = 0
    for part, _ in over_chunks(task, fields, chunks, effort.here()):
        done += part.stop - part.start
        effort.tell("pairs", done, len(i))
    return distance, shared


def blocks(
    table: Table, *, upper: bool = False, effort: Effort = DEFAULT
) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.int16]]]:
    """Go through all pairs of configurations, some rows at a time.

    Parameters
    ----------
    table : Table
        u configurations.
    upper : bool
        Leave out the columns before the first row of each block.
    effort : Effort
        A block's pairs take at most an eighth of its memory.

    Yields
    ------
    rows : slice
        The block's configurations.
    distance : ndarray of float64, shape (rows, u), or (rows, u - rows.start) if `upper`
        NaN where nothing is shared; valid until the next block.
    shared : ndarray of int16, the same shape
        How many fields the distance is over.
    """
    u = table.n_configurations
    everything = Part(table.codes, table.numbers, table.copies)
    for rows in _heights(u, u, effort):
        left = rows.start if upper else 0
        yield rows, *_block(table, everything, rows, left, effort)
        effort.tell("rows", rows.stop, u)


def between(
    table: Table, rows: NDArray[np.int64], columns: NDArray[np.int64], effort: Effort = DEFAULT
) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.int16]]]:
    """Go through the pairs of some configurations and others, some rows at a time.

    Yields
    ------
    part : slice
        Places in `rows`.
    distance, shared : ndarray, shape (part, columns)
        As `blocks` gives them.
    """
    some = np.concatenate([rows, columns])
    both = Part(
        table.codes.take(some, axis=1), table.numbers.take(some, axis=1), table.copies[some]
    )
    for part in _heights(len(rows), len(columns), effort):
        yield part, *_block(table, both, part, len(rows), effort)
        effort.tell("rows", part.stop, len(rows))


def _heights(n_rows: int, n_columns: int, effort: Effort) -> Iterator[slice]:
    """Cut rows into blocks of bounded memory."""
    pairs = min(effort.memory // 8 // PAIR_BYTES, BLOCK_PAIRS)
    height = max(1, pairs // max(n_columns, 1))
    for first in range(0, n_rows, height):
        yield slice(first, min(first + height, n_rows))


def _block(
    table: Table, part: Part, rows: slice, left: int, effort: Effort
) -> tuple[NDArray[np.float64], NDArray[np.int16]]:
    """Return the distances of some rows and of all columns from `left` on."""
    distance = np.empty((rows.stop - rows.start, len(part.copies) - left))
    shared = np.empty(distance.shape, dtype=np.int16)
    if not effort.compiled(len(part.copies), table.n_fields):
        some = replace(table, codes=part.codes, numbers=part.numbers)
        numpy_tiles.fill(some, rows, left, distance, shared)
        return distance, shared
    from modelkin.analysis.gower import exact

    announce(effort)

    def task(fields: Fields, lines: tuple[int, int]) -> None:
        exact.block_distances(fields, lines, left, 0, distance, shared, (rows.start, left))

    over_rows(task, fields_of(table, part), rows.start, rows.stop, effort)
    return distance, shared


class Part(NamedTuple):
    """Some configurations of a table, the values of a field together.

    Attributes
    ----------
    codes, numbers : ndarray, shape (fields, u)
        As in `Table`.
    copies : ndarray of int64, shape (u,)
        Rows of each configuration.
    """

    codes: NDArray[np.int32]
    numbers: NDArray[np.float64]
    copies: NDArray[np.int64]


def line_sums(
    table: Table, part: Part, least: int, effort: Effort, compiled: bool
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return, for each configuration, sums over all later ones.

    Returns
    -------
    sums : ndarray of float64, shape (u,)
        Of distances times copies, added up from left to right.
    pairs : ndarray of int64, shape (u,)
        Of copies; pairs that share fewer than `least` fields are left out of both.
    """
    u = len(part.copies)
    sums, pairs = np.zeros(u), np.zeros(u, dtype=np.int64)
    if compiled:
        from modelkin.analysis.gower import exact

        def task(fields: Fields, rows: tuple[int, int]) -> None:
            here = slice(*rows)
            exact.line_sums(fields, part.copies, least, *rows, sums[here], pairs[here])

        few = u * u * table.n_fields < SMALL  # then a pool costs more than it gives
        alone = replace(effort, threads=1) if few else effort
        over_rows(task, fields_of(table, part), 0, u, alone)
        return sums, pairs
    some = replace(table, codes=part.codes, numbers=part.numbers)
    for rows in _heights(u, u, effort):
        first = rows.start
        distance = np.empty((rows.stop - first, u - first))
        shared = np.empty(distance.shape, dtype=np.int16)
        numpy_tiles.fill(some, rows, first, distance, shared)
        known = (shared >= least) & (np.arange(first, u) > np.arange(first, rows.stop)[:, None])
        distance[~known] = 0.0
        sums[rows] = np.cumsum(distance * part.copies[first:], axis=1)[:, -1]
        pairs[rows] = known @ part.copies[first:]
    return sums, pairs


def announce(effort: Effort) -> None:
    """Say that kernels are to be compiled, where they are."""
    from modelkin.analysis.gower.compiling import announce

    announce(effort)


def rows_of(table: Table, rows: NDArray[np.int64]) -> Fields:
    """Return some configurations as the kernels take them, the fields of each together."""
    return fields_of(table)._replace(
        codes=np.ascontiguousarray(table.codes.take(rows, axis=1).T),
        numbers=np.ascontiguousarray(table.numbers.take(rows, axis=1).T),
    )


def fields_of(table: Table, part: Part | None = None) -> Fields:
    """Return values as the kernels take them, the rows of a field together."""
    from modelkin.analysis.gower.exact import Fields

    codes, numbers = (table.codes, table.numbers) if part is None else part[:2]
    return Fields(
        np.ascontiguousarray(codes),  # another layout would be another kernel, and slow
        np.ascontiguousarray(numbers),
        table.weights,
        table.scale,
        VARIANTS.index(table.spec.variant),
        bool((table.weights == 1).all()),
    )


def fill_matrix(
    table: Table,
    least: int,
    distance: NDArray[np.float64],
    shared: NDArray[np.int16],
    effort: Effort,
) -> None:
    """Fill both triangles of a matrix of configurations by the compiled kernels."""
    from modelkin.analysis.gower import exact

    def task(fields: Fields, part: tuple[int, int]) -> None:
        exact.block_distances(fields, part, part[0], least, distance, shared, (0, 0))
        exact.mirror(distance, shared, *part)

    over_rows(task, fields_of(table), 0, len(distance), effort, "rows")


def over_rows(
    task: Callable[[Shared, tuple[int, int]], None],
    shared: Shared,
    first: int,
    last: int,
    effort: Effort,
    what: str = "",
) -> None:
    """Do a task for all rows, some at a time, on the threads."""
    step = max(1, min(TOGETHER, -(-(last - first) // (4 * effort.workers))))
    parts = [(start, min(start + step, last)) for start in range(first, last, step)]
    done = 0
    for part, _ in over_chunks(task, shared, parts, effort.here()):
        done += part[1] - part[0]
        if what:
            effort.tell(what, done, last - first)
