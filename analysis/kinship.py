"""Which models are related: one descends from the other, or both from a third."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from modelkin.analysis.inputs import Edges


def related(
    edges: Edges, n: int, one: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Tell of each pair of models whether they are related.

    Parameters
    ----------
    edges : Edges
        Edges of every relation, merges too; hints are none.
    n : int
        Number of models.
    one, other : ndarray of int64, shape (p,)
        Rows of the two models of each pair.

    Returns
    -------
    ndarray of object, shape (p,)
        True where the two have a common ancestor, each being its own ancestor too, so that a
        model is related to whatever descends from it; False where they have none; None,
        unknown, where either has no declared relative. A self-loop declares none.

    Notes
    -----
    The ancestors of a model are walked once and kept as a set: what is held grows with the
    ancestors of the models in pairs, not with the pairs.
    """
    real = ~edges.is_loop
    declared = np.zeros(n, dtype=bool)
    declared[edges.parent[real]] = declared[edges.child[real]] = True
    known = declared[one] & declared[other]
    parents: dict[int, list[int]] = {}
    for parent, child in zip(edges.parent[real].tolist(), edges.child[real].tolist(), strict=True):
        parents.setdefault(child, []).append(parent)
    standing = np.unique(np.concatenate([one[known], other[known]]))
    above = {row: _ancestors(parents, row) for row in standing.tolist()}
    out = np.full(len(one), None, dtype=object)
    for at in np.flatnonzero(known).tolist():
        out[at] = not above[int(one[at])].isdisjoint(above[int(other[at])])
    return out


def _ancestors(parents: Mapping[int, list[int]], row: int) -> frozenset[int]:
    """Return the model and all above it; a cycle is walked once."""
    seen, left = {row}, [row]
    while left:
        new = [p for p in parents.get(left.pop(), ()) if p not in seen]
        seen.update(new)
        left.extend(new)
    return frozenset(seen)
