"""Whole-graph lineage: components, main parents, roots, depths and counts, over arrays.

Real lineage is only nearly a forest: models have several parents, parents lie in cycles, a
model names itself, one parent has tens of thousands of children, one chain may be long. So
nothing here recurses and nothing needs more than O(n + m) memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from modelkin.analysis.inputs import BITS, Edges, Forest
from modelkin.analysis.reach import (
    Rows,
    hops_from,
    longest_from,
    predecessors,
    reached,
    successors,
    topological,
    totals_below,
    walk_to_roots,
)
from modelkin.schema.graph import MAIN_PARENT_ORDER


def grow(
    n: int,
    edges: Edges,
    created_at: NDArray[np.datetime64],
    downloads: NDArray[np.float64],
    configured: NDArray[np.bool_],
) -> Forest:
    """Compute the lineage quantities of every model once, over the whole graph.

    Parameters
    ----------
    n : int
        Number of models (rows).
    edges : Edges
        Declared pairs; self-loops are left out of everything here.
    created_at : ndarray of datetime64, shape (n,)
        When each model was made, UTC; NaT is unknown.
    downloads : ndarray of float64, shape (n,)
        Downloads; NaN is unknown.
    configured : ndarray of bool, shape (n,)
        Which models have a configuration of their own.

    Returns
    -------
    Forest
        Arrays of shape (n,); see its docstring for the meaning of -1 and 0.

    Notes
    -----
    A component leaves out every edge that claims the relation merge, whatever else it claims.
    ``depth_max`` counts edges between strongly connected components, on paths that begin
    at a root; inside a cycle it does not grow. ``n_descendants`` and ``n_roots`` are exact also
    with merges and cycles, in O(n + m) where paths do not meet again and O(h (n + m) / 64)
    at worst, h being the models with two ways down that may meet.
    """
    real = ~edges.is_loop
    parent, child, bits = edges.parent[real], edges.child[real], edges.bits[real]
    n_children = np.bincount(parent, minlength=n)
    n_parents = np.bincount(child, minlength=n)
    is_root = (n_parents == 0) & (n_children > 0)

    main = main_parents(n, parent, child, bits, created_at, downloads)
    root = walk_to_roots(main)
    up = main_path(main, root)
    both = (up >= 0) & configured & configured[up]
    root[(n_parents == 0) & (n_children == 0)] = -1

    knot, size, graph = _condense(n, parent, child)
    order = topological(*graph, len(size))
    is_source = np.zeros(len(size), dtype=bool)
    is_source[knot[is_root]] = True
    below = totals_below(graph, order, size)
    above = totals_below(predecessors(graph), order[::-1], is_source.astype(np.int64))
    return Forest(
        component=_components(n, parent, child, (bits & BITS["merge"]) == 0),
        main_parent=main,
        root=root,
        n_roots=(above + is_source)[knot],
        depth_min=hops_from(*successors(n, parent, child), is_root),
        depth_max=longest_from(*graph, order, is_source)[knot],
        configured_hops=along(up, both.astype(np.int64)),
        n_children=n_children,
        n_descendants=(below + size)[knot] - 1,
        is_root=is_root,
    )


def descendants(n: int, parent: Rows, child: Rows) -> Rows:
    """Count the rows below each row, each once, as `grow` does; no self-loops in the edges."""
    knot, size, graph = _condense(n, parent, child)
    order = topological(*graph, len(size))
    return (totals_below(graph, order, size) + size)[knot] - 1


def main_parents(
    n: int,
    parent: Rows,
    child: Rows,
    bits: NDArray[np.uint8],
    created_at: NDArray[np.datetime64],
    downloads: NDArray[np.float64],
) -> Rows:
    """Choose one parent for each model; -1 without parents.

    By relation (the first of `MAIN_PARENT_ORDER` that the edge claims), then earliest
    ``created_at``, most ``downloads``, smallest row; an unknown date or count comes last.

    Parameters
    ----------
    n, parent, child, bits
        Edges without self-loops, as in `Edges`.
    created_at, downloads : ndarray, shape (n,)
        As in `grow`.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    place = np.full(len(bits), len(MAIN_PARENT_ORDER))
    for k, relation in reversed(list(enumerate(MAIN_PARENT_ORDER))):
        place[(bits & BITS[relation]) != 0] = k
    when = np.asarray(created_at, dtype="datetime64[ns]")
    age = np.where(np.isnat(when), np.iinfo(np.int64).max, when.astype(np.int64))
    fame = np.where(np.isnan(downloads), np.inf, -downloads)
    best_first = np.lexsort((parent, fame[parent], age[parent], place, child))
    children, first = np.unique(child[best_first], return_index=True)
    main = np.full(n, -1, dtype=np.int64)
    main[children] = parent[best_first][first]
    return main


def main_path(main_parent: Rows, root: Rows) -> Rows:
    """Cut the main parents of roots, so that every walk up ends: -1 at roots.

    A cycle of main parents ends at its smallest row, which is the root of all that hang on it.
    """
    rows = np.arange(len(root))
    return np.where(root == rows, -1, main_parent)


def along(
    up: Rows,
    step: NDArray[Any],
    combine: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]] = np.add,
) -> NDArray[Any]:
    """Fold the values of every main path, from each row up to its root.

    Parameters
    ----------
    up : ndarray of int64, shape (n,)
        Next row towards the root, -1 at the end (`main_path`).
    step : ndarray, shape (n,)
        Value of each row, the hop to its main parent for instance. NaN spoils a sum from there
        downwards, which is what an unknown step must do.
    combine : callable, optional
        Associative function of (lower part, upper part), both arrays; the sum unless given.

    Returns
    -------
    ndarray, shape (n,)
        ``combine`` over the path of each row, itself and the root included.

    Notes
    -----
    By doubling: O(n log L) for paths of length L.

    Examples
    --------
    >>> along(np.array([-1, 0, 1]), np.array([0, 2, 3])).tolist()
    [0, 2, 5]
    """
    value, jump = step.copy(), up.copy()
    while (rows := np.flatnonzero(jump >= 0)).size:
        value[rows] = combine(value[rows], value[jump[rows]])
        jump[rows] = jump[jump[rows]]
    return value


def lineages(n: int, edges: Edges, roots: Rows, keep: NDArray[np.bool_]) -> tuple[Rows, Rows, Rows]:
    """List the kept members of several lineages: each root and all that is reachable.

    Parameters
    ----------
    n : int
        Number of models.
    edges : Edges
        Declared pairs.
    roots : ndarray of int64, shape (r,)
        Where each lineage starts; any rows will do.
    keep : ndarray of bool, shape (n,)
        Which members to list (the configured ones, say).

    Returns
    -------
    start : ndarray of int64, shape (r + 1,)
        Lineage k holds ``members[start[k]:start[k + 1]]``.
    members : ndarray of int64
        Rows, ascending in each lineage. Lineages overlap.
    size : ndarray of int64, shape (r,)
        Members of each lineage, kept or not, the root included.
    """
    graph = successors(n, edges.parent, edges.child)
    nothing = np.empty(0, dtype=np.int64)
    start, size = reached(*graph, roots, keep, nothing)
    members = np.empty(start[-1], dtype=np.int64)
    reached(*graph, roots, keep, members)
    for k in range(len(roots)):
        members[start[k] : start[k + 1]].sort()
    return start, members, size


def _components(n: int, parent: Rows, child: Rows, keep: NDArray[np.bool_]) -> Rows:
    """Weakly connected components, each named by its smallest row."""
    ones = np.ones(int(keep.sum()), dtype=np.int8)
    matrix = sparse.coo_array((ones, (parent[keep], child[keep])), shape=(n, n))
    _, label = csgraph.connected_components(matrix, directed=False)
    _, smallest = np.unique(label, return_index=True)
    name: Rows = smallest.astype(np.int64)[label]
    return name


def _condense(n: int, parent: Rows, child: Rows) -> tuple[Rows, Rows, tuple[Rows, Rows]]:
    """Strongly connected component of each row, their sizes, and the acyclic graph of them."""
    ones = np.ones(len(parent), dtype=np.int8)
    matrix = sparse.coo_array((ones, (parent, child)), shape=(n, n))
    count, label = csgraph.connected_components(matrix, connection="strong")
    knot = label.astype(np.int64)
    source, target = knot[parent], knot[child]
    between = np.unique(source[source != target] * count + target[source != target])
    graph = successors(count, between // max(count, 1), between % max(count, 1))
    return knot, np.bincount(knot, minlength=count), graph
