"""Tables by family: sizes, features, and features at one mix of years and sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from modelkin.analysis.months import label
from modelkin.analysis.shares import share
from modelkin.analysis.traits import FEATURES, distinct, year_of

MIN_ROWS = 10
"""Different configurations for the interval of a median."""
NUMBERS = ("hidden_size", "num_hidden_layers", "vocab_size", "max_position_embeddings",
           "num_attention_heads", "gqa_ratio", "approx_params_billions")  # fmt: skip
ENOUGH = 0.5
"""Share of the common mix that a family must cover to be standardised to it."""


def family_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each family, largest first: counts, medians, known shares, first month.

    Medians are over different configurations; their interval is exact for independent
    ones (sign test). Shares are over models where the feature is known.
    """
    once = distinct(frame)
    rows = []
    for name, here in frame.groupby("family", sort=True):
        shapes = once[once["family"] == name]
        dated = here.loc[here["month"] >= 0, "month"]
        row: dict[str, Any] = {
            "family": name,
            "n_models": len(here),
            "n_distinct": here["config_hash"].nunique(),
            "share": len(here) / len(frame),
            "first_month": label(int(dated.min())) if len(dated) else None,
            "n_dated": len(dated),
            "n_early": int(here["is_early"].sum()),
        }
        for column in NUMBERS[:4]:
            row |= _median(column, shapes[column].dropna().to_numpy(dtype=np.float64))
        for column in ("uses_moe", "uses_gqa", "uses_rope"):
            known = here[column].dropna()
            row[f"{column}_share"] = known.mean() if len(known) else np.nan
            row[f"{column}_known"] = len(known)
        rows.append(row)
    out = pd.DataFrame(rows) if rows else pd.DataFrame(columns=["family", "n_models"])
    return out.sort_values(["n_models", "family"], ascending=[False, True], ignore_index=True)


def median_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of a median of independent values (sign test), NaN below 10."""
    if len(values) < MIN_ROWS:
        return float("nan"), float("nan")
    ends = stats.quantile_test(values, q=float(np.median(values)), p=0.5).confidence_interval()
    return float(ends.low), float(ends.high)


def _median(column: str, values: NDArray[np.float64]) -> dict[str, Any]:
    """Return a median, its interval and its n as columns."""
    low, high = median_interval(values)
    middle = float(np.median(values)) if len(values) else np.nan
    note = "" if len(values) >= MIN_ROWS else f"no interval (n = {len(values)})"
    name = f"median_{column}"
    return {name: middle, f"{name}_low": low, f"{name}_high": high, f"{name}_n": len(values),
            f"{name}_note": note}  # fmt: skip


def family_features(frame: pd.DataFrame, families: list[str]) -> pd.DataFrame:
    """Return the share of every feature in each family; the component is the witness."""
    rows = []
    for name in families:
        here = frame[frame["family"] == name]
        for column, words in FEATURES.items():
            found = share(here[column], here["component"], here["is_representative"])
            rows.append({"family": name, "feature": words, **found})
    return pd.DataFrame(rows)


def standardised(frame: pd.DataFrame, families: list[str]) -> pd.DataFrame:
    """Return feature shares as if every family had the years and sizes of all models.

    Parameters
    ----------
    frame : DataFrame
        Configured models.
    families : list of str
        Families wanted.

    Returns
    -------
    DataFrame
        ``family``, ``feature``, ``share`` (as it is, over the dated models of known size),
        ``standardised``, ``covered`` (share of the common mix of year × size class that
        the family has), ``n``, ``note``. Different configurations; below half of the mix
        there is no comparison.
    """
    once = distinct(frame)
    known = once[(once["month"] >= 0) & once["size_class"].notna()].copy()
    known["stratum"] = year_of(known["month"].to_numpy()).astype(str) + " " + known["size_class"]
    rows = []
    for column, words in FEATURES.items():
        told = known[known[column].notna()]
        mix = told["stratum"].value_counts(normalize=True)
        for name in families:
            here = told[told["family"] == name].groupby("stratum")[column].agg(["mean", "size"])
            weight = mix.reindex(here.index)
            covered, n = float(weight.sum()), int(here["size"].sum())
            enough = covered >= ENOUGH
            rows.append(
                {
                    "family": name,
                    "feature": words,
                    "n": n,
                    "share": (here["mean"] * here["size"]).sum() / n if n else np.nan,
                    "standardised": (here["mean"] * weight).sum() / covered if enough else np.nan,
                    "covered": covered,
                    "note": "" if enough else f"covers {100 * covered:.0f} % of the common mix",
                }
            )
    return pd.DataFrame(rows)
