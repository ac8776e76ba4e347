"""Which way fields change, and from what to what."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from modelkin.analysis.chance import false_discovery
from modelkin.analysis.estimate import columns
from modelkin.analysis.intervals import MIN_COMPONENTS, rate
from modelkin.analysis.pairs import CHANGED, Pairs
from modelkin.schema.attributes import BY_NAME, feature_set

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIELDS = feature_set("default") + feature_set("training")
"""Fields whose mutations are counted, in the order of every matrix of states."""
NUMERIC = tuple(name for name in FIELDS if BY_NAME[name].kind in ("integer", "number"))
NAMED = 5
"""Components in which a transition must be seen to be named."""


def direction_table(frame: pd.DataFrame, states: NDArray[np.int8], pairs: Pairs) -> pd.DataFrame:
    """Return which way numeric fields change, merges left out.

    ``increase_*`` is the share of increases among changes in the typical component;
    ``median_log2_ratio`` is over changes between positive values; p is Wilcoxon's signed
    rank of components' mean signs, from 10 components on.
    """
    rows = []
    for name in NUMERIC:
        here = ~pairs.is_merge & (states[:, FIELDS.index(name)] == CHANGED)
        values = frame[name].to_numpy(dtype=np.float64)
        before, after = values[pairs.parent[here]], values[pairs.child[here]]
        component = pairs.component[here]
        positive = (before > 0) & (after > 0)
        ratio = np.log2(after[positive] / before[positive])
        share = rate(after > before, component)
        signs = pd.Series(np.sign(after - before)).groupby(component).mean().to_numpy()
        rows.append(
            {
                "feature": name,
                "n_changed": len(before),
                "n_increased": int((after > before).sum()),
                "n_decreased": int((after < before).sum()),
                "n_components": share.n_components,
                **{k: v[0] for k, v in columns([share], "increase_").items()},
                "median_log2_ratio": float(np.median(ratio)) if len(ratio) else math.nan,
                "n_ratio": len(ratio),
                "p": _signed_rank(signs),
            }
        )
    out = pd.DataFrame(rows)
    out["p_adjusted"] = false_discovery(out["p"])
    return out[out["n_changed"] > 0].reset_index(drop=True)


def _signed_rank(signs: NDArray[np.float64]) -> float:
    """Return Wilcoxon's two-sided p that components change up as much as down."""
    if len(signs) < MIN_COMPONENTS or not np.any(signs):
        return math.nan
    return float(stats.wilcoxon(signs, method="asymptotic").pvalue)


def transition_table(frame: pd.DataFrame, states: NDArray[np.int8], pairs: Pairs) -> pd.DataFrame:
    """Return changes from value to value; those in fewer than 5 components are put together.

    A row without values (None) holds what is put together: its n_components say in how many.
    """
    parts = []
    for f, name in enumerate(FIELDS):
        here = ~pairs.is_merge & (states[:, f] == CHANGED)
        values = frame[name].to_numpy()
        moves = pd.DataFrame(
            {
                "from": [_spelled(v) for v in values[pairs.parent[here]]],
                "to": [_spelled(v) for v in values[pairs.child[here]]],
                "component": pairs.component[here],
            },
            dtype=object,
        )
        seen = moves.groupby(["from", "to"])["component"].transform("nunique") >= NAMED
        moves.loc[~seen.astype(bool), ["from", "to"]] = None
        counted = moves.groupby(["from", "to"], dropna=False)["component"]
        part = counted.agg(n="size", n_components="nunique").reset_index()
        part = part.sort_values(["n", "from", "to"], ascending=[False, True, True])
        rest = part["from"].isna()
        part = pd.concat([part[~rest], part[rest]])
        part.insert(0, "feature", name)
        parts.append(part.assign(share_of_changes=part["n"] / max(len(moves), 1)))
    out = pd.concat(parts, ignore_index=True)
    ends = ["from", "to"]
    out[ends] = out[ends].astype(object).where(out[ends].notna(), None)
    return out


def _spelled(value: object) -> str:
    """Return a value as text: whole numbers without a point."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
