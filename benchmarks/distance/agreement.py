"""Whether a peer's answers are right: against the definition, in float64."""

from __future__ import annotations

import numpy as np
from distance.contract import Array, mean_of, nearest_of
from distance.mixed_table import N_NUMBERS, MixedTable
from numpy.typing import NDArray

TOLERANCE = 1e-5
"""Above the rounding of float32."""


def reference(table: MixedTable) -> Array:
    """Return all distances by the definition: the mean over the fields known in both rows."""
    total, shared = np.zeros((table.n, table.n)), np.zeros((table.n, table.n))
    for values in table.unit_numbers().T:
        distance = np.abs(values[:, None] - values)
        shared += ~np.isnan(distance)
        total += np.nan_to_num(distance)
    for codes in table.levels[:, N_NUMBERS:].T:
        both = (codes >= 0)[:, None] & (codes >= 0)
        shared += both
        total += both & (codes[:, None] != codes)
    return np.divide(total, shared, out=np.full_like(total, np.nan), where=shared > 0)


def truth(table: MixedTable, task: str) -> Array:
    """Return the right answer to a task."""
    distance = reference(table)
    if task == "matrix":
        return distance
    if task == "nearest":
        return nearest_of([distance])
    return np.array([mean_of(distance[np.ix_(group, group)]) for group in table.groups()])


def verdict(answer: Array, right: Array) -> str:
    """Say how an answer compares with the right one."""
    asked = np.isfinite(right)
    found = np.where(np.isinf(answer), np.nan, answer)  # where all that is left is the row itself
    difference = np.abs(found - right)[asked]
    missing, wrong = np.isnan(difference), difference > TOLERANCE
    if missing.all():
        return "no: all NaN"
    parts = []
    if missing.any():
        parts.append(f"{_share(missing)} NaN")
    if wrong.any():
        parts.append(f"{_share(wrong)} wrong, up to {np.nanmax(difference):.2g}")
    return f"no: {', '.join(parts)}" if parts else f"yes, to {np.nanmax(difference):.0e}"


def recall(answer: Array, right: Array) -> float:
    """Return the share of neighbours that are as near as the right ones."""
    return float((answer <= right[:, -1:] + TOLERANCE).mean())


def _share(mask: NDArray[np.bool_]) -> str:
    share = 100 * mask.mean()
    return f"{share:.0f} %" if share >= 1 else f"{share:.1g} %"
