"""Which models are alike, related or not: nearest configurations, and the graph they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis import similarity_figures as figures
from modelkin.analysis import similarity_tables as tables
from modelkin.analysis.chance import PERMUTATIONS, stream
from modelkin.analysis.embedding import LARGEST, Embedding, complete_overlap, embed, sample
from modelkin.analysis.gower import (
    VARIANTS,
    Table,
    Variant,
    default_spec,
    encode,
    estimate,
    matrix,
    nearest,
)
from modelkin.analysis.inputs import Inputs, Models
from modelkin.analysis.intervals import effective
from modelkin.analysis.metrics import METRICS, compare, numeric_matrix, standardised
from modelkin.analysis.mixing import Mixing, kind_and_time, mixing
from modelkin.analysis.representatives import priority
from modelkin.analysis.result import Coverage, Result, WriteBack
from modelkin.analysis.similarity_study import Study
from modelkin.analysis.threshold import (
    LARGEST_GRAPH,
    REFERENCE_THRESHOLD,
    THRESHOLDS,
    closeness,
    graph_curve,
    nearest_graph,
)
from modelkin.schema.attributes import REFERENCE_FLAGS
from modelkin.schema.derive import derived

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPARED = 1_000
"""Configurations among which metrics are compared."""

PERMUTED = 150
"""Configurations of the Mantel permutation tests among them."""

LEAST_NUMBERS = 3
"""Numbers that each of them knows, for the distances that see nothing else."""

DEFAULTS: Mapping[str, Any] = {
    "k": 10,
    "metric": "range",
    "features": "default",
    "weights": False,
    "min_shared": 6,
    "seed": 0,
    "representatives": False,
}
"""Options of `compute`."""


def encoded(
    models: Models,
    features: str = "default",
    metric: Variant = "range",
    weights: bool = False,
) -> tuple[NDArray[np.int64], Table]:
    """Return the rows of the configured models and their table.

    Parameters
    ----------
    models : Models
        Where they are.
    features : {"default", "reference", "training"}
        Fields compared.
    metric : {"range", "log-range", "pairwise-max"}
        Distance of two numbers; their ranges come from all configured models.
    weights : bool
        Whether fields weigh as the attribute table says.

    Returns
    -------
    rows : ndarray of int64, shape (m,)
        Row in `models` of each row of the table.
    table : Table
        Its ranges are those of all configured models, its representatives those of
        `modelkin.analysis.representatives`, its row key the id.
    """
    rows = np.flatnonzero(models.configured)
    frame = models.frame.iloc[rows]
    if features == "reference":
        flags = [derived(_plain(row)) for row in frame.to_dict("records")]
        frame = frame.assign(
            **{
                name: pd.Series([f[name] for f in flags], index=frame.index, dtype=object)
                for name in REFERENCE_FLAGS
            }
        )
    return rows, encode(frame, default_spec(features, metric, weights), priority(models)[rows])


def compute(inputs: Inputs) -> Result:
    """Find every model's nearest configurations and describe the graph of close ones.

    Parameters
    ----------
    inputs : Inputs
        Options: `DEFAULTS` ("k", "metric", "features", "weights", "min_shared", "seed",
        "representatives": write edges from one model of each configuration only).

    Returns
    -------
    Result
        Write-back "similar" with the feature set "default" only; tables for every set.
    """
    options = {name: inputs.options.get(name, value) for name, value in DEFAULTS.items()}
    study = _study(inputs, options)
    enough = study.known_enough
    found = study.neighbours.index[:, 0] >= 0 if study.rows.size else np.zeros(0, dtype=bool)
    component = inputs.forest.component[study.rows[found]]
    g, g_eff = effective(component)
    coverage = Coverage(
        (
            ("models with an edge or a configuration", inputs.models.n),
            ("configured", len(study.rows)),
            (f"at least {options['min_shared']} compared fields known", int(enough.sum())),
            ("with a neighbour", int(found.sum())),
        ),
        g,
        g_eff,
    )
    pairs = tables.neighbour_rows(study)
    return Result(
        "similarity",
        coverage,
        tables.every(study, coverage),
        figures.every(study, coverage),
        (WriteBack("similar", pairs, _told(study, pairs)),)
        if options["features"] == "default"
        else (),
        tables.findings(study, coverage, len(pairs)),
        options | {"thresholds": list(THRESHOLDS), "permutations": PERMUTATIONS},
    )


def _told(study: Study, pairs: pd.DataFrame) -> str:
    """Say how many edges from how many models were written."""
    sources = pairs["source"].nunique()
    return (
        f"{len(pairs):,} SIMILAR_TO edges from {sources:,} of {len(study.rows):,} configured models"
    )


def _study(inputs: Inputs, options: Mapping[str, Any]) -> Study:
    """Compute everything that tables and figures show."""
    models, min_shared = inputs.models, options["min_shared"]
    rows, table = encoded(models, options["features"], options["metric"], options["weights"])
    cost = estimate(table, options["k"], inputs.effort)
    about = f"{cost.pairs:,} pairs of {cost.configurations:,} configurations"
    inputs.effort.tell(f"{about}, about {cost.seconds:,.0f} s", 0, 0)
    found = nearest(table, options["k"], min_shared, effort=inputs.effort)
    kept = np.flatnonzero(table.known >= min_shared)
    kept = sample(kept, LARGEST_GRAPH, stream(options["seed"], "similarity", "graph"))
    graph_rows = np.flatnonzero(np.isin(table.configuration, kept))
    graph = table.take(graph_rows)
    nodes = graph_rows[graph.representative]
    close = closeness(graph, min_shared, effort=inputs.effort)
    place = np.full(table.n + 1, -1)  # the last is for rows of -1
    place[nodes] = np.arange(len(nodes))
    near = place[found.index[nodes]]
    shown, picture = _picture(graph, options)
    return Study(
        models=models,
        forest=inputs.forest,
        options=options,
        rows=rows,
        table=table,
        neighbours=found,
        nodes=rows[nodes],
        close=close,
        curves={unit: graph_curve(close, unit) for unit in ("models", "configurations")},
        reference=close.thresholds.index(REFERENCE_THRESHOLD),
        nearest_graph=nearest_graph(near),
        mixing=_mixing(inputs, rows[nodes], near, options["seed"]),
        comparison=_comparison(models, options),
        shown=rows[nodes[shown]],
        embedding=picture,
    )


def _mixing(
    inputs: Inputs, nodes: NDArray[np.int64], near: NDArray[np.int64], seed: int
) -> dict[str, Mixing]:
    """Return the assortativity of the graph of nearest configurations.

    Within one model_type there is one family, so that permuted families never move: only
    the lineage's component can be tested so.
    """
    frame = inputs.models.frame.iloc[nodes]
    i, slot = np.nonzero(near >= 0)
    ends = np.unique(np.sort(np.stack([i, near[i, slot]]), axis=0), axis=1)
    labels = {
        "component": inputs.forest.component[nodes],
        "family": frame["family"].to_numpy(dtype=object).astype(str),
    }
    return {
        label: mixing(
            (ends[0], ends[1]),
            values,
            kind_and_time(frame),
            stream(seed, "similarity", label),
            PERMUTATIONS,
        )
        for label, values in labels.items()
    }


def _picture(graph: Table, options: Mapping[str, Any]) -> tuple[NDArray[np.int64], Embedding]:
    """Return the configurations that can be drawn together, and their picture."""
    seed, min_shared = options["seed"], options["min_shared"]
    shown = complete_overlap(graph.present, min_shared)
    shown = sample(shown, LARGEST, stream(seed, "similarity", "shown"))
    drawn = graph.take(graph.representative[shown])
    return shown, embed(drawn, min_shared, stream(seed, "similarity", "picture"))


def _comparison(models: Models, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compare distances on configurations that know the same fields, numbers among them."""
    features, weights, seed = options["features"], options["weights"], options["seed"]
    by_metric = {m: encoded(models, features, m, weights)[1] for m in VARIANTS}
    table = by_metric["range"]  # numbers in their own units; configurations are the same in all
    min_shared, least = options["min_shared"], min(LEAST_NUMBERS, len(table.numbers))
    rows = complete_overlap(~np.isnan(table.numbers), least)
    rows = rows[complete_overlap(table.present[:, rows], min_shared)]
    rows = sample(rows, COMPARED, stream(seed, "similarity", "compared"))
    # the permutation test is on the first of them: in random order, they are a sample too
    rows = stream(seed, "similarity", "order").permutation(rows)
    found: dict[str, NDArray[np.float64]] = {
        name: matrix(other.take(other.representative[rows]), min_shared)[0]
        for name, other in by_metric.items()
    }
    scaled = standardised(table.numbers)[:, rows]
    found |= {name: numeric_matrix(scaled, name, least)[0] for name in METRICS}
    return compare(found, stream(seed, "similarity", "mantel"), PERMUTED, PERMUTATIONS)


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of a frame with None for what is missing."""
    return {
        str(name): None if not isinstance(value, list | tuple) and pd.isna(value) else value
        for name, value in row.items()
    }
