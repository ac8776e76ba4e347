"""The picture of coherence."""

from __future__ import annotations

from typing import Any

import pandas as pd

from modelkin.analysis.estimate import Estimate, columns
from modelkin.analysis.intervals import NEEDED, mean
from modelkin.analysis.result import Coverage, Figure, Panel

FAMILIES_SHOWN = 15


def coherence_figure(
    stats: pd.DataFrame,
    excess: pd.DataFrame,
    estimate: Estimate,
    funnels: tuple[Coverage, Coverage],
    most: float = 1.0,
) -> Figure:
    """Draw lineages by size and family, and components beside their null.

    Parameters
    ----------
    stats, excess : DataFrame
        Tables of `modelkin.analysis.coherence`.
    estimate : Estimate
        Excess of the typical component.
    funnels : (Coverage, Coverage)
        Of the two tables.
    most : float
        The largest distance that there can be.

    Returns
    -------
    Figure
        ``subgraph_similarity_analysis``.
    """
    coverage, of_excess = funnels
    return Figure(
        name="subgraph_similarity_analysis",
        title="How alike the members of lineages are",
        panels=(
            Panel(
                "scatter",
                stats[["n_nodes", "mean_similarity", "family", "root_id"]],
                x="n_nodes",
                y="mean_similarity",
                group="family",
                title=f"lineages of roots, copies included (n = {len(stats):,})",
                xlabel="models in the lineage",
                ylabel="mean similarity of pairs (0 to 1)",
                options={"log_x": True},
                name="lineages",
            ),
            _families(stats, most),
            _excess(excess),
        ),
        caption=(
            f"{coverage.line()}. Lineages overlap and copies make them alike, so the left panels "
            f"describe and test nothing. Right: {of_excess.line()}; how much more alike a "
            "component's different configurations are than sets drawn from the same model_type "
            f"and half-year; typical component {estimate.told()}. A component that holds its type "
            "alone has no comparison. Similar does not mean related, nor alike in behaviour."
        ),
        columns=3,
    )


def _families(stats: pd.DataFrame, most: float) -> Panel:
    """Mean similarity by the root's family."""
    rows: list[dict[str, Any]] = []
    for family, part in stats.groupby("family"):
        found = mean(part["mean_similarity"], part["component_id"], within=(1.0 - most, 1.0))
        told = {key: values[0] for key, values in columns([found]).items()}
        rows.append({"family": family, "n": len(part)} | told)
    names = ["family", "value", "low", "high", "note", "n"]
    data = pd.DataFrame(rows, columns=names).sort_values("n", ascending=False)[:FAMILIES_SHOWN]
    return Panel(
        "intervals",
        data,
        x="value",
        y="family",
        title="by family of the root",
        xlabel="mean similarity of its lineages (0 to 1)",
        ylabel="family",
        options={"needs": NEEDED},
        name="by_family",
    )


def _excess(excess: pd.DataFrame) -> Panel:
    """Excess of each component by its size."""
    tested = excess[excess["note"] == ""]
    words = {True: "adjusted p < 0.05", False: "p ≥ 0.05"}
    verdict = (tested["p_adjusted"] < 0.05).map(words)
    return Panel(
        "scatter",
        tested[["component_id", "n_members", "excess", "strata"]].assign(verdict=verdict),
        x="n_members",
        y="excess",
        group="verdict",
        title=f"components beside their type and half-year (G = {len(tested)})",
        xlabel="different configurations compared",
        ylabel="excess similarity",
        options={
            "log_x": True,
            "marks_y": [(0.0, "as alike as by chance")],
            "needs": "components with 5 different configurations and others of their strata",
        },
        name="excess",
    )
