"""What every peer keeps to, and the small steps that several need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

K = 10
TILE = 256

Array = NDArray[np.floating]
Answer = Callable[[], "Array | tuple[Array, float, int]"]
"""Gives distances: (n, 10) ascending for "nearest" (the row itself left out), (n, n) for
"matrix", one for each family for "means"; or these with the seconds and the bytes that
another program measured itself."""


class SkippedError(Exception):
    """A peer that cannot run here, and why."""


def tiles(n: int) -> Iterator[slice]:
    """Go through the rows of a table."""
    for start in range(0, n, TILE):
        yield slice(start, min(start + TILE, n))


def nearest_of(blocks: Iterable[Array]) -> Array:
    """Return the smallest distances of every row from whole lines of distances, in order."""
    found, start = [], 0
    for block in blocks:
        rows = np.arange(len(block))
        block[rows, start + rows] = np.inf  # the row itself
        found.append(np.sort(np.partition(block, K - 1, axis=1)[:, :K], axis=1))
        start += len(block)
    return np.concatenate(found)


def mean_of(square: Array) -> float:
    """Return the mean over the pairs of different rows."""
    n = len(square)
    return float((square.sum(dtype=np.float64) - np.trace(square)) / (n * (n - 1)))
