"""What a search will cost, told before it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from modelkin.analysis.gower.effort import DEFAULT, Effort
from modelkin.analysis.gower.neighbours import FOUND_BYTES
from modelkin.analysis.gower.table import Table

FIELDS_PER_S = {"numba": 12e9, "numpy": 0.3e9}
"""Pairs of fields that one core compares in a second (measured on 2 cores of 2022)."""

PRUNED_FROM = 10_000
"""Configurations from which on centres leave out a good part of the pairs."""

INDEX_BYTES = 14
"""Bytes of the index for each field of a configuration."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What finding neighbours is expected to take.

    Attributes
    ----------
    configurations : int
        Distinct configurations, which are compared instead of rows.
    pairs : int
        Pairs of configurations: u (u - 1) / 2.
    neighbours : int
        Neighbours that are listed at most.
    seconds : float
        Time, within a factor of about three: it depends on how alike the rows are.
    bytes : int
        Memory beside the table.
    """

    configurations: int
    pairs: int
    neighbours: int
    seconds: float
    bytes: int


def estimate(table: Table, k: int = 10, effort: Effort = DEFAULT) -> Estimate:
    """Estimate what `nearest` takes, without doing any of it.

    Parameters
    ----------
    table : Table
        Rows to search among.
    k : int
        Neighbours of each row.
    effort : Effort
        Threads and engine.

    Notes
    -----
    Up to 10,000 configurations the time grows with their square, above with their power of
    1.4, as measured on synthetic tables of configurations.
    """
    u = table.n_configurations
    compiled = effort.compiled(u, table.n_fields)
    compared = float(u) * u * table.n_fields
    if compiled and u > PRUNED_FROM:
        compared *= (PRUNED_FROM / u) ** 0.6
    rate = FIELDS_PER_S["numba" if compiled else "numpy"] * (effort.workers if compiled else 1)
    found = FOUND_BYTES * k * (u + table.n)
    return Estimate(
        configurations=u,
        pairs=math.comb(u, 2),
        neighbours=min(k, max(u - 1, 0)) * table.n,
        seconds=compared / rate,
        bytes=found + (u * table.n_fields * INDEX_BYTES if compiled else 0),
    )
