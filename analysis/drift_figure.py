"""The picture of drift."""

from __future__ import annotations

import pandas as pd

from modelkin.analysis.inputs import BITS
from modelkin.analysis.intervals import NEEDED, counts_only
from modelkin.analysis.result import Coverage, Figure, Panel
from modelkin.errors import plural

FAMILIES_SHOWN = 10
UNIT = "drift (Gower distance, 0 to 1)"


def drift_figure(
    pairs: pd.DataFrame,
    by_relation: pd.DataFrame,
    within: pd.DataFrame,
    by_family: pd.DataFrame,
    scale: pd.DataFrame,
    coverage: Coverage,
) -> Figure:
    """Draw the pairs that differ, and means by relation and family, beside random pairs.

    Parameters
    ----------
    pairs, by_relation, within, by_family, scale : DataFrame
        Tables of `modelkin.analysis.drift`.
    coverage : Coverage
        Funnel of the pairs.

    Returns
    -------
    Figure
        ``config_drift_analysis``.
    """
    moved = pairs[pairs["drift"] > 0]
    still = len(pairs) - len(moved)
    marks = _median(moved)
    everything = by_relation[by_relation["subset"] == "all"] if len(by_relation) else by_relation
    by_size = by_family.nlargest(FAMILIES_SHOWN, "n") if len(by_family) else by_family
    return Figure(
        name="config_drift_analysis",
        title="How far children lie from their parents",
        panels=(
            Panel(
                "histogram",
                moved[["drift"]],
                x="drift",
                title=f"pairs that differ: {len(moved):,} of {len(pairs):,}",
                xlabel=UNIT,
                ylabel="pairs",
                options={
                    "bins": 40,
                    "log_x": True,
                    "marks": marks,
                    "note": f"{plural(still, 'pair')} at drift 0",
                },
                name="pairs_that_differ",
            ),
            Panel(
                "ecdf",
                moved[["drift", "relation"]],
                x="drift",
                group="relation",
                title="pairs that differ: share up to a drift",
                xlabel=UNIT,
                ylabel="share of pairs that differ",
                options={"log_x": True, "order": list(BITS)},
                name="share_up_to_drift",
            ),
            _intervals(everything, "relation", "by relation", "by_relation"),
            _intervals(
                within, "pairs", "inside and across architecture families", "within_families"
            ),
            _intervals(
                by_size,
                "parent_family",
                f"by family, the {FAMILIES_SHOWN} with most pairs"
                if len(by_family) > FAMILIES_SHOWN
                else "by family",
                "by_family",
            ),
            _beside_random(scale),
        ),
        caption=(
            f"{coverage.line()}; G = {coverage.n_components}, effective "
            f"{coverage.n_effective or 0:.1f}. Dots: mean of the typical component (families: of "
            "the typical parent) with 95 % interval where there are enough of them; n = pairs. "
            "Drift counts declared, comparable fields: it says nothing about weights, training "
            "data or behaviour, small drift is not good drift, and relations differ in age, size "
            "and in the fields that are known."
        ),
        columns=3,
    )


def _median(moved: pd.DataFrame) -> list[tuple[float, str]]:
    """Mark the median of pairs that differ, where there are enough of them."""
    if counts_only(moved["component_id"].nunique(), len(moved)):
        return []
    median = float(moved["drift"].median())
    return [(median, f"median {median:.2g}")]


def _intervals(rows: pd.DataFrame, label: str, title: str, name: str) -> Panel:
    """Dots with intervals, one line for each row of estimates."""
    names = {label: "label", "drift_value": "value", "drift_low": "low", "drift_high": "high"}
    names |= {"drift_note": "note"}
    data = rows.reindex(columns=[*names, "n"]).rename(columns=names)
    return Panel(
        "intervals",
        data,
        x="value",
        y="label",
        title=title,
        xlabel=UNIT,
        ylabel=label.replace("_", " "),
        options={"needs": NEEDED},
        name=name,
    )


def _beside_random(scale: pd.DataFrame) -> Panel:
    """Parent and child beside all pairs of the child's type and time."""
    words = {"mean_drift": "parent and child", "mean_random_distance": "random pairs"}
    parts = [
        scale[["strata", "n", "note", column]].rename(columns={column: "value"}).assign(pairs=said)
        for column, said in words.items()
    ]
    data = pd.concat(parts, ignore_index=True)
    data["value"] = data["value"].where(data["note"] == "")
    return Panel(
        "intervals",
        data[data["n"] > 0],
        x="value",
        y="strata",
        group="pairs",
        title="beside random pairs of one kind and time",
        xlabel="mean distance (Gower, 0 to 1)",
        ylabel="of the same",
        options={
            "note": "over pairs, merges left out: no interval",
            "from_zero": True,
            "needs": NEEDED,
        },
        name="beside_random",
    )
