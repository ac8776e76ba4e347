"""Drift at each depth, from depth to depth on the same lineages, and per component."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from modelkin.analysis.chance import permutation_p
from modelkin.analysis.estimate import Estimate, columns
from modelkin.analysis.intervals import UNIT, mean, over_components

MIN_COMPONENTS = 5
"""Components below which a depth is thin: in the table, not in the picture."""
MIN_NODES = 3
"""Models that a depth of a component needs for its slope, at two depths at least."""
CHUNK = 2_000_000
"""Numbers permuted at a time."""

PROFILE = [
    "depth",
    "n",
    "n_components",
    "n_effective",
    "drift_value",
    "drift_low",
    "drift_high",
    "drift_note",
    "edge_drift_value",
    "median",
    "moved_value",
    "moved_low",
    "moved_high",
    "moved_note",
    "accumulated_value",
    "step_n",
    "step_components",
    "step_value",
    "step_low",
    "step_high",
    "step_note",
    "chained",
    "relations",
    "is_thin",
]


def profile_table(nodes: pd.DataFrame, most: float = 1.0) -> pd.DataFrame:
    """Return one row for each depth.

    Parameters
    ----------
    nodes : DataFrame
        Of the table ``config_drift_by_depth``, with the rows ``node`` and ``parent``.
    most : float
        The largest distance that there can be: intervals stay between 0 and it.

    Returns
    -------
    DataFrame
        ``drift_*``: mean displacement of the typical component. ``moved_*``: share of its
        models that lie off the origin at all. ``accumulated_value``: the
        same of the accumulated drift. ``step_*``: mean change of the displacement from the
        main parent one depth above to the model, paired, over components. ``chained``: the
        mean at depth 1 plus the paired steps, which joins only lineages present at both
        depths. ``relations``: what leads to the models. ``is_thin``: fewer than 5 components.
    """
    above = nodes.set_index("node")[["drift_to_origin"]]
    own = nodes["drift_to_origin"].to_numpy()
    before = above["drift_to_origin"].reindex(nodes["parent"]).to_numpy()
    change = np.where(nodes["depth"] > 1, own - before, own)
    rows: list[dict[str, Any]] = []
    chained = 0.0
    for depth, here in nodes.groupby("depth"):
        typical = mean(here["drift_to_origin"], here["component_id"], within=(0.0, most))
        moved = mean(here["drift_to_origin"] > 0, here["component_id"], within=UNIT)
        changes = change[here.index]
        known = ~np.isnan(changes)
        step = mean(changes[known], here["component_id"].to_numpy()[known], within=(-most, most))
        chained += typical.value if depth == 1 else step.value
        mix = here["relation"].value_counts()
        rows.append(
            {
                "depth": depth,
                "n": len(here),
                "n_components": typical.n_components,
                "n_effective": typical.n_effective,
                **{k: v[0] for k, v in columns([typical], "drift_").items()},
                "edge_drift_value": mean(
                    here["drift_to_origin"], here["component_id"], "edge"
                ).value,
                "median": here["drift_to_origin"].median(),
                **{k: v[0] for k, v in columns([moved], "moved_").items()},
                "accumulated_value": mean(here["accumulated_drift"], here["component_id"]).value,
                "step_n": step.n,
                "step_components": step.n_components,
                **{k: v[0] for k, v in columns([step], "step_").items()},
                "chained": chained,
                "relations": ", ".join(f"{r} {n}" for r, n in sorted(mix.items())),
                "is_thin": typical.n_components < MIN_COMPONENTS,
            }
        )
    return pd.DataFrame(rows, columns=PROFILE)


def slope_table(nodes: pd.DataFrame) -> pd.DataFrame:
    """Return the least-squares slope of displacement on depth in each component.

    A component needs two depths with three models each; all its models count.
    """
    rows = []
    for component, here in nodes.groupby("component_id"):
        filled = here["depth"].value_counts() >= MIN_NODES
        if filled.sum() >= 2:
            x, y = here["depth"].to_numpy(np.float64), here["drift_to_origin"].to_numpy()
            x = x - x.mean()
            told = {"component_id": component, "n": len(here), "n_depths": here["depth"].nunique()}
            rows.append(told | {"slope": float(x @ y / (x @ x))})
    return pd.DataFrame(rows, columns=["component_id", "n", "n_depths", "slope"])


def slopes(
    nodes: pd.DataFrame, by_component: pd.DataFrame, permutations: int, rng: np.random.Generator
) -> tuple[Estimate, float]:
    """Estimate the slope of the typical component, and its chance under permuted depths.

    Parameters
    ----------
    nodes, by_component : DataFrame
        Models, and the slopes of components.
    permutations : int
        How often depths are permuted among the models of a component.
    rng : Generator
        Random numbers.

    Returns
    -------
    Estimate
        Mean slope, Student's t over components.
    p : float
        Two-sided permutation p of the mean slope; NaN where the estimate has no interval.
    """
    estimate, _ = over_components(by_component["slope"], int(by_component["n"].sum()))
    if math.isnan(estimate.low):
        return estimate, math.nan
    total = np.zeros(permutations)
    grouped = nodes.groupby("component_id")
    for component in by_component["component_id"]:
        here = grouped.get_group(component)
        x, y = here["depth"].to_numpy(np.float64), here["drift_to_origin"].to_numpy()
        x = x - x.mean()
        size = max(1, CHUNK // len(x))
        for start in range(0, permutations, size):
            part = total[start : start + size]
            shuffled = rng.permuted(np.tile(x, (len(part), 1)), axis=1)
            part += shuffled @ y / (x @ x)
    return estimate, permutation_p(estimate.value, total / len(by_component))
