"""Which function draws which kind of panel, whether it has data, and the room it wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelkin.output import bars, curves, house
from modelkin.output.axis import named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from modelkin.analysis.result import Panel

DRAWERS: Mapping[str, Callable[[Axes, Panel], str]] = MappingProxyType(
    {
        "histogram": curves.histogram,
        "ecdf": curves.ecdf,
        "lines": curves.lines,
        "scatter": curves.scatter,
        "network": curves.network,
        "bars": bars.bars,
        "box": bars.box,
        "intervals": bars.intervals,
        "heatmap": bars.heatmap,
    }
)
"""Kind of panel -> the function that draws it and returns what it left out, "" for nothing."""


MOST_LINES = 8
"""Categories of an empty panel that say what they have: more stand in the table."""


def has_data(panel: Panel) -> bool:
    """Say whether a panel has anything to draw."""
    column = _value_column(panel)
    return column in panel.data and bool(panel.data[column].notna().any())


def emptiness(panel: Panel) -> list[str]:
    """Say why a panel has nothing to draw, line by line: what is needed, then what there is."""
    needs = panel.options.get("needs")
    said = [f"not enough data: {needs}" if needs else "no data: nothing to show here"]
    if {"note", panel.y} <= set(panel.data.columns):
        told = zip(named(panel.data[panel.y]), panel.data["note"], strict=True)
        said += [f"{word}: {note}" for word, note in dict.fromkeys(told) if note == note and note]
    said = said[: MOST_LINES + 1]
    return said + ([str(panel.options["note"])] if panel.options.get("note") else [])


def height(panel: Panel, columns: int) -> float:
    """Return the height that a panel wants, in inches."""
    usual = 4.9 if columns == 1 else 3.3
    if not has_data(panel):
        return usual
    if panel.kind == "heatmap":
        line = 0.34 if "small" in panel.data else 0.26
        return max(usual, line * panel.data[panel.y].nunique(dropna=False) + 1.6)
    if panel.kind == "intervals":
        return max(usual, 0.26 * panel.data[panel.y].nunique(dropna=False) + 1.0)
    if panel.kind in ("bars", "box") and bars.is_lying(panel):
        return max(usual, 0.26 * panel.data[panel.x].nunique(dropna=False) + 1.0)
    return usual


def width(panel: Panel, usual: float) -> float:
    """Return the width that a panel wants, in inches: cells wide enough for their words."""
    if panel.kind != "heatmap" or not has_data(panel):
        return usual
    words = panel.data.get("text", ["0.00"])
    longest = max((len(str(word)) for word in words), default=0)
    labels = max(len(house.label(word)) for word in named(panel.data[panel.y]))
    columns = panel.data[panel.x].nunique(dropna=False)
    wanted = 1.1 + 0.068 * labels + columns * (0.12 + 0.058 * longest)
    return min(max(usual, wanted), 1.7 * usual)


def _value_column(panel: Panel) -> str:
    """Return the column without which nothing can be drawn."""
    if panel.kind == "heatmap":
        return "value"
    return panel.y if panel.kind in ("bars", "box", "lines", "scatter", "network") else panel.x
