"""Monthly counts of what is adopted: one series for each feature, task, version or licence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelkin.analysis.attention import KINDS, kind_of

CONTEXTS = (8_192, 32_768, 131_072)
DTYPES = ("bfloat16", "float16", "float32", "8-bit float", "8-bit", "4-bit")
FORMAT_WORDS = {
    "bfloat16": DTYPES[0],
    "bf16": DTYPES[0],
    "float32": DTYPES[2],
    "fp32": DTYPES[2],
    "float8": DTYPES[3],
    "fp8": DTYPES[3],
}
"""What a torch_dtype holds -> its format; "float16" alone is part of "bfloat16"."""
REFERENCE_TASKS = ("text-generation", "image-to-image", "image-classification",
                   "automatic-speech-recognition")  # fmt: skip
VERSIONS, LICENSES, TASKS = 6, 4, 4
"""Versions, licences and tasks followed: the most frequent ones."""
SERIES = ("new architectures", "all uploads")


@dataclass(frozen=True, eq=False)
class Series:
    """Whether each model has a feature, by month.

    Attributes
    ----------
    group : str
        What belongs in one picture: "number format", "context", ...
    name : str
        The feature in words.
    yes, n : ndarray of float64, shape (months,)
        Models with it, and models that tell, of each month of the axis.
    """

    group: str
    name: str
    yes: NDArray[np.float64]
    n: NDArray[np.float64]


def first_of_each(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the model with which each configuration first appeared, of the dated ones.

    A configuration that was there on the Hub's first day, 2022-03-02, or before is not
    new in any month.
    """
    early = set(frame.loc[frame["is_early"], "config_hash"])
    dated = frame[(frame["month"] >= 0) & ~frame["config_hash"].isin(early)]
    ordered = dated.sort_values(["created_at", "model_id"], kind="stable")
    return ordered.drop_duplicates("config_hash").sort_index()


def number_format(frame: pd.DataFrame) -> NDArray[np.object_]:
    """Return the number format of the weights, one of `DTYPES` or None where it is not told.

    Bits of a quantized weight stand in the quantization's own fields, not in torch_dtype.
    """
    told = frame["torch_dtype"].astype("string").str.lower().str.removeprefix("torch.")
    method = frame["quant_method"].astype("string").str.lower()
    out = np.full(len(frame), None, dtype=object)
    for words, name in FORMAT_WORDS.items():
        out[told.str.contains(words, regex=False).fillna(False).to_numpy(dtype=bool)] = name
    half = told.isin(["float16", "fp16", "half"]).fillna(False).to_numpy(dtype=bool)
    out[half] = DTYPES[1]
    out[method.str.contains("fp8", regex=False).fillna(False).to_numpy(dtype=bool)] = DTYPES[3]
    out[(frame["quant_bits"] == 8).to_numpy()] = DTYPES[4]
    out[(frame["quant_bits"] == 4).to_numpy()] = DTYPES[5]
    return out


def features(frame: pd.DataFrame) -> list[tuple[str, str, NDArray[np.float64]]]:
    """Return group, name and state (1, 0, NaN) of every feature that is followed."""
    dtype, kind = number_format(frame), kind_of(frame)
    context = frame["max_position_embeddings"].to_numpy(dtype=np.float64)
    found = [("number format", name, _is(dtype, name)) for name in DTYPES]
    found += [
        ("context", f"context ≥ {bound:,}", np.where(np.isnan(context), np.nan, context >= bound))
        for bound in CONTEXTS
    ]
    shared = np.where(pd.isna(kind), np.nan, (kind == KINDS[1]) | (kind == KINDS[2]))
    found += [
        ("attention", "shared key heads (GQA, MQA)", shared),
        ("attention", "one key head (MQA)", _is(kind, KINDS[2])),
        ("attention", "latent attention", _is(kind, KINDS[3])),
        ("other", "mixture of experts", frame["uses_moe"].to_numpy(dtype=np.float64)),
        ("other", "rotary positions", frame["uses_rope"].to_numpy(dtype=np.float64)),
        ("other", "quantization", frame["uses_quantization"].to_numpy(dtype=np.float64)),
    ]
    versions = frame["transformers_version"].to_numpy(dtype=object)
    for name in sorted(_frequent(frame["transformers_version"], VERSIONS), key=release):
        found.append(("library version", f"transformers {name}", _is(versions, name)))
    licences = frame["license"].to_numpy(dtype=object)
    for name in _frequent(frame["license"], LICENSES):
        found.append(("licence", str(name), _is(licences, name)))
    tasks = frame["pipeline_tag"].to_numpy(dtype=object)
    for task in dict.fromkeys((*REFERENCE_TASKS, *_frequent(frame["pipeline_tag"], TASKS))):
        found.append(("attention by task", str(task), np.where(tasks == task, shared, np.nan)))
    return found


def release(version: str) -> tuple[int, ...]:
    """Return a version's numbers: 4.9 comes before 4.10.

    >>> sorted(["4.10", "4.9"], key=release)
    ['4.9', '4.10']
    """
    parts = str(version).split(".")
    return tuple(int(part) if part.isdigit() else -1 for part in parts)


def count(frame: pd.DataFrame, months: NDArray[np.int64]) -> list[Series]:
    """Count every feature by month, months without models included."""
    place = frame["month"].to_numpy() - (months[0] if len(months) else 0)
    inside = (frame["month"].to_numpy() >= 0) & (place >= 0) & (place < len(months))
    out = []
    for group, name, state in features(frame):
        kept = inside & ~np.isnan(state)
        n = np.bincount(place[kept], minlength=len(months)).astype(np.float64)
        yes = np.bincount(place[kept], state[kept], minlength=len(months))
        out.append(
            Series(group, name, np.asarray(yes, np.float64)[: len(months)], n[: len(months)])
        )
    return out


def standardised(
    frame: pd.DataFrame, state: NDArray[np.float64], months: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the monthly share as if every month had the tasks of the whole period.

    NaN where the tasks of a month that tell make up less than half of the common mix.
    """
    told = pd.DataFrame({"month": frame["month"], "task": frame["pipeline_tag"], "state": state})
    told = told.dropna(subset=["task", "state"])
    told = told[told["month"].isin(months)]
    mix = told["task"].value_counts(normalize=True)
    by = told.groupby(["month", "task"])["state"].mean().unstack("task")
    by = by.reindex(index=months, columns=mix.index)
    weight = by.notna().to_numpy() * mix.to_numpy()
    covered = weight.sum(axis=1)
    total = np.nansum(by.to_numpy() * mix.to_numpy(), axis=1)
    return np.where(covered >= 0.5, total / np.where(covered > 0, covered, 1.0), np.nan)


def _is(values: NDArray[np.object_], name: Any) -> NDArray[np.float64]:
    """Return 1 where a value is this, 0 where it is another, NaN where it is not told."""
    return np.where(pd.isna(values), np.nan, (values == name).astype(np.float64))


def _frequent(column: pd.Series[Any], most: int) -> list[Any]:
    """Return the most frequent values, by count and then by name."""
    counts = column.dropna().value_counts()
    return sorted(counts.index, key=lambda v: (-counts[v], str(v)))[:most]
