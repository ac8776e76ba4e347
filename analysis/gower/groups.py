"""Mean distances inside groups of rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower.effort import DEFAULT, Effort
from modelkin.analysis.gower.pairwise import Part, announce, line_sums
from modelkin.analysis.gower.patterns import mean_of_patterns, patterns
from modelkin.analysis.gower.table import as_table
from modelkin.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from modelkin.analysis.gower.spec import Spec
    from modelkin.analysis.gower.table import Table

FEW = 512
"""Configurations up to which pairs are always cheap."""

PRODUCTS = 12
"""Products of matrices that take as long as one field of a pair."""


def group_means(
    data: pd.DataFrame | Table,
    groups: Iterable[ArrayLike],
    min_shared: int = 3,
    *,
    spec: Spec | None = None,
    effort: Effort = DEFAULT,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the mean distance over the pairs of different rows in each group.

    Parameters
    ----------
    data : DataFrame or Table
        Where the rows are.
    groups : iterable of int arrays
        Row numbers of each group, none twice in one group; groups may overlap.
    min_shared : int
        Pairs that share fewer fields have no distance and are counted.
    spec : Spec, optional
        The distance, for a frame.
    effort : Effort
        Memory, threads, progress.

    Returns
    -------
    mean : ndarray of float64, shape (g,)
        In [0, 1]; copies count as rows, at distance 0. NaN for a group without a
        comparable pair.
    n_pairs : ndarray of int64, shape (g,)
        Pairs that the mean is over.
    n_null : ndarray of int64, shape (g,)
        Pairs without a distance; both together are m (m - 1) / 2.

    Notes
    -----
    Over distinct configurations with their multiplicities. Small groups are added up pair by
    pair, so that neither the order of rows nor the effort shows (lines from left to right,
    then `math.fsum` of whole lines): O(u² f) time for u configurations. Groups of more than
    512 may be added up by patterns of presence (see `patterns`), within 1e-12 of the same,
    where that is less work: O(p² l) for p patterns and l values.
    """
    table, least = as_table(data, spec), max(min_shared, 1)
    members = [_distinct(table, rows) for rows in groups]
    cost = math.isqrt(sum(len(rows) ** 2 for rows, _ in members))
    compiled = effort.compiled(cost, table.n_fields)
    if compiled:
        announce(effort)
    mean, n_pairs, n_null = np.empty(len(members)), *np.empty((2, len(members)), dtype=np.int64)
    for g, (rows, copies) in enumerate(members):
        mean[g], n_pairs[g] = _mean(table, rows, copies, least, effort, compiled)
        n = int(copies.sum())
        n_null[g] = n * (n - 1) // 2 - n_pairs[g]
        effort.tell("groups", g + 1, len(members))
    return mean, n_pairs, n_null


def _distinct(table: Table, rows: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the configurations of some rows, in their order, and the copies of each."""
    chosen = np.asarray(rows, dtype=np.int64)
    if len(np.unique(chosen)) != len(chosen):
        raise UserError("Cannot take rows of a table", why="a row is named twice")
    found, copies = np.unique(table.configuration[chosen], return_counts=True)
    return found, copies


def _mean(
    table: Table,
    rows: NDArray[np.int64],
    copies: NDArray[np.int64],
    least: int,
    effort: Effort,
    compiled: bool,
) -> tuple[float, int]:
    """Return mean and number of the pairs of rows of some configurations."""
    if len(rows) > FEW:
        found = patterns(table, rows, copies)
        products = len(found.known) ** 2 * found.levels() / PRODUCTS
        if found.linear and products < len(rows) ** 2 * table.n_fields:
            return mean_of_patterns(found, least, effort.memory // 4)
    part = Part(table.codes.take(rows, axis=1), table.numbers.take(rows, axis=1), copies)
    lines, pairs = line_sums(table, part, least, effort, compiled)
    n_pairs = int(copies @ pairs)
    known = (part.codes >= 0).sum(axis=0) + (~np.isnan(part.numbers)).sum(axis=0)
    n_pairs += int((copies * (copies - 1) // 2)[known >= least].sum())
    return (math.fsum(copies * lines) / n_pairs if n_pairs else math.nan), n_pairs
