"""The truth beside the files: what was planted, and what came out in this sample.

All counts are of what complete and aligned files tell (`World.known`); `mutations` and
`drifted` take a mask of rows to count what is left when others are set aside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.columns import PATTERNS
from modelkin.data.synth.configs import transition
from modelkin.data.synth.params import BITS, FIELDS, RELATIONS
from modelkin.data.synth.prototypes import LEVELS, NUMERIC
from modelkin.schema.attributes import feature_set
from modelkin.schema.graph import primary_relation

if TYPE_CHECKING:
    from modelkin.data.synth.world import World

MIN_SHARED = 3
"""Shared fields that an edge needs for a drift."""

_NO_MERGE = "no_merge"


def tell(world: World) -> dict[str, Any]:
    """Return the whole truth of a world as plain values, keys in a fixed order."""
    return {
        "world": world.name,
        "parameters": world.params.as_json(),
        "counts": counts(world),
        "components": _components(world),
        "known": {f: int(world.known[:, i].sum()) for i, f in enumerate(FIELDS)},
        "known_csv": {
            f: int((world.known[:, i] & ~world.lost[:, i]).sum()) for i, f in enumerate(FIELDS)
        },
        "mutations": mutations(world),
        "drifted": drifted(world),
        "transitions": transitions(world),
        "outliers": _outliers(world),
        "misaligned": _misaligned(world),
        "stubs": world.ids[world.stub].tolist(),
        "loops": world.ids[world.parent[world.parent == world.child]].tolist(),
    }


def counts(world: World) -> dict[str, Any]:
    """Return how many of everything there are in the written files."""
    loop = world.parent == world.child
    related = np.zeros(world.n, dtype=np.bool_)
    related[world.parent[~loop]] = related[world.child[~loop]] = True
    days = world.created_at[world.child] - world.created_at[world.parent]
    at_clamp = world.created_at == np.datetime64("2022-03-02T23:29:04", "s")
    both = world.has_row[world.parent] & world.has_row[world.child] & ~loop
    configured = world.configured
    return {
        "models": world.n,
        "stubs": int(world.stub.sum()),
        "isolated": int((~related).sum()),
        "edges": len(world.parent),
        "edges_primary": _primary(world),
        "edges_with": {r: int((world.bits & b != 0).sum()) for r, b in BITS.items()},
        "several_relations": int((_n_bits(world) > 1).sum()),
        "loops": int(loop.sum()),
        "with_several_parents": int((np.bincount(world.child[~loop]) > 1).sum()),
        "children_older": int((days < np.timedelta64(0, "s")).sum()),
        "at_clamp": int(at_clamp.sum()),
        "rows": int(world.has_row.sum()),
        "configured": int(configured.sum()),
        "edges_with_both_rows": int(both.sum()),
        "edges_with_both_configured": int(
            (configured[world.parent] & configured[world.child] & ~loop).sum()
        ),
        "misaligned": int((world.pattern >= 0).sum()),
        "lost_cells": int(world.lost.sum()),
    }


def _n_bits(world: World) -> NDArray[np.int64]:
    """Return how many relations each pair has."""
    return np.asarray(np.unpackbits(world.bits[:, None], axis=1).sum(axis=1, dtype=np.int64))


def _primary(world: World) -> dict[str, int]:
    """Return the pairs by primary relation."""
    found = dict.fromkeys(RELATIONS, 0)
    for bits, n in zip(*np.unique(world.bits, return_counts=True), strict=True):
        found[primary_relation([r for r in RELATIONS if BITS[r] & int(bits)])] += int(n)
    return found


def _components(world: World) -> dict[str, Any]:
    """Return number and effective number of components, by models and by non-merge edges."""
    sizes = np.bincount(world.component)
    sizes = np.sort(sizes[sizes > 1])[::-1]
    counted = (world.bits & BITS["merge"] == 0) & (world.parent != world.child)
    edges = np.bincount(world.component[world.child[counted]])
    edges = edges[edges > 0]
    return {
        "n": len(sizes),
        "largest": sizes[:10].tolist(),
        "edges_largest_share": float(edges.max() / edges.sum()) if len(edges) else None,
        "G": len(edges),
        "G_eff": float(edges.sum() ** 2 / (edges.astype(float) ** 2).sum()) if len(edges) else None,
    }


def _scopes(world: World) -> dict[str, NDArray[np.bool_]]:
    """Return the pairs counted under each relation (membership), loops never."""
    real = world.parent != world.child
    scopes = {r: real & (world.bits & b != 0) for r, b in BITS.items()}
    return {_NO_MERGE: real & (world.bits & BITS["merge"] == 0), **scopes}


def _both_estimands(hit: NDArray[np.bool_], component: NDArray[np.int64]) -> dict[str, Any]:
    """Return the share of hits by edge and by component (None where nothing is counted)."""
    n = np.bincount(component)
    hits = np.bincount(component, weights=hit)
    each = hits[n > 0] / n[n > 0]
    return {
        "n_components": len(each),
        "typical_edge": float(hit.mean()) if len(hit) else None,
        "typical_component": float(each.mean()) if len(each) else None,
    }


def mutations(world: World, usable: NDArray[np.bool_] | None = None) -> dict[str, Any]:
    """Return realised mutation rates, by field and relation.

    Parameters
    ----------
    world : World
        The ecosystem.
    usable : ndarray of bool, shape (n,), optional
        Models whose configuration counts; all with a row by default.

    Returns
    -------
    dict
        field -> relation (or "no_merge", all but merge edges) -> ``planted`` (rate; None for
        "no_merge", a mixture), ``n`` (pairs known at both ends), ``n_changed``,
        ``n_increased`` (numbers only), ``unknown_to_known``, ``known_to_unknown``,
        ``n_components``, ``typical_edge``, ``typical_component``. The planted rate is that
        of the typical component, and of the typical edge unless `size_effect_cor` is set.
        It belongs to the edge along which a configuration came: other parents of a merge,
        cycles and second relations are counted in, and differ.
    """
    usable = world.has_row if usable is None else usable
    scopes = _scopes(world)
    told: dict[str, Any] = {}
    for f, name in enumerate(FIELDS):
        known = world.known[:, f] & usable
        told[name] = {
            relation: _one_rate(world, f, known, usable, scope, relation)
            for relation, scope in scopes.items()
        }
    return told


def _one_rate(
    world: World,
    f: int,
    known: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    scope: NDArray[np.bool_],
    relation: str,
) -> dict[str, Any]:
    """Return the realised rate of one field on the pairs of one relation."""
    parent, child = world.parent[scope], world.child[scope]
    rows = usable[parent] & usable[child]
    both = known[parent] & known[child]
    before, after = world.codes[parent[both], f], world.codes[child[both], f]
    told: dict[str, Any] = {
        "planted": None if relation == _NO_MERGE else world.params.rate_of(FIELDS[f], relation),
        "n": int(both.sum()),
        "n_changed": int((before != after).sum()),
        "unknown_to_known": int((rows & ~known[parent] & known[child]).sum()),
        "known_to_unknown": int((rows & known[parent] & ~known[child]).sum()),
    }
    if FIELDS[f] in NUMERIC:
        told["n_increased"] = int((after > before).sum())
    return {**told, **_both_estimands(before != after, world.component[child[both]])}


def drifted(world: World, usable: NDArray[np.bool_] | None = None) -> dict[str, Any]:
    """Return P(some field of set "default" differs) on pairs with enough shared fields.

    ``usable`` as in `mutations`; relation -> n, n_changed, n_components and both estimands.
    """
    usable = world.has_row if usable is None else usable
    default = [FIELDS.index(f) for f in feature_set("default")]
    told = {}
    for relation, scope in _scopes(world).items():
        scope = scope & usable[world.parent] & usable[world.child]
        parent, child = world.parent[scope], world.child[scope]
        shared = world.known[parent][:, default] & world.known[child][:, default]
        differs = shared & (world.codes[parent][:, default] != world.codes[child][:, default])
        enough = shared.sum(axis=1) >= MIN_SHARED
        hit = differs.any(axis=1)[enough]
        told[relation] = {
            "n": len(hit),
            "n_changed": int(hit.sum()),
            **_both_estimands(hit, world.component[child[enough]]),
        }
    return told


def transitions(world: World) -> dict[str, Any]:
    """Return, for each category and boolean, its changes on pairs without merge.

    field -> ``levels``, ``planted`` (P(to | from, a change), rows from), ``n_edges`` and
    ``n_components`` (rows from, columns to; n_edges of the diagonal: unchanged pairs).
    """
    scope = _scopes(world)[_NO_MERGE]
    parent, child = world.parent[scope], world.child[scope]
    told = {}
    for f, name in enumerate(FIELDS):
        if name in NUMERIC:
            continue
        size = len(LEVELS[name])
        both = world.known[parent, f] & world.known[child, f]
        before = world.codes[parent[both], f].astype(np.int64)
        cell = before * size + world.codes[child[both], f]
        pairs = np.unique(np.stack([cell, world.component[child[both]]]), axis=1)[0]
        told[name] = {
            "levels": list(LEVELS[name]),
            "planted": transition(world.params, name).tolist(),
            "n_edges": np.bincount(cell, minlength=size**2).reshape(size, size).tolist(),
            "n_components": np.bincount(pairs, minlength=size**2).reshape(size, size).tolist(),
        }
    return told


def _outliers(world: World) -> dict[str, str]:
    """Return the models with a value out of size that the files tell, and its field."""
    rows = np.flatnonzero(world.outlier >= 0)
    fields = world.outlier[rows]
    seen = world.known[rows, fields]
    return {world.ids[i]: FIELDS[f] for i, f in zip(rows[seen], fields[seen], strict=True)}


def _misaligned(world: World) -> dict[str, Any]:
    """Return which CSV rows are misaligned, by which permutation of columns."""
    used = np.unique(world.pattern[world.pattern >= 0])
    return {
        "patterns": {PATTERNS[k].name: dict(PATTERNS[k].holds) for k in used},
        "rows": {PATTERNS[k].name: world.ids[world.pattern == k].tolist() for k in used},
    }
