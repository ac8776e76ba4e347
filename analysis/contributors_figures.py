"""Pictures of who contributes what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkin.analysis import panels
from modelkin.analysis.result import Coverage, Figure, Panel

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 30
TYPES_SHOWN = 20
FAMILIES_SHOWN = 25
COUNTS = (
    "Bars are counts of models, and of different configurations beside them: copies and bulk "
    "uploads show in the first only."
)
RATES = (
    "Dots: share among models where the feature is known, n in brackets, with 95 % intervals "
    "over organizations where there are enough; unknown is in no share."
)


def contributor_figures(
    by_org: pd.DataFrame,
    features: pd.DataFrame,
    adoption: pd.DataFrame,
    families: pd.DataFrame,
    types: pd.DataFrame,
    classes: pd.DataFrame,
    coverage: Coverage,
) -> tuple[Figure, ...]:
    """Draw the six pictures of `modelkin.analysis.contributors`."""
    top = by_org.head(SHOWN)
    return (
        panels.figure(
            "top_contributors",
            f"The {len(top)} organizations with most configured models",
            {"organizations": _both(top, "organization", "")},
            coverage.caption(COUNTS),
            1,
        ),
        panels.figure(
            "feature_adoption",
            "Which features configured models have",
            {"features": panels.shares(adoption, "feature", "share of models with the feature")},
            coverage.caption(RATES),
            1,
        ),
        panels.figure(
            "model_families",
            "Families of architectures",
            {"families": _both(families.head(FAMILIES_SHOWN), "family", _rest(families))},
            coverage.caption(COUNTS + " A model has one family, by its model_type."),
            1,
        ),
        panels.figure(
            "size_context_distribution",
            "Classes of size and of context",
            {
                words: panels.counts(
                    classes[classes["kind"] == kind],
                    "class",
                    "n_models",
                    f"{words} (n = {int(classes.loc[classes['kind'] == kind, 'n_known'].max()):,})",
                )
                for kind, words in (("size_class", "size"), ("context_class", "context"))
            },
            coverage.caption(
                "Classes end at 3, 13 and 70 billion parameters and at 4,096, 32,768 and 131,072 "
                "tokens, ends included; models whose class is not known are left out."
            ),
        ),
        panels.figure(
            "feature_adoption_by_org",
            "Features of the largest organizations' models",
            {"organizations": _org_grid(features)},
            coverage.caption(
                "Cells: share in % among models where the feature is known, and their number. No "
                "test is made between organizations: copies of one base decide such shares."
            ),
            1,
        ),
        panels.figure(
            "model_types",
            "The most frequent model types",
            {"types": _both(types.head(TYPES_SHOWN), "model_type", "")},
            coverage.caption(COUNTS),
            1,
        ),
    )


def _rest(families: pd.DataFrame) -> str:
    """Say how many families are not drawn."""
    rest = families.iloc[FAMILIES_SHOWN:]
    n = int(rest["n_models"].sum())
    return f"{len(rest)} smaller ones have {n:,} models together" if len(rest) else ""


def _both(frame: pd.DataFrame, label: str, title: str) -> Panel:
    """Draw models and different configurations side by side."""
    long = frame.melt(
        [label], ["n_models", "n_distinct"], var_name="counted", value_name="n"
    ).replace({"n_models": "models", "n_distinct": "configurations"})
    return Panel(
        "bars", long, x=label, y="n", group="counted", title=title,
        xlabel=label.replace("_", " "), ylabel="number",
    )  # fmt: skip


def _org_grid(features: pd.DataFrame) -> Panel:
    """Draw organizations against features."""
    cells = features.assign(
        percent=100 * features["share"] if len(features) else [],
        text=[
            f"{100 * s:.0f} ({n})" if n else "not known"
            for s, n in zip(features["share"], features["n_known"], strict=True)
        ] if len(features) else [],
    )  # fmt: skip
    return panels.grid(cells, "organization", "feature", "percent", "% (n known)", low=0, high=100)
