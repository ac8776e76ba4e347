"""Shares of a three-state feature: who is counted, who is not known, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from modelkin.analysis.estimate import Estimate
from modelkin.analysis.intervals import rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

WELL_KNOWN = 0.8
"""Known share below which the two bounds are told."""


def share(values: ArrayLike, cluster: ArrayLike, is_distinct: ArrayLike) -> dict[str, Any]:
    """Return what is known of a share, as the columns of one row.

    Parameters
    ----------
    values : array of float, shape (n,)
        1 yes, 0 no, NaN unknown: one for each model in scope.
    cluster : array, shape (n,)
        What is one witness: the component, or the organization.
    is_distinct : array of bool, shape (n,)
        Models that stand for all copies of their configuration.

    Returns
    -------
    dict
        ``n_scope``, ``n_known``, ``n_yes``; ``share`` = n_yes / n_known with ``share_low``,
        ``share_high``, ``share_note`` (jackknife over clusters); ``typical_*``: the typical
        cluster; ``distinct_*`` and ``n_distinct``: the typical cluster over different
        configurations; ``n_clusters``, ``n_effective``; ``if_unknown_no``,
        ``if_unknown_yes``: the share if all unknown were no or yes, NaN where at least 80 %
        are known.

    Notes
    -----
    Unknown is in no denominator. With unknown not at random the share may be off: the
    truth lies between the two bounds.
    """
    y, c = np.asarray(values, dtype=np.float64), np.asarray(cluster)
    once = np.asarray(is_distinct, dtype=bool)
    known = ~np.isnan(y)
    n_scope, n_known, n_yes = len(y), int(known.sum()), int(np.nansum(y))
    models, typical = rate(y, c, "edge"), rate(y, c)
    few = 0 < n_known < WELL_KNOWN * n_scope
    out: dict[str, Any] = {
        "n_scope": n_scope,
        "n_known": n_known,
        "n_yes": n_yes,
        "share": n_yes / n_known if n_known else np.nan,
        **_ends("share", models),
        **_estimate("typical", typical),
        "n_distinct": int((known & once).sum()),
        **_estimate("distinct", rate(y[once], c[once])),
        "n_clusters": typical.n_components,
        "n_effective": typical.n_effective,
        "if_unknown_no": n_yes / n_scope if few else np.nan,
        "if_unknown_yes": (n_yes + n_scope - n_known) / n_scope if few else np.nan,
    }
    return out


def told(row: Mapping[Any, Any]) -> str:
    """Return a share in words, with its n.

    >>> told({"share": 0.5, "n_yes": 5, "n_known": 10, "n_scope": 40})
    '50.0 % (5 of 10 known, 40 in scope)'
    """
    if not row["n_known"]:
        return f"not known of any of {row['n_scope']:,}"
    return (
        f"{100 * row['share']:.1f} % ({row['n_yes']:,} of {row['n_known']:,} known, "
        f"{row['n_scope']:,} in scope)"
    )


def _ends(prefix: str, found: Estimate) -> dict[str, Any]:
    """Return the interval of an estimate; a rare one's is of clusters, not of rows."""
    rare = found.note.startswith("rare")
    low, high = (np.nan, np.nan) if rare else (found.low, found.high)
    return {f"{prefix}_low": low, f"{prefix}_high": high, f"{prefix}_note": found.note}


def _estimate(prefix: str, found: Estimate) -> dict[str, Any]:
    """Return an estimate as four columns."""
    return {
        f"{prefix}_value": found.value,
        f"{prefix}_low": found.low,
        f"{prefix}_high": found.high,
        f"{prefix}_note": found.note,
    }
