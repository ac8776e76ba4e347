"""The Python package `gower` and those that came after it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from distance.contract import Answer, Array, mean_of, nearest_of, tiles
from distance.mixed_table import N_FIELDS, N_NUMBERS, MixedTable

_IS_CATEGORY = np.arange(N_FIELDS) >= N_NUMBERS


def codes(module: str, **options: Any) -> Callable[[MixedTable, str], Answer]:
    """Prepare float codes, the fastest input that these packages take; NaN is missing."""

    def prepare(table: MixedTable, task: str) -> Answer:
        labels = np.where(table.codes() < 0, np.nan, table.codes())
        rows = np.concatenate([table.unit_numbers(), labels], axis=1)
        kind = np.float64 if module == "gower_multiprocessing" else np.float32  # else it stops
        return _answer(module, rows.astype(kind), table, task, options)

    return prepare


def frame(module: str) -> Callable[[MixedTable, str], Answer]:
    """Prepare what a data frame of numbers and words becomes in these packages: objects."""

    def prepare(table: MixedTable, task: str) -> Answer:
        rows = table.frame().astype(object).to_numpy(dtype=object, na_value=np.nan)
        rows[:, :N_NUMBERS] = table.unit_numbers()
        return _answer(module, rows, table, task, {})

    return prepare


def _answer(
    module: str, rows: Any, table: MixedTable, task: str, options: dict[str, Any]
) -> Answer:
    gower_matrix = importlib.import_module(module).gower_matrix

    def square(part: Any) -> Array:
        found: Array = gower_matrix(part, cat_features=_IS_CATEGORY, **options)
        return found

    def nearest() -> Array:
        # the package's own search makes one line of the matrix a call: slower than this
        distance = square(rows)
        return nearest_of(distance[part] for part in tiles(table.n))

    # Ranges are taken from the rows of a call: two more rows hold those of the whole table.
    ends = np.repeat(rows[:1], 2, axis=0)
    ends[0, :N_NUMBERS], ends[1, :N_NUMBERS] = 0.0, 1.0

    def means() -> Array:
        return np.array(
            [
                mean_of(square(np.concatenate([rows[group], ends]))[:-2, :-2])
                for group in table.groups()
            ]
        )

    square(rows[:64])  # compiles
    return {"nearest": nearest, "matrix": lambda: square(rows), "means": means}[task]
