"""Every kind of panel draws: whole, without warnings, the same bytes twice."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Picture
from matplotlib.image import imread
from matplotlib.text import Text

from modelkin.analysis.result import Figure, Panel
from modelkin.output import draw, house, panels

LONG = "meta-llama/Llama-3.2-11B-Vision-Instruct-finetuned-on-something-very-long-indeed"
RNG = np.random.default_rng(0)
VALUES = pd.DataFrame(
    {
        "value": np.r_[RNG.lognormal(8, 1, 120), [np.nan] * 3, [0.0] * 2],
        "other": RNG.normal(0, 1, 125),
        "group": ["llama", "bert", None, "other families", LONG] * 25,
    }
)
CATEGORIES = pd.DataFrame(
    {
        "name": ["finetune", "merge", "adapter", LONG, LONG + "-2"],
        "value": [0.2, 0.4, np.nan, 0.1, 0.3],
        "low": [0.1, 0.3, np.nan, np.nan, 0.2],
        "high": [0.3, 0.5, np.nan, np.nan, 0.4],
        "n": [944, 766, 2, 161, np.nan],
    }
)
MONTHS = pd.DataFrame(
    {
        "month": [f"202{y}-{m:02}" for y in (3, 4) for m in range(1, 13)],
        "value": np.linspace(0, 0.8, 24),
        "low": np.linspace(0, 0.7, 24),
        "high": np.linspace(0.1, 0.9, 24),
    }
)
CELLS = pd.DataFrame(
    [
        {"x": a, "y": b, "value": i * j - 1.5}
        for i, a in enumerate("abc")
        for j, b in enumerate("uvw")
    ]
)
NODES = pd.DataFrame(
    {"x": [0.0, 1.0, 0.5], "y": [0.0, 0.2, 1.0], "kind": ["a", "b", "a"], "label": [LONG] * 3}
)

KINDS = {
    "histogram": Panel("histogram", VALUES, "value", title="Sizes", xlabel="hidden size"),
    "histogram-log": Panel(
        "histogram", VALUES, "value", options={"log_x": True, "marks": [(4096, "median")]}
    ),
    "histogram-groups": Panel("histogram", VALUES, "value", group="group"),
    "ecdf": Panel("ecdf", VALUES, "value", group="group", options={"log_x": True}),
    "bars": Panel("bars", CATEGORIES, "name", "value", options={"marks": [(0.25, "chance")]}),
    "bars-standing": Panel("bars", CATEGORIES.iloc[:3], "name", "value", options={"log_y": True}),
    "bars-groups": Panel("bars", VALUES.iloc[:5], "group", "value", "group"),
    "lines": Panel("lines", MONTHS, "month", "value", title=LONG, ylabel="share"),
    "lines-categories": Panel("lines", CATEGORIES, "name", "value"),
    "scatter": Panel("scatter", VALUES, "other", "value", "group", options={"log_y": True}),
    "heatmap": Panel("heatmap", CELLS, "x", "y", options={"format": ".1f", "order": ["w", "c"]}),
    "heatmap-centred": Panel(
        "heatmap", CELLS.assign(text="3 / 17"), "x", "y", options={"centre": 0.0}
    ),
    "box": Panel("box", VALUES, "group", "value", options={"log_y": True}),
    "box-standing": Panel("box", VALUES[VALUES["group"] == "bert"], "group", "other"),
    "intervals": Panel("intervals", CATEGORIES, "value", "name", xlabel="drift (0 to 1)"),
    "intervals-groups": Panel(
        "intervals", pd.concat([CATEGORIES.assign(g="a"), CATEGORIES.assign(g="b")]),
        "value", "name", "g",
    ),
    "network": Panel("network", NODES, "x", "y", "kind", options={"edges": [(0, 1), (1, 2)]}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer dots: nothing here depends on how many there are."""
    monkeypatch.setitem(house.STYLE, "figure.dpi", 60)


def figure(*shown: Panel, columns: int = 1, caption: str = "n = 12 of 20 models.") -> Figure:
    return Figure("name", "How far children lie from their parents", shown, caption, columns)


def texts(picture: Picture) -> list[Text]:
    return [t for t in picture.findobj(Text) if t.get_visible() and t.get_text().strip()]


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_draws_the_same_bytes_twice(name: str) -> None:
    first, second = draw.png(figure(KINDS[name])), draw.png(figure(KINDS[name]))
    assert first == second
    assert b"matplotlib" not in first  # the version of a library is no result
    pixels = imread(io.BytesIO(first))
    assert (pixels[..., :3].min(axis=2) < 0.9).mean() > 0.005  # something is drawn


def drawn_texts(picture: Picture) -> list[Text]:
    """Return the texts that are drawn, tick labels outside their axis left out."""
    picture.draw_without_rendering()
    found = [t for t in picture.findobj(Text) if t.get_visible() and t.get_text().strip()]
    hidden = set()
    for axes in picture.findobj(Axes):
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not axes.axison or not low <= tick.get_loc() <= high:
                    hidden |= {tick.label1, tick.label2}
    return [t for t in found if t not in hidden]


@pytest.mark.parametrize("columns", [1, 3])
def test_nothing_is_clipped(columns: int) -> None:
    picture = draw.draw(figure(*KINDS.values(), columns=columns, caption="word " * 200))
    width, height = picture.bbox.width, picture.bbox.height
    outside = []
    for text in drawn_texts(picture):
        box = text.get_window_extent()
        if not (box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2):
            outside.append(text.get_text())
    assert outside == []


def test_panels_do_not_write_over_one_another() -> None:
    picture = draw.draw(figure(*KINDS.values(), columns=3))
    drawn_texts(picture)
    own = [t.get_window_extent() for t in picture.texts]  # titles, remarks, caption
    boxes = [axes.get_tightbbox() for axes in picture.axes] + own
    assert len(picture.axes) == len(KINDS)
    for i, one in enumerate(boxes):
        assert not any(one.shrunk(0.98, 0.98).overlaps(other) for other in boxes[:i])


def test_all_kinds_of_the_contract_can_be_drawn() -> None:
    from typing import get_args

    from modelkin.analysis.result import PanelKind

    assert set(panels.DRAWERS) == set(get_args(PanelKind)) == {p.kind for p in KINDS.values()}


@pytest.mark.parametrize("how", ["no rows", "all missing", "no columns"])
def test_an_empty_panel_says_so_in_words(how: str) -> None:
    for panel in KINDS.values():
        data = panel.data.iloc[:0]
        if how == "all missing":
            data = panel.data.copy()
            for column in data.select_dtypes("number"):
                data[column] = np.nan
        elif how == "no columns":
            data = pd.DataFrame()
        empty = Panel(panel.kind, data, panel.x, panel.y, options={"note": "gate: n < 30"})
        words = " ".join(t.get_text() for t in texts(draw.draw(figure(empty))))
        assert "no data: " in words
        assert "gate: n < 30" in words
    assert draw.png(figure(empty))


def test_a_figure_without_panels_and_one_with_a_long_title() -> None:
    assert draw.png(figure())
    picture = draw.draw(Figure("n", "Are they alike? " * 20, (KINDS["bars"],), "", 1))
    title, *others = (t.get_window_extent() for t in picture.texts)
    assert not any(title.overlaps(box) for box in others)
    assert not title.overlaps(picture.axes[0].get_tightbbox())


def test_what_is_not_shown_is_counted() -> None:
    words = [t.get_text() for t in texts(draw.draw(figure(KINDS["histogram-log"])))]
    assert "not shown: 3 without a value, 2 ≤ 0" in words
    words = [t.get_text() for t in texts(draw.draw(figure(KINDS["intervals"])))]
    assert "not enough data" in words
    assert "finetune (n = 944)" in words


def test_title_caption_axes_and_marks_are_written() -> None:
    panel = Panel(
        "histogram", VALUES, "value", title="Sizes", xlabel="hidden size (units)",
        ylabel="models", options={"marks": [(4096.0, "median 4,096")], "note": "one day"},
    )  # fmt: skip
    words = [t.get_text() for t in texts(draw.draw(figure(panel)))]
    written = ["Sizes", "hidden size (units)", "models", "median 4,096"]
    assert {*written, "How far children lie from their parents", "n = 12 of 20 models."} <= {*words}
    assert any("one day" in w for w in words)


@pytest.mark.parametrize(
    "name", ["$\\frac{1}{0}$ $x", "名前/🤗", "a\x1b[31mb", "line\nbreak", "\u202eabc", ""]
)
def test_hostile_names_are_drawn_as_they_are(name: str) -> None:
    data = pd.DataFrame({"name": [name, "plain"], "value": [1.0, 2.0], "other": [1.0, 2.0]})
    shown = (
        Panel("bars", data, "name", "value", title=name),
        Panel("scatter", data, "other", "value", "name", xlabel=name),
        Panel("heatmap", data.assign(y=name), "name", "y", options={"note": name}),
    )
    assert draw.png(Figure("n", name, shown, name, 3))


@pytest.mark.parametrize("value", [0.0, -3.5, 1e-9, 1e12])
def test_one_value_is_enough(value: float) -> None:
    data = pd.DataFrame({"a": ["x"], "value": [value], "v": [value]})
    log = {"log_x": True, "log_y": True}
    shown = [Panel(kind, data, "v", "value", options=log) for kind in ("histogram", "scatter")]
    shown += [Panel("ecdf", data, "v"), Panel("heatmap", data, "a", "a")]
    shown += [Panel(kind, data, "a", "value", options=log) for kind in ("lines", "box", "bars")]
    assert draw.png(figure(*shown, columns=4))


def test_times_of_every_type_are_a_time_axis() -> None:
    days = pd.date_range("2023-01-01", periods=9, freq="MS")
    for column in (days, days.tz_localize("UTC"), days.to_period("M"), days.strftime("%Y-%m")):
        panel = Panel("lines", pd.DataFrame({"t": column, "v": range(9)}), "t", "v")
        picture = draw.draw(figure(panel))
        picture.draw_without_rendering()
        (axes,) = [a for a in picture.findobj() if hasattr(a, "get_xlim") and a.axison]
        assert 19_300 < axes.get_xlim()[0] < 19_400  # days since 1970


def test_many_groups_and_categories() -> None:
    many = pd.DataFrame({"x": range(60), "y": range(60), "g": [f"model/{i}" for i in range(60)]})
    assert draw.png(figure(Panel("bars", many, "g", "y")))
    picture = draw.draw(figure(Panel("scatter", many.iloc[:20], "x", "y", "g")))
    assert {f"model/{i}" for i in range(20)} <= {t.get_text() for t in texts(picture)}


def test_groups_differ_in_more_than_colour() -> None:
    looks = list(house.looks([str(i) for i in range(8)]).values())
    assert len({colour for colour, _, _ in looks}) == 8
    assert len({marker for _, marker, _ in looks}) == 8
    assert house.looks(["unknown", "a", "other families"])["unknown"][0] == house.UNKNOWN


def test_a_relation_has_one_colour_in_every_figure() -> None:
    relations = ["finetune", "adapter", "quantized", "merge", "untyped"]
    alone = {r: house.looks([r])[r] for r in relations}
    for order in (relations, relations[::-1], ["model", "merge", "other relations", "untyped"]):
        found = house.looks(order)
        assert all(found[r] == alone[r] for r in order if r in alone)
        assert len({colour for colour, _, _ in found.values()}) >= len(order) - 1
    assert len({colour for colour, _, _ in alone.values()}) == 5
    data = pd.DataFrame({"label": relations, "value": 0.1, "low": 0.05, "high": 0.2})
    picture = draw.draw(figure(Panel("intervals", data, "value", "label")))
    (dots,) = [c for c in picture.axes[0].collections if len(c.get_offsets()) == 5]
    assert [to_hex(c).upper() for c in dots.get_facecolor()] == [alone[r][0] for r in relations]


def test_no_legend_lies_on_the_plot() -> None:
    for name in ("ecdf", "scatter", "intervals-groups", "bars-groups", "histogram-groups"):
        picture = draw.draw(figure(KINDS[name]))
        picture.draw_without_rendering()
        (axes,) = [a for a in picture.axes if a.get_legend()]
        legend, plot = axes.get_legend().get_window_extent(), axes.get_window_extent()
        assert not legend.shrunk(0.9, 0.9).overlaps(plot), name


def test_counts_have_whole_ticks() -> None:
    data = pd.DataFrame({"depth": [1.0, 2.0, 3.0], "value": [0.1, 0.25, 0.3]})
    axes = draw.draw(figure(Panel("lines", data, "depth", "value"))).axes[0]
    assert all(float(tick).is_integer() for tick in axes.get_xticks())
    assert not all(float(tick).is_integer() for tick in axes.get_yticks())


def test_a_point_without_interval_is_hollow_beside_those_that_have_one() -> None:
    data = pd.DataFrame({"x": [1, 2, 3], "y": [0.1, 0.2, 0.3], "low": [0.05, 0.1, np.nan],
                         "high": [0.2, 0.3, np.nan]})  # fmt: skip
    axes = draw.draw(figure(Panel("lines", data, "x", "y"))).axes[0]
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert [line.get_xdata().tolist() for line in hollow] == [[3]]


def test_labels_are_shortened_in_the_middle_and_keep_both_ends() -> None:
    short = house.label(LONG, 30)
    assert len(short) == 30
    assert short.startswith("meta-llama/")
    assert short.endswith("long-indeed")
    assert house.label("gpt2") == "gpt2"


def test_matplotlib_is_imported_only_to_draw() -> None:
    code = "import sys, modelkin.output.draw; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_settings_of_the_user_do_not_show() -> None:
    import matplotlib as mpl

    expected = draw.png(figure(KINDS["lines"]))
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "savefig.dpi": 30}):
        assert draw.png(figure(KINDS["lines"])) == expected
