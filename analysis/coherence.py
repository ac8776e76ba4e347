"""Coherence: whether members of a lineage are more alike than models of one kind and time.

Options: ``metric`` ("range"), ``min_shared`` (3), ``seed`` (0), ``permutations`` (1,999).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis import gower
from modelkin.analysis.chance import PERMUTATIONS, false_discovery, stream
from modelkin.analysis.coherence_figure import coherence_figure
from modelkin.analysis.coherence_null import MIN_MEMBERS, Comparison, compare, entries
from modelkin.analysis.distances import (
    Distances,
    Summary,
    configured_table,
    distances,
    farthest,
    summarise,
)
from modelkin.analysis.estimate import Estimate, spelled
from modelkin.analysis.forest import lineages
from modelkin.analysis.inputs import Inputs
from modelkin.analysis.intervals import counts_only, effective, over_components
from modelkin.analysis.result import Coverage, Result, Table
from modelkin.analysis.strata import codes, half_years
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
MIN_DESCENDANTS = 5
MIN_CONFIGURED = 5
LINEAGE_COLUMNS = [
    "root_id",
    "n_nodes",
    "n_descendants",
    "mean_similarity",
    "median_similarity",
    "family",
    "n_configured",
    "n_distinct",
    "n_pairs",
    "n_null",
    "low_quartile",
    "high_quartile",
    "distinct_mean_similarity",
    "distinct_median_similarity",
    "component_id",
]
EXCESS_HEAD = ["component_id", "main_root_id", "n_configured", "n_distinct", "n_different"]
AT_ONCE = 256
"""Lineages listed at a time: they overlap, so all together may be long."""


def compute(inputs: Inputs) -> Result:
    """Compute the similarity inside every lineage, and each component's excess over chance.

    Parameters
    ----------
    inputs : Inputs
        The graph; for options see the module.

    Returns
    -------
    Result
        Tables ``subgraph_similarity_stats`` (lineages of roots with at least 5 descendants
        and 5 configured members) and ``coherence_excess`` (components of at least 5
        different configurations); figure ``subgraph_similarity_analysis``.

    Notes
    -----
    Similarity is 1 - Gower distance over the feature set "default". Lineages overlap and
    copies make them coherent, so they are described, not tested. The test is on
    components and different configurations: see `modelkin.analysis.coherence_null`.
    """
    options = DEFAULTS | inputs.options
    rows = np.flatnonzero(inputs.models.configured)
    table = configured_table(inputs.models, gower.default_spec("default", options["metric"]))
    configured = table.take(rows)
    found = distances(configured, options["min_shared"])

    stats, steps = _lineage_table(inputs, found, rows)
    excess, scope = _excess_table(inputs, found, rows, options)
    tested = excess[excess["note"] == ""]
    most = farthest(options["metric"])
    n = int(tested["n_members"].sum())
    estimate, p = over_components(tested["excess"], n, (-most, most))
    whole = Coverage(steps, *effective(stats["component_id"]))
    of_excess = Coverage(scope, *effective(np.repeat(np.arange(len(tested)), tested["n_members"])))
    return Result(
        name="coherence",
        coverage=whole,
        tables=(
            Table(
                "subgraph_similarity_stats",
                stats,
                "One row: the lineage of a root, copies included; lineages overlap.",
                whole,
                main=True,
            ),
            Table(
                "coherence_excess",
                excess,
                "One row: a component's different configurations beside sets drawn from models "
                "of the same model_type and half-year.",
                of_excess,
            ),
        ),
        figures=(coherence_figure(stats, excess, estimate, (whole, of_excess), most),),
        findings=tuple(_findings(stats, excess, estimate, p, options["permutations"])),
        parameters=options,
    )


def _lineage_table(
    inputs: Inputs, found: Distances, rows: NDArray[np.int64]
) -> tuple[pd.DataFrame, tuple[tuple[str, int], ...]]:
    """Return one row for each large enough lineage, largest first, and the funnel to them."""
    models, forest = inputs.models, inputs.forest
    roots = np.flatnonzero(forest.is_root)
    large = roots[forest.n_descendants[roots] >= MIN_DESCENDANTS]
    place = np.full(models.n, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    told, enough = [], 0
    for first in range(0, len(large), AT_ONCE):
        some = large[first : first + AT_ONCE]
        start, members, size = lineages(models.n, inputs.edges, some, models.configured)
        for k, root in enumerate(some):
            inside = place[members[start[k] : start[k + 1]]]
            if len(inside) >= MIN_CONFIGURED:
                enough += 1
                told.append(_lineage_row(inputs, found, root, int(size[k]), inside))
    frame = pd.DataFrame(told, columns=LINEAGE_COLUMNS)
    frame = frame.sort_values(["n_nodes", "root_id"], ascending=[False, True])
    comparable = frame[frame["n_pairs"] > 0].reset_index(drop=True)
    steps = (
        ("roots", len(roots)),
        (f"≥ {MIN_DESCENDANTS} descendants", len(large)),
        (f"≥ {MIN_CONFIGURED} configured", enough),
        ("comparable pairs", len(comparable)),
    )
    return comparable, steps


def _lineage_row(
    inputs: Inputs, found: Distances, root: int, size: int, inside: NDArray[np.int64]
) -> dict[str, Any]:
    """Return the similarities of one lineage: over models, and over different configurations."""
    distinct = np.unique(found.table.configuration[inside])
    models = summarise(found, inside)
    return {
        "root_id": inputs.models.ids[root],
        "n_nodes": size,
        "n_descendants": size - 1,
        "n_configured": len(inside),
        "n_distinct": len(distinct),
        **_similarities(models, ""),
        "low_quartile": 1 - models.high,
        "high_quartile": 1 - models.low,
        "n_pairs": models.n_pairs,
        "n_null": models.n_null,
        **_similarities(summarise(found, found.table.representative[distinct]), "distinct_"),
        "family": inputs.models.frame["family"].iloc[root],
        "component_id": inputs.models.ids[inputs.forest.component[root]],
    }


def _similarities(found: Summary, prefix: str) -> dict[str, float]:
    """Return mean and median as similarities."""
    return {
        f"{prefix}mean_similarity": 1 - found.mean,
        f"{prefix}median_similarity": 1 - found.median,
    }


def _excess_table(
    inputs: Inputs, found: Distances, rows: NDArray[np.int64], options: dict[str, Any]
) -> tuple[pd.DataFrame, tuple[tuple[str, int], ...]]:
    """Return one row for each component of enough configurations, and the funnel to them."""
    frame = inputs.models.frame
    component = inputs.forest.component[rows]
    kind = codes(frame["model_type"])[rows]
    period = half_years(frame["created_at"].to_numpy(dtype="datetime64[ns]"))[rows]
    all_entries = entries(component, found.table.configuration, kind, period, found)
    names, n_different = np.unique(all_entries.component, return_counts=True)
    told = []
    for c, different in zip(names, n_different, strict=True):
        if different < MIN_MEMBERS:
            continue
        name = str(inputs.models.ids[c])
        rng = stream(options["seed"], "coherence", name)
        result = compare(all_entries, int(c), found, options["permutations"], rng)
        main_root = pd.Series(inputs.forest.root[rows[component == c]]).mode().iloc[0]
        head = {
            "component_id": name,
            "main_root_id": inputs.models.ids[main_root] if main_root >= 0 else None,
            "n_configured": int((component == c).sum()),
            "n_distinct": len(np.unique(found.table.configuration[component == c])),
            "n_different": int(different),
        }
        told.append(head | asdict(result))
    out = pd.DataFrame(told, columns=[*EXCESS_HEAD, *asdict(Comparison(0, 0))])
    out["p_adjusted"] = false_discovery(out["p"])
    out = out.sort_values(["n_different", "component_id"], ascending=[False, True])
    steps = (
        ("components with a configured model", len(names)),
        (f"≥ {MIN_MEMBERS} different configurations", len(out)),
        ("compared", int((out["note"] == "").sum())),
    )
    return out.reset_index(drop=True), steps


def _findings(
    stats: pd.DataFrame, excess: pd.DataFrame, estimate: Estimate, p: float, permutations: int
) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    yield (
        f"Lineages with ≥ {MIN_DESCENDANTS} descendants and ≥ {MIN_CONFIGURED} configured "
        f"members: {len(stats):,}."
    )
    if not counts_only(stats["component_id"].nunique(), len(stats)):
        middle, once = (
            stats[name].median() for name in ("mean_similarity", "distinct_mean_similarity")
        )
        yield (
            f"In the middle one of them the mean similarity of pairs is {spelled(middle)} with "
            f"copies and {spelled(once)} among different configurations."
        )
    tested = excess[excess["note"] == ""]
    left = len(excess) - len(tested)
    if tested.empty:
        yield (
            "No component can be compared with models of its kind and time: with "
            f"≥ {MIN_MEMBERS} different configurations: {len(excess)}, with enough others in the "
            "strata: none."
        )
        return
    significant = int((tested["p_adjusted"] < 0.05).sum())
    chance = f"; p = {p:.3g}" if p == p else ""
    yield (
        f"Excess similarity of the typical component: {estimate.told()}{chance}; without "
        f"comparison: {plural(left, 'component')}."
    )
    yield (
        f"Unlike {permutations:,} sets drawn: {significant} of "
        f"{plural(len(tested), 'component')}, drawn from their type and half-year "
        "(Benjamini-Hochberg, 0.05); "
        f"{int(tested['n_without_partner'].sum())} of their configurations had no stratum."
    )
