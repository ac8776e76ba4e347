"""Models of one kind and time: the strata that comparisons by chance stay inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_DAY = np.datetime64("2022-03-02", "D")
"""The Hub's oldest date: repositories made before carry it too ("on or before")."""

UNDATED = -1


def half_years(created_at: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Give the half-year in which each model was made.

    Parameters
    ----------
    created_at : ndarray of datetime64, shape (n,)
        UTC; NaT is unknown.

    Returns
    -------
    ndarray of int64, shape (n,)
        2 · year + (0 or 1), consecutive in time; -1 where unknown. All that is dated up to
        2022-03-02 stands together in the period before 2022's first.
    """
    when = np.asarray(created_at, dtype="datetime64[ns]")
    known = ~np.isnat(when)
    period = np.full(len(when), UNDATED, dtype=np.int64)
    period[known] = when[known].astype("datetime64[M]").astype(np.int64) // 6 + 2 * 1970
    early = known & (when.astype("datetime64[D]") <= FIRST_DAY)
    period[early] = 2 * 2022 - 1
    return period


def codes(values: Any) -> NDArray[np.int64]:
    """Give each value of a column a number, -1 where missing."""
    import pandas as pd

    found: NDArray[np.int64] = pd.factorize(np.asarray(values, dtype=object))[0].astype(np.int64)
    return found


def windows(
    period: NDArray[np.int64], others: NDArray[np.int64], members: NDArray[np.int64], least: int
) -> NDArray[np.int64]:
    """Join neighbouring periods until each with members has enough others.

    Parameters
    ----------
    period : ndarray of int64, shape (k,)
        Periods of one type, ascending.
    others, members : ndarray of int64, shape (k,)
        Models outside the component in each period, and its members.
    least : int
        Others that a joined period with members needs; one that has too few takes the
        neighbour nearest in time, the earlier of two.

    Returns
    -------
    ndarray of int64, shape (k,)
        Number of the joined period of each, -1 where all together have too few.

    Examples
    --------
    >>> windows(np.array([1, 2, 9]), np.array([4, 7, 20]), np.array([1, 0, 2]), 10).tolist()
    [0, 0, 1]
    """
    ends = list(range(1, len(period) + 1))  # joined period g holds ends[g - 1] .. ends[g] - 1
    g = 0
    while g < len(ends) and len(ends) > 1:
        start = ends[g - 1] if g else 0
        here = slice(start, ends[g])
        if members[here].sum() == 0 or others[here].sum() >= least:
            g += 1
            continue
        before = period[start] - period[start - 1] if g else np.inf
        after = period[ends[g]] - period[ends[g] - 1] if g + 1 < len(ends) else np.inf
        g = g - 1 if before <= after else g
        del ends[g]
    joined = np.searchsorted(ends, np.arange(len(period)), side="right")
    enough = np.bincount(joined, others, minlength=len(ends)) >= least
    return np.where(enough[joined], joined, -1)
