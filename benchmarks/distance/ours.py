"""modelkin itself, asked in the same way as its peers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from distance.contract import Answer, Array, K
from distance.mixed_table import MixedTable, generate

if TYPE_CHECKING:
    from modelkin.analysis.gower import Table


def from_frame(table: MixedTable, task: str) -> Answer:
    """Answer from a typed data frame: encoding and collapsing are part of the time."""
    from modelkin.analysis.gower import encode

    frame = table.frame()
    compile_kernels(task)
    return lambda: _answer(encode(frame), table, task)


def encoded(table: MixedTable, task: str) -> Answer:
    """Answer from a table that was encoded before."""
    from modelkin.analysis.gower import encode

    ready = encode(table.frame())
    compile_kernels(task)
    return lambda: _answer(ready, table, task)


def other_configurations(table: MixedTable, task: str) -> Answer:
    """Answer from a data frame with the nearest *other* configurations, copies left out."""
    from modelkin.analysis.gower import encode, nearest

    frame = table.frame()
    compile_kernels(task)
    return lambda: nearest(encode(frame), K, 1).distance


def uncollapsed(table: MixedTable, task: str) -> Answer:
    """Answer with every row as a configuration of its own, as all peers do it."""
    from modelkin.analysis.gower import encode, nearest

    ready = _apart(encode(table.frame()))
    compile_kernels(task)
    if task == "nearest":
        return lambda: nearest(ready, K, 1).distance
    return lambda: _answer(ready, table, task)


def _answer(ready: Table, table: MixedTable, task: str) -> Array:
    from modelkin.analysis.gower import group_means, matrix, nearest

    if task == "nearest":
        return nearest(ready, K, 1, copies=True).distance
    if task == "matrix":
        return matrix(ready)[0]
    return group_means(ready, table.groups(), 1)[0]


def _apart(table: Table) -> Table:
    """Return the table with copies as configurations of their own."""
    rows = np.argsort(table.order)  # configurations are numbered by row key
    spread = table.configuration[rows]
    return replace(
        table,
        configuration=table.order,
        representative=rows,
        codes=np.ascontiguousarray(table.codes[:, spread]),
        numbers=np.ascontiguousarray(table.numbers[:, spread]),
    )


def compile_kernels(task: str) -> None:
    """Answer for a few rows, so that compiling is not measured."""
    from modelkin.analysis.gower import encode

    small = generate(1_600, distinct=1.0)  # fewer would not need the compiled kernels
    _answer(encode(small.frame()), small, task)
