"""Months as numbers since 1970-01: the axis of every series in time, without gaps.

Models dated 2022-03-02 are "on or before" and stand on no axis; the month of the snapshot is
left out unless it is complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


def label(month: int) -> str:
    """Return a month as text.

    >>> label(12 * 54 + 11)
    '2024-12'
    """
    return f"{1970 + month // 12}-{month % 12 + 1:02d}"


def axis(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return all months from the first to the last complete one, those without models too.

    Parameters
    ----------
    frame : DataFrame
        Configured models (`modelkin.analysis.traits.configured`).

    Returns
    -------
    ndarray of int64
        Empty without dated models. The last month counts only if a model was made on its
        last day: else the snapshot was taken inside it.
    """
    dated = frame[frame["month"] >= 0]
    if dated.empty:
        return np.empty(0, dtype=np.int64)
    last = int(dated["month"].max())
    newest = dated["created_at"].max()
    complete = bool(newest.day == newest.days_in_month)
    return np.arange(int(dated["month"].min()), last + complete, dtype=np.int64)


def left_out(frame: pd.DataFrame, months: NDArray[np.int64]) -> str:
    """Return what is on no axis, in words with its numbers."""
    early, undated = int(frame["is_early"].sum()), int(frame["created_at"].isna().sum())
    late = int((frame["month"] > (months[-1] if len(months) else -1)).sum())
    return (
        f"Left out: {early:,} dated 2022-03-02 or before, {undated:,} without a date, {late:,} of "
        "the month of the snapshot."
    )
