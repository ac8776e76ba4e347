"""The quick summary: what is in the graph, in one page of numbers.

Options: none. Every count has the number of models that it is out of; what is not known is
in none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.contributors import class_counts, counted, coverage_of
from modelkin.analysis.result import Result, Table
from modelkin.analysis.traits import FEATURES, SIZES, configured
from modelkin.schema.families import OTHER, UNKNOWN

if TYPE_CHECKING:
    from modelkin.analysis.inputs import Inputs

DEFAULTS: dict[str, Any] = {}
"""Options, each overridden by `Inputs.options`."""
TOP, TOP_DETAILS = 10, 5
COLUMNS = ["section", "item", "n", "of", "share", "median", "mean", "min", "max"]


def compute(inputs: Inputs) -> Result:
    """Summarise the configured models on one page.

    Parameters
    ----------
    inputs : Inputs
        The graph; there are no options.

    Returns
    -------
    Result
        Table ``quick_summary``: section, item, ``n`` of ``of`` models and their ``share``,
        or quantities of a numeric attribute known ``of`` so many.
    """
    frame = configured(inputs)
    coverage = coverage_of(inputs, frame, "organization")
    rows = list(_rows(inputs, frame))
    table = pd.DataFrame(rows).reindex(columns=COLUMNS).astype({"n": "Int64", "of": "Int64"})
    return Result(
        name="summary",
        coverage=coverage,
        tables=(Table("quick_summary", table, "One row: one number.", coverage, main=True),),
        findings=tuple(_findings(inputs, frame)),
        parameters=DEFAULTS | inputs.options,
        missing=tuple(
            f"{SIZES[name]}: known of no model." for name in SIZES if frame[name].isna().all()
        ),
    )


def _rows(inputs: Inputs, frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the page's rows, section by section."""
    n = len(frame)
    yield _count("graph", "models", inputs.models.n_graph, inputs.models.n_graph)
    yield _count("graph", "configured models", n, inputs.models.n_graph)
    for item, column in (
        ("different configurations", "config_hash"),
        ("organizations", "organization"),
        ("model types", "model_type"),
    ):
        yield {"section": "graph", "item": item, "n": frame[column].nunique(), "of": n}
    yield from _top(frame, "organization", "largest organizations", TOP)
    for name, words in FEATURES.items():
        yield _count("features", words, int(np.nansum(frame[name])), frame[name].notna().sum())
    yield from _top(frame, "family", "families", n)
    for _, row in class_counts(frame).iterrows():
        section = {"size_class": "size", "context_class": "context"}[row["kind"]]
        yield _count(section, row["class"], row["n_models"], row["n_known"])
    for name in ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size",
                 "max_position_embeddings"):  # fmt: skip
        known = frame[name].dropna()
        if len(known):
            yield {
                "section": "numbers", "item": SIZES[name], "of": len(known),
                "median": known.median(), "mean": known.mean(), "min": known.min(),
                "max": known.max(),
            }  # fmt: skip
    moe = frame[frame["uses_moe"] == 1]
    yield from _values(moe, "num_experts", "experts in a block", "experts")
    yield from _values(moe, "num_experts_per_tok", "experts that a token visits", "experts")
    yield from _top(moe, "organization", "organizations of mixtures of experts", TOP_DETAILS)
    grouped = frame[frame["uses_gqa"] == 1]
    yield from _values(grouped, "gqa_ratio", "query heads per key head", "to 1")
    yield from _top(frame, "model_type", "model types", TOP)


def _count(section: str, item: str, n: int, of: int) -> dict[str, Any]:
    """Return a row of a count."""
    share = n / of if of else np.nan
    return {"section": section, "item": item, "n": int(n), "of": int(of), "share": share}


def _top(frame: pd.DataFrame, by: str, section: str, most: int) -> Iterator[dict[str, Any]]:
    """Yield the most frequent values of a column, "unknown" among them."""
    for _, row in counted(frame, by).head(most).iterrows():
        yield _count(section, row[by], row["n_models"], len(frame))


def _values(frame: pd.DataFrame, column: str, section: str, unit: str) -> Iterator[dict[str, Any]]:
    """Yield the most frequent numbers of a column, by count and then by size."""
    known = frame[column].dropna().round(2)
    found = known.value_counts().reset_index().to_numpy()
    for value, n in sorted(found.tolist(), key=lambda vn: (-vn[1], vn[0]))[:TOP_DETAILS]:
        yield _count(section, f"{value:g} {unit}", int(n), len(known))


def _findings(inputs: Inputs, frame: pd.DataFrame) -> Iterator[str]:
    """Yield the page's three most important sentences."""
    n = len(frame)
    yield f"{n:,} of {inputs.models.n_graph:,} models are configured."
    if not n:
        return
    yield (
        f"They are of {frame['organization'].nunique():,} organizations and "
        f"{len(set(frame['family']) - {UNKNOWN, OTHER}):,} families, and hold "
        f"{frame['config_hash'].nunique():,} "
        "different configurations."
    )
    known = {words: int(frame[name].notna().sum()) for name, words in FEATURES.items()}
    least = min(known, key=lambda words: (known[words], words))
    yield f"Least is known about: {least} ({known[least]:,} of {n:,} models)."
