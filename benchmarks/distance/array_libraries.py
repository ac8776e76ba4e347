"""General libraries: faiss, numpy with BLAS, scipy, and pynndescent (approximate)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from distance.contract import Answer, Array, K, mean_of, nearest_of, tiles
from distance.mixed_table import N_BOOLEANS, N_CATEGORIES, N_FIELDS, N_NUMBERS, MixedTable


def faiss_flat(table: MixedTable, task: str) -> Answer:
    """Exact search and distances of faiss: numbers in [0, 1], categories below 0, NaN missing."""
    import faiss

    faiss.omp_set_num_threads(os.cpu_count())
    labels = np.where(table.codes() < 0, np.nan, -1.0 - table.codes())
    rows = np.concatenate([table.unit_numbers(), labels], axis=1).astype(np.float32)

    def square(part: Any) -> Array:
        found: Array = faiss.pairwise_distances(part, part, faiss.METRIC_GOWER)
        return found

    def nearest() -> Array:
        index = faiss.IndexFlat(N_FIELDS, faiss.METRIC_GOWER)
        index.add(rows)
        found: Array = index.search(rows, K + 1)[0]
        return found[:, 1:]  # the row itself, or an equal one, comes first

    def means() -> Array:
        return np.array([mean_of(square(rows[group])) for group in table.groups()])

    return {"nearest": nearest, "matrix": lambda: square(rows), "means": means}[task]


def numpy_tiles(table: MixedTable, task: str) -> Answer:
    """What a careful user writes: one-hot and presence products in BLAS, numbers one by one."""
    unit, codes = table.unit_numbers().astype(np.float32), table.codes()
    known = ~np.isnan(unit)
    unit = np.nan_to_num(unit)
    one_hot = np.concatenate(
        [codes[:, [field]] == np.arange(codes[:, field].max() + 1) for field in range(35)], axis=1
    ).astype(np.float32)
    has = np.concatenate([known, codes >= 0], axis=1).astype(np.float32)
    has_code, has_number = (codes >= 0).astype(np.float32), known.astype(np.float32)

    def block(a: Any, b: Any) -> Array:
        shared = has[a] @ has[b].T
        total = has_code[a] @ has_code[b].T - one_hot[a] @ one_hot[b].T
        for field in range(N_NUMBERS):
            part = np.abs(unit[a, field][:, None] - unit[b, field])
            part *= has_number[a, field][:, None]
            part *= has_number[b, field]
            total += part
        found: Array = np.divide(total, shared, out=np.ones_like(total), where=shared > 0)
        return found

    def lines() -> Iterator[Array]:
        return (block(part, slice(None)) for part in tiles(table.n))

    def matrix() -> Array:
        found = np.empty((table.n, table.n), np.float32)
        for part, line in zip(tiles(table.n), lines(), strict=True):
            found[part] = line
        return found

    def means() -> Array:
        return np.array([mean_of(block(group, group)) for group in table.groups()])

    return {"nearest": lambda: nearest_of(lines()), "matrix": matrix, "means": means}[task]


def scipy_distances(table: MixedTable, task: str) -> Answer:
    """City-block plus Hamming distance; rows must be complete."""
    from scipy.spatial.distance import cdist, pdist, squareform

    unit, codes = table.unit_numbers(), table.codes().astype(np.float64)

    def lines() -> Iterator[Array]:
        for part in tiles(table.n):
            distance = cdist(codes[part], codes, "hamming") * (N_CATEGORIES + N_BOOLEANS)
            distance += cdist(unit[part], unit, "cityblock")
            yield distance / N_FIELDS

    def square(rows: Any) -> Array:
        distance = pdist(codes[rows], "hamming") * (N_CATEGORIES + N_BOOLEANS)
        distance += pdist(unit[rows], "cityblock")
        found: Array = squareform(distance / N_FIELDS)
        return found

    def means() -> Array:
        return np.array([mean_of(square(group)) for group in table.groups()])

    return {
        "nearest": lambda: nearest_of(lines()),
        "matrix": lambda: square(slice(None)),
        "means": means,
    }[task]


def pynndescent_graph(table: MixedTable, task: str) -> Answer:
    """Approximate neighbours by descent, with the same distance as a compiled function."""
    import numba
    import pynndescent

    gone = -1e9  # the index refuses NaN
    rows = np.concatenate([table.unit_numbers(), table.codes()], axis=1)
    rows[:, N_NUMBERS:][table.codes() < 0] = np.nan
    rows = np.nan_to_num(rows.astype(np.float32), nan=gone)
    numbers = N_NUMBERS

    @numba.njit(fastmath=True)
    def distance(a: Any, b: Any) -> float:
        total, shared = 0.0, 0.0
        for field in range(a.shape[0]):
            if a[field] > -1e8 and b[field] > -1e8:
                shared += 1.0
                if field < numbers:
                    total += abs(a[field] - b[field])
                elif a[field] != b[field]:
                    total += 1.0
        return total / shared if shared > 0 else 1.0

    def graph(part: Any) -> Array:
        index = pynndescent.NNDescent(
            part, metric=distance, n_neighbors=K + 1, random_state=0, n_jobs=os.cpu_count()
        )
        found: Array = index.neighbor_graph[1]
        return found[:, 1:]

    graph(rows[:200])  # compiles
    return lambda: graph(rows)
