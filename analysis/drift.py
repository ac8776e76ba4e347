"""Drift: how far a child's configuration lies from its parent's, on every declared pair.

Options: ``metric`` (distance variant, "range"), ``features`` ("default"), ``weights`` (False),
``min_shared`` (3), ``relations`` (filter of the report, by membership; never of what is
written). Drift is written to the graph over the feature set "default" only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis import gower
from modelkin.analysis.distances import configured_table
from modelkin.analysis.drift_figure import drift_figure
from modelkin.analysis.drift_tables import (
    Drifts,
    contrast_table,
    describe,
    drifts,
    family_table,
    relation_table,
    scale_table,
    within_table,
)
from modelkin.analysis.estimate import spelled
from modelkin.analysis.inputs import Inputs
from modelkin.analysis.intervals import MIN_COMPONENTS
from modelkin.analysis.pairs import configured_pairs, relation_names
from modelkin.analysis.result import Coverage, Result, Table, WriteBack
from modelkin.schema.families import OTHER, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULTS: dict[str, Any] = {
    "metric": "range",
    "features": "default",
    "weights": False,
    "min_shared": 3,
    "relations": (),
}
"""Options, each overridden by `Inputs.options`."""
NEIGHBOURS_SHARED = 6
"""Shared fields that nearest neighbours ask for: told beside the funnel."""


def compute(inputs: Inputs) -> Result:
    """Compute drift on all declared pairs and summarise it by relation and family.

    Parameters
    ----------
    inputs : Inputs
        The graph; for options see the module.

    Returns
    -------
    Result
        Tables ``config_drift_pairs``, ``drift_by_relation``, ``drift_contrasts``,
        ``drift_by_family``, ``drift_within_between``, ``drift_scale``; figure
        ``config_drift_analysis``; one write-back for all edges (feature set "default").

    Notes
    -----
    Merge edges stand apart: a merge has several parents. Intervals are those of
    `modelkin.analysis.intervals` over components; families count distinct parents.
    """
    options = DEFAULTS | inputs.options
    least, relations = options["min_shared"], options["relations"]
    spec = gower.default_spec(options["features"], options["metric"], options["weights"])
    table = configured_table(inputs.models, spec)
    found = drifts(inputs, configured_pairs(inputs, relations), table, least)
    used = found.is_used
    coverage = found.pairs.coverage(used, (f"≥ {least} shared fields", int(used.sum())))

    frame = _pair_table(inputs, found)
    by_relation = relation_table(inputs, found, table, least)
    by_family = family_table(frame, found.farthest)
    within = within_table(frame, found.farthest)
    contrasts = contrast_table(found)
    scale = scale_table(inputs, found, table, least)
    made = (
        ("drift_by_relation", by_relation, "drift of a relation, and repeated on stricter subsets"),
        ("config_drift_pairs", frame, "a declared pair, configured at both ends"),
        ("drift_within_between", within, "pairs inside one architecture family or across two"),
        ("drift_contrasts", contrasts, "two relations, compared inside components that have both"),
        ("drift_by_family", by_family, "a parent's family (merges left out); G is its parents"),
        ("drift_scale", scale, "drift beside random pairs of one model type and half-year"),
    )
    tables = tuple(
        Table(name, part, f"One row: {about}.", coverage, main=k == 0)
        for k, (name, part, about) in enumerate(made)
    )
    writes: tuple[WriteBack, ...] = ()
    if options["features"] == "default":
        whole = found if not relations else drifts(inputs, configured_pairs(inputs), table, least)
        writes = (_write_back(inputs, whole),)
    return Result(
        name="drift",
        coverage=coverage,
        tables=tables,
        figures=(drift_figure(frame, by_relation, within, by_family, scale, coverage),),
        writes=writes,
        findings=tuple(_findings(found, by_relation, by_family, scale, coverage)),
        parameters=options,
    )


def _write_back(inputs: Inputs, found: Drifts) -> WriteBack:
    """Return what belongs on the edges, with how many of them get it."""
    n, with_drift = found.pairs.n, int(found.is_used.sum())
    about = f"drift of {with_drift:,} of {inputs.edges.n:,} edges"
    if n > with_drift:
        about += f" (n_changed without drift on {n - with_drift:,} that share too few fields)"
    return WriteBack("edge", _write_frame(inputs, found), about)


def _write_frame(inputs: Inputs, found: Drifts) -> pd.DataFrame:
    """Return drift, n_compared, n_changed and changed of every edge, missing where unknown.

    Self-loops and pairs not configured at both ends have none of them; a pair below
    min_shared has everything but the drift.
    """
    n = inputs.edges.n
    drift, compared, count = (np.full(n, np.nan) for _ in range(3))
    changed = np.full(n, None, dtype=object)
    edge = found.pairs.edge
    drift[edge], compared[edge], count[edge] = (
        found.drift,
        found.n_compared,
        found.changed.sum(axis=1),
    )
    for e, names in zip(edge, found.changed_names(), strict=True):
        changed[e] = names
    return pd.DataFrame(
        {
            "parent": inputs.edges.parent,
            "child": inputs.edges.child,
            "drift": drift,
            "n_compared": pd.array(compared, dtype="Int64"),
            "n_changed": pd.array(count, dtype="Int64"),
            "changed": changed,
        }
    )


def _pair_table(inputs: Inputs, found: Drifts) -> pd.DataFrame:
    """Return one row for each pair with a drift, by (parent_id, child_id)."""
    pairs, models = found.pairs, inputs.models
    family = models.frame["family"].to_numpy()
    kind = models.frame["model_type"].to_numpy()
    frame = pd.DataFrame(
        {
            "parent_id": models.ids[pairs.parent],
            "child_id": models.ids[pairs.child],
            "drift": found.drift,
            "similarity": 1 - found.drift,
            "parent_family": family[pairs.parent],
            "child_family": family[pairs.child],
            "same_family": _same_family(
                family[pairs.parent],
                family[pairs.child],
                kind[pairs.parent] == kind[pairs.child],
            ),
            "relation": inputs.edges.relation[pairs.edge],
            "relations": relation_names(pairs.bits),
            "n_compared": found.n_compared,
            "n_changed": found.changed.sum(axis=1),
            "changed": [";".join(names) for names in found.changed_names()],
            "component_id": models.ids[pairs.component],
        }
    )
    return frame[found.is_used].reset_index(drop=True)


def _same_family(
    first: NDArray[np.object_], second: NDArray[np.object_], same_type: NDArray[np.bool_]
) -> pd.arrays.BooleanArray:
    """Say whether two models are of one family; NA where that is not known.

    Two types outside the families' table ("Other") are one family only if they are equal.
    """
    unknown = (first == UNKNOWN) | (second == UNKNOWN)
    unknown |= (first == OTHER) & (second == OTHER) & ~same_type.astype(bool)
    same = np.asarray(first == second, dtype=bool)
    return pd.arrays.BooleanArray(same, np.asarray(unknown, dtype=bool))


def _findings(
    found: Drifts,
    by_relation: pd.DataFrame,
    by_family: pd.DataFrame,
    scale: pd.DataFrame,
    coverage: Coverage,
) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    n, many = coverage.n_used, int((found.is_used & (found.n_compared >= NEIGHBOURS_SHARED)).sum())
    yield (
        f"Pairs with a drift: {n:,} of {coverage.n_scope:,} declared; sharing "
        f"≥ {NEIGHBOURS_SHARED} fields: {many:,}. Self-loops, apart: {found.pairs.n_loops:,}."
    )
    for _, row in by_relation.iterrows():
        if row["subset"] == "all":
            yield f"Drift, {row['relation']}: {describe(row, 'drift_')}."
    for _, row in scale[scale["note"] == ""].iterrows():
        yield (
            f"Random pairs of one {row['strata']} lie {spelled(row['mean_random_distance'])} "
            f"apart, parent and child {spelled(row['mean_drift'])} (n = {row['n']:,} pairs)."
        )
    if len(by_family):
        thin = int(by_family["thin"].sum())
        yield (
            f"Families with ≥ {MIN_COMPONENTS} parents: {len(by_family) - thin}; with fewer, "
            f"listed without interval: {thin}."
        )
