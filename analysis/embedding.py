"""A picture of distances in the plane: principal coordinates, and how much they leave out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower import Table, matrix
from modelkin.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray


LEAST = 22
"""Configurations below which no picture is drawn and no agreement on the ten nearest is told:
trustworthiness at ten is defined from here on, and ten of fewer are no choice."""

LARGEST = 2_000
"""Configurations of the largest picture."""

SMALL = 200
"""Rows up to which all eigenvectors are taken; above, the two largest by iteration."""

PERMUTED = 5
"""Pictures of permuted values that the picture is compared with."""

TRUST_NEIGHBOURS = 10


@dataclass(frozen=True, eq=False)
class Embedding:
    """Rows as points of the plane.

    Attributes
    ----------
    points : ndarray of float64, shape (n, 2)
        Principal coordinates; of either sign by convention: the largest value of each axis
        is positive.
    share : float
        Share of variance: the two largest eigenvalues over the sum of all absolute ones (as
        distances with gaps fit no flat space, some are negative; Mardia 1978). At most 1.
    stress : float
        Root of (sum of squared errors of distances / sum of squared distances), 0 at best.
    permuted_share, permuted_stress : float
        Means of the same where each field's known values are dealt anew among the rows: what
        unrelated fields of these values would show.
    trustworthiness : float
        How far the ten nearest in the picture are near in truth, 1 at best
        (Venna & Kaski 2001); NaN below 22 rows.
    """

    points: NDArray[np.float64]
    share: float
    stress: float
    permuted_share: float
    permuted_stress: float
    trustworthiness: float


def complete_overlap(known: NDArray[np.bool_], min_shared: int) -> NDArray[np.int64]:
    """Return rows any two of which share at least `min_shared` fields.

    They are those that know the same `min_shared` fields, chosen one after the other so that
    as many rows as possible remain; the earlier field wins a tie.

    Parameters
    ----------
    known : ndarray of bool, shape (f, n)
        Which fields each row knows.
    min_shared : int
        Fields in common.

    Returns
    -------
    ndarray of int64
        Row numbers, ascending; empty if there are fewer fields.
    """
    if len(known) < min_shared:
        return np.empty(0, dtype=np.int64)
    kept = np.ones(known.shape[1], dtype=bool)
    left = list(range(len(known)))
    for _ in range(min_shared):
        best = max(left, key=lambda field: (int((known[field] & kept).sum()), -field))
        kept &= known[best]
        left.remove(best)
    return np.flatnonzero(kept)


def sample(rows: NDArray[np.int64], limit: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return at most `limit` of the rows, drawn without replacement, in their order."""
    return np.sort(rng.choice(rows, limit, replace=False)) if len(rows) > limit else rows


def embed(table: Table, min_shared: int, rng: np.random.Generator) -> Embedding:
    """Place rows in the plane by principal coordinates (Gower 1966).

    Parameters
    ----------
    table : Table
        n rows, any two of which share `min_shared` fields.
    min_shared : int
        Fields in common.
    rng : Generator
        Source of the permutations.

    Returns
    -------
    Embedding
        Without any distance above 0: all points in one place, shares NaN.

    Raises
    ------
    UserError
        If two rows share fewer fields: a missing distance has no place.
    """
    distance, shared = matrix(table, min_shared)
    if (shared < min_shared).any():
        raise UserError(
            "Cannot draw all rows", why=f"two of them share fewer than {min_shared} fields"
        )
    points, share = _coordinates(distance)
    shares, stresses = [], []
    for _ in range(PERMUTED if distance.any() else 0):
        dealt = matrix(_dealt(table, rng))[0]
        random_points, random_share = _coordinates(dealt)
        shares.append(random_share)
        stresses.append(_stress(dealt, random_points))
    return Embedding(
        points,
        share,
        _stress(distance, points),
        float(np.mean(shares)) if shares else math.nan,
        float(np.mean(stresses)) if stresses else math.nan,
        _trust(distance, points),
    )


def _dealt(table: Table, rng: np.random.Generator) -> Table:
    """Return the table with each field's known values dealt anew; gaps stay where they are."""
    codes, numbers = table.codes.copy(), table.numbers.copy()
    for values, known in ((codes, codes >= 0), (numbers, ~np.isnan(numbers))):
        for f in range(len(values)):
            values[f, known[f]] = rng.permutation(values[f, known[f]])
    return replace(table, codes=codes, numbers=numbers)


def _coordinates(distance: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return points and their share of variance."""
    from scipy.sparse.linalg import eigsh

    n = len(distance)
    if n < 3 or not distance.any():
        return np.zeros((n, 2)), math.nan
    squared = distance**2
    middle = squared.mean(axis=0, keepdims=True)
    centred = -(squared - middle - middle.T + squared.mean()) / 2
    if n <= SMALL:
        every, vectors = np.linalg.eigh(centred)
        values, vectors = every[-2:], vectors[:, -2:]
    else:  # a fixed start makes the iteration repeatable
        start = np.cos(np.arange(n))
        values, vectors = eigsh(centred, 2, which="LA", v0=start, tol=1e-9)
        every = np.linalg.eigvalsh(centred)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    points = vectors * np.sqrt(values)
    points *= np.where(points[np.abs(points).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    return points, min(float(values.sum() / np.abs(every).sum()), 1.0)  # but for rounding


def _stress(distance: NDArray[np.float64], points: NDArray[np.float64]) -> float:
    """Return how far distances in the picture are from the true ones."""
    from scipy.spatial.distance import pdist

    true = distance[np.triu_indices(len(distance), 1)]
    total = float(true @ true)
    errors = true - pdist(points)
    return math.sqrt(float(errors @ errors) / total) if total else math.nan


def _trust(distance: NDArray[np.float64], points: NDArray[np.float64]) -> float:
    """Return trustworthiness at ten neighbours, NaN where it is not defined."""
    from sklearn.manifold import trustworthiness

    if len(distance) <= 2 * TRUST_NEIGHBOURS + 1:
        return math.nan
    return float(
        trustworthiness(distance, points, n_neighbors=TRUST_NEIGHBOURS, metric="precomputed")
    )
