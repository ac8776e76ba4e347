"""The registry of analyses: one entry drives the pipeline, the command line and the docs.

`MEASURES` are those with commands and write-backs of their own; `STUDIES` read only. To add
one, write its module and add its entry here (CONTRIBUTING.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from modelkin.errors import UserError

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

    def options(self, **asked: Any) -> dict[str, Any]:
        """Return its options with those asked for that it has; others are not its own."""
        own: Mapping[str, Any] = import_module(f"modelkin.analysis.{self.module}").DEFAULTS
        return {name: asked.get(name, value) for name, value in own.items()}


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

STUDIES: tuple[Analysis, ...] = (
    Analysis(
        "summary",
        "What is in the graph, on one page?",
        "summary",
        ("configs",),
        "",
        ("quick_summary",),
        (),
    ),
    Analysis(
        "contributors",
        "Who publishes configurations, and which features do theirs have?",
        "contributors",
        ("configs",),
        "",
        (
            "contributors",
            "summary_stats",
            "contributor_features",
            "feature_adoption",
            "model_families",
            "model_types",
            "size_context_distribution",
            "numeric_summary",
        ),
        (
            "top_contributors",
            "feature_adoption",
            "model_families",
            "size_context_distribution",
            "feature_adoption_by_org",
            "model_types",
        ),
    ),
    Analysis(
        "parameters",
        "Which widths, depths, vocabularies and contexts are common, and what goes together?",
        "parameters",
        ("configs", "forest"),
        "",
        (
            "parameter_quantiles",
            "parameter_top_values",
            "parameter_correlations",
            "parameter_outliers",
        ),
        (
            "hidden_size_dist",
            "num_layers_dist",
            "vocab_size_dist",
            "context_length_dist",
            "attention_heads_dist",
            "rope_theta_dist",
            "parameter_correlations",
            "scaling_relationships",
            "head_dim_gqa",
            "parameter_dashboard",
        ),
    ),
    Analysis(
        "families",
        "How do families of architectures differ, and how did they change over time?",
        "families",
        ("configs", "forest"),
        "",
        (
            "family_summary",
            "family_features",
            "family_standardised",
            "family_contrasts",
            "family_other_types",
            "family_by_month",
            "family_trends",
        ),
        (
            "hidden_size_by_family",
            "layers_by_family",
            "feature_adoption_by_family",
            "context_by_family",
            "gqa_ratio_by_family",
            "family_comparison_dashboard",
            "deepseek_mistral_llama_comparison",
            "family_adoption_over_time",
            "parameter_trends_over_time",
            "feature_adoption_over_time",
            "family_monthly_heatmap",
        ),
    ),
    Analysis(
        "experts",
        "How many models are mixtures of experts, of which shape, and how do they differ?",
        "experts",
        ("configs", "forest"),
        "",
        (
            "moe_summary",
            "moe_adoption",
            "moe_models",
            "moe_values",
            "moe_configurations",
            "moe_by_organization",
            "moe_vs_dense",
        ),
        (
            "moe_adoption",
            "most_common_expert_counts",
            "routed_experts_histogram",
            "experts_per_token",
            "expert_utilization",
            "moe_by_organization",
            "moe_vs_dense_comparison",
            "moe_configurations",
        ),
    ),
    Analysis(
        "attention",
        "Which kinds of attention, head widths, rotary codes and contexts do models have?",
        "attention",
        ("configs", "forest"),
        "",
        (
            "attention_summary",
            "attention_kinds",
            "gqa_ratios",
            "context_classes",
            "rope_thetas",
            "rope_scaling_types",
            "head_dimensions",
            "context_per_layer",
        ),
        (
            "context_length_analysis",
            "gqa_analysis",
            "rope_scaling_types",
            "head_dimension_analysis",
            "attention_relationships",
            "context_per_layer",
        ),
    ),
    Analysis(
        "adoption",
        "Did a feature spread among new models, how fast, and how far?",
        "adoption",
        ("configs", "forest"),
        "",
        (
            "adoption_curves",
            "adoption_by_month",
            "adoption_standardised",
            "adoption_differences",
        ),
        (
            "scurve_dtype_adoption",
            "scurve_context_length",
            "scurve_gqa_adoption",
            "scurve_transformers_version",
            "scurve_gqa_by_task",
            "scurve_comprehensive",
            "scurve_license",
        ),
    ),
)
"""Analyses that describe and compare; they write nothing to the graph."""

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
