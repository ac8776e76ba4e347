"""What goes with more downloads, likes and descendants, at equal age, size, task and relation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from modelkin.analysis.chance import false_discovery
from modelkin.analysis.intervals import effective
from modelkin.analysis.regression import (
    Floats,
    knots_of,
    least_squares,
    logistic,
    natural_spline,
    spline_at,
)

OUTCOMES = {"downloads": "downloads of 30 days", "likes": "likes", "descendants": "descendants"}
TRAITS = {
    "uses_moe": "mixture of experts",
    "uses_gqa": "grouped attention",
    "uses_rope": "rotary positions",
    "uses_quantization": "quantization",
    "long_context": "context of 32,768 tokens or more",
}
DOUBLING = "a doubling of size"
MIN_ROWS, MIN_CLUSTERS, MIN_SIDE = 100, 20, 30
"""Models, organizations, and models with and without the feature."""
TASKS = 6
"""Tasks with a term of their own."""
SPOTS = (1.0, 3.0, 7.0, 13.0, 30.0, 70.0)
"""Sizes in billions that are compared along the fitted curve."""
DRAWS = 2_000
FOLDS = 5


def covariates(frame: pd.DataFrame, size: bool = True) -> Floats:
    """Return the columns held equal: age, year, task, relation and, if asked, size.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``age`` (days), ``year``, ``pipeline_tag``, ``relation``, ``size``.
    size : bool
        Whether the spline of log size is among them.

    Returns
    -------
    ndarray of float64, shape (n, k)
        The constant first.
    """
    task = frame["pipeline_tag"].fillna("unknown")
    frequent = task.value_counts()
    kept = sorted(frequent.index, key=lambda t: (-frequent[t], t))[:TASKS]
    parts = [np.ones((len(frame), 1)), natural_spline(np.log(frame["age"].to_numpy(np.float64)))]
    if size:
        parts.append(natural_spline(np.log(frame["size"].to_numpy(np.float64))))
    for column in (task.where(task.isin(kept), "rest"), frame["relation"], frame["year"]):
        levels = sorted(column.unique(), key=str)[1:]
        parts += [(column == level).to_numpy(dtype=np.float64)[:, None] for level in levels]
    return np.concatenate(parts, axis=1)


def effect_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Estimate how each outcome goes with each feature.

    Parameters
    ----------
    frame : DataFrame
        Models of known age and size, one row each: the columns of `covariates`,
        ``organization``, `OUTCOMES` (NaN: not known, or too young for descendants), `TRAITS`.

    Returns
    -------
    DataFrame
        A row for each outcome and feature: ``ratio_*`` of the geometric means of (1 +
        outcome) with it and without (or for each doubling of size) at equal covariates;
        ``p``, ``p_adjusted`` (Benjamini-Hochberg over the table); ``raw_ratio`` without
        covariates; ``without_largest`` organization; ``within_organization`` (fixed
        effects); ``odds_ratio_*`` of having any descendant; n on both sides.
    """
    rows = []
    for outcome in OUTCOMES:
        for name in (*TRAITS, DOUBLING):
            rows.append({"outcome": outcome, "feature": TRAITS.get(name, name), **_one(
                frame, outcome, name)})  # fmt: skip
    out = pd.DataFrame(rows)
    out["p_adjusted"] = false_discovery(out["p"])
    return out


def _one(frame: pd.DataFrame, outcome: str, name: str) -> dict[str, Any]:
    """Return one estimate, or why there is none."""
    known = frame[frame[outcome].notna()]
    if name == DOUBLING:
        x = np.log2(known["size"].to_numpy(np.float64))
        sides = (len(known), len(known))
    else:
        known = known[known[name].notna()]
        x = known[name].to_numpy(dtype=np.float64)
        sides = (int(x.sum()), int(len(x) - x.sum()))
    org = known["organization"].to_numpy()
    groups, worth = effective(org)
    row: dict[str, Any] = {
        "n": len(known), "n_with": sides[0], "n_without": sides[1], "n_organizations": groups,
        "n_effective": worth, "ratio": np.nan, "ratio_low": np.nan, "ratio_high": np.nan,
        "p": np.nan, "raw_ratio": np.nan, "without_largest": np.nan, "within_organization": np.nan,
        "odds_ratio": np.nan, "odds_ratio_low": np.nan, "odds_ratio_high": np.nan,
        "largest_share": np.nan, "note": "",
    }  # fmt: skip
    if len(known) < MIN_ROWS or groups < MIN_CLUSTERS or min(sides) < MIN_SIDE:
        note = f"not enough data (n = {len(known)}, with {sides[0]}, organizations {groups})"
        return row | {"note": note}
    y = np.log1p(known[outcome].to_numpy(np.float64))
    design = np.column_stack([x, covariates(known, size=name != DOUBLING)])
    found = least_squares(y, design, org)
    value, low, high, p = found.interval(0)
    names, counts = np.unique(org, return_counts=True)
    rest = org != names[counts.argmax()]
    return row | {
        "ratio": np.exp(value), "ratio_low": np.exp(low), "ratio_high": np.exp(high), "p": p,
        "raw_ratio": np.exp(least_squares(y, np.column_stack([x, np.ones(len(x))]), org).beta[0]),
        "without_largest": np.exp(least_squares(y[rest], design[rest], org[rest]).beta[0]),
        "within_organization": np.exp(_within(y, design, org)),
        "largest_share": counts.max() / len(org),
        **(_any(known[outcome].to_numpy(np.float64), design, org) if outcome == "descendants"
           else {}),
    }  # fmt: skip


def _within(y: Floats, design: Floats, org: Any) -> float:
    """Return the first coefficient with every organization's mean taken out; NaN without any."""
    place = np.unique(org, return_inverse=True)[1]
    n = np.bincount(place)
    columns = np.column_stack([y, design])
    means = np.stack([np.bincount(place, c) / n for c in columns.T], axis=1)
    left = columns - means[place]
    if left[:, 1].std() < 1e-12:
        return float("nan")
    return float(least_squares(left[:, 0], left[:, 1:], org).beta[0])


def _any(outcome: Floats, design: Floats, org: Any) -> dict[str, float]:
    """Return the odds ratio of any descendant, NaN where the data are separated."""
    found = logistic(outcome > 0, design, org)
    if found is None:
        return {}
    value, low, high, _ = found.interval(0)
    return {"odds_ratio": float(np.exp(value)), "odds_ratio_low": float(np.exp(low)),
            "odds_ratio_high": float(np.exp(high))}  # fmt: skip


def sweet_spots(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Compare sizes along the fitted curve of each outcome, with a band for all at once.

    Returns
    -------
    DataFrame
        ``outcome``, ``billions``, ``ratio_*`` (to the mean of the sizes compared; the band
        holds for all of them together, max-t over the jackknife's covariance), ``is_best``
        (its band lies above all others'), ``n``, ``note``.
    """
    rows = []
    for outcome in OUTCOMES:
        known = frame[frame[outcome].notna()]
        groups, _ = effective(known["organization"])
        if len(known) < MIN_ROWS or groups < MIN_CLUSTERS:
            note = f"not enough data (n = {len(known)}, organizations {groups})"
            rows.append({"outcome": outcome, "n": len(known), "is_best": False, "note": note})
            continue
        rows += _along(known, outcome, rng)
    names = ["outcome", "billions", "n", "ratio", "ratio_low", "ratio_high", "is_best", "note"]
    return pd.DataFrame(rows, columns=names)


def _along(known: pd.DataFrame, outcome: str, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return the rows of one outcome."""
    logs = np.log(known["size"].to_numpy(np.float64))
    knots = knots_of(logs)
    spline = spline_at(logs, knots, logs)
    design = np.column_stack([spline, covariates(known, size=False)])
    found = least_squares(np.log1p(known[outcome].to_numpy(np.float64)), design,
                          known["organization"])  # fmt: skip
    k = spline.shape[1]
    seen = [s for s in SPOTS if np.exp(logs.min()) <= s <= np.exp(logs.max())]
    if len(seen) < 2:
        note = "fewer than two of the sizes lie in the range of the data"
        return [{"outcome": outcome, "n": len(known), "is_best": False, "note": note}]
    at = spline_at(np.log(np.array(seen)), knots, logs)
    at = at - at.mean(axis=0)
    level, spread = at @ found.beta[:k], at @ found.covariance[:k, :k] @ at.T
    error = np.sqrt(np.maximum(np.diag(spread), 1e-300))
    drawn = rng.multivariate_normal(np.zeros(len(seen)), spread, DRAWS, method="eigh")
    chi = np.sqrt(rng.chisquare(found.freedom, DRAWS) / found.freedom)
    width = float(np.quantile(np.abs(drawn / error).max(axis=1) / chi, 0.95))
    low, high = level - width * error, level + width * error
    return [
        {"outcome": outcome, "billions": s, "n": len(known), "ratio": np.exp(level[i]),
         "ratio_low": np.exp(low[i]), "ratio_high": np.exp(high[i]),
         "is_best": bool(low[i] > np.delete(high, i).max()), "note": ""}
        for i, s in enumerate(seen)
    ]  # fmt: skip


def explained(frame: pd.DataFrame) -> pd.DataFrame:
    """Return R² on organizations that were not fitted on: covariates alone, and with features.

    Unknown features have a level of their own here, so that all rows count.
    """
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    from sklearn.model_selection import GroupKFold, cross_val_predict

    rows = []
    for outcome in OUTCOMES:
        known = frame[frame[outcome].notna()]
        groups = known["organization"].nunique()
        row: dict[str, Any] = {"outcome": outcome, "n": len(known), "n_organizations": groups}
        if len(known) < MIN_ROWS or groups < MIN_CLUSTERS:
            note = f"not enough data (n = {len(known)}, organizations {groups})"
            rows.append(row | {"r2_covariates": np.nan, "r2_with_features": np.nan, "note": note})
            continue
        y, base = np.log1p(known[outcome].to_numpy(np.float64)), covariates(known)
        levels = [known[name].fillna(-1).to_numpy() == v for name in TRAITS for v in (1, -1)]
        both = np.column_stack([base, *levels]).astype(np.float64)
        for name, x in (("r2_covariates", base), ("r2_with_features", both)):
            guess = cross_val_predict(Ridge(1.0), x, y, groups=known["organization"],
                                      cv=GroupKFold(FOLDS))  # fmt: skip
            row[name] = float(r2_score(y, guess))
        rows.append(row | {"note": ""})
    return pd.DataFrame(rows)
