"""Whether families differ in size: rank tests over different configurations, labels moved whole.

Configurations of one component are no independent witnesses, and families differ in when they
lived; so chance is what comes out when the labels of whole components are dealt anew among the
components of one year.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelkin.analysis.chance import false_discovery, permutation_p, stream
from modelkin.analysis.traits import distinct, year_of
from modelkin.schema.families import OTHER, UNKNOWN

ATTRIBUTES = ("hidden_size", "num_hidden_layers", "max_position_embeddings", "gqa_ratio")
PAIRS = 10
"""Largest pairs of families that are compared for each attribute."""
MIN_ROWS = 10
"""Different configurations of a family."""
ALL = "all families"
COLUMNS = ["attribute", "family", "against", "n", "n_components", "n_without_partner", "effect",
           "statistic", "p", "p_adjusted", "note"]  # fmt: skip


def contrasts(frame: pd.DataFrame, seed: int, permutations: int) -> pd.DataFrame:
    """Compare families, all together and the largest two by two.

    Parameters
    ----------
    frame : DataFrame
        Configured models (`modelkin.analysis.traits.configured`).
    seed, permutations : int
        Random numbers, and how often labels are dealt anew.

    Returns
    -------
    DataFrame
        For each attribute a row "all families" (``effect`` ε² of Kruskal and Wallis, 0 to
        1) and rows of two families (``effect`` Cliff's delta: P(first larger) - P(second
        larger), -1 to 1). ``p`` by permutation within the year, ``p_adjusted``
        (Benjamini-Hochberg over the table). ``n_without_partner``: components alone in
        their year.

    Notes
    -----
    A component has the family that most of its configurations have; those of other
    families are left out. "other" and "unknown" are not compared.
    """
    once = _labelled(distinct(frame))
    rows = []
    for name in ATTRIBUTES:
        known = once[once[name].notna()]
        sizes = known["family"].value_counts()
        large = sorted(sizes[sizes >= MIN_ROWS].index, key=lambda f: (-sizes[f], f))
        known = known[known["family"].isin(large)].reset_index(drop=True)
        if len(large) < 2:
            note = f"not enough data ({len(large)} families of ≥ {MIN_ROWS} configurations)"
            rows.append({"attribute": name, "family": ALL, "n": len(known), "note": note})
            continue
        chance = stream(seed, "families", name)
        rows += _compare(known, name, large, permutations, chance)
    out = pd.DataFrame(rows).reindex(columns=COLUMNS)
    out["p_adjusted"] = false_discovery(out["p"])
    out["note"] = out["note"].astype(object).where(out["note"].notna(), "")
    return out


def _labelled(once: pd.DataFrame) -> pd.DataFrame:
    """Keep configurations of the family that most of their component have."""
    named = once[~once["family"].isin([OTHER, UNKNOWN])]
    counted = named.groupby(["component", "family"]).size().reset_index(name="n")
    first = counted.sort_values(["component", "n", "family"], ascending=[True, False, True])
    of = first.drop_duplicates("component").set_index("component")["family"]
    return named[named["family"] == named["component"].map(of)].reset_index(drop=True)


def _compare(
    known: pd.DataFrame, name: str, large: list[str], permutations: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Compare the families of one attribute, all and two by two, with the same deals."""
    code = np.unique(known[name], return_inverse=True)[1]
    family = pd.Categorical(known["family"], categories=large).codes.astype(np.int64)
    component = np.unique(known["component"], return_inverse=True)[1]
    year = year_of(known.groupby("component")["month"].min().to_numpy())
    owner = np.empty(len(year), dtype=np.int64)
    owner[component] = family
    shape = (len(large), int(code.max()) + 1)
    deals = (_deal(owner, year, rng)[component] for _ in range(permutations))
    null = [_effects(_counted(dealt, code, shape)) for dealt in deals]
    observed = _effects(_counted(family, code, shape))
    head = {
        "attribute": name,
        "n_components": len(owner),
        "n_without_partner": int((np.unique(year, return_counts=True)[1] == 1).sum()),
    }
    whole = {"family": ALL, "n": len(known), "effect": observed[0],
             "statistic": observed[0] * (len(known) - 1)}  # fmt: skip
    rows = [head | whole | {"p": _upper_p(observed[0], [one[0] for one in null])}]
    size = np.bincount(family)
    for k, (a, b) in enumerate(_pairs(len(large)), 1):
        pair = {"family": large[a], "against": large[b], "n": int(size[a] + size[b])}
        p = permutation_p(observed[k], [one[k] for one in null])
        rows.append(head | pair | {"effect": observed[k], "p": p})
    return rows


def _pairs(n: int) -> list[tuple[int, int]]:
    """Return the pairs of families compared, those of the largest first."""
    every = sorted(combinations(range(n), 2), key=lambda ab: (sum(ab), ab))
    return every[:PAIRS]


def _counted(
    group: NDArray[np.int64], code: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Count each value in each group, shape (groups, values ascending)."""
    flat = np.bincount(group * shape[1] + code, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)


def _effects(counts: NDArray[np.float64]) -> list[float]:
    """Return ε² of all groups, then Cliff's delta of each pair."""
    deltas = [cliffs_delta(counts[a], counts[b]) for a, b in _pairs(len(counts))]
    return [epsilon_squared(counts), *deltas]


def _deal(
    owner: NDArray[np.int64], year: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Deal the labels of components anew among those of one year."""
    order = np.lexsort((rng.random(len(owner)), year))
    dealt = np.empty_like(owner)
    dealt[np.argsort(year, kind="stable")] = owner[order]
    return dealt


def epsilon_squared(counts: NDArray[np.float64]) -> float:
    """Return Kruskal and Wallis' H over n - 1: the share of variance of ranks between groups.

    Parameters
    ----------
    counts : ndarray of float64, shape (groups, values)
        How often each group has each value, values ascending; ties share their mean rank.
    """
    ties = counts.sum(axis=0)
    rank = np.cumsum(ties) - (ties - 1) / 2
    n, total = counts.sum(axis=1), ties.sum()
    middle = (total + 1) / 2
    spread = float((ties * (rank - middle) ** 2).sum())
    mean = (counts @ rank)[n > 0] / n[n > 0]
    between = float((n[n > 0] * (mean - middle) ** 2).sum())
    return between / spread if spread > 0 else float("nan")


def cliffs_delta(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return P(first larger) - P(second larger), ties counting for neither.

    Parameters
    ----------
    first, second : ndarray of float64, shape (values,)
        How often each group has each value, values ascending; NaN where one has none.

    Examples
    --------
    >>> cliffs_delta(np.array([0.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0]))
    0.75
    """
    n = float(first.sum() * second.sum())
    if n == 0:
        return float("nan")
    below = np.cumsum(second) - second
    above = second.sum() - np.cumsum(second)
    return float(first @ (below - above) / n)


def _upper_p(observed: float, null: list[float]) -> float:
    """Return the one-sided p of a statistic that only grows with difference."""
    hits = sum(value >= observed - 1e-12 for value in null)
    return (1 + hits) / (1 + len(null))
