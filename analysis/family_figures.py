"""Pictures of families: sizes, features, and three of them side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from modelkin.analysis import panels
from modelkin.analysis.family_tables import MIN_ROWS
from modelkin.analysis.result import Coverage, Figure, Panel
from modelkin.analysis.traits import SIZES
from modelkin.schema.families import OTHER, UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 12
THREE = ["DeepSeek", "Mistral", "LLaMA"]
CONTEXTS = [(2_048, "2 k"), (8_192, "8 k"), (32_768, "32 k"), (131_072, "128 k")]
RATIOS = [(4, "4"), (8, "8"), (16, "16"), (32, "32"), (64, "64"), (128, "128")]
BOXES = (
    "Boxes: quartiles and median over different configurations, whiskers to 1.5 times their "
    f"distance; families with at least {MIN_ROWS}, by their median. Families differ in age and in "
    "size: a difference is no merit of a design."
)


def family_figures(
    once: pd.DataFrame, summary: pd.DataFrame, features: pd.DataFrame, coverage: Coverage
) -> tuple[Figure, ...]:
    """Draw the seven pictures without time.

    Parameters
    ----------
    once : DataFrame
        One model for each different configuration.
    summary, features : DataFrame
        Tables of `modelkin.analysis.families`.
    coverage : Coverage
        Funnel of the whole.
    """
    large = [f for f in summary["family"] if f not in (OTHER, UNKNOWN)][:SHOWN]

    def box(name: str, attribute: str, **options: Any) -> Figure:
        panel = _boxes(once, attribute, large, "", **options)
        title = f"{SIZES[attribute].capitalize()} by family"
        return panels.figure(name, title, {"families": panel}, coverage.caption(BOXES), 1)

    grouped = once[once["uses_gqa"] == 1]
    ratio = _boxes(grouped, "gqa_ratio", large, "", log_y=True, marks=RATIOS)
    return (
        box("hidden_size_by_family", "hidden_size"),
        box("layers_by_family", "num_hidden_layers"),
        panels.figure(
            "feature_adoption_by_family",
            "Features by family",
            {"families": _grid(features)},
            coverage.caption(
                "Cells: share in % among models where the feature is known, and their number; "
                "copies vote. What is not known is in no share."
            ),
            1,
        ),
        box("context_by_family", "max_position_embeddings", log_y=True, marks=CONTEXTS),
        panels.figure(
            "gqa_ratio_by_family",
            "Query heads per key head, where attention is grouped",
            {"families": ratio},
            coverage.caption(BOXES),
            1,
        ),
        _dashboard(once, large, coverage),
        _three(once, features, coverage),
    )


def _boxes(
    once: pd.DataFrame, attribute: str, families: list[str], title: str, **options: Any
) -> Panel:
    """Draw a box for each family that has enough known values, by median."""
    known = once[once[attribute].notna() & once["family"].isin(families)]
    grouped = known.groupby("family")[attribute].agg(["median", "size"])
    grouped = grouped[grouped["size"] >= MIN_ROWS]
    order = sorted(grouped.index, key=lambda f: (-grouped["median"][f], f))
    return panels.boxes(
        known, "family", attribute, title, order, ylabel=SIZES[attribute], **options
    )


def _grid(features: pd.DataFrame) -> Panel:
    """Draw families against features."""
    cells = features.copy()
    cells["percent"] = 100 * cells["share"] if len(cells) else []
    cells["text"] = [
        f"{r['percent']:.0f} ({r['n_known']:,})" if r["n_known"] else "not known"
        for r in cells.to_dict("records")
    ]
    return panels.grid(cells, "family", "feature", "percent", "% (n known)", low=0, high=100)


def _dashboard(once: pd.DataFrame, large: list[str], coverage: Coverage) -> Figure:
    """Draw six attributes of the six largest families."""
    logs = {"max_position_embeddings", "num_attention_heads", "approx_params_billions"}
    return panels.figure(
        "family_comparison_dashboard",
        "The largest families in six attributes",
        {
            name: _boxes(once, name, large[:6], SIZES[name], log_y=name in logs)
            for name in (
                "hidden_size",
                "num_hidden_layers",
                "vocab_size",
                "max_position_embeddings",
                "num_attention_heads",
                "approx_params_billions",
            )
        },
        coverage.caption(BOXES),
        3,
    )


def _three(once: pd.DataFrame, features: pd.DataFrame, coverage: Coverage) -> Figure:
    """Draw DeepSeek, Mistral and LLaMA side by side."""
    moe = features.reindex(
        columns=["family", "feature", "share", "share_low", "share_high", "n_known", "share_note"]
    )
    moe = moe[(moe["feature"] == "mixture of experts") & moe["family"].isin(THREE)]
    ratio = once[["family", "gqa_ratio"]].assign(
        gqa_ratio=np.where(once["uses_gqa"] == 1, once["gqa_ratio"], np.nan)
    )
    return panels.figure(
        "deepseek_mistral_llama_comparison",
        "DeepSeek, Mistral and LLaMA",
        {
            "width": _boxes(once, "hidden_size", THREE, SIZES["hidden_size"]),
            "context": _boxes(
                once,
                "max_position_embeddings",
                THREE,
                SIZES["max_position_embeddings"],
                log_y=True,
                marks=CONTEXTS,
            ),
            "experts": panels.shares(moe, "family", "mixture of experts"),
            "query_heads_per_key": _boxes(
                ratio, "gqa_ratio", THREE, "query heads per key head, where grouped", log_y=True
            ),
        },
        coverage.caption(BOXES),
    )
