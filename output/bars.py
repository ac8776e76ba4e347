"""Panels of values by category. Each draws its data and returns what it left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from modelkin.output import house
from modelkin.output.axis import (
    axis_words,
    categories,
    category_axis,
    finish,
    groups,
    left_out,
    legend,
    marks,
    named,
    ordered,
    value_axis,
    values_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from matplotlib.patches import Patch
    from numpy.typing import NDArray

    from modelkin.analysis.result import Panel

MANY_CELLS = 500
"""Cells of a heatmap above which their numbers are not written."""


def bars(axes: Axes, panel: Panel) -> str:
    """Bars of one value for each category, side by side for groups."""
    words, at = categories(panel, panel.x)
    value = values_of(panel.data[panel.y])
    lying = is_lying(panel)
    sets = list(groups(panel))
    width = 0.8 / len(sets)
    for g, (rows, name, (colour, _, _)) in enumerate(sets):
        here = np.flatnonzero(rows & ~np.isnan(value))
        place = at[here] + (g - (len(sets) - 1) / 2) * width
        draw = axes.barh if lying else axes.bar
        draw(place, value[here], width, color=colour, label=name, alpha=0.9)
        _whiskers(axes, panel, here, place, value, lying)
    missing = np.flatnonzero(np.isnan(value))
    for row in missing if not panel.group else ():
        _say(axes, at[row], "not known", lying)
    _category_and_value(axes, panel, [house.label(word) for word in words], value, lying)
    return left_out(("not known", len(missing))) if panel.group else ""


def box(axes: Axes, panel: Panel) -> str:
    """Boxes (quartiles), whiskers (1.5 × their distance) and outliers of each category."""
    words, at = categories(panel, panel.x)
    value = values_of(panel.data[panel.y])
    lying = is_lying(panel)
    known = ~np.isnan(value)
    parts = [value[known & (at == place)] for place in range(len(words))]
    axes.boxplot(
        parts,
        positions=range(len(words)),
        orientation="horizontal" if lying else "vertical",
        widths=0.6,
        manage_ticks=False,
        patch_artist=True,
        boxprops={"facecolor": house.COLOURS[5], "alpha": 0.5, "edgecolor": house.COLOURS[0]},
        whiskerprops={"color": house.COLOURS[0]},
        capprops={"color": house.COLOURS[0]},
        medianprops={"color": house.COLOURS[1], "linewidth": 1.6},
        flierprops={"marker": ".", "markersize": 3, "alpha": 0.4, "markeredgewidth": 0,
                    "markerfacecolor": house.FAINT},
    )  # fmt: skip
    between = " " if lying else "\n"
    labels = [
        f"{house.label(w)}{between}(n = {len(p):,})" for w, p in zip(words, parts, strict=True)
    ]
    _category_and_value(axes, panel, labels, value, lying)
    return left_out(("without a value", int((~known).sum())))


def intervals(axes: Axes, panel: Panel) -> str:
    """Put a dot with its interval for each category; hollow where there is no interval."""
    words, at = categories(panel, panel.y)
    value = values_of(panel.data[panel.x])
    n = dict(zip(named(panel.data[panel.y]), panel.data.get("n", []), strict=False))
    sets = list(groups(panel))
    is_shared = len(value) > len(words)  # some category stands in several groups
    step = 0.6 / len(sets) if is_shared else 0.0
    for g, (rows, name, (colour, marker, _)) in enumerate(sets):
        here = np.flatnonzero(rows & ~np.isnan(value))
        place = at[here] + (g - (len(sets) - 1) / 2) * step
        own = [colour if panel.group else house.colour_of(words[at[row]], colour) for row in here]
        bare = ~_whiskers(axes, panel, here, place, value, True, own)
        inside = ["white" if hollow else c for hollow, c in zip(bare, own, strict=True)]
        axes.scatter(value[here], place, s=26, marker=marker, c=inside, edgecolors=own, zorder=3)
        axes.scatter([], [], s=26, marker=marker, color=colour, label=name)
    for row in np.flatnonzero(np.isnan(value)):
        note = panel.data["note"].iloc[row] if "note" in panel.data else None
        _say(axes, at[row], note if isinstance(note, str) and note else "not enough data", True)
    category_axis(axes, "y", [f"{house.label(w)} {_count(n.get(w))}".strip() for w in words])
    value_axis(axes, "x", value, bool(panel.options.get("log_x")))
    if panel.options.get("from_zero"):
        reach = np.nanmax(value)
        axes.set_xlim(-0.04 * reach, max(axes.get_xlim()[1], 1.04 * reach))
    finish(axes, panel)
    return ""


def heatmap(axes: Axes, panel: Panel) -> str:
    """Colour a cell for each pair of categories, with its number or text."""
    across, x = categories(panel, panel.x)
    down, y = categories(panel, panel.y)
    cells = np.full((len(down), len(across)), np.nan)
    cells[y, x] = values_of(panel.data["value"])
    centre = panel.options.get("centre")
    low = panel.options.get("low", np.nanmin(cells))
    high = panel.options.get("high", np.nanmax(cells))
    if centre is not None:
        reach = max(high - centre, centre - low) or 1.0
        low, high = centre - reach, centre + reach
    import matplotlib

    colours = matplotlib.colormaps[house.DIVERGING if centre is not None else house.SEQUENTIAL]
    image = axes.imshow(
        np.ma.masked_invalid(cells), colours.with_extremes(bad="#EFEFEF"), vmin=low,
        vmax=high if high > low else low + 1.0, aspect="auto",
    )  # fmt: skip
    if cells.size <= MANY_CELLS:
        _cell_words(axes, panel, (y, x), cells, image)
    for row, column, thin in zip(y, x, panel.data.get("is_thin", ()), strict=False):
        if thin:
            axes.add_patch(_hatched(row, column))
    category_axis(axes, "x", [house.label(word) for word in across])
    category_axis(axes, "y", [house.label(word) for word in down])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axis_words(axes, panel.xlabel, panel.ylabel)
    bar = axes.figure.colorbar(image, cax=axes.inset_axes((1.02, 0.0, 0.03, 1.0)))
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(house.tick)
    return ""


def _cell_words(
    axes: Axes,
    panel: Panel,
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    cells: NDArray[np.float64],
    image: AxesImage,
) -> None:
    """Write into each cell its number or text, and below it what stands in small."""
    at = list(zip(*places, strict=True))
    written = dict(zip(at, panel.data.get("text", ()), strict=False))
    small = dict(zip(at, panel.data.get("small", ()), strict=False))
    tones = image.to_rgba(np.asarray(cells))[..., :3]
    for (row, column), value in np.ndenumerate(cells):
        words = written.get((row, column), _number(value, panel.options.get("format", ".2g")))
        below = small.get((row, column), "")
        red, green, blue = tones[row, column] if np.isfinite(value) else (1.0, 1.0, 1.0)
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        style: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 3}
        axes.text(column, row - (0.17 if below else 0), house.label(words), fontsize=7,
                  color="white" if dark else house.INK, **style)  # fmt: skip
        if below:
            axes.text(column, row + 0.25, house.label(below), fontsize=5.5,
                      color="#D8D8D8" if dark else house.FAINT, **style)  # fmt: skip


def _hatched(row: int, column: int) -> Patch:
    """Return the cover of a cell that has too little to be coloured."""
    from matplotlib.patches import Rectangle

    return Rectangle(
        (column - 0.5, row - 0.5), 1, 1, hatch="////", facecolor="none", edgecolor="#D0D0D0",
        linewidth=0, zorder=2,
    )  # fmt: skip


def is_lying(panel: Panel) -> bool:
    """Say whether bars and boxes lie: words that are long or many read better so."""
    words = [house.label(word) for word in ordered(panel.data[panel.x])]
    longest = max(map(len, words), default=0)
    return longest * len(words) > 40 or len(words) > 10


def _whiskers(
    axes: Axes,
    panel: Panel,
    rows: NDArray[np.int64],
    place: NDArray[Any],
    value: NDArray[Any],
    lying: bool,
    colours: str | list[str] = house.INK,
) -> NDArray[np.bool_]:
    """Draw the intervals of some rows; return which have one."""
    if not {"low", "high"} <= set(panel.data.columns):
        return np.zeros(len(rows), dtype=bool)
    low, high = (values_of(panel.data[end])[rows] for end in ("low", "high"))
    has: NDArray[np.bool_] = ~(np.isnan(low) | np.isnan(high))
    lines = axes.hlines if lying else axes.vlines
    own = colours if isinstance(colours, str) else [colours[k] for k in np.flatnonzero(has)]
    lines(place[has], low[has], high[has], color=own, linewidth=1.4, zorder=2.8)
    return has


def _category_and_value(
    axes: Axes, panel: Panel, labels: list[str], value: NDArray[np.float64], lying: bool
) -> None:
    """Label the axes of bars and boxes; the words of the axes go with them."""
    category_axis(axes, "y" if lying else "x", labels)
    log = bool(panel.options.get("log_y"))
    value_axis(axes, "x" if lying else "y", value, log)
    both = (panel.ylabel, panel.xlabel) if lying else (panel.xlabel, panel.ylabel)
    axis_words(axes, *both)
    marks(axes, panel, "x" if lying else "y")
    legend(axes)


def _say(axes: Axes, place: float, words: str, lying: bool) -> None:
    """Write words in the place of a value that is not there."""
    way = axes.get_yaxis_transform() if lying else axes.get_xaxis_transform()
    spot = (0.02, place) if lying else (place, 0.02)
    axes.text(*spot, house.label(words, 48), transform=way, va="center" if lying else "bottom",
              ha="left" if lying else "center", rotation=0 if lying else 90, fontsize=7,
              color=house.FAINT, style="italic")  # fmt: skip


def _count(n: object) -> str:
    """Return a count in words, "" for none."""
    if not isinstance(n, int | float | np.number) or np.isnan(float(n)):
        return ""
    return f"(n = {int(n):,})"


def _number(value: float, style: str) -> str:
    """Return a cell's number, a dash for none."""
    return format(value, style).replace("-", "−") if np.isfinite(value) else "–"
