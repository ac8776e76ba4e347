"""Pictures of families through time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from modelkin.analysis import panels
from modelkin.analysis.result import Coverage, Figure, Panel
from modelkin.analysis.traits import FEATURES, SIZES
from modelkin.schema.families import UNKNOWN

SHOWN = 8
THIN = (
    "Months without models stay on the axis; a month with fewer than 10 models that know the "
    "value has no point. Uploads, not use; copies vote."
)


def time_figures(
    monthly: pd.DataFrame, lines: pd.DataFrame, coverage: Coverage, left_out: str
) -> tuple[Figure, ...]:
    """Draw the four pictures with a time axis.

    Parameters
    ----------
    monthly, lines : DataFrame
        Tables ``family_by_month`` and ``family_trends``.
    coverage : Coverage
        Funnel of the dated models.
    left_out : str
        What stands on no axis.
    """
    total = monthly.groupby("family")["n_new"].sum()
    top = sorted((f for f in total.index if f != UNKNOWN), key=lambda f: (-total[f], f))[:SHOWN]
    here = monthly[monthly["family"].isin(top)]
    caption = coverage.caption(f"{left_out} {THIN}")
    attributes = (
        "hidden_size",
        "num_hidden_layers",
        "max_position_embeddings",
        "approx_params_billions",
    )
    features = [*list(FEATURES.items())[:3], ("long_context", "context of 32,768 tokens or more")]
    return (
        panels.figure(
            "family_adoption_over_time",
            "Configured models by month and family",
            {
                "new": _lines(here, "n_new", "new in the month", "models", order=top),
                "total": _lines(here, "n_total", "up to the month's end", "models", order=top),
            },
            caption,
        ),
        panels.figure(
            "parameter_trends_over_time",
            "What the models of a month are like: medians by family",
            {
                a: _lines(
                    lines,
                    a,
                    SIZES[a],
                    f"median {SIZES[a]}",
                    log_y=a in ("max_position_embeddings", "approx_params_billions"),
                )
                for a in attributes
            },
            caption,
        ),
        panels.figure(
            "feature_adoption_over_time",
            "Features of the models of a month, by family",
            {name: _lines(lines, name, words, panels.SHARE) for name, words in features},
            caption,
        ),
        panels.figure(
            "family_monthly_heatmap",
            "Months and the largest families",
            {
                "models": _cells(here, "n_new", "models", top),
                "shares": _cells(here, "share", "share in %", top),
            },
            coverage.caption(f"{left_out} Months without models are empty rows."),
        ),
    )


def _lines(frame: pd.DataFrame, value: str, title: str, words: str, **options: Any) -> Panel:
    """Draw a line for each family that has a number in two months."""
    filled = frame[frame[value].notna()].groupby("family")["month"].nunique()
    data = frame[frame["family"].isin(filled[filled >= 2].index)]
    return Panel(
        "lines",
        data[["month", value, "family"]].reset_index(drop=True),
        x="month",
        y=value,
        group="family",
        title=title,
        xlabel="month of creation",
        ylabel=words,
        options=options,
    )


def _cells(frame: pd.DataFrame, value: str, title: str, order: list[str]) -> Panel:
    """Draw months down and families across."""
    data = frame[["month", "family", value]].copy()
    data[value] = data[value].astype(np.float64)
    is_share = value == "share"
    data["text"] = [
        "" if v != v or v == 0 else f"{100 * v:.0f} %" if is_share else f"{v:,.0f}"
        for v in data[value]
    ]
    return panels.grid(data, "month", "family", value, title, order=order)
