"""Panels of values along an axis. Each draws its data and returns what it left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from modelkin.output import house
from modelkin.output.axis import (
    categories,
    category_axis,
    finish,
    groups,
    is_category,
    is_time_text,
    left_out,
    legend,
    named,
    unknown,
    value_axis,
    values_of,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from modelkin.analysis.result import Panel

FEW = 12
"""Points of a line up to which each shows its own interval."""

NAMED_NODES = 40
"""Nodes of a network up to which they are named."""


def histogram(axes: Axes, panel: Panel) -> str:
    """Count values in bins, on log bins where the axis is one."""
    values, log = values_of(panel.data[panel.x]), bool(panel.options.get("log_x"))
    kept = values[~np.isnan(values)]
    shown = kept[kept > 0] if log else kept
    n_bins = panel.options.get("bins", 30)
    if log and len(shown):
        edges = np.geomspace(shown.min(), max(shown.max(), shown.min() * 1.01), n_bins + 1)
    else:
        edges = np.histogram_bin_edges(shown, n_bins)
    bins: list[float] = edges.tolist()
    for rows, name, (colour, _, _) in groups(panel):
        part = values[rows]
        part = part[~np.isnan(part) & ((part > 0) | (not log))]
        if panel.group:
            axes.hist(part, bins, histtype="step", color=colour, label=name, linewidth=1.6)
        else:
            axes.hist(part, bins, color=colour, alpha=0.85)
    value_axis(axes, "x", shown, log)
    if any(words for _, words in panel.options.get("marks", ())):
        axes.margins(y=0.16)  # room above the bars for the words of the marks
    log_y = bool(panel.options.get("log_y")) and len(shown) > 0
    value_axis(axes, "y", np.array([1.0]), log_y)
    finish(axes, panel)
    return left_out(("without a value", len(values) - len(kept)), ("≤ 0", len(kept) - len(shown)))


def ecdf(axes: Axes, panel: Panel) -> str:
    """Share of values up to each, one step line for each group."""
    values = values_of(panel.data[panel.x])
    known = ~np.isnan(values)
    for rows, name, (colour, _, line) in groups(panel):
        part = np.sort(values[rows & known])
        if len(part):
            share = np.arange(1, len(part) + 1) / len(part)
            axes.step(
                np.r_[part[0], part], np.r_[0.0, share], where="post", color=colour,
                linestyle=line, label=f"{name} (n = {len(part):,})" if panel.group else "",
            )  # fmt: skip
    value_axis(axes, "x", values[known], bool(panel.options.get("log_x")))
    axes.set_ylim(0, 1.02)
    finish(axes, panel)
    return left_out(("without a value", int((~known).sum())))


def lines(axes: Axes, panel: Panel) -> str:
    """One line for each group; intervals as whiskers of few points, a band of many.

    A point that has none beside others that do is hollow, as in `bars.intervals`.
    """
    x, words = _places(panel.data[panel.x], panel)
    y = values_of(panel.data[panel.y])
    for rows, name, (colour, marker, line) in groups(panel):
        here = np.flatnonzero(rows)[np.argsort(x[rows], kind="stable")]
        few = len(here) <= 40
        axes.plot(
            x[here], y[here], color=colour, linestyle=line, label=name,
            marker=marker if few else "", markersize=3.5,
        )  # fmt: skip
        if {"low", "high"} <= set(panel.data.columns):
            low, high = (values_of(panel.data[end])[here] for end in ("low", "high"))
            if len(here) > FEW:
                axes.fill_between(x[here], low, high, color=colour, alpha=0.15, linewidth=0)
                continue
            bare = np.isnan(low) & ~np.isnan(low).all()
            axes.vlines(x[here], low, high, color=colour, linewidth=1.4, zorder=2.8)
            axes.plot(
                x[here][bare], y[here][bare], linestyle="", marker=marker, markersize=4.5,
                markerfacecolor="white", markeredgecolor=colour, zorder=3,
            )  # fmt: skip
    if words is None:
        value_axis(axes, "x", x, bool(panel.options.get("log_x")))
    else:
        category_axis(axes, "x", [house.label(word) for word in words])
    value_axis(axes, "y", y, bool(panel.options.get("log_y")))
    finish(axes, panel)
    return left_out(("without a value", int(np.isnan(y).sum())))


def scatter(axes: Axes, panel: Panel) -> str:
    """Points, one colour and shape for each group; greys lie below."""
    x, y = values_of(panel.data[panel.x]), values_of(panel.data[panel.y])
    known = ~(unknown(x) | unknown(y))
    size = 22 if known.sum() < 300 else 12 if known.sum() < 3_000 else 5
    for rows, name, (colour, marker, _) in groups(panel):
        here = rows & known
        grey = colour in (house.REST, house.UNKNOWN)
        axes.scatter(
            x[here], y[here], s=size, c=colour, marker=marker, linewidths=0, label=name,
            alpha=0.75 if known.sum() < 3_000 else 0.4, zorder=2 if grey else 2.5,
            rasterized=True,
        )  # fmt: skip
    value_axis(axes, "x", x[known], bool(panel.options.get("log_x")))
    value_axis(axes, "y", y[known], bool(panel.options.get("log_y")))
    if panel.options.get("equal"):
        axes.set_aspect("equal", adjustable="datalim")
    finish(axes, panel)
    return left_out(("without both values", int((~known).sum())))


def network(axes: Axes, panel: Panel) -> str:
    """Nodes at their places, edges as lines below them; few nodes are named."""
    from matplotlib.collections import LineCollection

    x, y = values_of(panel.data[panel.x]), values_of(panel.data[panel.y])
    ends = np.asarray(panel.options.get("edges", ()), dtype=np.int64).reshape(-1, 2)
    points = np.stack([x, y], axis=1)
    axes.add_collection(
        LineCollection(list(points[ends]), colors="#B0B0B0", linewidths=0.6, alpha=0.6, zorder=1)
    )
    for rows, name, (colour, marker, _) in groups(panel):
        axes.scatter(x[rows], y[rows], s=26, c=colour, marker=marker, linewidths=0, label=name)
    if "label" in panel.data and len(x) <= NAMED_NODES:
        for place, word in zip(points, named(panel.data["label"]), strict=True):
            axes.annotate(
                house.label(word, 24), place, xytext=(3, 3), textcoords="offset points",
                fontsize=6.5, color=house.FAINT,
            )  # fmt: skip
    axes.margins(0.12)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    legend(axes)
    return left_out(("without a place", int((unknown(x) | unknown(y)).sum())))


def _places(column: pd.Series[Any], panel: Panel) -> tuple[NDArray[Any], list[str] | None]:
    """Return where rows stand along x, and the words if it is a category axis."""
    if is_category(column) and not is_time_text(column):
        words, at = categories(panel, panel.x)
        return at.astype(float), words
    return values_of(column), None
