"""Pictures of attention and context."""

from __future__ import annotations

import pandas as pd

from modelkin.analysis import panels
from modelkin.analysis.result import Coverage, Figure, Panel
from modelkin.analysis.traits import SIZES

COPIES = "Copies vote; the tables have the counts of different configurations beside."
SHARES = (
    "Dots: share among models where it is known, with 95 % intervals over components, each for "
    "itself. " + COPIES
)


def attention_figures(
    frame: pd.DataFrame,
    kinds: pd.DataFrame,
    contexts: pd.DataFrame,
    values: dict[str, pd.DataFrame],
    scaling: pd.DataFrame,
    coverage: Coverage,
) -> tuple[Figure, ...]:
    """Draw the six pictures of `modelkin.analysis.attention`."""
    layers = frame["context_per_layer"]
    return (
        panels.figure(
            "context_length_analysis",
            "How long contexts are",
            {
                "contexts": panels.distribution(
                    frame["max_position_embeddings"],
                    SIZES["max_position_embeddings"],
                    "context",
                    log_x=True,
                ),
                "classes": panels.shares(contexts, "class", "classes of context"),
            },
            coverage.caption(SHARES + " The upper end of a class belongs to it."),
        ),
        panels.figure(
            "gqa_analysis",
            "Keys shared between heads",
            {
                "kinds": panels.shares(kinds, "kind", "kinds of attention"),
                "ratios": _top(values["gqa_ratio"], SIZES["gqa_ratio"]),
            },
            coverage.caption(SHARES + " A ratio of 1: every query head has keys of its own."),
        ),
        _scaling(scaling, coverage),
        panels.figure(
            "head_dimension_analysis",
            "How wide heads are",
            {
                "head_widths": panels.distribution(
                    frame["head_dimension"], SIZES["head_dimension"], "head width", log_x=True
                ),
                "most_frequent": _top(values["head_dimension"], SIZES["head_dimension"]),
            },
            coverage.caption("The stated width, else width / heads. " + COPIES),
        ),
        _relationship(frame, coverage),
        panels.figure(
            "context_per_layer",
            "Tokens of context per layer",
            {
                "models": panels.distribution(
                    layers, "context / layers", "context per layer", log_x=True
                )
            },
            coverage.caption("Logarithmic bins. " + COPIES),
            1,
        ),
    )


def _scaling(scaling: pd.DataFrame, coverage: Coverage) -> Figure:
    """Draw how rotary positions are stretched."""
    return panels.figure(
        "rope_scaling_types",
        "How rotary positions are stretched",
        {"types": panels.counts(scaling, "rope_scaling_type", "n_models", "", xlabel="scaling")},
        coverage.caption(
            "Only models that tell one: whether the others have none is not known. " + COPIES
        ),
        1,
    )


def _top(table: pd.DataFrame, words: str) -> Panel:
    """Draw the most frequent values, and say what they leave out."""
    top = table.head(15)
    top = top.assign(label=[f"{v:g}" for v in top["value"]])
    rest = 1 - top["share"].sum() if len(top) else 0.0
    return panels.counts(
        top,
        "label",
        "n_models",
        f"the {len(top)} most frequent",
        xlabel=words,
        note=f"others: {100 * rest:.1f} % of the known" if rest > 0.0005 else "",
    )


def _relationship(frame: pd.DataFrame, coverage: Coverage) -> Figure:
    """Draw width against heads, by head width."""
    once = frame[frame["is_representative"]].dropna(subset=["hidden_size", "num_attention_heads"])
    width = once["head_dimension"].map({64.0: "64 wide", 128.0: "128 wide"}).fillna("other widths")
    points = once[["hidden_size", "num_attention_heads"]].assign(head=width)
    return panels.figure(
        "attention_relationships",
        "Width and heads, by the width of a head",
        {
            "configurations": Panel(
                "scatter",
                points.reset_index(drop=True),
                x="hidden_size",
                y="num_attention_heads",
                group="head",
                title=f"n = {len(points):,} different configurations",
                xlabel=SIZES["hidden_size"],
                ylabel=SIZES["num_attention_heads"],
                options={
                    "log_x": True,
                    "log_y": True,
                    "order": ["64 wide", "128 wide", "other widths"],
                },
            ),
        },
        coverage.caption(
            "One point for each different configuration. Along a line of equal head width, heads "
            "grow with the width."
        ),
        1,
    )
