"""The registry of analyses: one entry drives the pipeline, the command line and the docs.

`MEASURES` are those with commands and write-backs of their own; `STUDIES` read only. To add
one, write its module and add its entry here, or in `modelkin.analysis.studies`
(CONTRIBUTING.md).
"""

from __future__ import annotations

from modelkin.analysis.entry import Analysis
from modelkin.analysis.studies import STUDIES
from modelkin.errors import UserError

__all__ = ["ANALYSES", "MEASURES", "STUDIES", "Analysis", "get"]

MEASURES: tuple[Analysis, ...] = (
    Analysis(
        "depth",
        "How deep do lineages go, and does the distance to the root grow with depth?",
        "depth",
        ("edges", "forest", "configs"),
        "component_id, root_id, n_roots, depths, n_children, n_descendants, :Root, "
        "is_representative, drift_to_root, accumulated_drift, created_delta_days",
        ("config_drift_by_depth", "depth_profile", "depth_slopes"),
        {"drift_by_depth": ("by_depth", "steps", "models")},
    ),
    Analysis(
        "drift",
        "How far does a child's configuration lie from its parent's?",
        "drift",
        ("edges", "forest", "configs"),
        "drift, n_compared, n_changed, changed on PARENT_OF",
        (
            "config_drift_pairs",
            "drift_by_relation",
            "drift_contrasts",
            "drift_by_family",
            "drift_within_between",
            "drift_scale",
        ),
        {
            "config_drift_analysis": (
                "pairs_that_differ",
                "share_up_to_drift",
                "by_relation",
                "within_families",
                "by_family",
                "beside_random",
            )
        },
    ),
    Analysis(
        "mutations",
        "Which attributes change along which relation, how often, and which way?",
        "mutations",
        ("edges", "forest", "configs"),
        "",
        (
            "config_mutation_rates",
            "mutations_by_relation",
            "mutation_contrasts",
            "mutation_transitions",
            "mutation_direction",
        ),
        {"mutational_landscape": ("rates_by_relation", "rates", "by_type")},
    ),
    Analysis(
        "coherence",
        "Are the members of a lineage more alike than models of one kind and time?",
        "coherence",
        ("edges", "forest", "configs"),
        "",
        ("subgraph_similarity_stats", "coherence_excess"),
        {"subgraph_similarity_analysis": ("lineages", "by_family", "excess")},
    ),
    Analysis(
        "similarity",
        "Which models are alike, related or not?",
        "similarity",
        ("configs",),
        "SIMILAR_TO from every configured model to its nearest other configurations",
        (
            "config_similarity_summary",
            "config_similarity_neighbours",
            "config_similarity_thresholds",
            "config_similarity_assortativity",
            "config_similarity_metrics",
            "config_similarity_copies",
            "config_similarity_embedding",
        ),
        {
            "config_similarity_embedding": ("configurations",),
            "similarity_graph": (
                "density",
                "average_degree",
                "components",
                "largest_component",
                "clustering",
                "degrees",
            ),
            "similarity_metrics_comparison": ("rank_correlation", "top10_overlap"),
        },
    ),
)

"""Measures with a command of their own; `analyze` gives the same files."""

ANALYSES: tuple[Analysis, ...] = MEASURES + STUDIES


def get(name: str) -> Analysis:
    """Return the analysis of this name.

    Raises
    ------
    UserError
        There is none.
    """
    for analysis in ANALYSES:
        if analysis.name == name:
            return analysis
    names = ", ".join(a.name for a in ANALYSES)
    raise UserError(f"No analysis {name!r}", fix=f"Choose from {names}.")
