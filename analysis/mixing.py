"""Whether neighbours share a label more often than models of one kind and time do by chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from modelkin.analysis.chance import PERMUTATIONS, permutation_p
from modelkin.analysis.strata import UNDATED, codes, half_years

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

LEAST_PARTNERED = 0.5
"""Share of nodes with a partner in their stratum below which there is no p."""


@dataclass(frozen=True, slots=True)
class Mixing:
    """Assortativity of a label on a graph, and how it compares with permuted labels.

    Attributes
    ----------
    coefficient : float
        Newman's (2003): 1 where all edges join equal labels, 0 as by chance; NaN without
        edges or with one label only.
    expected : float
        Its mean over the permutations; NaN without them.
    p : float
        Two-sided permutation p; NaN where fewer than half of the nodes have a partner.
    n_nodes, n_edges : int
        Size of the graph.
    n_no_partner : int
        Nodes without another label in their stratum: they keep their label.
    permutations : int
        How many were drawn.
    """

    coefficient: float
    expected: float
    p: float
    n_nodes: int
    n_edges: int
    n_no_partner: int
    permutations: int


def kind_and_time(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return the stratum of each row: its model_type × half-year.

    Parameters
    ----------
    frame : DataFrame, n rows
        With ``model_type`` and ``created_at``.

    Returns
    -------
    ndarray of int64, shape (n,)
        Number of the stratum, -1 where type or date is not known.
    """
    kind = codes(frame["model_type"])
    period = half_years(frame["created_at"].to_numpy(dtype="datetime64[ns]"))
    known = (kind >= 0) & (period != UNDATED)
    stratum = np.full(len(frame), -1, dtype=np.int64)
    both = np.stack([kind[known], period[known]], axis=1)
    stratum[known] = np.unique(both, axis=0, return_inverse=True)[1].ravel()
    return stratum


def assortativity(
    edges: tuple[NDArray[np.int64], NDArray[np.int64]], labels: NDArray[Any]
) -> float:
    """Return Newman's assortativity coefficient of a label.

    Parameters
    ----------
    edges : pair of ndarray of int64, shape (m,)
        Ends of each undirected edge, listed once.
    labels : ndarray, shape (n,)
        Label of each node.

    References
    ----------
    Newman (2003), Mixing patterns in networks, Physical Review E 67.
    """
    numbers = np.unique(labels, return_inverse=True)[1]
    return _coefficient(*edges, numbers, _degree(edges, len(numbers)))


def mixing(
    edges: tuple[NDArray[np.int64], NDArray[np.int64]],
    labels: NDArray[Any],
    strata: NDArray[np.int64],
    rng: np.random.Generator,
    permutations: int = PERMUTATIONS,
) -> Mixing:
    """Compare the assortativity of a label with labels permuted within strata.

    Parameters
    ----------
    edges : pair of ndarray of int64, shape (m,)
        Ends of each undirected edge, listed once.
    labels : ndarray, shape (n,)
        Label of each node.
    strata : ndarray of int64, shape (n,)
        Labels move only within a stratum; -1 never moves.
    rng : Generator
        Source of the permutations.
    permutations : int
        How many to draw.

    Returns
    -------
    Mixing
        Without p where fewer than half of the nodes can trade labels.
    """
    numbers = np.unique(labels, return_inverse=True)[1]
    movable = _movable(numbers, strata)
    n, n_moving = len(numbers), sum(len(rows) for rows in movable)
    observed = assortativity(edges, labels)
    expected = p = math.nan
    if n and n_moving >= LEAST_PARTNERED * n and not math.isnan(observed):
        drawn = np.empty(permutations)
        degree = _degree(edges, n)
        for b in range(permutations):
            moved = numbers.copy()
            for rows in movable:
                moved[rows] = rng.permutation(moved[rows])
            drawn[b] = _coefficient(*edges, moved, degree)
        expected, p = float(drawn.mean()), permutation_p(observed, drawn)
    return Mixing(observed, expected, p, n, len(edges[0]), n - n_moving, permutations)


def _movable(label: NDArray[np.int64], strata: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the rows of each stratum that holds more than one label."""
    rows = np.argsort(strata, kind="stable")
    rows = rows[strata[rows] >= 0]
    groups = np.split(rows, np.flatnonzero(np.diff(strata[rows])) + 1)
    return [group for group in groups if len(np.unique(label[group])) > 1]


def _degree(edges: tuple[NDArray[np.int64], NDArray[np.int64]], n: int) -> NDArray[np.int64]:
    """Return the number of edges at each node."""
    return np.bincount(np.concatenate(edges), minlength=n)


def _coefficient(
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    label: NDArray[np.int64],
    degree: NDArray[np.int64],
) -> float:
    """Return the assortativity coefficient of label label."""
    if not len(i):
        return math.nan
    same = np.count_nonzero(label[i] == label[j]) / len(i)
    share = np.bincount(label, weights=degree) / (2 * len(i))
    chance = float(share @ share)
    return (same - chance) / (1 - chance) if chance < 1 else math.nan
