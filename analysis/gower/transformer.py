"""A scikit-learn transformer: the graph of nearest rows, for estimators that take distances.

Import it from here: `from modelkin.analysis.gower.transformer import GowerNeighborsTransformer`
(the rest of the package does not load scikit-learn).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from modelkin.analysis.gower.effort import DEFAULT, Effort
from modelkin.analysis.gower.neighbours import (
    Neighbours,
    keep_nearest,
    merged,
    nearest,
    no_lists,
)
from modelkin.analysis.gower.pairwise import between
from modelkin.analysis.gower.spec import Spec
from modelkin.analysis.gower.table import Table, encode
from modelkin.analysis.gower.table import ranks as ranks_of
from modelkin.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

Mode = Literal["distance", "connectivity"]


class GowerNeighborsTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is untyped
    """Turn rows of mixed types into the sparse graph of their nearest fitted rows.

    It follows `sklearn.neighbors.KNeighborsTransformer`, so that estimators with
    metric="precomputed" (DBSCAN, KNeighborsClassifier, Isomap, TSNE, SpectralClustering with
    affinity="precomputed_nearest_neighbors") work on it in a pipeline.

    Parameters
    ----------
    mode : {"distance", "connectivity"}
        What the graph holds: Gower distances, with one neighbour more than `n_neighbors`
        (in `fit_transform`, a row is the first of its own); or ones.
    n_neighbors : int
        Neighbours of each row.
    min_shared : int
        Pairs that share fewer fields are not in the graph.
    spec : Spec, optional
        The distance; all columns by "range" if left out. Ranges are those of the fitted rows.
    effort : Effort
        Memory, threads, progress.

    Attributes
    ----------
    table_ : Table
        The fitted rows.
    n_samples_fit_ : int
        How many they are.
    n_features_in_ : int
        Columns.
    feature_names_in_ : ndarray of str
        Their names.

    Notes
    -----
    A row that has fewer neighbours, or none, has fewer entries: a missing distance is not
    stored, and never 0. Zeros that are stored are distances of 0. `transform` compares every
    other row with all fitted ones: O(q u f) time.

    Examples
    --------
    >>> frame = pd.DataFrame({"layers": [12, 12, 24], "act": ["gelu", "silu", "silu"]})
    >>> GowerNeighborsTransformer(n_neighbors=1).fit_transform(frame).toarray().tolist()
    [[0.0, 0.5, 0.0], [0.5, 0.0, 0.0], [0.0, 0.5, 0.0]]
    """

    def __init__(
        self,
        *,
        mode: Mode = "distance",
        n_neighbors: int = 5,
        min_shared: int = 1,
        spec: Spec | None = None,
        effort: Effort = DEFAULT,
    ) -> None:
        self.mode = mode
        self.n_neighbors = n_neighbors
        self.min_shared = min_shared
        self.spec = spec
        self.effort = effort

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Take the rows among which neighbours are found.

        Parameters
        ----------
        X : DataFrame
            n_samples_fit rows.
        y : ignored

        Raises
        ------
        UserError
            If `mode` is unknown, `X` is no frame, or it cannot be encoded.
        """
        if self.mode not in ("distance", "connectivity"):
            raise UserError(
                f"There is no graph of {self.mode!r}", fix='Use "distance" or "connectivity".'
            )
        self._fitted = _frame(X)
        self.table_: Table = encode(self._fitted, self.spec)
        self.n_samples_fit_ = len(X)
        self.n_features_in_ = X.shape[1]
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None) -> csr_matrix:
        """Return the graph of the fitted rows among themselves.

        Returns
        -------
        csr_matrix of float64, shape (n_samples_fit, n_samples_fit)
            Each row is its own first neighbour: an explicit 0 (in "connectivity", a 1).
        """
        self.fit(X)
        others = self.n_neighbors if self.mode == "distance" else self.n_neighbors - 1
        found = _others(self.table_, others, self.min_shared, self.effort)
        own = np.arange(len(X))[:, None]
        index = np.concatenate([own, found.index], axis=1)
        distance = np.concatenate([np.zeros((len(X), 1)), found.distance], axis=1)
        return self._graph(index, distance)

    def transform(self, X: pd.DataFrame) -> csr_matrix:
        """Return the graph of other rows to the fitted ones.

        Parameters
        ----------
        X : DataFrame
            n_queries rows with the fitted columns; numbers must lie in the fitted ranges.

        Returns
        -------
        csr_matrix of float64, shape (n_queries, n_samples_fit)
        """
        check_is_fitted(self, "table_")
        queries = _frame(X)[list(self.feature_names_in_)]
        both = pd.concat([self._fitted, queries], ignore_index=True)
        whole = encode(both, self.table_.spec)
        fitted = whole.take(np.arange(self.n_samples_fit_))
        k = self.n_neighbors + (self.mode == "distance")
        return self._graph(*_between(fitted, whole, k, self.min_shared, self.effort))

    @property
    def _n_features_out(self) -> int:
        """Number of columns that come out."""
        return self.n_samples_fit_

    def _graph(self, index: NDArray[np.int64], distance: NDArray[np.float64]) -> csr_matrix:
        """Return rows of neighbours as a sparse matrix, nearest first in each row."""
        from scipy.sparse import csr_matrix

        there = index >= 0
        ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        data = distance[there] if self.mode == "distance" else np.ones(int(ends[-1]))
        return csr_matrix((data, index[there], ends), shape=(len(index), self.n_samples_fit_))


def _others(table: Table, k: int, min_shared: int, effort: Effort) -> Neighbours:
    """Return the k nearest other rows; none for k = 0."""
    if k:
        return nearest(table, k, min_shared, copies=True, effort=effort)
    none = np.empty((table.n, 0))
    return Neighbours(none.astype(np.int64), none, none.astype(np.int64))


def _between(
    fitted: Table, whole: Table, k: int, min_shared: int, effort: Effort
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the k nearest fitted rows, the first of `whole`, of every other row."""
    queries, line = np.unique(whole.configuration[fitted.n :], return_inverse=True)
    columns = whole.configuration[fitted.representative]
    ranks = ranks_of(fitted.order[fitted.first_rows])
    lists = no_lists(len(queries), k)
    for rows, distance, shared in between(whole, queries, columns, effort):
        keep_nearest(lists, rows, distance, shared, ranks, min_shared)
    index, source = merged(fitted, lists, k)
    distance = np.take_along_axis(lists.distance, np.maximum(source, 0), axis=1)
    return index[line], distance[line]


def _frame(X: object) -> pd.DataFrame:
    """Return a frame without its index, which names no rows here."""
    if not isinstance(X, pd.DataFrame):
        raise UserError(
            "Cannot compare rows of mixed types",
            why=f"they come as {type(X).__name__}",
            fix="Give a pandas DataFrame.",
        )
    return X.reset_index(drop=True)
