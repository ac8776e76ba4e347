"""Configured models as one frame: attributes, what follows from them, when, and whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.representatives import representatives
from modelkin.analysis.strata import FIRST_DAY
from modelkin.schema.attributes import ATTRIBUTES
from modelkin.schema.derive import DERIVED, derived

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.inputs import Inputs

FEATURES: dict[str, str] = {
    "uses_moe": "mixture of experts",
    "uses_gqa": "grouped attention",
    "uses_rope": "rotary positions",
    "uses_quantization": "quantization",
    "uses_mla": "latent attention",
}
"""Three-state columns (1 yes, 0 no, NaN unknown) and their words."""

SIZES: dict[str, str] = {
    "hidden_size": "width",
    "intermediate_size": "feed-forward width",
    "num_hidden_layers": "layers",
    "num_attention_heads": "query heads",
    "num_key_value_heads": "key and value heads",
    "vocab_size": "vocabulary",
    "max_position_embeddings": "context in tokens",
    "rope_theta": "rotary base",
    "approx_params_billions": "parameters in billions (estimate)",
    "head_dimension": "head width",
    "gqa_ratio": "query heads per key head",
}
"""Numeric columns of the summaries and their words, the reference's eleven."""

LATENT = frozenset({"deepseek_v2", "deepseek_v3", "deepseek_v32", "kimi_k2", "minicpm3"})
"""Types whose code fixes latent attention, whether or not the rank is told."""

UNDATED = -1
_INPUTS = (
    "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "max_position_embeddings", "rope_theta", "rope_scaling_type",
    "num_experts", "quant_method", "quant_bits", "kv_ratio", "n_params", "config_source",
)  # fmt: skip


def configured(inputs: Inputs) -> pd.DataFrame:
    """Return the configured models with everything that follows from their attributes.

    Parameters
    ----------
    inputs : Inputs
        The graph.

    Returns
    -------
    DataFrame
        One row for each configured model, in the order of ids (a RangeIndex). Columns:
        ``row`` (position in `Models`), ``model_id``, ``organization``, ``family``,
        ``config_hash``, ``config_source``, ``component`` (position of its smallest id), every
        attribute of the schema, `modelkin.schema.derive.DERIVED` (numbers float64 with NaN;
        the flags of `FEATURES` 1, 0 or NaN for unknown; classes str or None),
        ``head_dimension`` (stated, else derived), ``month`` (months since 1970-01; -1 where
        the date is not known or the Hub's "on or before" day, 2022-03-02), ``is_early``
        (bool: dated that day or before), ``is_representative`` (bool: stands for all copies
        of its configuration).
    """
    rows = np.flatnonzero(inputs.models.configured)
    frame = inputs.models.frame.iloc[rows].reset_index(drop=True)
    out = frame[[a.name for a in ATTRIBUTES]].copy()
    out.insert(0, "row", rows)
    out.insert(1, "model_id", inputs.models.ids[rows])
    for name in ("organization", "family", "config_hash", "config_source"):
        out[name] = frame[name]
    out["component"] = inputs.forest.component[rows]
    for name, values in _derived(frame).items():
        out[name] = values
    out["uses_mla"] = _latent(out)
    out["head_dimension"] = out["head_dim"].fillna(out["head_dim_derived"])
    when = frame["created_at"].to_numpy(dtype="datetime64[ns]")
    out["is_early"] = ~np.isnat(when) & (when.astype("datetime64[D]") <= FIRST_DAY)
    dated = ~np.isnat(when) & ~out["is_early"].to_numpy()
    month = np.full(len(out), UNDATED, dtype=np.int64)
    month[dated] = when[dated].astype("datetime64[M]").astype(np.int64)
    out["month"] = month
    out["is_representative"] = representatives(inputs.models)[rows]
    return out


def distinct(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one model for each configuration: copies do not vote."""
    return frame[frame["is_representative"]].reset_index(drop=True)


def year_of(month: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the calendar year of months since 1970-01; -1 where undated."""
    return np.where(month == UNDATED, UNDATED, 1970 + month // 12)


def _derived(frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return the derived columns: numbers and flags as float64, classes as objects."""
    columns = [frame[name].astype(object).where(frame[name].notna(), None) for name in _INPUTS]
    told = [derived(dict(zip(_INPUTS, row, strict=True))) for row in zip(*columns, strict=True)]
    out: dict[str, NDArray[Any]] = {}
    for name in DERIVED:
        values = [one[name] for one in told]
        is_class = name.endswith("_class")
        out[name] = np.array(values, dtype=object if is_class else np.float64)
    return out


def _latent(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Say whether keys and values are compressed: by their rank, else by the type.

    "No" needs a reason too: a model whose kind of heads is known and has no rank.
    """
    told = np.where(frame["uses_gqa"].notna(), 0.0, np.nan)
    has = frame["kv_lora_rank"].notna() | frame["model_type"].isin(LATENT)
    return np.where(has, 1.0, told)
