"""Pictures of adoption: shares by month, with the fitted curve where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from modelkin.analysis import panels
from modelkin.analysis.adoption_series import SERIES
from modelkin.analysis.result import Coverage, Figure, Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPREHENSIVE = ("bfloat16", "float16", "shared key heads (GQA, MQA)", "context ≥ 32,768",
                 "context ≥ 131,072")  # fmt: skip
LEAST = 5
"""Models that tell, for the point of a month."""
WORDS = (
    f"New architectures: a configuration counts once, when it first appears. Months with fewer "
    f"than {LEAST} models that tell have no point; those without models stay on the axis. Uploads, "
    "not use; no forecast."
)
GROUPS = (
    ("scurve_dtype_adoption", "Number formats of new architectures", "number format"),
    ("scurve_context_length", "Context lengths of new architectures", "context"),
    ("scurve_gqa_adoption", "Attention of new architectures", "attention"),
    ("scurve_transformers_version", "Library versions of new architectures", "library version"),
    ("scurve_gqa_by_task", "Shared key heads by task", "attention by task"),
)


def adoption_figures(
    monthly: pd.DataFrame, table: pd.DataFrame, coverage: Coverage, left_out: str
) -> tuple[Figure, ...]:
    """Draw the pictures of `modelkin.analysis.adoption`.

    Parameters
    ----------
    monthly, table : DataFrame
        Its tables ``adoption_by_month`` and ``adoption_curves``.
    coverage : Coverage
        Funnel of the dated models.
    left_out : str
        What stands on no axis.
    """
    caption = coverage.caption(f"{left_out} {WORDS}")
    first = monthly[monthly["series"] == SERIES[0]]
    shown = table[table["series"] == SERIES[0]]

    def picture(name: str, title: str, part: pd.DataFrame, rows: pd.DataFrame) -> Figure:
        fitted = part[part["feature"].isin(rows.loc[_is_fitted(rows), "feature"])]
        return panels.figure(
            name,
            title,
            {
                "shares": _lines(part, "share", "by month", rows),
                "fitted": _lines(
                    fitted, "fitted_share", "fitted, where the data show a curve", rows
                ),
            },
            caption,
        )

    made = [
        picture(name, title, first[first["group"] == group], shown[shown["group"] == group])
        for name, title, group in GROUPS
    ]
    both = first["feature"].isin(COMPREHENSIVE)
    made.append(
        picture(
            "scurve_comprehensive",
            "Five features of new architectures",
            first[both],
            shown[shown["feature"].isin(COMPREHENSIVE)],
        )
    )
    licence = first["group"] == "licence"
    made.append(
        picture(
            "scurve_license",
            "Licences of new architectures",
            first[licence],
            shown[shown["group"] == "licence"],
        )
    )
    return tuple(made)


def _is_fitted(rows: pd.DataFrame) -> pd.Series[bool]:
    """Return the mask of curves with a fit."""
    return rows["verdict"].isin(["S-curve", "still rising"])


def _lines(part: pd.DataFrame, value: str, title: str, rows: pd.DataFrame) -> Panel:
    """Draw a line for each feature with two points; count those without a curve."""
    data = part[["month", "feature", value, "n_known"]].copy()
    if value == "share":
        data[value] = np.where(data["n_known"] >= LEAST, data[value], np.nan)
    filled = data[data[value].notna()].groupby("feature")["month"].nunique()
    data = data[data["feature"].isin(filled[filled >= 2].index)]
    order: Sequence[str] = rows["feature"].tolist()
    without = rows.loc[~_is_fitted(rows), "verdict"].value_counts()
    verdicts = ", ".join(f"{without[v]} {v}" for v in sorted(without.index))
    note = f"no curve: {verdicts}" if verdicts and value != "share" else ""
    return Panel(
        "lines",
        data[["month", "feature", value]].reset_index(drop=True),
        x="month",
        y=value,
        group="feature",
        title=title,
        xlabel="month of first appearance",
        ylabel=panels.SHARE,
        options={"order": order, "note": note},
    )
