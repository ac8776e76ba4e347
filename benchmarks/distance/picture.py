"""Time and memory of the ten nearest against the number of rows, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from distance.ladder import MAIN

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT_OUT = ("modelkin, encoded", "modelkin, other configurations", "gower_exp, 2 jobs",
            "R gower, 2 threads")  # fmt: skip
"""Near to a line that is drawn."""

KINDS = (("modelkin", 0), ("R ", 3), ("gower", 1), ("pynndescent", 4))
"""Beginning of a name -> place among the colours; what is left are general libraries."""

LIBRARY = 2
PANELS = (("seconds", "seconds", 1.0), ("memory", "extra memory, MiB", 2.0**20))
LEAST = {"seconds": 1e-3, "memory": 0.1 * 2**20}
"""Smaller values are drawn there: they are noise."""

CAPTION = (
    f"Hollow marks: scaled up from fewer rows with n². Dotted upright: {MAIN:,} rows. "
    "scipy: gaps filled in, it takes none.\n"
    "Blue: modelkin; orange: Python packages for this distance; pink: R; "
    "green: general libraries; yellow: approximate."
)

GAP = 0.047
"""Share of the height between two names."""


def draw(records: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the measures of the task "nearest" into a PNG."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from modelkin.output import house

    known = [r for r in records if r["task"] == "nearest" and "seconds" in r]
    names = [n for n in dict.fromkeys(r["peer"] for r in known) if n not in LEFT_OUT]
    with matplotlib.style.context(["default", house.STYLE]):
        figure = Figure(figsize=(10.8, 5.1))
        FigureCanvasAgg(figure)
        looks = _looks(names)
        for place, (measure, words, unit) in enumerate(PANELS):
            axes = figure.add_axes((0.055 + 0.495 * place, 0.17, 0.255, 0.67))
            lines = {
                name: [(r["n"], max(r[measure], LEAST[measure]) / unit, r["measured_n"] == r["n"])
                       for r in known if r["peer"] == name and r[measure] is not None]
                for name in names
            }  # fmt: skip
            _panel(axes, {n: points for n, points in lines.items() if points}, looks)
            axes.set_title("Time" if measure == "seconds" else "Memory")
            axes.set_xlabel("rows")
            axes.set_ylabel(words)
        figure.text(0.012, 0.945, "Ten nearest of every row, 47 fields with gaps",
                    fontsize=12, fontweight="bold")  # fmt: skip
        figure.text(0.012, 0.02, CAPTION, fontsize=8, color=house.FAINT, linespacing=1.4)
        figure.savefig(path, format="png", dpi=160, metadata={"Software": None})


def _looks(names: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Return colour, marker and line: one colour for each kind of peer."""
    from modelkin.output import house

    found: dict[str, tuple[str, str, str]] = {}
    for name in names:
        place = next((at for begin, at in KINDS if name.startswith(begin)), LIBRARY)
        colour = house.COLOURS[place]
        nth = sum(look[0] == colour for look in found.values())
        found[name] = (colour, house.MARKERS[nth], house.LINES[nth])
    return found


def _panel(
    axes: Axes,
    lines: dict[str, list[tuple[int, float, bool]]],
    looks: dict[str, tuple[str, str, str]],
) -> None:
    """Draw one line for each peer, and its name at its end."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    from modelkin.output import house

    axes.set_xscale("log")
    axes.set_yscale("log")
    for name, points in lines.items():
        colour, marker, dashes = looks[name]
        heavy = name.startswith("modelkin")
        x, y, measured = (np.array(part) for part in zip(*sorted(points), strict=True))
        axes.plot(x, y, color=colour, linestyle=dashes, linewidth=2.4 if heavy else 1.3,
                  zorder=3 if heavy else 2)  # fmt: skip
        for kind, face in ((measured, colour), (~measured, "white")):
            axes.plot(x[kind], y[kind], linestyle="", marker=marker, markersize=4.5,
                      color=colour, markerfacecolor=face, zorder=3.5)  # fmt: skip
    axes.axvline(MAIN, color=house.FAINT, linewidth=0.9, linestyle=":", zorder=1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(house.tick))
        axis.set_minor_formatter(NullFormatter())
    _name(axes, lines, looks)


def _name(
    axes: Axes,
    lines: dict[str, list[tuple[int, float, bool]]],
    looks: dict[str, tuple[str, str, str]],
) -> None:
    """Write names right of the plot in the order of the lines' ends, none over another."""
    from modelkin.output import house

    to_axes = axes.transData + axes.transAxes.inverted()
    ends = {name: to_axes.transform(max(points)[:2]) for name, points in lines.items()}
    order = sorted(ends, key=lambda name: ends[name][1])
    heights = _spread([float(ends[name][1]) for name in order])
    for name, height in zip(order, heights, strict=True):
        colour, heavy = looks[name][0], name.startswith("modelkin")
        x, y = ends[name]
        axes.annotate(
            name, (x, y), xycoords="axes fraction", xytext=(1.09, height),
            textcoords="axes fraction", va="center", fontsize=8, color=house.INK,
            fontweight="bold" if heavy else "normal", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "alpha": 0.55,
                        "linestyle": (0, (1, 1.5)), "shrinkA": 1, "shrinkB": 4,
                        "relpos": (0, 0.5)},
        )  # fmt: skip


def _spread(wanted: list[float]) -> list[float]:
    """Move ascending heights as little as needs be to keep them apart."""
    found = np.array(wanted)
    for _ in range(400):
        close = np.flatnonzero(np.diff(found) < GAP * 0.999)
        if not len(close):
            break
        for i in close:
            push = (GAP - (found[i + 1] - found[i])) / 2
            found[i] -= push
            found[i + 1] += push
    return [float(height) for height in found + max(0.0, -float(found[0]))]
