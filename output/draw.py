"""Figures as pictures: one style, the same bytes for the same data."""

from __future__ import annotations

import io
import math
import textwrap
from typing import TYPE_CHECKING

from modelkin.output import house, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

    from modelkin.analysis.result import Figure, Panel

WIDTHS = {1: 7.4, 2: 5.2, 3: 4.6}
"""Inches of a panel by the number of columns; 4.2 for more."""

EDGE = 0.09
"""Inches of free space round everything."""

HEADLINE, TITLE = (12.0, 0.23, 0.105), (10.0, 0.19, 0.082)
EMPTY = (9.0, 0.17, 0.078)
REMARK, CAPTION = (7.5, 0.15, 0.062), (8.5, 0.17, 0.069)
"""Points, and inches of a line and of a character, of each kind of running text."""

LEAST = 0.15
"""Share of its place that the plot keeps, however long its labels are."""


def draw(figure: Figure) -> Picture:
    """Draw a figure.

    Parameters
    ----------
    figure : Figure
        Panels as data, title and caption.

    Returns
    -------
    matplotlib.figure.Figure
        On the Agg canvas: no display is needed and no global state is touched. A panel
        without data says so in words.
    """
    import matplotlib.style

    with matplotlib.style.context(["default", house.STYLE]):
        return _laid_out(figure)


def png(figure: Figure) -> bytes:
    """Return a figure as PNG; equal figures give equal bytes on one machine.

    Parameters
    ----------
    figure : Figure
        What to draw.
    """
    import matplotlib.style

    stream = io.BytesIO()
    with matplotlib.style.context(["default", house.STYLE]):
        # matplotlib's own note of its version would change the bytes with every release
        _laid_out(figure).savefig(stream, format="png", dpi="figure", metadata={"Software": None})
    return stream.getvalue()


def _laid_out(figure: Figure) -> Picture:
    """Return the picture with all panels, title and caption.

    Places are computed here: matplotlib's constrained layout solves its equations in an
    order that changes from run to run, and pixels with it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Picture

    columns = max(1, min(figure.columns, len(figure.panels)))
    rows = [figure.panels[i : i + columns] for i in range(0, len(figure.panels), columns)]
    usual = WIDTHS.get(columns, 4.2)
    widths = [
        max((panels.width(panel, usual) for panel in figure.panels[c::columns]), default=usual)
        for c in range(columns)
    ]
    width = sum(widths)
    caption = _wrapped(figure.caption, width, CAPTION)
    heights = [max(panels.height(panel, columns) for panel in row) for row in rows]
    foot = CAPTION[1] * (caption.count("\n") + 1) + 2 * EDGE
    title = _wrapped(figure.title, width, HEADLINE)
    top = HEADLINE[1] * (title.count("\n") + 1) + 2 * EDGE
    height = top + sum(heights) + foot
    picture = Picture(figsize=(width, height))
    FigureCanvasAgg(picture)
    _write(picture, EDGE, EDGE, title, HEADLINE[0], bold=True)
    for row, tall in zip(rows, heights, strict=True):
        for c, panel in enumerate(row):
            _fill(picture, panel, (sum(widths[:c]), top, widths[c], tall))
        top += tall
    _write(picture, EDGE, top + EDGE, caption, CAPTION[0], colour=house.FAINT)
    return picture


def _fill(picture: Picture, panel: Panel, cell: tuple[float, float, float, float]) -> None:
    """Draw one panel into its cell (left, top, width, height), or say that it has no data."""
    left, top, width, height = cell
    title = _wrapped(panel.title, width, TITLE)
    top = _write(picture, left + EDGE, top + EDGE, title, TITLE[0]) + EDGE / 2
    note = str(panel.options.get("note", ""))
    inches = (left, top, width, cell[1] + height - top)
    if not panels.has_data(panel):
        words = "\n".join(_wrapped(w, width - 6 * EDGE, EMPTY) for w in panels.emptiness(panel))
        _write(picture, left + 3 * EDGE, top + 3 * EDGE, words, EMPTY[0], colour=house.FAINT)
        return
    axes = picture.add_axes(_share(picture, inches))
    dropped = panels.DRAWERS[panel.kind](axes, panel)
    remark = _wrapped("; ".join(part for part in (note, dropped) if part), width, REMARK)
    top = _write(picture, left + EDGE, top, remark, REMARK[0], colour=house.FAINT)
    _fit(picture, axes, (left, top, width, cell[1] + height - top))


def _fit(picture: Picture, axes: Axes, cell: tuple[float, float, float, float]) -> None:
    """Shrink a plot until it fits its cell with all its labels."""
    left, top, width, height = cell
    dpi = picture.dpi
    for _ in range(2):  # a smaller plot may have fewer ticks, with other labels
        outer, inner = axes.get_tightbbox(), axes.bbox
        assert outer is not None  # it is drawn
        # whole pixels, so that lines fall on them
        west, east, south, north = (
            math.ceil(max(over, 0.0)) / dpi + EDGE
            for over in (
                inner.x0 - outer.x0,
                outer.x1 - inner.x1,
                inner.y0 - outer.y0,
                outer.y1 - inner.y1,
            )
        )
        wide, high = width - west - east, height - north - south
        place = (left + west, top + north, max(wide, LEAST * width), max(high, LEAST * height))
        axes.set_position(_share(picture, place))


def _share(
    picture: Picture, inches: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Return a place in inches from the upper left as shares from the lower left."""
    left, top, width, height = inches
    across, up = picture.get_figwidth(), picture.get_figheight()
    return left / across, 1 - (top + height) / up, width / across, height / up


def _wrapped(text: str, width: float, type_: tuple[float, float, float]) -> str:
    """Return text in lines that fit a width in inches."""
    return "\n".join(textwrap.wrap(house.label(text, 10_000), int((width - 2 * EDGE) / type_[2])))


def _write(
    picture: Picture,
    left: float,
    top: float,
    text: str,
    size: float,
    *,
    colour: str = house.INK,
    bold: bool = False,
) -> float:
    """Write lines at a place in inches from the upper left; return where they end."""
    if not text:
        return top
    x, y, _, _ = _share(picture, (left, top, 0, 0))
    weight = "bold" if bold else "normal"
    picture.text(x, y, text, va="top", fontsize=size, color=colour, fontweight=weight)
    lines = text.count("\n") + 1
    return top + lines * size / 72 * 1.35
