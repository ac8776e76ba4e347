"""Pictures of the numeric attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis import panels
from modelkin.analysis.correlations import ATTRIBUTES
from modelkin.analysis.result import Coverage, Figure, Panel
from modelkin.analysis.traits import SIZES, distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

TOP = 15
SHORT = {
    "approx_params_billions": "parameters",
    "max_position_embeddings": "context",
    "num_key_value_heads": "key heads",
    "intermediate_size": "feed-forward",
}
WORDS = (
    "Left: models; copies vote. Bars: the values that most models have, by their number. What is "
    "not known is left out."
)
ONCE = "different configurations"


def parameter_figures(
    frame: pd.DataFrame, top: pd.DataFrame, related: pd.DataFrame, coverage: Coverage
) -> tuple[Figure, ...]:
    """Draw the ten pictures of `modelkin.analysis.parameters`."""
    once = distinct(frame)

    def one(name: str, title: str, attributes: Sequence[str], **options: Any) -> Figure:
        drawn = {}
        for a in attributes:
            drawn[a] = panels.distribution(frame[a], SIZES[a], SIZES[a], **options)
            drawn[f"most_frequent_{a}"] = _top(frame, a)
        return panels.figure(name, title, drawn, coverage.caption(WORDS))

    log = {"log_x": True}
    return (
        one("hidden_size_dist", "Widths", ["hidden_size"], log_y=True),
        one("num_layers_dist", "Depths", ["num_hidden_layers"], bins=40),
        one("vocab_size_dist", "Vocabularies", ["vocab_size"], **log),
        one("context_length_dist", "Context lengths", ["max_position_embeddings"], **log),
        one(
            "attention_heads_dist",
            "Heads of attention",
            ["num_attention_heads", "num_key_value_heads"],
            bins=32,
        ),
        one("rope_theta_dist", "Bases of rotary positions", ["rope_theta"], **log),
        _correlations(related, coverage),
        _scaling(once, coverage),
        _heads(once, coverage),
        panels.figure(
            "parameter_dashboard",
            "Width, depth and vocabulary of different configurations",
            {
                name: panels.distribution(
                    once[name],
                    SIZES[name],
                    SIZES[name],
                    ylabel=ONCE,
                    log_x=name != "num_hidden_layers",
                )
                for name in ("hidden_size", "num_hidden_layers", "vocab_size")
            },
            coverage.caption("Copies do not vote: one model for each configuration."),
            3,
        ),
    )


def _top(frame: pd.DataFrame, name: str) -> Panel:
    """Draw the most frequent values, by count."""
    known = frame[name].dropna()
    found = known.value_counts().rename_axis("value").reset_index(name="n")
    found = found.sort_values(["n", "value"], ascending=[False, True]).head(TOP)
    found["label"] = [f"{v:,.0f}" if v >= 1 else f"{v:g}" for v in found["value"]]
    covered = found["n"].sum() / len(known) if len(known) else 0.0
    return panels.counts(
        found,
        "label",
        "n",
        f"the {len(found)} most frequent",
        xlabel=SIZES[name],
        note=f"together {100 * covered:.0f} % of {len(known):,} known",
    )


def _correlations(related: pd.DataFrame, coverage: Coverage) -> Figure:
    """Draw the lower triangle; what is computed from one another is shown without a colour."""
    cells = []
    for row in related.to_dict("records"):
        derived = "no test" in row["note"]
        value = np.nan if derived else row["spearman_value"]
        sure = row["p_adjusted"] < 0.05
        text = f"{row['spearman_value']:.2f}{'*' if sure else ''} / {row['n']:,}"
        if row["spearman_value"] != row["spearman_value"]:
            text = "too few"
        # "first" comes before "second" in the order of attributes: the lower triangle
        cells.append((_short(row["second"]), _short(row["first"]), value, text))
    data = pd.DataFrame(cells, columns=["down", "across", "value", "text"])
    panel = panels.grid(
        data,
        "down",
        "across",
        "value",
        "Spearman's rank correlation / n",
        centre=0.0,
        low=-1.0,
        high=1.0,
        order=[_short(a) for a in ATTRIBUTES],
    )
    return panels.figure(
        "parameter_correlations",
        "Which attributes go together",
        {"correlations": panel},
        coverage.caption(
            "Over different configurations that know both. A star: differs from 0 (Benjamini-"
            "Hochberg, 0.05; components drawn anew). Without colour: one is computed from the "
            "other. Size explains much of it: the table has the partial correlations."
        ),
        1,
    )


def _short(name: str) -> str:
    """Return a short word for an attribute."""
    return SHORT.get(name, SIZES[name])


def _scaling(once: pd.DataFrame, coverage: Coverage) -> Figure:
    """Draw depth against width, and the ratio of the feed-forward layer."""
    both = once.dropna(subset=["hidden_size", "num_hidden_layers"])
    points = both[["hidden_size", "num_hidden_layers"]].assign(
        size=both["size_class"].fillna("unknown")
    )
    ratio = once["intermediate_size"] / once["hidden_size"]
    inside = ratio[(ratio >= 1) & (ratio <= 10)]
    outside = int(ratio.notna().sum()) - len(inside)
    return panels.figure(
        "scaling_relationships",
        "How width, depth and the feed-forward layer scale",
        {
            "depth_and_width": Panel(
                "scatter",
                points.reset_index(drop=True),
                x="hidden_size",
                y="num_hidden_layers",
                group="size",
                title=f"depth and width (n = {len(points):,})",
                xlabel=SIZES["hidden_size"],
                ylabel=SIZES["num_hidden_layers"],
                options={
                    "log_x": True,
                    "log_y": True,
                    "order": ["small", "medium", "large", "xlarge"],
                },
            ),
            "feed_forward_ratio": panels.distribution(
                inside,
                "feed-forward width / width",
                "feed-forward ratio",
                ylabel=ONCE,
                note=f"{outside:,} ratios outside 1 to 10 are not drawn" if outside else "",
            ),
        },
        coverage.caption("One point for each different configuration; copies do not vote."),
    )


def _heads(once: pd.DataFrame, coverage: Coverage) -> Figure:
    """Draw head widths and the ratio of query to key heads."""
    return panels.figure(
        "head_dim_gqa",
        "Head width, and query heads per key head",
        {
            "head_width": panels.distribution(
                once["head_dimension"],
                SIZES["head_dimension"],
                "head width",
                ylabel=ONCE,
                log_x=True,
                bins=30,
            ),
            "query_heads_per_key": panels.distribution(
                once["gqa_ratio"],
                SIZES["gqa_ratio"],
                "query heads per key head",
                ylabel=ONCE,
                log_x=True,
                bins=30,
            ),
        },
        coverage.caption(
            "Head width is the stated one, else width / heads. A ratio of 1 is one key head for "
            "each query head. Copies do not vote."
        ),
    )
