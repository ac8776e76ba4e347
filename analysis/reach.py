"""Walks over large graphs as compiled loops: orders, searches, exact counts of what is below.

Graphs are lists of successors ``(indptr, indices)``: those of node v are
``indices[indptr[v]:indptr[v + 1]]``. Nothing recurses; memory is O(n + m) everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Function = TypeVar("Function", bound=Callable[..., Any])
WORD = 64
"""Sources that one sweep of `_hard_totals` serves: one bit of a word for each."""


def compiled(function: Function) -> Function:
    """Compile a loop on first use and keep the machine code (numba says nothing about types)."""
    return cast(Function, numba.njit(cache=True)(function))


def successors(n: int, source: Rows, target: Rows) -> tuple[Rows, Rows]:
    """Make the lists of successors of a graph from its edges."""
    indptr = np.concatenate(([0], np.cumsum(np.bincount(source, minlength=n))))
    return indptr, target[np.argsort(source, kind="stable")]


def predecessors(graph: tuple[Rows, Rows]) -> tuple[Rows, Rows]:
    """Turn every edge of a graph round."""
    indptr, indices = graph
    n = len(indptr) - 1
    return successors(n, indices, np.repeat(np.arange(n), np.diff(indptr)))


def totals_below(graph: tuple[Rows, Rows], order: Rows, weight: Rows) -> Rows:
    """Add up the weight strictly below each node of an acyclic graph, every node once.

    Exact also where paths meet again: O(n + m) where they do not, O(h (n + m) / 64) at
    worst, h being the nodes with two ways down that may meet.
    """
    n_in = np.bincount(graph[1], minlength=len(order))
    hard = _hard_nodes(*graph, order, n_in)
    total = np.full(len(order), -1, dtype=np.int64)
    total[hard] = _hard_totals(*graph, hard, weight)
    _add_up(*graph, order, weight, total)
    return total


@compiled
def walk_to_roots(main: Rows) -> Rows:
    """Root of each row by main parents; in a cycle, the smallest row of the cycle."""
    unseen, here = -2, -3
    root = np.full(len(main), unseen, dtype=np.int64)
    path = np.empty(len(main), dtype=np.int64)
    for row in range(len(main)):
        length = 0
        end = row
        last = row
        while end >= 0 and root[end] == unseen:
            root[end] = here
            path[length] = end
            length += 1
            last = end
            end = main[end]
        if end < 0:
            found = last
        elif root[end] == here:
            found = end
            step = main[end]
            while step != end:
                found = min(found, step)
                step = main[step]
        else:
            found = root[end]
        for k in range(length):
            root[path[k]] = found
    return root


@compiled
def topological(indptr: Rows, indices: Rows, n: int) -> Rows:
    """Nodes of an acyclic graph, each after all that lead to it."""
    waiting = np.zeros(n, dtype=np.int64)
    for target in indices:
        waiting[target] += 1
    order = np.empty(n, dtype=np.int64)
    count = 0
    for v in range(n):
        if waiting[v] == 0:
            order[count] = v
            count += 1
    for k in range(n):
        v = order[k]
        for e in range(indptr[v], indptr[v + 1]):
            waiting[indices[e]] -= 1
            if waiting[indices[e]] == 0:
                order[count] = indices[e]
                count += 1
    return order


@compiled
def hops_from(indptr: Rows, indices: Rows, is_start: NDArray[np.bool_]) -> Rows:
    """Hops from the nearest start by breadth-first search, -1 where none is above."""
    hops = np.full(len(is_start), -1, dtype=np.int64)
    queue = np.empty(len(is_start), dtype=np.int64)
    end = 0
    for v in np.flatnonzero(is_start):
        hops[v] = 0
        queue[end] = v
        end += 1
    k = 0
    while k < end:
        v = queue[k]
        k += 1
        for e in range(indptr[v], indptr[v + 1]):
            if hops[indices[e]] < 0:
                hops[indices[e]] = hops[v] + 1
                queue[end] = indices[e]
                end += 1
    return hops


@compiled
def longest_from(indptr: Rows, indices: Rows, order: Rows, is_start: NDArray[np.bool_]) -> Rows:
    """Longest path from a start in an acyclic graph, -1 where none is above."""
    longest = np.where(is_start, 0, -1)
    for v in order:
        if longest[v] >= 0:
            for e in range(indptr[v], indptr[v + 1]):
                longest[indices[e]] = max(longest[indices[e]], longest[v] + 1)
    return longest


@compiled
def _hard_nodes(indptr: Rows, indices: Rows, order: Rows, n_in: Rows) -> Rows:
    """Nodes where two ways down may meet again, so that sums over children count twice.

    A child with other parents, or with such a node below, is a meeting way; with at most
    one of them the sets below the children are disjoint. In topological order.
    """
    meets = np.zeros(len(order), dtype=np.bool_)
    is_hard = np.zeros(len(order), dtype=np.bool_)
    for v in order[::-1]:
        ways = 0
        for e in range(indptr[v], indptr[v + 1]):
            ways += n_in[indices[e]] > 1 or meets[indices[e]]
        meets[v] = ways > 0
        is_hard[v] = ways > 1
    return order[is_hard[order]]


@compiled
def _add_up(indptr: Rows, indices: Rows, order: Rows, weight: Rows, total: Rows) -> None:
    """Fill the totals (-1) of all nodes that are not hard, from the leaves upwards."""
    for v in order[::-1]:
        if total[v] < 0:
            total[v] = 0
            for e in range(indptr[v], indptr[v + 1]):
                total[v] += weight[indices[e]] + total[indices[e]]


@compiled
def _hard_totals(indptr: Rows, indices: Rows, hard: Rows, weight: Rows) -> Rows:
    """Total weight strictly below each hard node: 64 searches at once, a bit for each.

    A depth-first search lists what the 64 sources reach; its reverse postorder carries their
    bits down; `planes` counts them bit by bit (plane p holds the binary digit 2^p of all 64
    sums), so that a word costs a few operations and not one for each source in it.
    """
    n = len(indptr) - 1
    total = np.empty(len(hard), dtype=np.int64)
    seen = np.full(n, -1, dtype=np.int64)
    bits = np.zeros(n, dtype=np.uint64)
    edge, stack, post = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    planes = np.zeros(WORD, dtype=np.uint64)
    for first in range(0, len(hard), WORD):
        sources = hard[first : first + WORD]
        count = 0
        for source in sources:
            top = 0
            if seen[source] != first:
                seen[source], edge[source], stack[0], top = first, indptr[source], source, 1
                bits[source] = 0
            while top > 0:
                v = stack[top - 1]
                if edge[v] == indptr[v + 1]:
                    post[count] = v
                    count += 1
                    top -= 1
                    continue
                below = indices[edge[v]]
                edge[v] += 1
                if seen[below] != first:
                    seen[below], edge[below], stack[top] = first, indptr[below], below
                    bits[below] = 0
                    top += 1
        for b in range(len(sources)):
            bits[sources[b]] |= np.uint64(1) << np.uint64(b)
        planes[:] = 0
        for k in range(count - 1, -1, -1):
            v = post[k]
            for e in range(indptr[v], indptr[v + 1]):
                bits[indices[e]] |= bits[v]
            _count_bits(planes, bits[v], weight[v])
        for b in range(len(sources)):
            reached = np.int64(0)
            for p in range(WORD - 1):
                digit = (planes[p] >> np.uint64(b)) & np.uint64(1)
                reached += np.int64(digit) << np.int64(p)
            total[first + b] = reached - weight[sources[b]]
    return total


@compiled
def _count_bits(planes: NDArray[np.uint64], word: np.uint64, weight: int) -> None:
    """Add a weight to the sums of all sources whose bit is set in the word."""
    place = 0
    while weight >> place:
        if (weight >> place) & 1:
            carry, p = word, place
            while carry != 0:
                kept = planes[p]
                planes[p] = kept ^ carry
                carry &= kept
                p += 1
        place += 1


@compiled
def reached(
    indptr: Rows, indices: Rows, roots: Rows, keep: NDArray[np.bool_], members: Rows
) -> tuple[Rows, Rows]:
    """Search from each root; count, and where `members` has room, list the kept rows."""
    seen = np.full(len(indptr) - 1, -1, dtype=np.int64)
    queue = np.empty(len(indptr) - 1, dtype=np.int64)
    start = np.zeros(len(roots) + 1, dtype=np.int64)
    size = np.zeros(len(roots), dtype=np.int64)
    listed = 0
    for r in range(len(roots)):
        queue[0], end, k = roots[r], 1, 0
        seen[roots[r]] = r
        while k < end:
            v = queue[k]
            k += 1
            if keep[v]:
                if len(members) > 0:
                    members[listed] = v
                listed += 1
            for e in range(indptr[v], indptr[v + 1]):
                if seen[indices[e]] != r:
                    seen[indices[e]] = r
                    queue[end] = indices[e]
                    end += 1
        start[r + 1], size[r] = listed, end
    return start, size
