"""Figures of the similarity analysis, as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.embedding import LARGEST, LEAST
from modelkin.analysis.result import Coverage, Figure, Panel
from modelkin.errors import plural
from modelkin.schema.families import OTHER, UNKNOWN

if TYPE_CHECKING:
    from modelkin.analysis.similarity_study import Study
    from modelkin.analysis.threshold import GraphStatistics

NAMED_FAMILIES = 8
REST = "other families"


def every(study: Study, coverage: Coverage) -> tuple[Figure, ...]:
    """Return all figures."""
    return embedding(study), graph(study, coverage), metrics(study)


def embedding(study: Study) -> Figure:
    """Return the picture of configurations in the plane."""
    found = study.embedding
    family = study.models.frame["family"].to_numpy(dtype=object)[study.shown].astype(str)
    counts = pd.Series(family)[~np.isin(family, [UNKNOWN, OTHER])].value_counts()
    largest = sorted(counts.index, key=lambda name: (-counts[name], name))[:NAMED_FAMILIES]
    group = np.where(np.isin(family, [*largest, UNKNOWN]), family, REST)
    # rounded, as the last digits of an iteration differ from machine to machine
    points = np.round(found.points, 6) + 0.0
    data = pd.DataFrame(
        {
            "x": points[:, 0],
            "y": points[:, 1],
            "family": group,
            "model_id": study.models.ids[study.shown],
        }
    )
    few = "" if len(data) >= LEAST else _few(len(data), study.options["min_shared"])
    if few:
        data = data.iloc[:0]
    panel = Panel(
        "scatter",
        data,
        "x",
        "y",
        "family",
        title="Configurations by their distances",
        xlabel="first principal coordinate (distance)",
        ylabel="second principal coordinate (distance)",
        options={"order": [*largest, REST, UNKNOWN], "equal": True}
        | ({"needs": few} if few else {}),
        name="configurations",
    )
    caption = (
        f"{len(data):,} of {len(study.nodes):,} distinct configurations: those that know the same "
        f"{study.options['min_shared']} fields"
        f"{' (a sample)' if len(data) == LARGEST else ''}; one point each. "
        f"The plane shows {found.share:.0%} of the variance ({found.permuted_share:.0%} for "
        f"permuted fields); stress {found.stress:.2f} ({found.permuted_stress:.2f}); "
        f"trustworthiness at 10: {found.trustworthiness:.2f}. "
        "Axes and gaps mean nothing by themselves."
        if not few
        else f"Not drawn: {few}."
    )
    return Figure(
        "config_similarity_embedding", "Which configurations lie close?", (panel,), caption, 1
    )


def _few(n: int, min_shared: int) -> str:
    """Say that so few configurations make no picture, and how many would."""
    return (
        f"{plural(n, 'configuration')} of those that can be compared with one another (each knows "
        f"the same {min_shared} fields); {LEAST} are needed"
    )


def graph(study: Study, coverage: Coverage) -> Figure:
    """Return the threshold graph as curves over the threshold."""
    threshold = study.close.thresholds[study.reference]
    panels = (
        _curve(study, "Density", "edges / comparable pairs", lambda g: g.density),
        _curve(study, "Average degree", "edges at a node", lambda g: g.average_degree, log_y=True),
        _curve(study, "Components", "connected components", lambda g: g.components, log_y=True),
        _curve(
            study,
            "Largest component",
            "share of all nodes",
            lambda g: g.largest / g.nodes if g.nodes else np.nan,
        ),
        _curve(study, "Clustering", "mean local clustering", lambda g: g.clustering),
        _degrees(study),
    )
    curve = study.curves["models"][study.reference]
    caption = (
        f"{curve.nodes:,} models of {len(study.nodes):,} distinct configurations, of "
        f"{coverage.steps[1][1]:,} configured models; the others know fewer than "
        f"{study.options['min_shared']} compared fields. A pair is an edge below the threshold; "
        "pairs that share fewer fields are neither edges nor non-edges. "
        f"Dashed: the reference's threshold {threshold:g}, where its single graph was drawn."
    )
    return Figure(
        "similarity_graph", "What graph does a threshold make?", panels, caption, columns=3
    )


def metrics(study: Study) -> Figure:
    """Return how far distances agree, as two heatmaps."""
    names = list(
        dict.fromkeys(pair[end] for pair in study.comparison for end in ("metric_a", "metric_b"))
    )
    some = study.comparison[0] if study.comparison else {"n_configurations": 0, "n_pairs": 0}
    is_few = some["n_configurations"] < LEAST
    few = _few(some["n_configurations"], study.options["min_shared"]) if is_few else ""
    panels = tuple(
        Panel(
            "heatmap",
            _square([] if few else study.comparison, [] if few else names, value),
            "metric",
            "other",
            title=title,
            options={"order": names, "format": ".2f", "low": 0.0, "high": 1.0}
            | ({"needs": few} if few else {}),
            name=value,
        )
        for value, title in (
            ("rank_correlation", "Rank correlation of distances"),
            ("top10_overlap", "Shared among the ten nearest"),
        )
    )
    caption = (
        f"Not drawn: {few}."
        if few
        else (
            f"{some['n_configurations']:,} distinct configurations that know the same fields, "
            f"{some['n_pairs']:,} pairs. range, log-range and pairwise-max compare categories too; "
            "L2, L1 and cosine only standardised numbers. Permutation p stand in the table."
        )
    )
    return Figure(
        "similarity_metrics_comparison", "Do metrics agree on who is close?", panels, caption, 2
    )


def _curve(
    study: Study,
    title: str,
    ylabel: str,
    value: Callable[[GraphStatistics], float],
    log_y: bool = False,
) -> Panel:
    """Return one statistic over thresholds, for models and configurations."""
    rows: list[dict[str, Any]] = [
        {"threshold": threshold, "value": value(found), "nodes": unit, "n": found.nodes}
        for unit, curve in study.curves.items()
        for threshold, found in zip(study.close.thresholds, curve, strict=True)
        if found.nodes
    ]
    data = pd.DataFrame(rows, columns=["threshold", "value", "nodes", "n"])
    return Panel(
        "lines",
        data.dropna(subset="value"),
        "threshold",
        "value",
        "nodes",
        title=title,
        xlabel="distance threshold",
        ylabel=ylabel,
        options={"log_y": log_y, "marks": [(study.close.thresholds[study.reference], "")]},
        name=title.lower().replace(" ", "_"),
    )


def _degrees(study: Study) -> Panel:
    """Return the degrees of configurations at the reference's threshold."""
    size = study.close.models_of("configurations")
    degree = study.close.adjacency(study.reference) @ size - 1
    threshold = study.close.thresholds[study.reference]
    return Panel(
        "ecdf",
        pd.DataFrame({"degree": np.sort(degree)}),
        "degree",
        title=f"Degrees below {threshold:g}",
        xlabel="edges of a configuration",
        ylabel="share of configurations",
        name="degrees",
    )


def _square(pairs: list[dict[str, Any]], names: list[str], value: str) -> pd.DataFrame:
    """Return pairs as the cells of a full square, the diagonal at 1."""
    cells = {(p["metric_a"], p["metric_b"]): p[value] for p in pairs}
    return pd.DataFrame(
        [
            {"metric": a, "other": b, "value": cells.get((a, b), cells.get((b, a), 1.0))}
            for b in names
            for a in names
        ],
        columns=["metric", "other", "value"],
    )
