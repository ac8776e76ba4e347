"""The graph of models closer than a threshold, exact, on distinct configurations.

Every model of a configuration has the same neighbours, so a graph over all models follows
from the one over configurations and their numbers of copies; both are reported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower.effort import DEFAULT, Effort
from modelkin.analysis.gower.pairwise import blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.gower import Table

THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
REFERENCE_THRESHOLD = 0.3
"""The notebooks' threshold: an edge where the distance is smaller."""

LARGEST_GRAPH = 20_000
"""Configurations of the largest graph: one byte for each pair, 400 MB."""

LARGEST_CLUSTERING = 5_000
"""Configurations up to which clustering is computed: its matrix product is O(u³)."""

NULL = 255
"""Level of a pair that shares too few fields: neither edge nor non-edge."""

_BINS = 1_000_000
"""Bins of distances in [0, 1]: medians are exact to one millionth."""


@dataclass(frozen=True, eq=False)
class Closeness:
    """All pairs of configurations, each as the number of thresholds it is not below.

    Attributes
    ----------
    thresholds : tuple of float
        Ascending.
    levels : ndarray of uint8, shape (u, u)
        Symmetric; a pair is an edge at threshold q where its level is at most q. `NULL`
        where too few fields are shared; the diagonal speaks of copies of a configuration.
    copies : ndarray of int64, shape (u,)
        Models of each configuration.
    mean, median : dict of str to float
        Of the distances of comparable pairs over "configurations" and over "models" (whose
        pairs of copies count with 0); NaN without a pair. The median to one millionth.
    """

    thresholds: tuple[float, ...]
    levels: NDArray[np.uint8]
    copies: NDArray[np.int64]
    mean: dict[str, float]
    median: dict[str, float]

    def models_of(self, unit: str) -> NDArray[np.int64]:
        """Return how many nodes each configuration is: 1, or its copies for "models"."""
        return self.copies if unit == "models" else np.ones_like(self.copies)

    def adjacency(self, q: int) -> NDArray[np.bool_]:
        """Return which pairs lie below threshold q, copies of one configuration included."""
        edges: NDArray[np.bool_] = self.levels <= q
        return edges


@dataclass(frozen=True, slots=True)
class GraphStatistics:
    """What a graph looks like.

    Attributes
    ----------
    nodes, edges : int
        Isolated nodes included; undirected, no loops.
    comparable : int
        Pairs of nodes with a distance.
    density : float
        Edges over comparable pairs; NaN without any.
    average_degree, degree_min, degree_median, degree_max : float
        Degrees of nodes; NaN without nodes.
    components, largest : int
        Connected components, and nodes of the largest.
    clustering : float
        Mean over nodes of the share of linked pairs among their neighbours (0 for fewer
        than two neighbours); NaN where it was not computed.
    """

    nodes: int
    edges: int
    comparable: int
    density: float
    average_degree: float
    degree_min: float
    degree_median: float
    degree_max: float
    components: int
    largest: int
    clustering: float


def closeness(
    table: Table,
    min_shared: int,
    thresholds: Sequence[float] = THRESHOLDS,
    *,
    effort: Effort = DEFAULT,
) -> Closeness:
    """Compare all pairs of configurations with the thresholds, once.

    Parameters
    ----------
    table : Table
        At most `LARGEST_GRAPH` configurations.
    min_shared : int
        Pairs that share fewer fields are null.
    thresholds : sequence of float
        Distances; a pair is an edge where its distance is smaller.
    effort : Effort
        Memory and threads.
    """
    limits = np.array(sorted(thresholds))
    u, copies = table.n_configurations, table.copies
    levels = np.full((u, u), NULL, dtype=np.uint8)
    counts = {unit: np.zeros(_BINS + 1, dtype=np.int64) for unit in ("configurations", "models")}
    sums: dict[str, list[float]] = {unit: [] for unit in counts}
    for rows, distance, shared in blocks(table, upper=True, effort=effort):
        known = shared >= min_shared
        level = np.where(known, np.searchsorted(limits, distance, side="right"), NULL)
        levels[rows, rows.start :] = level
        levels[rows.start :, rows] = level.T
        later = np.arange(rows.start, u) > np.arange(rows.start, rows.stop)[:, None]
        i, j = np.nonzero(known & later)
        values = distance[i, j]
        bins = np.minimum(np.rint(values * _BINS), _BINS).astype(np.int64)
        weights = copies[i + rows.start] * copies[j + rows.start]
        counts["configurations"] += np.bincount(bins, minlength=_BINS + 1)
        counts["models"] += np.bincount(bins, weights, _BINS + 1).astype(np.int64)
        lines = np.where(known & later, distance, 0.0)
        sums["configurations"].extend(lines.sum(axis=1))
        sums["models"].extend(copies[rows] * (lines * copies[rows.start :]).sum(axis=1))
    twins = copies * (copies - 1) // 2
    counts["models"][0] += int(twins[levels.diagonal() != NULL].sum())
    return Closeness(
        tuple(limits.tolist()),
        levels,
        copies,
        {unit: _over(math.fsum(sums[unit]), int(counts[unit].sum())) for unit in counts},
        {unit: _median(counts[unit]) for unit in counts},
    )


def graph_curve(close: Closeness, unit: str) -> list[GraphStatistics]:
    """Return the statistics of the graph at every threshold.

    Parameters
    ----------
    close : Closeness
        All pairs.
    unit : {"configurations", "models"}
        What a node is.
    """
    size = close.models_of(unit)
    loop = close.levels.diagonal() != NULL
    labels = np.arange(len(size))
    comparable = _pairs_below(close.levels != NULL, size)
    found = []
    for q in range(len(close.thresholds)):
        edges = close.adjacency(q)
        labels = _merged(labels, close.levels, q)
        degree = edges @ size - loop
        found.append(
            _statistics(
                size,
                degree,
                _pairs_below(edges, size),
                comparable,
                _component_sizes(labels, size, loop),
                _clustering(edges, size, degree),
            )
        )
    return found


def nearest_graph(index: NDArray[np.int64]) -> GraphStatistics:
    """Return the statistics of the graph that joins every row with its neighbours.

    Parameters
    ----------
    index : ndarray of int64, shape (u, k)
        Row numbers of neighbours, -1 for none; a pair is joined if either names the other.
        There is no density: every pair could be an edge.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    u = len(index)
    i, slot = np.nonzero(index >= 0)
    j = index[i, slot]
    edges = coo_array((np.ones(2 * len(i)), (np.r_[i, j], np.r_[j, i])), shape=(u, u)).tocsr()
    edges.data[:] = 1.0
    degree = np.asarray(edges.sum(axis=1)).astype(np.int64).reshape(u)
    links = np.asarray((edges @ edges).multiply(edges).sum(axis=1)).reshape(u)
    possible = degree * (degree - 1)
    share = np.divide(links, possible, out=np.zeros(u), where=possible > 0)
    labels = connected_components(edges, directed=False)[1] if u else np.empty(0, dtype=np.int64)
    ones = np.ones(u, dtype=np.int64)
    sizes = _component_sizes(labels, ones, ones.astype(bool))
    clustering = float(share.mean()) if u else math.nan
    return _statistics(ones, degree, int(degree.sum()) // 2, 0, sizes, clustering)


def _statistics(
    size: NDArray[np.int64],
    degree: NDArray[np.int64],
    n_edges: int,
    comparable: int,
    components: NDArray[np.int64],
    clustering: float,
) -> GraphStatistics:
    """Gather the statistics of a graph whose configurations are `size` nodes each."""
    nodes = int(size.sum())
    each = np.repeat(degree, size)
    low, middle, high = np.quantile(each, (0, 0.5, 1)) if nodes else (math.nan,) * 3
    return GraphStatistics(
        nodes=nodes,
        edges=n_edges,
        comparable=comparable,
        density=_over(n_edges, comparable),
        average_degree=_over(2 * n_edges, nodes),
        degree_min=float(low),
        degree_median=float(middle),
        degree_max=float(high),
        components=len(components),
        largest=int(components.max(initial=0)),
        clustering=clustering,
    )


def _pairs_below(edges: NDArray[np.bool_], size: NDArray[np.int64]) -> int:
    """Return the number of pairs of different nodes among the marked pairs."""
    loops = int(size[edges.diagonal()].sum())
    return (int(size @ (edges @ size)) - loops) // 2


def _merged(labels: NDArray[np.int64], levels: NDArray[np.uint8], q: int) -> NDArray[np.int64]:
    """Return component labels after the pairs that become edges at threshold q."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(labels):
        return labels
    n = int(labels.max()) + 1
    joined = np.empty(0, dtype=np.int64)
    for start in range(0, len(levels), 1_000):
        i, j = np.nonzero(levels[start : start + 1_000] == q)
        joined = np.union1d(joined, labels[i + start] * n + labels[j])
    graph = coo_array((np.ones(len(joined)), np.divmod(joined, n)), shape=(n, n))
    merged: NDArray[np.int64] = connected_components(graph, directed=False)[1][labels]
    return merged.astype(np.int64)


def _component_sizes(
    labels: NDArray[np.int64], size: NDArray[np.int64], loop: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return nodes of each component; copies that share too few fields are apart."""
    together = np.bincount(labels[loop], weights=size[loop]).astype(np.int64)
    return np.concatenate([together[together > 0], np.ones(int(size[~loop].sum()), np.int64)])


def _clustering(
    edges: NDArray[np.bool_], size: NDArray[np.int64], degree: NDArray[np.int64]
) -> float:
    """Return the mean local clustering of the nodes, NaN for graphs too large.

    With loops on the configurations, the closed walks of three steps from a node number
    2 · links + 3 · degree + 1.
    """
    if len(size) > LARGEST_CLUSTERING or not len(size):
        return math.nan
    inner = np.flatnonzero(degree >= 2)
    # counts below 2**24 are exact in float32, at half the time
    exact = np.float32 if size.sum() * size.max() < 2**24 else np.float64
    part = edges[np.ix_(inner, inner)].astype(exact)
    # neighbours of degree 1 are in no triangle but in three-step walks: counted beside
    outer = edges[np.ix_(inner, degree < 2)] @ size[degree < 2]
    walked = part * size[inner].astype(exact)
    walks = ((walked @ walked) * part).sum(axis=1, dtype=np.float64)
    links = walks - 3 * (degree[inner] - outer) - 1
    share = links / (degree[inner] * (degree[inner] - 1))
    return float((share * size[inner]).sum() / size.sum())


def _median(counts: NDArray[np.int64]) -> float:
    """Return the median of binned distances, NaN for none."""
    total = int(counts.sum())
    if total == 0:
        return math.nan
    upto = np.cumsum(counts)
    low, high = np.searchsorted(upto, [(total - 1) // 2, total // 2], side="right")
    return float(low + high) / 2 / _BINS


def _over(part: float, whole: int) -> float:
    """Return a share, NaN of nothing."""
    return part / whole if whole else math.nan
