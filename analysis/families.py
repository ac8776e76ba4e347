"""Families: sizes and features by family of architectures, and how they change over time.

Options: ``seed`` (0), ``permutations`` (1,999 deals of labels for each test).

A model has one family, by its `model_type`, else by its architecture's name; it is not
inherited from ancestors. "unknown" has neither; "other" has a type that is in no family.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from modelkin.analysis.chance import PERMUTATIONS
from modelkin.analysis.contributors import coverage_of
from modelkin.analysis.family_contrasts import ALL, contrasts
from modelkin.analysis.family_figures import family_figures
from modelkin.analysis.family_tables import family_features, family_summary, standardised
from modelkin.analysis.family_time import by_month, trends
from modelkin.analysis.family_time_figures import time_figures
from modelkin.analysis.months import axis, left_out
from modelkin.analysis.result import Coverage, Result, Table
from modelkin.analysis.traits import SIZES, configured, distinct
from modelkin.schema.families import OTHER, UNKNOWN

if TYPE_CHECKING:
    from modelkin.analysis.inputs import Inputs

DEFAULTS: dict[str, Any] = {"seed": 0, "permutations": PERMUTATIONS}
"""Options, each overridden by `Inputs.options`."""
LARGEST = 12
"""Families with a row in the tables of features."""
IN_TIME = ("LLaMA", "Mistral", "Qwen", "GPT", "BERT", "DeepSeek", "Gemma")
"""Families whose months are described."""


def compute(inputs: Inputs) -> Result:
    """Describe and compare families, and follow them through time.

    Parameters
    ----------
    inputs : Inputs
        The graph; for options see the module.

    Returns
    -------
    Result
        Tables ``family_summary``, ``family_features``, ``family_standardised``,
        ``family_contrasts``, ``family_other_types``, ``family_by_month``, ``family_trends``;
        eleven figures named as in the reference.
    """
    options = DEFAULTS | inputs.options
    frame = configured(inputs)
    coverage = coverage_of(inputs, frame, "component")
    dated = frame[frame["month"].isin(axis(frame))]
    in_time = Coverage((*coverage.steps, ("dated", len(dated))))
    summary = family_summary(frame)
    named = [f for f in summary["family"] if f not in (OTHER, UNKNOWN)][:LARGEST]
    features = family_features(frame, named)
    tests = contrasts(frame, options["seed"], options["permutations"])
    monthly, lines = by_month(frame), trends(frame, list(IN_TIME))
    types = frame.loc[frame["family"] == OTHER, "model_type"].value_counts()
    others = types.rename_axis("model_type").reset_index(name="n_models")
    others = others.sort_values(["n_models", "model_type"], ascending=[False, True])
    made = (
        ("family_summary", summary, "a family of architectures", coverage),
        ("family_features", features, "a feature among the models of a large family", coverage),
        (
            "family_standardised",
            standardised(frame, named),
            "a feature of a family at the years and sizes of all models",
            in_time,
        ),
        ("family_contrasts", tests, "an attribute compared between families", coverage),
        ("family_other_types", others, 'a model_type that is in no family ("other")', coverage),
        ("family_by_month", monthly, "a month and a family", in_time),
        ("family_trends", lines, "a month of one family", in_time),
    )
    return Result(
        name="families",
        coverage=coverage,
        tables=tuple(
            Table(name, part.reset_index(drop=True), f"One row: {about}.", cover, main=k == 0)
            for k, (name, part, about, cover) in enumerate(made)
        ),
        figures=(
            *family_figures(distinct(frame), summary, features, coverage),
            *time_figures(monthly, lines, in_time, left_out(frame, axis(frame))),
        ),
        findings=tuple(_findings(frame, summary, tests)),
        parameters=options,
        missing=tuple(_missing(frame, summary, tests)),
    )


def _findings(frame: pd.DataFrame, summary: pd.DataFrame, tests: pd.DataFrame) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    if frame.empty:
        return
    known = summary[~summary["family"].isin([OTHER, UNKNOWN])]
    largest = ", ".join(
        f"{r['family']} {r['n_models']:,} ({r['n_distinct']:,} configurations)"
        for r in known.head(5).to_dict("records")
    )
    yield f"{len(known)} families; the largest: {largest}."
    n_unknown, n_other = (int((frame["family"] == name).sum()) for name in (UNKNOWN, OTHER))
    n_types = frame.loc[frame["family"] == OTHER, "model_type"].nunique()
    yield (
        f"Of {len(frame):,} configured models {n_unknown:,} tell no type (unknown) and {n_other:,} "
        f"a type that is in no family ({n_types} types, listed)."
    )
    for row in tests[tests["family"] == ALL].dropna(subset=["effect"]).to_dict("records"):
        yield (
            f"{SIZES[row['attribute']]} differs between families: ε² = {row['effect']:.2f} over "
            f"{row['n']:,} different configurations (p = {row['p_adjusted']:.3g} with labels of "
            "whole components dealt anew within the year)."
            if row["p_adjusted"] < 0.05
            else f"{SIZES[row['attribute']]}: no difference between families beyond chance "
            f"(ε² = {row['effect']:.2f}, n = {row['n']:,}, p = {row['p_adjusted']:.3g})."
        )


def _missing(frame: pd.DataFrame, summary: pd.DataFrame, tests: pd.DataFrame) -> Iterator[str]:
    """Yield what could not be computed."""
    for row in tests[tests["note"] != ""].to_dict("records"):
        yield f"Families by {SIZES[row['attribute']]}: {row['note']}."
    absent = [f for f in IN_TIME if f not in set(summary["family"])]
    if absent:
        yield f"No configured model of: {', '.join(absent)}."
    if not (frame["month"] >= 0).any():
        yield "No configured model has a date: nothing can be followed through time."
