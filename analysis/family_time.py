"""Families month by month: how many, how large, with which features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from modelkin.analysis.months import axis, label
from modelkin.analysis.traits import FEATURES

LONG = 32_768
"""Tokens from which a context is long; the number itself is."""
MIN_ROWS = 10
"""Models of a month, with the value known, for a number of it."""
NUMBERS = ("hidden_size", "num_hidden_layers", "max_position_embeddings", "approx_params_billions")


def by_month(frame: pd.DataFrame) -> pd.DataFrame:
    """Count models by month and family; months and families without models stay, with 0.

    Returns
    -------
    DataFrame
        ``month`` ("2024-05"), ``family``, ``n_new``, ``n_total`` (up to the month's end, of
        the dated ones), ``n_month`` (of all families), ``share`` (NaN in an empty month).
    """
    months = axis(frame)
    families = sorted(frame["family"].unique())
    here = frame[frame["month"].isin(months)]
    index = pd.MultiIndex.from_product([months, families], names=["month", "family"])
    n = here.groupby(["month", "family"]).size().reindex(index, fill_value=0)
    out = n.rename("n_new").reset_index()
    out["n_total"] = out.groupby("family")["n_new"].cumsum()
    out["n_month"] = out.groupby("month")["n_new"].transform("sum")
    out["share"] = np.where(out["n_month"] > 0, out["n_new"] / out["n_month"].clip(lower=1), np.nan)
    out["month"] = [label(m) for m in out["month"]]
    return out


def trends(frame: pd.DataFrame, families: list[str]) -> pd.DataFrame:
    """Return what the models of each month and family are like.

    Returns
    -------
    DataFrame
        A row for each month and family: ``n``; for each of `NUMBERS` the median and its
        ``_n``; for each feature and for "long_context" the share among known ones and its
        ``_n``. Below 10 known models there is no number; months without models stay.
    """
    months, rows = axis(frame), []
    flags = {**dict.fromkeys(FEATURES), "long_context": None}
    told = frame.assign(
        long_context=(frame["max_position_embeddings"] >= LONG)
        .astype(float)
        .where(frame["max_position_embeddings"].notna())
    )
    for family in families:
        own = told[told["family"] == family]
        for month in months:
            here = own[own["month"] == month]
            row: dict[str, Any] = {"month": label(int(month)), "family": family, "n": len(here)}
            for name in (*NUMBERS, *flags):
                known = here[name].dropna()
                value = known.mean() if name in flags else known.median()
                row[name] = float(value) if len(known) >= MIN_ROWS else np.nan
                row[f"{name}_n"] = len(known)
            rows.append(row)
    names = [c for name in (*NUMBERS, *flags) for c in (name, f"{name}_n")]
    return pd.DataFrame(rows, columns=["month", "family", "n", *names])
