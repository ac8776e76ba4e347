"""Drift of pairs, and its summaries by relation and by family."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis import gower
from modelkin.analysis.chance import false_discovery
from modelkin.analysis.distances import configured_table, farthest
from modelkin.analysis.estimate import columns, told
from modelkin.analysis.inputs import BITS, Inputs
from modelkin.analysis.intervals import MIN_COMPONENTS, counts_only, mean, paired, rate
from modelkin.analysis.pairs import CHANGED, Pairs, field_states
from modelkin.analysis.shrinkage import shrink
from modelkin.analysis.strata import codes, half_years
from modelkin.schema.families import UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

MORE_SHARED = 8
"""Shared fields that the strict repetition of the relations' table asks for."""
WIDELY_KNOWN = 0.8
"""Share of pairs that must know a field in the repetition on widely known fields."""
DEFINING = {"quantized": ("torch_dtype", "quant_method", "quant_bits", "uses_quantization")}
"""Fields that a relation changes by definition."""
ALL_BUT_MERGE = "all but merge"


@dataclass(frozen=True, eq=False)
class Drifts:
    """Drift of configured pairs.

    Attributes
    ----------
    pairs : Pairs
        The pairs.
    drift : ndarray of float64, shape (m,)
        Distance parent to child; NaN below min_shared.
    n_compared : ndarray of int64, shape (m,)
        Fields known at both ends.
    changed : ndarray of bool, shape (m, f)
        Which of `names` are known at both ends and differ.
    names : tuple of str
        Compared fields.
    farthest : float
        The largest drift that there can be: intervals stay between 0 and it.
    """

    pairs: Pairs
    drift: NDArray[np.float64]
    n_compared: NDArray[np.int64]
    changed: NDArray[np.bool_]
    names: tuple[str, ...]
    farthest: float = 1.0

    @property
    def is_used(self) -> NDArray[np.bool_]:
        """Mask of the pairs with a drift."""
        return ~np.isnan(self.drift)

    def changed_names(self) -> list[list[str]]:
        """Names of the changed fields of each pair."""
        return [[self.names[f] for f in np.flatnonzero(row)] for row in self.changed]


def drifts(inputs: Inputs, pairs: Pairs, table: gower.Table, min_shared: int) -> Drifts:
    """Measure the drift of pairs.

    Parameters
    ----------
    inputs : Inputs
        The graph.
    pairs : Pairs
        Configured pairs.
    table : gower.Table
        All models encoded, so that ranges come from the whole set.
    min_shared : int
        Fewer shared fields give no drift.

    Returns
    -------
    Drifts
    """
    names = tuple(f.name for f in table.spec.fields)
    distance, n_compared = gower.pairs(table, pairs.parent, pairs.child, min_shared)
    states = field_states(inputs.models.frame, names, pairs.parent, pairs.child)
    return Drifts(
        pairs, distance, n_compared, states == CHANGED, names, farthest(table.spec.variant)
    )


def _summary(
    name: dict[str, Any], drift: NDArray[np.float64], component: Any, most: float
) -> dict[str, Any]:
    """Return one row of estimates: typical component first, typical edge beside."""
    known = ~np.isnan(drift)
    drift, component = drift[known], np.asarray(component)[known]
    typical = mean(drift, component, within=(0.0, most))
    parts = [
        columns([typical], "drift_"),
        columns([mean(drift, component, "edge", (0.0, most))], "edge_drift_"),
        columns([rate(drift == 0, component)], "unchanged_"),
    ]
    moved = drift[drift > 0]
    return (
        name
        | {
            "n": len(drift),
            "n_components": typical.n_components,
            "n_effective": typical.n_effective,
        }
        | {key: values[0] for part in parts for key, values in part.items()}
        | {"median_of_moved": float(np.median(moved)) if len(moved) else np.nan}
    )


def relation_table(
    inputs: Inputs, found: Drifts, table: gower.Table, min_shared: int
) -> pd.DataFrame:
    """Return a row for each relation and subset: all pairs first, then stricter repetitions.

    A filtered report has no row of all relations: it would repeat those it asks for.
    """
    rows, is_filtered = [], bool(inputs.options.get("relations"))
    for subset, drift, used in _subsets(inputs, found, table, min_shared):
        for relation in BITS if is_filtered else (ALL_BUT_MERGE, *BITS):
            here = used & (
                ~found.pairs.is_merge if relation == ALL_BUT_MERGE else found.pairs.having(relation)
            )
            if here.any():
                name = {"subset": subset, "relation": relation}
                rows.append(
                    _summary(name, drift[here], found.pairs.component[here], found.farthest)
                )
    rows.extend(_special_rows(inputs, found, table, min_shared))
    return pd.DataFrame(rows)


def _subsets(
    inputs: Inputs, found: Drifts, table: gower.Table, min_shared: int
) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.bool_]]]:
    """Yield words, drift and mask of each repetition of the relations' table."""
    used, pairs = found.is_used, found.pairs
    yield "all", found.drift, used
    yield f"≥ {MORE_SHARED} shared fields", found.drift, used & (found.n_compared >= MORE_SHARED)
    size = pd.Series(pairs.component).map(pd.Series(pairs.component[used]).value_counts())
    yield "components of ≥ 3 pairs", found.drift, used & (size.fillna(0) >= 3).to_numpy()
    states = field_states(inputs.models.frame, found.names, pairs.parent, pairs.child)[used]
    share = (states <= CHANGED).mean(axis=0) if len(states) else np.zeros(len(found.names))
    seldom = [name for name, s in zip(found.names, share, strict=True) if s < WIDELY_KNOWN]
    if 0 < len(seldom) < len(found.names):
        drift = _drift_without(inputs, pairs, table, seldom, min_shared)
        words = f"on the {len(found.names) - len(seldom)} fields known on ≥ {WIDELY_KNOWN:.0%}"
        yield words, drift, ~np.isnan(drift)


def _special_rows(
    inputs: Inputs, found: Drifts, table: gower.Table, min_shared: int
) -> Iterator[dict[str, Any]]:
    """Yield relations without the fields that define them, and merges to their nearest parent."""
    pairs = found.pairs
    for relation, fields in DEFINING.items():
        own = [name for name in fields if name in found.names]
        here = pairs.having(relation)
        if own and here.any():
            drift = _drift_without(inputs, pairs, table, own, min_shared)
            name = {"subset": "without its own fields", "relation": relation}
            yield _summary(name, drift[here], pairs.component[here], found.farthest)
    merges = found.is_used & pairs.having("merge")
    if merges.any():
        nearest = pd.Series(found.drift[merges]).groupby(pairs.child[merges]).min()
        component = inputs.forest.component[nearest.index.to_numpy()]
        name = {"subset": "to the nearest parent", "relation": "merge"}
        yield _summary(name, np.asarray(nearest, np.float64), component, found.farthest)


def _drift_without(
    inputs: Inputs, pairs: Pairs, table: gower.Table, names: list[str], min_shared: int
) -> NDArray[np.float64]:
    """Drift over the other fields, in the same ranges."""
    if len(names) == table.n_fields:
        return np.full(pairs.n, np.nan)
    fewer = configured_table(inputs.models, table.spec.without(*names))
    return gower.pairs(fewer, pairs.parent, pairs.child, min_shared)[0]


def contrast_table(found: Drifts) -> pd.DataFrame:
    """Return relation against relation, paired inside components; merges stand apart."""
    alone = {
        r: found.is_used & ~found.pairs.is_merge & (found.pairs.bits == bit)
        for r, bit in BITS.items()
        if r != "merge"
    }
    rows, component, drift = [], found.pairs.component, found.drift
    for k, a in enumerate(alone):
        for b in list(alone)[k + 1 :]:
            first, second = alone[a], alone[b]
            if not (first.any() and second.any()):
                continue
            estimate, p = paired(
                (drift[first], component[first]),
                (drift[second], component[second]),
                (-found.farthest, found.farthest),
            )
            rows.append(
                {
                    "relation": a,
                    "against": b,
                    "n": estimate.n,
                    "n_components": estimate.n_components,
                    **{key: v[0] for key, v in columns([estimate], "difference_").items()},
                    "p": p,
                    "unpaired_difference": drift[first].mean() - drift[second].mean(),
                }
            )
    frame = pd.DataFrame(rows)
    if len(frame):
        frame.insert(len(frame.columns) - 1, "p_adjusted", false_discovery(frame["p"]))
    return frame


def family_table(frame: pd.DataFrame, most: float = 1.0) -> pd.DataFrame:
    """Return families by the shrunken mean of their parents' mean drift.

    No drift exceeds `most`. Thin ones (fewer than 10 parents, or the family not known) come last.
    """
    kept = frame[["merge" not in names.split(";") for names in frame["relations"]]]
    if kept.empty:
        return pd.DataFrame()
    rows = [
        _summary(
            {"parent_family": name}, part["drift"].to_numpy(np.float64), part["parent_id"], most
        )
        for name, part in kept.groupby("parent_family")
    ]
    out = pd.DataFrame(rows).rename(columns={"n_components": "n_parents"})
    out.insert(3, "shrunken_mean", out["parent_family"].map(_shrunken_means(kept)))
    out["thin"] = (out["n_parents"] < MIN_COMPONENTS) | (out["parent_family"] == UNKNOWN)
    return out.sort_values(
        ["thin", "shrunken_mean", "parent_family"], ascending=[True, False, True], ignore_index=True
    )


def _shrunken_means(frame: pd.DataFrame) -> dict[str, float]:
    """Return each known family's mean of parents' mean drift, shrunk towards that of all."""
    known = frame[frame["parent_family"] != UNKNOWN]
    parents = known.groupby(["parent_family", "parent_id"])["drift"].mean().reset_index()
    place, names = pd.factorize(parents["parent_family"], sort=True)
    return dict(zip(names, shrink(parents["drift"], place)[0], strict=True)) if len(names) else {}


def within_table(frame: pd.DataFrame, most: float = 1.0) -> pd.DataFrame:
    """Return drift of pairs inside one family, across families, and of unknown ones.

    No drift exceeds `most`.
    """
    same = frame["same_family"]
    masks = {
        "same family": same.fillna(False),
        "different families": (~same).fillna(False),
        "family not known": same.isna(),
    }
    component = codes(frame["component_id"])
    return pd.DataFrame(
        [
            _summary({"pairs": words}, frame["drift"].to_numpy()[m], component[m], most)
            for words, mask in masks.items()
            for m in [mask.to_numpy(dtype=bool)]
        ]
    )


def scale_table(inputs: Inputs, found: Drifts, table: gower.Table, min_shared: int) -> pd.DataFrame:
    """Return mean drift beside the mean distance of all pairs of one type and half-year.

    The strata are the children's, weighed by the pairs that are in them; a child of unknown
    date is compared with all of its type. All pairs of a stratum are counted, none drawn. The
    note says where so few pairs are no estimate.
    """
    models, used = inputs.models, found.is_used & ~found.pairs.is_merge
    kind = codes(models.frame["model_type"])
    period = half_years(models.frame["created_at"].to_numpy(dtype="datetime64[ns]"))
    child, drift, component = (
        values[used] for values in (found.pairs.child, found.drift, found.pairs.component)
    )
    rows = []
    for words, dated in (("type × half-year", True), ("type (date not known)", False)):
        here = (kind[child] >= 0) & ((period[child] >= 0) == dated)
        key = kind * 100_000 + np.where(period >= 0, period, 0) * dated
        pool = models.configured & (kind >= 0) & ((period >= 0) | (not dated))
        strata = np.unique(key[child[here]])
        groups = [np.flatnonzero(pool & (key == s)) for s in strata]
        mean_distance, n_pairs, _ = gower.group_means(table, groups, min_shared)
        some = dict(zip(strata, mean_distance, strict=True))
        expected = np.array([some[k] for k in key[child[here]]])
        partner = ~np.isnan(expected)
        n, n_groups = int(partner.sum()), len(np.unique(component[here][partner]))
        mean_drift = drift[here][partner].mean() if n else np.nan
        scale = expected[partner].mean() if n else np.nan
        rows.append(
            {
                "strata": words,
                "n": n,
                "n_components": n_groups,
                "n_without_partner": int((~partner).sum()),
                "n_strata": int((~np.isnan(mean_distance)).sum()),
                "n_random_pairs": int(n_pairs.sum()),
                "mean_drift": mean_drift,
                "mean_random_distance": scale,
                "ratio": mean_drift / scale if scale and scale > 0 else np.nan,
                "note": counts_only(n_groups, n) if n else f"no random pair for {len(partner):,}",
            }
        )
    return pd.DataFrame(rows)


def describe(row: pd.Series[Any], prefix: str) -> str:
    """Return one estimate of a table's row in words, with its n and components."""
    value, low, high, note = (row[f"{prefix}{x}"] for x in ("value", "low", "high", "note"))
    ground = (row["n"], row["n_components"])
    return told(value, (low, high), ground, note, "in the typical component")
