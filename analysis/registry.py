"""The registry of analyses: one entry drives the pipeline, the command line and the docs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelkin.analysis.inputs import Inputs
    from modelkin.analysis.result import Result


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis.

    Attributes
    ----------
    name : str
        Name of the command, of the run's kind, and of the folder of results.
    question : str
        What it answers, as a sentence.
    module : str
        Module of `modelkin.analysis` whose ``compute(inputs) -> Result`` does it.
    needs : tuple of str
        "configs", "edges", "forest", "ratings".
    writes : str
        What ``--write`` stores in the graph, "" for nothing.
    tables : tuple of str
        File stems that it gives.
    figures : mapping of str to tuple of str
        File stem of each picture -> names of its panels: ``<figure>.<panel>.csv`` holds what
        is drawn.
    """

    name: str
    question: str
    module: str
    needs: tuple[str, ...]
    writes: str
    tables: tuple[str, ...]
    figures: Mapping[str, tuple[str, ...]]

    def compute(self, inputs: Inputs) -> Result:
        """Run it; its module is imported now, not before."""
        result: Result = import_module(f"modelkin.analysis.{self.module}").compute(inputs)
        return result


ANALYSES: tuple[Analysis, ...] = (
    Analysis(
        "depth",
        "How deep do lineages go, and does the distance to the root grow with depth?",
        "depth",
        ("edges", "forest", "configs"),
        "component_id, root_id, n_roots, depths, n_children, n_descendants, :Root, "
        "is_representative, drift_to_root, accumulated_drift, created_delta_days",
        ("config_drift_by_depth", "depth_profile", "depth_slopes"),
        {"drift_by_depth": ("by_depth", "steps", "moved")},
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
        ("edges", "forest", "configs"),
        "SIMILAR_TO from every configured model to its nearest other configurations, each with "
        "whether the two are related",
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


def get(name: str) -> Analysis:
    """Return the analysis of this name."""
    return next(a for a in ANALYSES if a.name == name)
