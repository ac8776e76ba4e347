"""Attention and context: kinds of attention, head widths, rotary codes, and how long contexts are.

Options: none. Copies vote in the counts; shares have their intervals over components, and beside
them over different configurations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.attention_figures import attention_figures
from modelkin.analysis.contributors import coverage_of
from modelkin.analysis.intervals import effective
from modelkin.analysis.result import Coverage, Result, Table
from modelkin.analysis.shares import share, told
from modelkin.analysis.traits import configured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.inputs import Inputs

DEFAULTS: dict[str, Any] = {}
"""Options, each overridden by `Inputs.options`."""
KINDS = ("every head its own keys", "grouped heads", "one key head", "latent")
"""Kinds of attention: MHA, GQA, MQA, MLA."""
BOUNDS = (512, 2_048, 4_096, 8_192, 32_768, 131_072)
"""Upper ends of the context classes in tokens, each included."""
CLASSES = ("up to 512", "513 to 2,048", "2,049 to 4,096", "4,097 to 8,192", "8,193 to 32,768",
           "32,769 to 131,072", "above 131,072")  # fmt: skip
LONG = (32_768, 131_072)
"""Tokens from which a context is long, and very long; the numbers themselves are."""
ATTRIBUTES = {
    "gqa_ratio": ("gqa_ratios", "query heads per key head"),
    "rope_theta": ("rope_thetas", "rotary base"),
    "head_dimension": ("head_dimensions", "head width"),
}
MIN_COUNT = 5
"""Models that a head width needs for a row."""


def compute(inputs: Inputs) -> Result:
    """Describe attention, rotary codes and contexts.

    Parameters
    ----------
    inputs : Inputs
        The graph; there are no options.

    Returns
    -------
    Result
        Tables ``attention_summary``, ``attention_kinds``, ``gqa_ratios``,
        ``context_classes``, ``rope_thetas``, ``rope_scaling_types``, ``head_dimensions``,
        ``context_per_layer``; six figures named as in the reference.
    """
    frame = configured(inputs)
    frame["kind"] = kind_of(frame)
    frame["class"] = context_class(frame["max_position_embeddings"].to_numpy())
    coverage = coverage_of(inputs, frame, "component")
    kinds = class_shares(frame, "kind", KINDS)
    contexts = class_shares(frame, "class", CLASSES)
    values = {name: value_table(frame, name) for name in ATTRIBUTES}
    scaling, layers = scaling_table(frame), per_layer(frame)
    summary = summary_table(frame)
    made = (
        ("attention_summary", summary, "a share of the whole", "config_hash"),
        ("attention_kinds", kinds, "a kind of attention", "kind"),
        ("gqa_ratios", values["gqa_ratio"], "a number of query heads per key head", "gqa_ratio"),
        ("context_classes", contexts, "a class of context, upper end included", "class"),
        ("rope_thetas", values["rope_theta"].head(10), "a base of rotary positions", "rope_theta"),
        ("rope_scaling_types", scaling, "how rotary positions are stretched", "rope_scaling_type"),
        ("head_dimensions", values["head_dimension"], "a head width", "head_dimension"),
        ("context_per_layer", layers, "tokens of context per layer", "context_per_layer"),
    )
    return Result(
        name="attention",
        coverage=coverage,
        tables=tuple(
            Table(name, part, f"One row: {about}.", _known(frame, coverage, column), main=k == 0)
            for k, (name, part, about, column) in enumerate(made)
        ),
        figures=attention_figures(frame, kinds, contexts, values, scaling, coverage),
        findings=tuple(_findings(summary, kinds, values)),
        parameters=DEFAULTS | inputs.options,
        missing=tuple(
            f"{words}: known of none of {len(frame):,} models."
            for name, (_, words) in ATTRIBUTES.items()
            if frame[name].isna().all()
        ),
    )


def kind_of(frame: pd.DataFrame) -> NDArray[np.object_]:
    """Return the kind of attention of each model, one of `KINDS`; None where it is not known.

    Latent by its rank or type; else by the two counts of heads; a type that fixes one key
    head for each query head counts as such without them.
    """
    heads, keys = frame["num_attention_heads"], frame["num_key_value_heads"]
    both = heads.notna() & keys.notna()
    out = np.full(len(frame), None, dtype=object)
    out[(frame["uses_gqa"] == 0).to_numpy()] = KINDS[0]
    out[(both & (keys < heads)).to_numpy()] = KINDS[1]
    ratio_only = ~both & (frame["gqa_ratio"] > 1.00001)
    out[ratio_only.to_numpy()] = KINDS[1]
    out[(both & (keys == 1) & (heads > 1)).to_numpy()] = KINDS[2]
    out[(frame["uses_mla"] == 1).to_numpy()] = KINDS[3]
    return out


def context_class(tokens: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the class of each context, upper ends included; None where it is not known.

    >>> context_class(np.array([512.0, 513.0, 32768.0, 32769.0, np.nan])).tolist()
    ['up to 512', '513 to 2,048', '8,193 to 32,768', '32,769 to 131,072', None]
    """
    known = ~np.isnan(tokens)
    out = np.full(len(tokens), None, dtype=object)
    place = np.digitize(tokens[known], BOUNDS, right=True)
    out[known] = np.array(CLASSES, dtype=object)[place]
    return out


def class_shares(frame: pd.DataFrame, column: str, classes: tuple[str, ...]) -> pd.DataFrame:
    """Return the share of every class among the models whose class is known."""
    known = frame[column].notna()
    rows = []
    for name in classes:
        hit = (frame[column] == name).astype(float).where(known)
        found = share(hit, frame["component"], frame["is_representative"])
        rows.append({column: name, **found})
    return pd.DataFrame(rows)


def value_table(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Count the values of an attribute, the most frequent first; shares are of known ones.

    Ratios and bases are rounded to four significant digits; head widths held by fewer
    than 5 models are left out.
    """
    known = frame.loc[frame[name].notna(), [name, "config_hash"]]
    groups = known.groupby(known[name].round(4))["config_hash"]
    found = pd.DataFrame({"n_models": groups.size(), "n_distinct": groups.nunique()})
    found = found.rename_axis("value").reset_index()
    if name == "head_dimension":
        found = found[found["n_models"] >= MIN_COUNT]
    found["share"] = found["n_models"] / max(len(known), 1)
    found["n_known"], found["n_scope"] = len(known), len(frame)
    return found.sort_values(["n_models", "value"], ascending=[False, True], ignore_index=True)


def scaling_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Count how rotary positions are stretched, among models that tell one.

    A model that tells none may have none or may not tell: it is in no share.
    """
    known = frame[frame["rope_scaling_type"].notna()]
    groups = known.groupby("rope_scaling_type")["config_hash"]
    found = pd.DataFrame({"n_models": groups.size(), "n_distinct": groups.nunique()})
    found = found.reset_index()
    found["share"] = found["n_models"] / max(len(known), 1)
    found["n_known"], found["n_scope"] = len(known), len(frame)
    return found.sort_values(
        ["n_models", "rope_scaling_type"], ascending=[False, True], ignore_index=True
    )


def per_layer(frame: pd.DataFrame) -> pd.DataFrame:
    """Return quantiles of context per layer, over models and different configurations."""
    rows = []
    once = frame[frame["is_representative"]]
    for basis, part in (("models", frame), ("configurations", once)):
        known = part["context_per_layer"].dropna().to_numpy(dtype=np.float64)
        found = np.quantile(known, [0, 0.25, 0.5, 0.75, 1]) if len(known) else [np.nan] * 5
        rows.append(
            {
                "basis": basis,
                "n_known": len(known),
                "n_scope": len(part),
                **dict(zip(("min", "q25", "median", "q75", "max"), map(float, found), strict=True)),
                "mean": float(known.mean()) if len(known) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def summary_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of the whole."""
    context = frame["max_position_embeddings"]
    traits = {
        "grouped attention": frame["uses_gqa"],
        "latent attention": frame["uses_mla"],
        "rotary positions": frame["uses_rope"],
        **{
            f"context of {bound:,} tokens or more": (context >= bound)
            .astype(float)
            .where(context.notna())
            for bound in LONG
        },
        "a sliding window": frame["sliding_window"].notna().astype(float).where(
            frame["config_source"].eq("config.json") | frame["sliding_window"].notna()
        ),
    }  # fmt: skip
    return pd.DataFrame(
        [
            {"trait": words, **share(values, frame["component"], frame["is_representative"])}
            for words, values in traits.items()
        ]
    )


def _known(frame: pd.DataFrame, coverage: Coverage, column: str) -> Coverage:
    """Return the funnel to the models that know a column."""
    known = frame[column].notna()
    if known.all():
        return coverage
    step = (f"{column.replace('_', ' ')} known", int(known.sum()))
    return Coverage((*coverage.steps, step), *effective(frame.loc[known, "component"]))


def _findings(
    summary: pd.DataFrame, kinds: pd.DataFrame, values: dict[str, pd.DataFrame]
) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    for row in summary.to_dict("records"):
        yield f"{row['trait']}: {told(row)}."
    for row in kinds.to_dict("records"):
        yield f"Kind of attention, {row['kind']}: {told(row)}."
    for name, (_, words) in ATTRIBUTES.items():
        for row in values[name].to_dict("records")[:1]:
            yield (
                f"Most frequent {words}: {row['value']:g} ({100 * row['share']:.1f} % of "
                f"{row['n_known']:,} known)."
            )
