"""What the cores could do at best: the kernel's arithmetic on values that never leave the cache."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from distance.mixed_table import N_FIELDS, N_NUMBERS

ROWS = 256
ROUNDS = 40_000
N_CODES = N_FIELDS - N_NUMBERS


@numba.njit(nogil=True, fastmath=True)
def _bytes(planes: Any, rounds: int) -> Any:
    """Compare bytes of 35 fields, seven at a time so that the sums stay in registers."""
    found = np.zeros(ROWS, np.uint8)
    for r in range(rounds):
        c = np.uint8(r)
        for f in range(0, N_CODES, 7):
            for j in range(ROWS):
                found[j] += (
                    np.uint8(planes[f * ROWS + j] == c)
                    + np.uint8(planes[(f + 1) * ROWS + j] == c)
                    + np.uint8(planes[(f + 2) * ROWS + j] == c)
                    + np.uint8(planes[(f + 3) * ROWS + j] == c)
                    + np.uint8(planes[(f + 4) * ROWS + j] == c)
                    + np.uint8(planes[(f + 5) * ROWS + j] == c)
                    + np.uint8(planes[(f + 6) * ROWS + j] == c)
                )
    return found


@numba.njit(nogil=True, fastmath=True)
def _floats(planes: Any, rounds: int) -> Any:
    """Differences of float32 of 12 fields, six at a time."""
    found = np.zeros(ROWS, np.float32)
    for r in range(rounds):
        c = np.float32(r)
        for f in range(0, N_NUMBERS, 6):
            for j in range(ROWS):
                found[j] += (
                    abs(planes[f * ROWS + j] - c)
                    + abs(planes[(f + 1) * ROWS + j] - c)
                    + abs(planes[(f + 2) * ROWS + j] - c)
                    + abs(planes[(f + 3) * ROWS + j] - c)
                    + abs(planes[(f + 4) * ROWS + j] - c)
                    + abs(planes[(f + 5) * ROWS + j] - c)
                )
    return found


def pair_fields_per_second(threads: int) -> float:
    """Return how many fields of pairs the cores compare in a second at best, in the table's mix."""
    codes = np.arange(N_CODES * ROWS, dtype=np.uint8)
    numbers = np.linspace(0, 1, N_NUMBERS * ROWS, dtype=np.float32)
    seconds = _best(_bytes, codes) + _best(_floats, numbers)
    return threads * N_FIELDS * ROWS * ROUNDS / seconds


def _best(kernel: Callable[[Any, int], Any], planes: Any) -> float:
    """Return the shortest of five runs, compiling left out."""
    kernel(planes, 1)
    times = []
    for _ in range(5):
        began = time.thread_time()  # others on the machine do not count
        kernel(planes, ROUNDS)
        times.append(time.thread_time() - began)
    return min(times)
