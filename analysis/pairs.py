"""Declared pairs that can be compared: the funnel to them, and what each field does there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.inputs import BITS, Inputs
from modelkin.analysis.intervals import effective
from modelkin.analysis.result import Coverage
from modelkin.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SAME, CHANGED, APPEARED, VANISHED, UNKNOWN = range(5)
"""What a field does from parent to child: known at both ends and equal or not; unknown in the
parent only; unknown in the child only; unknown at both ends."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Declared pairs configured at both ends, self-loops left out.

    Attributes
    ----------
    edge : ndarray of int64, shape (m,)
        Place of each pair in `Edges`.
    parent, child : ndarray of int64, shape (m,)
        Rows in `Models`.
    bits : ndarray of uint8, shape (m,)
        Relations, as in `Edges`.
    component : ndarray of int64, shape (m,)
        The child's component: the cluster of the pair (a merge has several parents).
    steps : tuple of (str, int)
        The funnel up to here, without the self-loops.
    n_loops : int
        All self-loops of these relations, whatever is known of their models.
    """

    edge: NDArray[np.int64]
    parent: NDArray[np.int64]
    child: NDArray[np.int64]
    bits: NDArray[np.uint8]
    component: NDArray[np.int64]
    steps: tuple[tuple[str, int], ...]
    n_loops: int

    @property
    def n(self) -> int:
        """Number of pairs."""
        return len(self.edge)

    @property
    def is_merge(self) -> NDArray[np.bool_]:
        """Mask of the pairs that claim a merge, whatever else they claim."""
        return self.having("merge")

    def having(self, relation: str) -> NDArray[np.bool_]:
        """Mask of the pairs that claim a relation (membership)."""
        return np.asarray((self.bits & BITS[relation]) != 0, dtype=bool)

    def coverage(self, used: NDArray[np.bool_], *more: tuple[str, int]) -> Coverage:
        """Return the funnel continued, with the components among the pairs used."""
        return Coverage((*self.steps, *more), *effective(self.component[used]))


def configured_pairs(inputs: Inputs, relations: Sequence[str] = ()) -> Pairs:
    """Take the declared pairs of some relations down to those configured at both ends.

    Parameters
    ----------
    inputs : Inputs
        The graph.
    relations : sequence of str
        Filter by membership; empty takes all.

    Returns
    -------
    Pairs
        In the order of `Edges`.

    Raises
    ------
    UserError
        If there is no such relation.
    """
    strange = [r for r in relations or () if r not in BITS]
    if strange:
        raise UserError("No such relation", where=strange[0], fix=f"Use {', '.join(BITS)}.")
    edges, frame = inputs.edges, inputs.models.frame
    asked = np.ones(edges.n, dtype=bool)
    if relations:
        asked = np.any([edges.having(r) for r in relations], axis=0)
    scope = asked & ~edges.is_loop
    known, configured = (
        column[edges.parent] & column[edges.child]
        for column in (frame["has_row"].to_numpy(dtype=bool), inputs.models.configured)
    )
    ready = scope & known & configured
    edge = np.flatnonzero(ready)
    child = edges.child[edge]
    words = "declared pairs" + (f" ({', '.join(relations)})" if relations else "")
    return Pairs(
        edge=edge,
        parent=edges.parent[edge],
        child=child,
        bits=edges.bits[edge],
        component=inputs.forest.component[child],
        steps=(
            (words, int(scope.sum())),
            ("row at both ends", int((scope & known).sum())),
            ("configured at both ends", int(ready.sum())),
        ),
        n_loops=int((asked & edges.is_loop).sum()),
    )


def field_states(
    frame: pd.DataFrame,
    names: Sequence[str],
    parent: NDArray[np.int64],
    child: NDArray[np.int64],
) -> NDArray[np.int8]:
    """Say what each field does from parent to child.

    Parameters
    ----------
    frame : DataFrame
        Typed columns: numbers are compared by value (32 equals 32.0), the rest by equality.
    names : sequence of str
        Columns.
    parent, child : ndarray of int64, shape (m,)
        Rows.

    Returns
    -------
    ndarray of int8, shape (m, len(names))
        `SAME`, `CHANGED`, `APPEARED`, `VANISHED` or `UNKNOWN`: unknown is no change.
    """
    states = np.empty((len(parent), len(names)), dtype=np.int8)
    for k, name in enumerate(names):
        known = frame[name].notna().to_numpy(dtype=bool)
        values = frame[name].to_numpy()
        before, after = known[parent], known[child]
        differs = np.asarray(values[parent] != values[child], dtype=bool)
        states[:, k] = np.select(
            [before & after & ~differs, before & after, after, before],
            [SAME, CHANGED, APPEARED, VANISHED],
            UNKNOWN,
        )
    return states


def relation_names(bits: NDArray[np.uint8]) -> list[str]:
    """Return the relations of each pair as text, separated by semicolons."""
    words = {b: ";".join(r for r, bit in BITS.items() if b & bit) for b in np.unique(bits)}
    return [words[b] for b in bits]
