"""Tables and sentences of the similarity analysis."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.embedding import LEAST
from modelkin.analysis.kinship import related
from modelkin.analysis.result import Coverage, Table
from modelkin.errors import plural

if TYPE_CHECKING:
    from modelkin.analysis.similarity_study import Study


def every(study: Study, coverage: Coverage) -> tuple[Table, ...]:
    """Return all tables, the summary first."""
    threshold = study.close.thresholds[study.reference]
    graph = Coverage(
        (*coverage.steps[:3], ("distinct configurations of them", len(study.nodes))),
        coverage.n_components,
        coverage.n_effective,
    )
    parts = (
        ("summary", summary(study), graph,
         f"The graph of pairs closer than {threshold:g}, over models and over configurations."),
        ("neighbours", _named(study, neighbour_rows(study)), coverage,
         "A configured model and one of its nearest other configurations, nearest first."),
        ("thresholds", thresholds(study), graph,
         "The graph at one threshold; without threshold: of the nearest configurations."),
        ("assortativity", assortativity(study), graph,
         "How often nearest configurations carry one label, beside labels permuted within "
         "model_type × half-year."),
        ("metrics", pd.DataFrame(study.comparison), graph,
         "Agreement of two distances on configurations that know the same fields."),
        ("embedding", picture(study), graph,
         "How much of the distances the picture shows, beside pictures of permuted fields."),
        ("copies", copies(study), coverage, "A configuration that several models have."),
    )  # fmt: skip
    return tuple(
        Table(f"config_similarity_{name}", frame, about, used, main=name == "summary")
        for name, frame, used, about in parts
    )


def neighbour_rows(study: Study) -> pd.DataFrame:
    """Return the edges that belong in the graph, as rows of models.

    Returns
    -------
    DataFrame
        ``source``, ``target`` (rows), ``distance``, ``similarity`` (1 - distance), ``rank``
        (from 1), ``n_compared``, ``related`` (`modelkin.analysis.kinship.related`); by source,
        then rank.
    """
    found = study.neighbours
    there = found.index >= 0
    if study.options["representatives"]:
        stands = np.zeros(study.table.n, dtype=bool)
        stands[study.table.representative] = True
        there &= stands[:, None]
    near, slot = np.nonzero(there)
    distance = found.distance[near, slot]
    source, target = study.rows[near], study.rows[found.index[near, slot]]
    return pd.DataFrame(
        {
            "source": source,
            "target": target,
            "distance": distance,
            "similarity": 1.0 - distance,
            "rank": slot + 1,
            "n_compared": found.n_compared[near, slot],
            "related": related(study.edges, study.models.n, source, target),
        }
    )


def summary(study: Study) -> pd.DataFrame:
    """Return the reference's summary, over models and over distinct configurations."""
    rows = []
    for unit, curve in study.curves.items():
        graph = curve[study.reference]
        rows.append(
            {
                "unit": unit,
                "n_models": len(study.rows),
                "n_features": study.table.n_fields,
                "n_nodes": graph.nodes,
                "n_edges": graph.edges,
                "similarity_threshold": study.close.thresholds[study.reference],
                "mean_distance": study.close.mean[unit],
                "median_distance": study.close.median[unit],
                "n_pairs": graph.nodes * (graph.nodes - 1) // 2,
                "n_comparable": graph.comparable,
                "density": graph.density,
                "average_degree": graph.average_degree,
                "n_components": graph.components,
                "largest_component": graph.largest,
                "clustering": graph.clustering,
            }
        )
    return pd.DataFrame(rows)


def thresholds(study: Study) -> pd.DataFrame:
    """Return the statistics of every graph."""
    rows: list[dict[str, Any]] = []
    for unit, curve in study.curves.items():
        for threshold, graph in zip(study.close.thresholds, curve, strict=True):
            rows.append(
                {"unit": unit, "graph": "threshold", "threshold": threshold} | asdict(graph)
            )
    nearest = asdict(study.nearest_graph) | {"comparable": None}
    rows.append({"unit": "configurations", "graph": "k nearest", "threshold": None} | nearest)
    frame = pd.DataFrame(rows).rename(
        columns={"nodes": "n_nodes", "edges": "n_edges", "comparable": "n_comparable",
                 "components": "n_components", "largest": "largest_component"}
    )  # fmt: skip
    return frame.astype({"n_comparable": "Int64", "threshold": float})


def assortativity(study: Study) -> pd.DataFrame:
    """Return the assortativity of the graph of nearest configurations by each label."""
    return pd.DataFrame([{"label": label} | asdict(m) for label, m in study.mixing.items()])


def picture(study: Study) -> pd.DataFrame:
    """Return how good the picture is, to six digits: an iteration differs beyond them."""
    found = study.embedding
    frame = pd.DataFrame(
        [
            {
                "n_configurations": len(study.shown),
                "variance_share": found.share,
                "variance_share_permuted": found.permuted_share,
                "stress": found.stress,
                "stress_permuted": found.permuted_stress,
                "trustworthiness_at_10": found.trustworthiness,
            }
        ]
    )
    if len(study.shown) < LEAST:
        frame.iloc[:, 1:] = np.nan
    return frame.round(6)


def copies(study: Study) -> pd.DataFrame:
    """Return the configurations of more than one model, the most copied first."""
    table, frame = study.table, study.models.frame.iloc[study.rows]
    groups = (
        pd.DataFrame(
            {
                "configuration": table.configuration,
                "organization": frame["organization"].to_numpy(dtype=object),
                "component": study.forest.component[study.rows],
            }
        )
        .groupby("configuration")
        .agg(
            n_models=("component", "size"),
            n_organizations=("organization", "nunique"),
            n_components=("component", "nunique"),
        )
    )
    stands = study.rows[table.representative[groups.index]]
    groups.insert(0, "representative", study.models.ids[stands])
    groups["family"] = study.models.frame["family"].to_numpy(dtype=object)[stands]
    groups["n_known_fields"] = table.known[groups.index]
    several = groups[groups["n_models"] > 1]
    return several.sort_values(["n_models", "representative"], ascending=[False, True]).reset_index(
        drop=True
    )


def findings(study: Study, coverage: Coverage, n_edges: int) -> tuple[str, ...]:
    """Return what was found, in sentences with their n."""
    scope, few = len(study.rows), len(study.rows) - coverage.steps[2][1]
    if not scope:
        return ("no model is configured: nothing can be compared",)
    alone = coverage.steps[2][1] - coverage.n_used
    u, least = study.table.n_configurations, study.options["min_shared"]
    without = [
        f"{n:,} {words}"
        for n, words in (
            (few, f"know fewer than {least} of {study.table.n_fields} compared fields"),
            (alone, f"share fewer than {least} with any other"),
        )
        if n
    ]
    from_whom = "the representatives of " if study.options["representatives"] else ""
    said = [
        f"{n_edges:,} pairs of nearest configurations from {from_whom}{coverage.n_used:,} of "
        f"{scope:,} configured models" + (f"; {' and '.join(without)}" if without else ""),
        f"{plural(scope, 'configured model')}, {plural(u, 'distinct configuration')}; the "
        f"largest group of copies holds {int(study.table.copies.max()):,}",
    ]
    graph = study.curves["configurations"][study.reference]
    if graph.comparable:
        said.append(
            f"below {study.close.thresholds[study.reference]:g} lie {graph.edges:,} of "
            f"{graph.comparable:,} comparable pairs of {graph.nodes:,} configurations "
            f"({graph.density:.1%}): {graph.components:,} connected "
            f"{'component' if graph.components == 1 else 'components'}"
        )
    said.extend(_mixing_sentence(study))
    said.extend(_metric_sentence(study))
    return tuple(said)


def _mixing_sentence(study: Study) -> list[str]:
    """Say whether nearest configurations lie in one component of the lineage."""
    mixed = study.mixing["component"]
    partners = mixed.n_nodes - mixed.n_no_partner
    if np.isnan(mixed.coefficient) or mixed.n_nodes < LEAST:
        return []
    head = (
        "nearest configurations lie in one lineage component: assortativity "
        f"{mixed.coefficient:.3f}"
    )
    if np.isnan(mixed.p):
        return [
            f"{head}; no test, as {partners:,} of {mixed.n_nodes:,} configurations have a partner "
            "of their model_type and half-year (half of them are needed)"
        ]
    return [
        f"{head}, {mixed.expected:.3f} by chance within model_type × half-year (p = {mixed.p:.3g}, "
        f"{mixed.permutations:,} permutations; {mixed.n_no_partner:,} of {mixed.n_nodes:,} "
        "configurations without a partner)"
    ]


def _metric_sentence(study: Study) -> list[str]:
    """Say how far the reference's distance agrees with Gower's."""
    for pair in study.comparison:
        named = (pair["metric_a"], pair["metric_b"])
        if named == ("range", "pairwise-max") and pair["n_configurations"] >= LEAST:
            return [
                "Gower's distance and the reference's rank pairs alike to "
                f"{pair['rank_correlation']:.2f} and share {pair['top10_overlap']:.0%} of the ten "
                f"nearest ({pair['n_configurations']:,} configurations)"
            ]
    return []


def _named(study: Study, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs with ids instead of rows."""
    ids = study.models.ids
    return pairs.assign(source=ids[pairs["source"]], target=ids[pairs["target"]])
