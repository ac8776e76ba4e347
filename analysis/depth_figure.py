"""The picture of drift by depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from modelkin.analysis.depth_profile import MIN_COMPONENTS
from modelkin.analysis.intervals import NEEDED
from modelkin.analysis.result import Coverage, Figure, Panel

if TYPE_CHECKING:
    from modelkin.analysis.estimate import Estimate

THIN = f"depths with fewer than {MIN_COMPONENTS} components stand in the table only"
UNIT = "distance to the origin (Gower, 0 to 1)"
DEPTH = "depth (configured hops from the origin)"


def depth_figure(profile: pd.DataFrame, slope: Estimate, coverage: Coverage) -> Figure:
    """Draw displacement by depth: chained on the same lineages, step by step, and how often.

    Parameters
    ----------
    profile : DataFrame
        Table of `modelkin.analysis.depth`.
    slope : Estimate
        Slope of the typical component.
    coverage : Coverage
        Funnel of the models.

    Returns
    -------
    Figure
        ``drift_by_depth``.
    """
    return Figure(
        name="drift_by_depth",
        title="Does the distance to the origin grow with depth?",
        panels=(_curves(profile), _steps(profile), _moved(profile)),
        caption=(
            f"{coverage.line()}; G = {coverage.n_components}, effective "
            f"{coverage.n_effective or 0:.1f}. Slope of distance on depth: {slope.told()}. It is "
            "fitted inside each component that has two depths of three models, over all of them, "
            "and then averaged; the curves average other components at each depth, so they may "
            "rise where the slope falls. "
            "Survivorship: only large components reach great depths, so the means of different "
            "depths are of different components and may rise or fall for that alone; the chained "
            "curve and the steps compare each model with its own main parent. Relations differ "
            "by depth. It does not say that drift saturates, nor anything of weights or behaviour."
        ),
        columns=3,
    )


def _curves(profile: pd.DataFrame) -> Panel:
    """Means of all models at a depth, and the curve chained from paired steps."""
    shown = profile[~profile["is_thin"].astype(bool)]
    names = {"drift_value": "value", "drift_low": "low", "drift_high": "high"}
    unpaired = shown[["depth", *names, "n"]].rename(columns=names).assign(series="all at a depth")
    chained = shown[["depth", "chained", "step_n"]].rename(
        columns={"chained": "value", "step_n": "n"}
    )
    chained = chained.assign(series="same lineages")
    parts = [part for part in (unpaired, chained) if len(part)]
    data = pd.concat(parts, ignore_index=True) if parts else unpaired
    return Panel(
        "lines",
        data,
        x="depth",
        y="value",
        group="series",
        title="typical component",
        xlabel=DEPTH,
        ylabel=UNIT,
        options={
            "note": f"{THIN}; hollow: no interval, the table says why",
            "needs": NEEDED,
        },
        name="by_depth",
    )


def _steps(profile: pd.DataFrame) -> Panel:
    """Change from one depth to the next on the same lineages."""
    later = profile[(profile["depth"] > 1) & (profile["step_components"] >= MIN_COMPONENTS)]
    names = {"step_value": "value", "step_low": "low", "step_high": "high", "step_n": "n"}
    data = later[[*names, "step_note"]].rename(columns={**names, "step_note": "note"})
    label = [f"{d - 1} → {d}" for d in later["depth"]]
    return Panel(
        "intervals",
        data.assign(label=label),
        x="value",
        y="label",
        title="step on the same lineages",
        xlabel="change of the distance to the origin (0: none)",
        ylabel="depth",
        options={"marks": [(0.0, "")], "note": THIN, "needs": NEEDED},
        name="steps",
    )


def _moved(profile: pd.DataFrame) -> Panel:
    """Share of models off their origin, at the depths that enough components reach."""
    shown = profile[~profile["is_thin"].astype(bool)]
    names = {"moved_value": "value", "moved_low": "low", "moved_high": "high", "moved_note": "note"}
    return Panel(
        "intervals",
        shown[["depth", *names, "n"]]
        .rename(columns=names)
        .assign(label=shown["depth"].astype(str)),
        x="value",
        y="label",
        title="models off their origin at all",
        xlabel="share of a typical component's models (0 to 1)",
        ylabel=DEPTH,
        options={"note": THIN, "needs": NEEDED, "from_zero": True},
        name="moved",
    )
