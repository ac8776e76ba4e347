"""Which numeric attributes go together: rank correlation, with size and year held fixed beside."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from modelkin.analysis.bootstrap import MIN_ROWS, correlation
from modelkin.analysis.chance import false_discovery, stream
from modelkin.analysis.traits import UNDATED, distinct, year_of

ATTRIBUTES = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "vocab_size",
    "max_position_embeddings",
    "approx_params_billions",
)
"""The reference's eight."""
SIZE = "approx_params_billions"
MADE_FROM = frozenset({"hidden_size", "num_hidden_layers"})
"""What the size is computed from: with these it makes no test."""


def correlations(frame: pd.DataFrame, seed: int, resamples: int) -> pd.DataFrame:
    """Correlate every two attributes over different configurations.

    Parameters
    ----------
    frame : DataFrame
        Configured models (`modelkin.analysis.traits.configured`).
    seed, resamples : int
        Random numbers, and draws of components for a standard error.

    Returns
    -------
    DataFrame
        A row for each two: ``n`` configurations that know both, ``spearman_*`` with its
        interval, ``p`` and ``p_adjusted`` (Benjamini-Hochberg over all that are tested),
        ``pearson_log`` (of logarithms), ``partial`` (of ranks, given ``given``: size and
        year, or the year alone where size is made from one of the two), ``n_partial``,
        ``models_spearman`` (copies included), ``note``. Size with its own sources has no p.
    """
    once = distinct(frame)
    rows: list[dict[str, Any]] = []
    for first, second in combinations(ATTRIBUTES, 2):
        derived = SIZE in (first, second) and bool(MADE_FROM & {first, second})
        rng = stream(seed, "correlations", first, second)
        found, p = correlation(once[first], once[second], once["component"], rng, resamples)
        given = [] if {first, second} & (MADE_FROM | {SIZE}) else [SIZE]
        partial, n_partial = _partial(once, first, second, given)
        rows.append(
            {
                "first": first,
                "second": second,
                "n": found.n,
                "n_components": found.n_components,
                "n_effective": found.n_effective,
                "spearman_value": found.value,
                "spearman_low": found.low,
                "spearman_high": found.high,
                "p": np.nan if derived else p,
                "pearson_log": _pearson_log(once[first], once[second]),
                "partial": partial,
                "n_partial": n_partial,
                "given": "size and year" if given else "year",
                "models_spearman": _spearman(frame[first], frame[second]),
                "note": found.note or ("computed from one another: no test" if derived else ""),
            }
        )
    out = pd.DataFrame(rows)
    out.insert(9, "p_adjusted", false_discovery(out["p"]))
    return out


def partial_rank(
    x: NDArray[np.float64], y: NDArray[np.float64], given: NDArray[np.float64]
) -> float:
    """Return the correlation of two ranks after those of other columns are taken out.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Without missing values.
    given : ndarray of float64, shape (n, k)
        What is held fixed.

    Returns
    -------
    float
        In [-1, 1]; NaN where nothing is left to vary.
    """
    ranks = [stats.rankdata(column) for column in given.T]
    base = np.stack([np.ones(len(x)), *ranks], axis=1)
    rest = []
    for column in (x, y):
        rank = stats.rankdata(column)
        left = rank - base @ np.linalg.lstsq(base, rank, rcond=None)[0]
        # what rounding leaves of a column that is determined is no variation
        rest.append(left if left.std() > 1e-9 * max(rank.std(), 1e-300) else np.zeros(len(x)))
    if rest[0].std() == 0 or rest[1].std() == 0:
        return float("nan")
    return float(np.corrcoef(rest[0], rest[1])[0, 1])


def _partial(frame: pd.DataFrame, first: str, second: str, given: list[str]) -> tuple[float, int]:
    """Correlate two attributes with the year, and other columns, held fixed."""
    dated = frame[frame["month"] != UNDATED]
    known = dated.dropna(subset=[first, second, *given])
    if len(known) < MIN_ROWS:
        return float("nan"), len(known)
    year = year_of(known["month"].to_numpy())
    columns = np.column_stack([year, *(known[name] for name in given)]).astype(np.float64)
    a, b = (known[name].to_numpy(dtype=np.float64) for name in (first, second))
    return partial_rank(a, b, columns), len(known)


def _pearson_log(first: pd.Series[Any], second: pd.Series[Any]) -> float:
    """Correlate the logarithms of two positive columns."""
    a, b = first.to_numpy(dtype=np.float64), second.to_numpy(dtype=np.float64)
    known = (a > 0) & (b > 0)
    a, b = np.log(a[known]), np.log(b[known])
    if known.sum() < MIN_ROWS or a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _spearman(first: pd.Series[Any], second: pd.Series[Any]) -> float:
    """Correlate the ranks of two columns over all models."""
    known = (first.notna() & second.notna()).to_numpy()
    a, b = stats.rankdata(first[known]), stats.rankdata(second[known])
    if known.sum() < MIN_ROWS or a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])
