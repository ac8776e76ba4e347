"""Contributors: who publishes configurations, and which features theirs have.

Options: none. Shares are among models where the feature is known; the unit of doubt is the
organization, for one organization's own share the component inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.contributors_figures import contributor_figures
from modelkin.analysis.intervals import effective
from modelkin.analysis.result import Coverage, Result, Table
from modelkin.analysis.shares import share, told
from modelkin.analysis.traits import FEATURES, SIZES, configured

if TYPE_CHECKING:
    from modelkin.analysis.inputs import Inputs

DEFAULTS: dict[str, Any] = {}
"""Options, each overridden by `Inputs.options`."""
TOP = 10
"""Organizations whose joint share is told."""
FEATURED = 20
"""Organizations in the table of features."""
ORG_COLUMNS = ["organization", "feature", "n_known", "share"]


def compute(inputs: Inputs) -> Result:
    """Count configured models by organization, type, family, size and feature.

    Parameters
    ----------
    inputs : Inputs
        The graph; there are no options.

    Returns
    -------
    Result
        Tables ``summary_stats``, ``contributors``, ``contributor_features``,
        ``feature_adoption``, ``model_families``, ``model_types``,
        ``size_context_distribution``, ``numeric_summary``; figures ``top_contributors``,
        ``feature_adoption``, ``model_families``, ``size_context_distribution``,
        ``feature_adoption_by_org``, ``model_types``.
    """
    frame = configured(inputs)
    coverage = coverage_of(inputs, frame, "organization")
    by_org = counted(frame, "organization")
    adoption = pd.DataFrame(
        [
            {"feature": words, **share(frame[name], frame["organization"], once(frame))}
            for name, words in FEATURES.items()
        ]
    )
    families, types = counted(frame, "family"), counted(frame, "model_type")
    features, classes = org_features(frame, by_org), class_counts(frame)
    made = (
        ("contributors", by_org, "an organization; copies are models of one configuration"),
        ("summary_stats", summary_stats(frame, by_org), "one number of the whole"),
        ("contributor_features", features, "a feature among the models of a large organization"),
        ("feature_adoption", adoption, "a feature among all configured models"),
        ("model_families", families, "a family of architectures"),
        ("model_types", types, "a model_type"),
        ("size_context_distribution", classes, "a class of size or of context"),
        ("numeric_summary", describe(frame), "a numeric attribute over models"),
    )
    return Result(
        name="contributors",
        coverage=coverage,
        tables=tuple(
            Table(name, part, f"One row: {about}.", coverage, main=k == 0)
            for k, (name, part, about) in enumerate(made)
        ),
        figures=contributor_figures(by_org, features, adoption, families, types, classes, coverage),
        findings=tuple(_findings(frame, by_org, adoption)),
        parameters=DEFAULTS | inputs.options,
    )


def coverage_of(inputs: Inputs, frame: pd.DataFrame, cluster: str) -> Coverage:
    """Return the funnel from all models of the graph to the configured ones."""
    steps = (("models", inputs.models.n_graph), ("configured", len(frame)))
    return Coverage(steps, *effective(frame[cluster]))


def once(frame: pd.DataFrame) -> pd.Series[bool]:
    """Return the mask of models that stand for all copies of their configuration."""
    return frame["is_representative"]


def counted(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count models, configurations and their shares by a column, largest first.

    Where the column is missing it counts as "unknown".
    """
    name = frame[by].fillna("unknown")
    out = frame.groupby(name, sort=True).agg(
        n_models=("model_id", "size"), n_distinct=("config_hash", "nunique")
    )
    out = out.rename_axis(by).reset_index()
    out.insert(2, "share", out["n_models"] / max(len(frame), 1))
    out["distinct_share"] = out["n_distinct"] / max(frame["config_hash"].nunique(), 1)
    return out.sort_values(["n_models", by], ascending=[False, True], ignore_index=True)


def org_features(frame: pd.DataFrame, by_org: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of every feature among the models of the largest organizations."""
    rows = []
    for org in by_org["organization"].head(FEATURED):
        here = frame[frame["organization"] == org]
        for name, words in FEATURES.items():
            found = share(here[name], here["component"], once(here))
            rows.append({"organization": org, "feature": words, **found})
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=ORG_COLUMNS)


def class_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Count classes of size and of context, smallest class first; shares are of known ones."""
    from modelkin.schema.derive import CONTEXT_CLASSES, SIZE_CLASSES

    rows = []
    for kind, classes in (("size_class", SIZE_CLASSES), ("context_class", CONTEXT_CLASSES)):
        known = frame[kind].dropna()
        for name in classes:
            here = int((known == name).sum())
            rows.append(
                {
                    "kind": kind,
                    "class": name,
                    "n_models": here,
                    "share": here / len(known) if len(known) else np.nan,
                    "n_known": len(known),
                    "n_scope": len(frame),
                }
            )
    return pd.DataFrame(rows)


def describe(frame: pd.DataFrame) -> pd.DataFrame:
    """Describe the numeric attributes: moments, quartiles and how many are known."""
    rows = []
    for name, words in SIZES.items():
        known = frame[name].dropna().to_numpy(dtype=np.float64)
        quarters = np.quantile(known, [0, 0.25, 0.5, 0.75, 1]) if len(known) else [np.nan] * 5
        rows.append(
            {
                "attribute": name,
                "about": words,
                "count": len(known),
                "mean": known.mean() if len(known) else np.nan,
                "std": known.std(ddof=1) if len(known) > 1 else np.nan,
                **dict(zip(("min", "q25", "median", "q75", "max"), quarters, strict=True)),
                "n_scope": len(frame),
                "known_share": len(known) / len(frame) if len(frame) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def summary_stats(frame: pd.DataFrame, by_org: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of the whole: metric, value, and of how many it is known."""
    part = by_org["share"].to_numpy()
    rows: list[tuple[str, float, int]] = [
        ("total_models", len(frame), len(frame)),
        ("distinct_configurations", frame["config_hash"].nunique(), len(frame)),
        ("unique_orgs", len(by_org), len(frame)),
        ("unique_model_types", frame["model_type"].nunique(), frame["model_type"].notna().sum()),
        ("top_10_orgs_share", part[:TOP].sum(), len(frame)),
        ("effective_orgs", 1 / (part**2).sum() if len(part) else np.nan, len(frame)),
    ]
    for name in FEATURES:
        known = frame[name].notna().sum()
        rows.append((f"{name.removeprefix('uses_')}_models", np.nansum(frame[name]), known))
    for name in ("hidden_size", "num_hidden_layers", "vocab_size", "max_position_embeddings"):
        rows.append((f"median_{name}", frame[name].median(), frame[name].notna().sum()))
    return pd.DataFrame(rows, columns=["metric", "value", "n_known"])


def _findings(frame: pd.DataFrame, by_org: pd.DataFrame, adoption: pd.DataFrame) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    if by_org.empty:
        yield "No model is configured: nothing can be counted."
        return
    part = by_org["share"].to_numpy()
    yield (
        f"{len(frame):,} configured models of {len(by_org):,} organizations hold "
        f"{frame['config_hash'].nunique():,} configurations; the largest {min(TOP, len(part))} "
        f"publish {100 * part[:TOP].sum():.1f} % (as many as {1 / (part**2).sum():.1f} equal "
        "ones would)."
    )
    largest = ", ".join(
        f"{org} {100 * part:.1f} %"
        for org, part in by_org[["organization", "share"]].head(5).values
    )
    yield f"Largest by models: {largest}."
    for row in adoption.to_dict("records"):
        yield f"{row['feature']}: {told(row)}."
