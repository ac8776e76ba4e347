"""Axes of panels: which values a column gives, their order, scales, ticks and marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from modelkin.output import house

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from modelkin.analysis.result import Panel

Way = Literal["x", "y"]

_MONTH = re.compile(r"\d{4}-\d{2}(-\d{2})?$")


def values_of(column: pd.Series[Any]) -> NDArray[Any]:
    """Return a column as numbers or times; months and days written as text become times."""
    import pandas as pd
    import pandas.api.types as types

    values: NDArray[Any]
    if isinstance(column.dtype, pd.PeriodDtype):
        values = column.dt.to_timestamp().to_numpy()
    elif types.is_datetime64_any_dtype(column.dtype):
        values = (column.dt.tz_localize(None) if column.dt.tz else column).to_numpy()
    elif is_time_text(column):
        values = pd.to_datetime(column.astype("string"), format="ISO8601").to_numpy()
    else:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def is_category(column: pd.Series[Any]) -> bool:
    """Say whether a column holds words, and not numbers."""
    import pandas.api.types as types

    return not (
        types.is_numeric_dtype(column.dtype)
        or types.is_datetime64_any_dtype(column.dtype)
        or str(column.dtype).startswith("period")
    )


def is_time_text(column: pd.Series[Any]) -> bool:
    """Say whether all words of a column are months or days."""
    words = column.dropna().astype(str)
    return is_category(column) and len(words) > 0 and bool(words.str.match(_MONTH).all())


def ordered(column: pd.Series[Any], order: Sequence[object] = ()) -> list[str]:
    """Return the different words of a column: those of `order` first, others as they come."""
    found = list(dict.fromkeys(named(column)))
    first = [str(word) for word in order if str(word) in found]
    return first + [word for word in found if word not in first]


def named(column: pd.Series[Any]) -> list[str]:
    """Return a column as words; missing is "unknown"."""
    return ["unknown" if missing else str(value) for value, missing in
            zip(column, column.isna(), strict=True)]  # fmt: skip


def category_axis(axes: Axes, way: Way, labels: Sequence[str]) -> None:
    """Put finished labels on an axis, the first at the top or left."""
    places = np.arange(len(labels))
    if way == "y":
        axes.set_yticks(places, labels)
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        return
    longest = max((len(line) for text in labels for line in text.split("\n")), default=0)
    slanted = longest * len(labels) > 44
    axes.set_xticks(
        places,
        labels,
        rotation=40 if slanted else 0,
        ha="right" if slanted else "center",
        rotation_mode="anchor" if slanted else "default",
    )
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.grid(visible=False, axis="x")


def value_axis(axes: Axes, way: Way, values: NDArray[Any], log: bool = False) -> None:
    """Scale an axis and write its numbers, whole ones for counts; times get dates."""
    import matplotlib.dates as dates
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis: Any = axes.xaxis if way == "x" else axes.yaxis
    if np.issubdtype(values.dtype, np.datetime64):
        locator: Any = dates.AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call] # untyped there
        axis.set_major_locator(locator)
        axis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call] # untyped there
        return
    known = values[~np.isnan(values)]
    if log and (known > 0).any():
        _log_axis(axes, way, known)
    else:
        whole = len(known) > 0 and bool(np.all(known == np.round(known)))
        steps = [1, 2, 5, 10] if whole else [1, 2, 2.5, 5, 10]
        axis.set_major_locator(MaxNLocator(6, steps=steps, integer=whole))
    axis.set_major_formatter(FuncFormatter(house.tick))


def _log_axis(axes: Axes, way: Way, known: NDArray[np.float64]) -> None:
    """Make an axis logarithmic; zeros keep a place of their own before the smallest."""
    from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, NullLocator

    axis: Any = axes.xaxis if way == "x" else axes.yaxis
    scale: Any = axes.set_xscale if way == "x" else axes.set_yscale
    positive = known[known > 0]
    low, high = float(positive.min()), float(positive.max())
    if len(positive) < len(known):
        scale("symlog", linthresh=low, linscale=0.7)
        decades = 10.0 ** np.arange(np.ceil(np.log10(low)), np.ceil(np.log10(high)) + 1)
        step = max(1, len(decades) // 6)
        axis.set_major_locator(FixedLocator([0.0, *decades[::step].tolist()]))
        axis.set_minor_locator(NullLocator())
        return
    scale("log")
    span = np.log10(high / low)
    subs = (1.0,) if span > 2.5 else (1.0, 2.0, 5.0) if span > 0.8 else (1.0, 1.5, 2, 3, 4, 5, 7)
    axis.set_major_locator(LogLocator(10, subs, numticks=9))
    axis.set_minor_formatter(NullFormatter())


def marks(axes: Axes, panel: Panel, way: Way, option: str = "marks") -> None:
    """Draw the lines that a panel marks on an axis, with their words."""
    for value, text in panel.options.get(option, ()):
        style: dict[str, Any] = {
            "color": house.FAINT,
            "linewidth": 1.0,
            "linestyle": (0, (4, 3)),
            "zorder": 1.5,
        }
        if way == "x":
            axes.axvline(value, **style)
        else:
            axes.axhline(value, **style)
        if not text:
            continue
        place = (value, 0.98) if way == "x" else (0.99, value)
        axes.annotate(
            house.label(text),
            place,
            xycoords=axes.get_xaxis_transform() if way == "x" else axes.get_yaxis_transform(),
            xytext=(3, 0) if way == "x" else (0, 3),
            textcoords="offset points",
            ha="left" if way == "x" else "right",
            va="top" if way == "x" else "bottom",
            fontsize=7.5,
            color=house.FAINT,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8},
        )


def legend(axes: Axes) -> None:
    """Name the groups above the plot, many of them beside it: no data lies below."""
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) > 4:
        axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    elif labels:
        axes.legend(
            handles, labels, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2,
            ncols=2, columnspacing=1.2,
        )  # fmt: skip


def groups(
    panel: Panel,
) -> Iterator[tuple[NDArray[np.bool_], str, tuple[str, str, str]]]:
    """Go through the groups of a panel: rows, name, and look; one without name for none."""
    if not panel.group:
        yield np.ones(len(panel.data), dtype=bool), "", next(iter(house.looks([""]).values()))
        return
    words = np.array(named(panel.data[panel.group]), dtype=object)
    names = ordered(panel.data[panel.group], panel.options.get("order", ()))
    names.sort(key=lambda name: house.looks([name])[name][0] in (house.REST, house.UNKNOWN))
    for name, look in house.looks(names).items():
        yield words == name, house.label(name, house.NAME), look


def categories(panel: Panel, column: str) -> tuple[list[str], NDArray[np.int64]]:
    """Return the words of a category column and the place of each row among them."""
    words = ordered(panel.data[column], panel.options.get("order", ()))
    place = {word: i for i, word in enumerate(words)}
    return words, np.array([place[w] for w in named(panel.data[column])], dtype=np.int64)


def finish(axes: Axes, panel: Panel) -> None:
    """Write the words of the axes, the marks, and the legend."""
    axis_words(axes, panel.xlabel, panel.ylabel)
    marks(axes, panel, "x")
    marks(axes, panel, "y", "marks_y")
    legend(axes)


def axis_words(axes: Axes, across: str, up: str) -> None:
    """Write what the axes show."""
    axes.set_xlabel(house.label(across, 80))
    axes.set_ylabel(house.label(up, 60))


def unknown(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark missing numbers and times."""
    time = np.issubdtype(values.dtype, np.datetime64)
    found: NDArray[np.bool_] = np.isnat(values) if time else np.isnan(values)
    return found


def left_out(*counts: tuple[str, int]) -> str:
    """Return what a panel could not show, "" if it shows all."""
    said = [f"{n:,} {words}" for words, n in counts if n]
    return f"not shown: {', '.join(said)}" if said else ""
