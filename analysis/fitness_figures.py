"""Pictures of downloads, likes and descendants."""

from __future__ import annotations

import pandas as pd

from modelkin.analysis import panels
from modelkin.analysis.attention import CLASSES
from modelkin.analysis.fitness_effects import OUTCOMES
from modelkin.analysis.result import Coverage, Figure, Panel

QUARTERS = (
    "Dots: median, lines: quartiles (no interval of the median); groups of fewer than 10 models "
    "are counted only. Downloads are of 30 days, descendants of all time and of models at least "
    "90 days old. Groups differ in age, task and organizations: see the effects."
)
EQUAL = (
    "At equal age, year, size, task and relation to the parent; 95 % intervals leave out one "
    "organization at a time. It goes with, it does not cause; popular is not good."
)
FAMILIES_SHOWN = 15


def fitness_figures(
    effects: pd.DataFrame,
    by_size: pd.DataFrame,
    by_family: pd.DataFrame,
    by_context: pd.DataFrame,
    spots: pd.DataFrame,
    coverage: Coverage,
    held: Coverage,
) -> tuple[Figure, ...]:
    """Draw the five pictures of `modelkin.analysis.fitness` from its tables."""
    largest = by_family.groupby("group")["n"].max().sort_values(ascending=False, kind="stable")
    shown = by_family[by_family["group"].isin(largest.index[:FAMILIES_SHOWN])]
    return (
        panels.figure(
            "fitness_by_size",
            "Downloads, likes and descendants by size",
            {name: _quarters(by_size, name) for name in OUTCOMES},
            coverage.caption(QUARTERS),
            3,
        ),
        panels.figure(
            "fitness_by_family",
            "Downloads, likes and descendants by family",
            {name: _quarters(shown, name) for name in OUTCOMES},
            coverage.caption(QUARTERS),
            3,
        ),
        panels.figure(
            "fitness_context_by_family",
            "Medians by family and context",
            {name: _contexts(by_context, name) for name in OUTCOMES},
            coverage.caption("Cells: median and number of models. " + QUARTERS),
            1,
        ),
        panels.figure(
            "fitness_sweet_spots",
            "Sizes along the fitted curve",
            {name: _spots(spots, name) for name in OUTCOMES},
            held.caption(
                "Ratio to the mean of the sizes compared; the band holds for all of them at once. "
                + EQUAL
            ),
            3,
        ),
        panels.figure(
            "fitness_feature_impact",
            "What goes with more downloads, likes and descendants",
            {name: _ratios(effects, name) for name in OUTCOMES},
            held.caption(
                "Ratio of geometric means of 1 + outcome, with the feature and without it. " + EQUAL
            ),
            3,
        ),
    )


def _quarters(table: pd.DataFrame, outcome: str) -> Panel:
    """Draw medians and quartiles of one outcome."""
    here = table[table["outcome"] == outcome]
    names = {"median": "value", "q25": "low", "q75": "high"}
    data = here[["group", *names, "n", "note"]].rename(columns=names).reset_index(drop=True)
    return Panel(
        "intervals", data, x="value", y="group", title=OUTCOMES[outcome],
        xlabel=f"{OUTCOMES[outcome]} of a model", options={"log_x": True},
    )  # fmt: skip


def _contexts(table: pd.DataFrame, outcome: str) -> Panel:
    """Draw families against classes of context."""
    here = table[table["outcome"] == outcome]
    both = here["group"].str.split(" / ", n=1, expand=True).reindex(columns=[0, 1])
    data = pd.DataFrame(
        {
            "family": both[0], "context": both[1], "median": here["median"],
            "text": [f"{m:,.4g} ({n})" if m < 1_000 else f"{m:,.0f} ({n})" if m == m else f"n = {n}"
                     for m, n in zip(here["median"], here["n"], strict=True)],
        }
    )  # fmt: skip
    return panels.grid(data, "family", "context", "median", OUTCOMES[outcome], order=list(CLASSES))


def _spots(table: pd.DataFrame, outcome: str) -> Panel:
    """Draw the sizes compared."""
    here = table[table["outcome"] == outcome]
    names = {"ratio": "value", "ratio_low": "low", "ratio_high": "high"}
    data = here[[*names, "n", "note"]].rename(columns=names)
    data.insert(0, "size", [f"{b:g} B" if b == b else "all sizes" for b in here["billions"]])
    return _around_one(data, "size", OUTCOMES[outcome])


def _ratios(table: pd.DataFrame, outcome: str) -> Panel:
    """Draw the ratios of one outcome."""
    here = table[table["outcome"] == outcome]
    names = {"ratio": "value", "ratio_low": "low", "ratio_high": "high"}
    data = here[["feature", *names, "n", "note"]].rename(columns=names)
    return _around_one(data, "feature", OUTCOMES[outcome])


def _around_one(data: pd.DataFrame, label: str, title: str) -> Panel:
    """Draw ratios with intervals on a logarithmic axis, 1 marked; the table says what is thin."""
    data["note"] = data["note"].where(data["note"] == "", "not enough data")
    return Panel(
        "intervals", data.reset_index(drop=True), x="value", y=label, title=title, xlabel="ratio",
        options={"log_x": True, "marks": [(1.0, "")]},
    )  # fmt: skip
