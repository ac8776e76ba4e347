"""Who was made from whom: relations, merges, and the faults of declared lineage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.components import Layout
from modelkin.data.synth.params import BITS, RELATIONS, Params, rule

MERGE = RELATIONS.index("merge")
UNTYPED = RELATIONS.index("untyped")


@dataclass(frozen=True, eq=False)
class Lineage:
    """Lineage in birth order.

    Attributes
    ----------
    source : ndarray of int64, shape (n,)
        The parent that a model's configuration is inherited from; -1 for none.
    made_by : ndarray of int8, shape (n,)
        Relation to the source, a position in `RELATIONS`; -1 for none.
    depth : ndarray of int64, shape (n,)
        Steps along `source`.
    stub : ndarray of bool, shape (n,)
        Named as a parent, without a row of its own.
    parent, child, bits : ndarray, shape (m,)
        Declared pairs, each once, loops and cycles included.
    """

    source: NDArray[np.int64]
    made_by: NDArray[np.int8]
    depth: NDArray[np.int64]
    stub: NDArray[np.bool_]
    parent: NDArray[np.int64]
    child: NDArray[np.int64]
    bits: NDArray[np.uint8]

    def levels(self) -> list[NDArray[np.int64]]:
        """Return the models of depth 1, 2, …: sources always lie in earlier levels."""
        order = np.argsort(self.depth, kind="stable")
        counts = np.bincount(self.depth)
        return np.split(order, np.cumsum(counts)[:-1])[1:]


def declare(
    p: Params,
    layout: Layout,
    tree: NDArray[np.int64],
    kind: NDArray[np.int64],
    time: NDArray[np.int64],
) -> Lineage:
    """Return the lineage that grows from the trees.

    Parameters
    ----------
    tree : ndarray of int64, shape (n,)
        Parent in the tree, -1 for none.
    kind : ndarray of int64, shape (n,)
        Type of each model: merges stay within a type.
    time : ndarray of int64, shape (n,)
        Seconds; parents of a merge are older than it.
    """
    made_by = _tree_relations(p, layout)
    source = tree.copy()
    merges = _merge_edges(p, layout, kind, time)
    # A merge with the tree parent would turn the tree edge into a merge edge and cut the tree.
    merges = merges[merges[:, 0] != tree[merges[:, 1]]]
    first = merges[:, 2] == 0
    source[merges[first, 1]] = merges[first, 0]
    made_by[merges[first, 1]] = MERGE
    stub = _stubs(p, layout)
    children = np.flatnonzero(tree >= 0)
    parts = [
        (tree[children], children, 1 << made_by[children].astype(np.int64)),
        (merges[:, 0], merges[:, 1], np.full(len(merges), BITS["merge"])),
        _second_relations(p, tree, made_by, merges),
        _cycles(p, tree, stub),
        _loops(p, stub),
    ]
    parent, child, bits = _combine(layout.n, parts)
    return Lineage(source, made_by, _depths(source), stub, parent, child, bits)


def _tree_relations(p: Params, layout: Layout) -> NDArray[np.int8]:
    """Return the relation of each tree edge at its child, -1 elsewhere."""
    weights = np.array([rule(p.relation_mix, r) for r in RELATIONS])
    cumulative = np.cumsum(weights / weights.sum())
    u = p.stream("relations").random(layout.n_tree)
    n_components = len(layout.roots)
    pure = p.stream("pure").random(n_components) < p.pure_share
    if p.hub_share and n_components:
        pure[0] = True
    one = p.stream("pure relation").random(n_components)
    u = np.where(pure[layout.component[: layout.n_tree]], one[layout.component[: layout.n_tree]], u)
    made_by = np.full(layout.n, -1, dtype=np.int8)
    made_by[: layout.n_tree] = np.minimum(np.searchsorted(cumulative, u, side="right"), UNTYPED)
    made_by[layout.roots] = -1
    return made_by


def _merge_edges(
    p: Params, layout: Layout, kind: NDArray[np.int64], time: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return merge edges as rows (parent, child, place among the child's parents).

    Merge children have 2 to 5 parents; a `mixed_share` of tree children name one beside
    their tree parent (place 1). Parents are older models of the same type, merge children
    among them; a model without any becomes isolated.
    """
    n_tree, pool = layout.n_tree, layout.n_tree + layout.n_merged
    order = np.lexsort((np.arange(pool), time[:pool], kind[:pool]))
    begins = np.searchsorted(kind[:pool][order], np.arange(int(kind.max(initial=0)) + 1))
    place = np.empty(pool, dtype=np.int64)
    place[order] = np.arange(pool)
    place -= begins[kind[:pool]]  # how many older models of its type a model has

    rng = p.stream("merges")
    merged = np.arange(n_tree, pool)
    n_parents = np.minimum(1 + rng.geometric(0.7, layout.n_merged), 5)
    child = np.repeat(merged, n_parents)
    nth = np.arange(len(child)) - np.repeat(np.cumsum(n_parents) - n_parents, n_parents)
    mixed = np.flatnonzero(p.stream("mixed").random(n_tree) < p.mixed_share)
    mixed = np.setdiff1d(mixed, layout.roots)
    child = np.concatenate([child, mixed])
    nth = np.concatenate([nth, np.ones(len(mixed), dtype=np.int64)])
    u = np.concatenate([rng.random(len(child) - len(mixed)), p.stream("mix").random(len(mixed))])
    older = np.floor(u * place[child]).astype(np.int64)
    parent = order[np.minimum(begins[kind[child]] + older, pool - 1)]
    return np.stack([parent, child, nth], axis=1)[place[child] > 0]


def _second_relations(
    p: Params,
    tree: NDArray[np.int64],
    made_by: NDArray[np.int8],
    merges: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return a second relation for `multi_share` of the edges.

    A typed tree edge gets another typed relation, never merge: it would cut the tree. A
    merge edge becomes a finetune as well.
    """
    rng = p.stream("second relation")
    u, other = rng.random(len(tree)), rng.integers(1, MERGE, len(tree))
    chosen = np.flatnonzero((u < p.multi_share) & (tree >= 0) & (made_by < MERGE))
    second = (made_by[chosen] + other[chosen]) % MERGE
    also = merges[p.stream("merge and finetune").random(len(merges)) < p.multi_share]
    bits = np.concatenate([1 << second, np.full(len(also), BITS["finetune"])])
    return (
        np.concatenate([tree[chosen], also[:, 0]]),
        np.concatenate([chosen, also[:, 1]]),
        bits.astype(np.int64),
    )


def _stubs(p: Params, layout: Layout) -> NDArray[np.bool_]:
    """Return which models are missing parents: component roots, never a planted hub's."""
    stub = np.zeros(layout.n, dtype=np.bool_)
    chosen = p.stream("stubs").random(len(layout.roots)) < p.stub_share
    if p.hub_share and len(chosen):
        chosen[0] = False
    stub[layout.roots[chosen]] = True
    return stub


def _cycles(
    p: Params, tree: NDArray[np.int64], stub: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return finetune edges from a model to its ancestor of 1 to 3 steps.

    Stubs have no row that could name a parent, so no cycle leads to one.
    """
    rng = p.stream("cycles")
    able = np.flatnonzero(tree >= 0)
    able = able[~stub[tree[able]]]
    begin = rng.permutation(able)[: p.n_cycles]
    steps = rng.integers(1, 4, len(begin))
    end = tree[begin]
    for walked in (1, 2):
        above = np.where(tree[end] < 0, end, tree[end])
        end = np.where((steps > walked) & ~stub[above], above, end)
    return begin, end, np.full(len(begin), BITS["finetune"])


def _loops(
    p: Params, stub: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return finetune edges from models to themselves."""
    chosen = p.stream("loops").permutation(np.flatnonzero(~stub))[: p.n_loops]
    return chosen, chosen, np.full(len(chosen), BITS["finetune"])


def _combine(
    n: int, parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """Return each pair once, its relations joined, in the order of (parent, child)."""
    parent, child, bits = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    pair, at = np.unique(parent * n + child, return_inverse=True)
    joined = np.zeros(len(pair), dtype=np.int64)
    np.bitwise_or.at(joined, at, bits)
    typed = joined & ~BITS["untyped"]
    joined = np.where(typed, typed, joined)
    return pair // n, pair % n, joined.astype(np.uint8)


def _depths(source: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the steps along `source` by doubling strides."""
    depth = (source >= 0).astype(np.int64)
    up = source.copy()
    while True:
        alive = np.flatnonzero(up >= 0)
        if not len(alive):
            return depth
        depth[alive] += depth[up[alive]]
        up[alive] = up[up[alive]]
