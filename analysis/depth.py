"""Depth: what the whole graph says of each model, and whether drift grows with depth.

Options: ``metric`` ("range"), ``min_shared`` (3), ``seed`` (0), ``permutations`` (1,999).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis import gower
from modelkin.analysis.chance import PERMUTATIONS, stream
from modelkin.analysis.depth_figure import depth_figure
from modelkin.analysis.depth_profile import profile_table, slope_table, slopes
from modelkin.analysis.distances import configured_table, farthest
from modelkin.analysis.estimate import Estimate, spelled
from modelkin.analysis.forest import along, main_path
from modelkin.analysis.inputs import Inputs
from modelkin.analysis.intervals import effective
from modelkin.analysis.representatives import representatives
from modelkin.analysis.result import Coverage, Result, Table, WriteBack
from modelkin.analysis.strata import FIRST_DAY
from modelkin.errors import plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULTS: dict[str, Any] = {
    "metric": "range",
    "min_shared": 3,
    "seed": 0,
    "permutations": PERMUTATIONS,
}
"""Options, each overridden by `Inputs.options`."""


def compute(inputs: Inputs) -> Result:
    """Compute everything that needs the whole graph, and drift by depth.

    Parameters
    ----------
    inputs : Inputs
        The graph; for options see the module.

    Returns
    -------
    Result
        Tables ``config_drift_by_depth`` (each model once), ``depth_profile``,
        ``depth_slopes``; figure ``drift_by_depth``; write-backs for all models and edges.

    Notes
    -----
    The depth of a model is counted from its *origin*: the top of the unbroken run of
    configured models above it on its main path, often but not always the root. A run ends at
    an edge that claims a merge, so origin and model lie in one component. *Displacement*
    (distance origin → model) and *accumulated drift* (sum of the steps) are kept apart.
    """
    options = DEFAULTS | inputs.options
    table = configured_table(inputs.models, gower.default_spec("default", options["metric"]))
    nodes, steps = _node_table(inputs, table, options["min_shared"])
    coverage = Coverage(steps, *effective(nodes["component_id"]))
    profile = profile_table(nodes, farthest(options["metric"]))
    by_component = slope_table(nodes)
    models = _model_frame(inputs, table, options["min_shared"])
    edges = _edge_frame(inputs)
    rng = stream(options["seed"], "depth")
    slope, p = slopes(nodes, by_component, options["permutations"], rng)
    return Result(
        name="depth",
        coverage=coverage,
        tables=(
            Table(
                "depth_profile",
                profile,
                "One row: a depth, in configured hops from the origin.",
                coverage,
                main=True,
            ),
            Table(
                "config_drift_by_depth",
                nodes.drop(columns=["node", "parent"]),
                "One row: a model, how deep it lies and how far from its origin.",
                coverage,
            ),
            Table(
                "depth_slopes",
                by_component,
                "One row: a component with at least two depths of three models each.",
                coverage,
            ),
        ),
        figures=(depth_figure(profile, slope, coverage),),
        writes=(
            WriteBack("model", models, _told_of_models(models)),
            WriteBack("edge", edges, _told_of_edges(edges)),
        ),
        findings=tuple(
            _findings(
                inputs, profile, models["accumulated_drift"], slope, p, options["permutations"]
            )
        ),
        parameters=options,
    )


def _model_frame(inputs: Inputs, table: gower.Table, min_shared: int) -> pd.DataFrame:
    """Return what belongs on every model: lineage where it has an edge, else missing.

    ``drift_to_root`` is the distance to the root if both are configured, 0 at the root;
    ``accumulated_drift`` is missing from the first hop of the main path that has no drift.
    """
    models, forest = inputs.models, inputs.forest
    rows = np.arange(models.n)
    related = forest.root >= 0
    up = main_path(forest.main_parent, forest.root)
    root = np.where(related, forest.root, rows)
    to_root = _between(inputs, table, root, rows, min_shared)
    step = np.where(up < 0, _at_top(inputs), _between(inputs, table, up, rows, min_shared))

    def known(values: NDArray[np.int64], mask: NDArray[np.bool_]) -> Any:
        return pd.array(np.where(mask, values, np.nan), dtype="Int64")

    def ids(values: NDArray[np.int64]) -> NDArray[np.object_]:
        names = models.ids[np.maximum(values, 0)].astype(object)
        names[~related] = None
        return names

    return pd.DataFrame(
        {
            "row": rows,
            "component_id": ids(forest.component),
            "root_id": ids(forest.root),
            "n_roots": known(forest.n_roots, related),
            "depth_min": known(forest.depth_min, forest.depth_min >= 0),
            "depth_max": known(forest.depth_max, forest.depth_max >= 0),
            "configured_hops": known(forest.configured_hops, related),
            "n_children": known(forest.n_children, related),
            "n_descendants": known(forest.n_descendants, related),
            "is_representative": pd.arrays.BooleanArray(
                representatives(models), ~models.configured
            ),
            "drift_to_root": np.where(related, to_root, np.nan),
            "accumulated_drift": np.where(related, along(up, step), np.nan),
        }
    )


def _told_of_models(frame: pd.DataFrame) -> str:
    """Say of how many models what was written."""
    related = int(frame["component_id"].notna().sum())
    to_root = int(frame["drift_to_root"].notna().sum())
    return (
        f"lineage (roots, depths, descendants) of {related:,} models with a relative, "
        f"drift_to_root of {to_root:,} of them"
    )


def _told_of_edges(frame: pd.DataFrame) -> str:
    """Say of how many edges what was written."""
    known = int(frame["created_delta_days"].notna().sum())
    return f"created_delta_days of {known:,} of {len(frame):,} edges"


def _at_top(inputs: Inputs) -> NDArray[np.float64]:
    """Drift of a model to itself: 0, missing where it is not configured."""
    return np.where(inputs.models.configured, 0.0, np.nan)


def _between(
    inputs: Inputs,
    table: gower.Table,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    min_shared: int,
) -> NDArray[np.float64]:
    """Distance of pairs of rows where both are there (≥ 0) and configured, else NaN."""
    configured = inputs.models.configured
    both = (first >= 0) & (second >= 0) & configured[first] & configured[second]
    distance = np.full(len(first), np.nan)
    distance[both] = gower.pairs(table, first[both], second[both], min_shared)[0]
    distance[both & (first == second)] = 0.0
    return distance


def _edge_frame(inputs: Inputs) -> pd.DataFrame:
    """Return for every edge the whole days from the parent's date to the child's.

    Missing for self-loops, unknown dates, and dates up to 2022-03-02, which only say "on or
    before".
    """
    edges = inputs.edges
    created = inputs.models.frame["created_at"].to_numpy(dtype="datetime64[ns]")
    known = ~np.isnat(created) & (created.astype("datetime64[D]") > FIRST_DAY)
    both = known[edges.parent] & known[edges.child] & ~edges.is_loop
    days = np.full(edges.n, np.nan)
    span = created[edges.child[both]] - created[edges.parent[both]]
    days[both] = np.floor(span / np.timedelta64(1, "D"))
    return pd.DataFrame(
        {
            "parent": edges.parent,
            "child": edges.child,
            "created_delta_days": pd.array(days, dtype="Int64"),
        }
    )


def _node_table(
    inputs: Inputs, table: gower.Table, min_shared: int
) -> tuple[pd.DataFrame, tuple[tuple[str, int], ...]]:
    """Return each model below an origin once, and the funnel to them."""
    models, forest = inputs.models, inputs.forest
    rows, configured = np.arange(models.n), models.configured
    up = main_path(forest.main_parent, forest.root)
    merged, relation = _main_edges(inputs, up)
    below = (up >= 0) & configured & configured[up] & ~merged
    run = np.where(below, up, -1)
    origin = along(run, rows, lambda lower, upper: upper)
    depth = along(run, below.astype(np.int64))
    step = np.where(below, _between(inputs, table, run, rows, min_shared), 0.0)
    distance, n_compared = gower.pairs(table, origin, rows, min_shared)
    used = np.flatnonzero(below & ~np.isnan(distance))
    to_root = _between(inputs, table, np.where(up >= 0, forest.root, -1), rows, min_shared)
    frame = pd.DataFrame(
        {
            "root_id": models.ids[forest.root[used]],
            "origin_id": models.ids[origin[used]],
            "node_id": models.ids[used],
            "depth": depth[used],
            "drift_to_origin": distance[used],
            "accumulated_drift": along(run, step)[used],
            "path_length": along(up, (up >= 0).astype(np.int64))[used],
            "drift_to_root": to_root[used],
            "n_compared": n_compared[used],
            "relation": relation[used],
            "component_id": models.ids[forest.component[used]],
            "node": used,
            "parent": run[used],
        }
    )
    steps = (
        ("models with a parent", int((up >= 0).sum())),
        ("configured", int(((up >= 0) & configured).sum())),
        ("configured main parent, no merge", int(below.sum())),
        (f"≥ {min_shared} fields shared with the origin", len(used)),
    )
    return frame.sort_values(["root_id", "depth", "node_id"], ignore_index=True), steps


def _main_edges(
    inputs: Inputs, up: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Whether the edge from each model's main parent claims a merge, and its relation."""
    edges = inputs.edges
    main = (up[edges.child] == edges.parent) & ~edges.is_loop
    merged = np.zeros(inputs.models.n, dtype=bool)
    merged[edges.child[main]] = edges.having("merge")[main]
    relation = np.full(inputs.models.n, None, dtype=object)
    relation[edges.child[main]] = edges.relation[main]
    return merged, relation


def _findings(
    inputs: Inputs,
    profile: pd.DataFrame,
    accumulated: pd.Series[float],
    slope: Estimate,
    p: float,
    permutations: int,
) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    forest = inputs.forest
    related = forest.root >= 0
    n = int(related.sum())
    if not n:
        yield "No model has a parent or a child."
        return
    yield (
        f"With a relative: {plural(n, 'model')}; {plural(int(forest.is_root.sum()), 'root')}, "
        f"{plural(len(np.unique(forest.component[related])), 'component')}; with several roots "
        f"above: {plural(int((forest.n_roots > 1).sum()), 'model')}; longest path: "
        f"{plural(int(forest.depth_max.max(initial=0)), 'hop')}."
    )
    below = inputs.models.configured & related & ~forest.is_root
    summed = int(accumulated.notna().to_numpy()[below].sum())
    yield (
        f"Of {plural(int(below.sum()), 'configured model')} below a root, at least one "
        f"configured hop below an origin: {int(profile['n'].sum()):,}; with an accumulated drift "
        f"(no gap on the whole way to the root): {summed:,}."
    )
    for _, row in profile[profile["step_note"].eq("") & (profile["depth"] > 1)].iterrows():
        step = spelled(row["step_value"], row["step_low"], row["step_high"])
        yield (
            f"From depth {row['depth'] - 1} to {row['depth']} on the same lineages the distance "
            f"to the origin changes by {step} (n = {row['step_n']:,}, "
            f"G = {row['step_components']})."
        )
    chance = "" if p != p else f"; p = {p:.3g} over {permutations:,} permutations of depths"
    yield f"Slope of distance on depth inside the typical component: {slope.told()}{chance}."
