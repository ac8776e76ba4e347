"""Values that stand out among those of their model_type: listed with the reason, never changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelkin.analysis.traits import distinct

ATTRIBUTES = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "vocab_size",
    "max_position_embeddings",
    "rope_theta",
)
MIN_CONFIGURATIONS = 20
"""Different configurations of a type that know the attribute."""
FAR = 5.0
"""Robust z from which a value is far."""
SELDOM = 0.01
"""Share of a type's configurations near a value below which it is seldom."""
NEAR = 0.1
"""How near, as a share of the value: sizes come in variants a few tokens or units apart."""
TENFOLD = np.log(10.0)
"""Logarithm from which a far value is listed however many hold it."""
LEAST_SPREAD = 0.2
"""Smallest deviation of a logarithm: where all but a few are equal, nothing below a factor of
e is far."""
CONSISTENT = 1.4826
"""Median absolute deviation to standard deviation, for normal values."""
COLUMNS = ["model_id", "model_type", "attribute", "value", "median", "z", "kind", "reason",
           "n_type", "n_models"]  # fmt: skip


def outliers(frame: pd.DataFrame) -> pd.DataFrame:
    """List values far from those of their type, and heads and experts that do not fit.

    Parameters
    ----------
    frame : DataFrame
        Configured models (`modelkin.analysis.traits.configured`).

    Returns
    -------
    DataFrame
        One row for each value of a different configuration: ``value``, the type's
        ``median``, ``z`` (robust, of the logarithm), ``kind`` ("outlier", or
        "inconsistent" where two attributes of one model cannot both be true), ``reason``,
        ``n_type`` (configurations compared) and ``n_models`` (that share the configuration).

    Notes
    -----
    z = (log x - median) / max(1.4826 · MAD, 0.2), over the configurations of one
    model_type, at least 20. A value is far if |z| > 5, and less than 1 % of the type's
    configurations (or it alone) lie within a tenth of it, or it is ten times off: what a
    hundredth of a type does is else another variant. More than half of a type often share
    one size, so that MAD is 0; the floor keeps neighbouring sizes from counting then.
    """
    once = distinct(frame)
    copies = frame["config_hash"].value_counts()
    rows = []
    for kind, here in once.dropna(subset=["model_type"]).groupby("model_type", sort=True):
        for name in ATTRIBUTES:
            rows += _far(here, str(kind), name)
    rows += _inconsistent(once)
    out = pd.DataFrame(rows, columns=[*COLUMNS[:-1], "config_hash"])
    out["n_models"] = out["config_hash"].map(copies).astype("Int64")
    out["size"] = out["z"].abs().fillna(np.inf)
    out = out.sort_values(["size", "model_id", "attribute"], ascending=[False, True, True])
    return out[COLUMNS].reset_index(drop=True)


def robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each positive value lies from the others, in robust deviations of the log.

    For the formula see `outliers`.

    Examples
    --------
    >>> robust_z(np.array([1.0, 1.0, 1.0, 1.0, 8.0])).round(2).tolist()
    [0.0, 0.0, 0.0, 0.0, 10.4]
    """
    away = np.log(values) - np.median(np.log(values))
    return np.asarray(away / max(CONSISTENT * np.median(np.abs(away)), LEAST_SPREAD))


def _neighbours(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the values within a tenth of each, itself included."""
    ascending = np.sort(values)
    low = np.searchsorted(ascending, values * (1 - NEAR), side="left")
    high = np.searchsorted(ascending, values * (1 + NEAR), side="right")
    return np.asarray(high - low, dtype=np.int64)


def _far(frame: pd.DataFrame, kind: str, name: str) -> list[dict[str, Any]]:
    """List the values of one attribute of one type that lie far from the others."""
    known = frame[frame[name] > 0]
    if len(known) < MIN_CONFIGURATIONS:
        return []
    values = known[name].to_numpy(dtype=np.float64)
    z = robust_z(values)
    middle = float(np.median(values))
    seldom = _neighbours(values) < max(SELDOM * len(values), 1.5)
    found = (np.abs(z) > FAR) & (seldom | (np.abs(np.log(values / middle)) > TENFOLD))
    return [
        _row(known.iloc[k], name, values[k], "outlier",
             f"{values[k] / middle:.3g} times the median of {kind}",
             median=middle, z=float(z[k]), n_type=len(values))
        for k in np.flatnonzero(found)
    ]  # fmt: skip


def _inconsistent(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """List configurations whose attributes contradict each other."""
    heads, keys = frame["num_attention_heads"], frame["num_key_value_heads"]
    active, experts = frame["num_experts_per_tok"], frame["num_experts"]
    checks = (
        ("num_key_value_heads", keys > heads, "more key heads than query heads"),
        ("num_key_value_heads", (keys > 0) & (keys <= heads) & (heads % keys != 0),
         "key heads do not divide query heads"),
        ("num_experts_per_tok", (experts >= 2) & (active > experts), "more experts visited than "
         "there are"),
    )  # fmt: skip
    return [
        _row(frame.iloc[k], name, frame[name].iloc[k], "inconsistent", reason)
        for name, found, reason in checks
        for k in np.flatnonzero(found.to_numpy())
    ]


def _row(
    model: pd.Series[Any], name: str, value: float, kind: str, reason: str, **more: float
) -> dict[str, Any]:
    """Return one row of the list."""
    return {
        "model_id": model["model_id"], "model_type": model["model_type"], "attribute": name,
        "value": float(value), "median": more.get("median", np.nan), "z": more.get("z", np.nan),
        "kind": kind, "reason": reason, "n_type": more.get("n_type", np.nan),
        "config_hash": model["config_hash"],
    }  # fmt: skip
