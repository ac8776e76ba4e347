"""Panels that several analyses draw: counts, shares with intervals, distributions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.result import Figure, Panel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MODELS = "configured models"
SHARE = "share of the models where it is known"


def figure(
    name: str, title: str, panels: Mapping[str, Panel], caption: str, columns: int = 2
) -> Figure:
    """Put panels into one picture, each under the name of the file of its data."""
    named = tuple(replace(panel, name=key) for key, panel in panels.items())
    return Figure(name, title, named, caption, columns)


def counts(frame: pd.DataFrame, label: str, n: str, title: str, **options: Any) -> Panel:
    """Draw counts as bars, in the order of the rows.

    Parameters
    ----------
    frame : DataFrame
        One row for each bar.
    label, n : str
        Columns of the words and of the counts.
    title : str
        Words above the panel.
    **options
        As in `Panel`; ``xlabel`` and ``ylabel`` too.
    """
    data = frame[[label, n]].astype({label: str}).reset_index(drop=True)
    across = options.pop("xlabel", label.replace("_", " "))
    up = options.pop("ylabel", MODELS)
    return Panel("bars", data, x=label, y=n, title=title, xlabel=across, ylabel=up, options=options)


def shares(frame: pd.DataFrame, label: str, title: str, **options: Any) -> Panel:
    """Draw rows of `modelkin.analysis.shares.share` as dots with intervals."""
    names = {"share": "value", "share_low": "low", "share_high": "high", "n_known": "n"}
    data = frame.reindex(columns=[label, *names, "share_note"]).rename(
        columns={**names, "share_note": "note"}
    )
    # the share itself is a count and stands even where nothing more can be said
    data["note"] = data["note"].where(data["value"].isna(), "")
    return Panel(
        "intervals",
        data.reset_index(drop=True),
        x="value",
        y=label,
        title=title,
        xlabel=options.pop("xlabel", SHARE),
        ylabel=options.pop("ylabel", ""),
        options=options,
    )


def distribution(values: pd.Series[Any], words: str, title: str, **options: Any) -> Panel:
    """Draw a histogram of the known values, their median marked, median and mean told."""
    known = values.dropna().to_numpy(dtype=float)
    middle = float(np.median(known)) if len(known) else 0.0
    said = [f"median {middle:,.4g}, mean {known.mean():,.4g}"] if len(known) else []
    said += [note] if (note := str(options.pop("note", ""))) else []
    return Panel(
        "histogram",
        pd.DataFrame({"value": known}),
        x="value",
        title=f"{title} (n = {len(known):,})",
        xlabel=words,
        ylabel=options.pop("ylabel", MODELS),
        options={"bins": 50, "marks": [(middle, "median")] if said else [], "note": "; ".join(said)}
        | options,
    )


def grid(
    frame: pd.DataFrame, row: str, column: str, value: str, title: str, **options: Any
) -> Panel:
    """Draw a heatmap of a long table; ``text`` is taken along where the table has it."""
    kept = [row, column, value] + (["text"] if "text" in frame else [])
    data = frame.reindex(columns=kept).rename(columns={value: "value"}).reset_index(drop=True)
    return Panel(
        "heatmap",
        data,
        x=column,
        y=row,
        title=title,
        xlabel=options.pop("xlabel", ""),
        ylabel=options.pop("ylabel", ""),
        options=options,
    )


def boxes(
    frame: pd.DataFrame, label: str, value: str, title: str, order: Sequence[str], **options: Any
) -> Panel:
    """Draw a box for each group, in the order given; rows without a value are left out."""
    data = frame[frame[value].notna() & frame[label].isin(order)][[label, value]]
    return Panel(
        "box",
        data.reset_index(drop=True),
        x=label,
        y=value,
        title=title,
        xlabel=options.pop("xlabel", label.replace("_", " ")),
        ylabel=options.pop("ylabel", value.replace("_", " ")),
        options={"order": list(order)} | options,
    )
