"""What analyses work on: frozen arrays and frames, made once by the pipeline.

Ids become row numbers when the graph is read; everything here speaks of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

BITS = {"finetune": 1, "adapter": 2, "quantized": 4, "merge": 8, "untyped": 16}
"""Bit of each relation in `Edges.bits`; "untyped" stands only where no other bit does."""


@dataclass(frozen=True, eq=False)
class Models:
    """Models that stand in an edge or are configured, in the order of their ids.

    Attributes
    ----------
    ids : ndarray of str, shape (n,)
        Hub ids, ascending; the row number of a model is its position here.
    frame : DataFrame, n rows
        One row for each id in the same order (a RangeIndex). Columns: every config and
        Hub attribute of `modelkin.schema.attributes` (missing is NA; integers and numbers
        are float64 with NaN, categories and booleans object with None, created_at is
        datetime64[ns, UTC] with NaT), and ``family`` (str), ``organization`` (str),
        ``configured`` (bool), ``stub`` (bool), ``has_row`` (bool: a source has a
        configuration row for it, configured or not), ``config_hash`` (str or None: hash over
        feature set "default", missing included; the copies of one configuration share it),
        ``config_source`` (str or None: the evidence of its shape; only a whole config.json
        can say that something is not there).
    n_graph : int
        Models in the graph, the isolated and unconfigured ones included.
    """

    ids: NDArray[np.object_]
    frame: pd.DataFrame
    n_graph: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.ids)

    @property
    def configured(self) -> NDArray[np.bool_]:
        """Mask of the configured models, shape (n,)."""
        return self.frame["configured"].to_numpy(dtype=bool)


@dataclass(frozen=True, eq=False)
class Edges:
    """Declared parent-child pairs, one row for each pair, ordered by (parent, child).

    Attributes
    ----------
    parent, child : ndarray of int64, shape (m,)
        Row numbers in `Models`; equal for a self-loop.
    bits : ndarray of uint8, shape (m,)
        Relations claimed, as a sum of `BITS`; a filter tests membership.
    relation : ndarray of str, shape (m,)
        Primary relation (merge > adapter > quantized > finetune > untyped).
    """

    parent: NDArray[np.int64]
    child: NDArray[np.int64]
    bits: NDArray[np.uint8]
    relation: NDArray[np.object_]

    @property
    def n(self) -> int:
        """Number of pairs, self-loops included."""
        return len(self.parent)

    @property
    def is_loop(self) -> NDArray[np.bool_]:
        """Mask of the self-loops: counted, but in no measure."""
        return np.equal(self.parent, self.child)

    def having(self, relation: str) -> NDArray[np.bool_]:
        """Mask of the pairs that claim a relation (membership, not the primary one)."""
        claimed: NDArray[np.bool_] = np.not_equal(self.bits & BITS[relation], 0)
        return claimed


@dataclass(frozen=True, eq=False)
class Forest:
    """Whole-graph quantities of every row (`modelkin.analysis.forest.grow`).

    Self-loops are neither parent nor child in any of them.

    Attributes
    ----------
    component : ndarray of int64, shape (n,)
        Weakly connected component of the graph without merge edges, named by the row of
        its smallest id. The cluster of every interval.
    main_parent : ndarray of int64, shape (n,)
        Row of the main parent, -1 without parents.
    root : ndarray of int64, shape (n,)
        Root reached by walking main parents (in a cycle: the smallest row of the cycle);
        its own row for a root; -1 for a model without edges.
    n_roots : ndarray of int64, shape (n,)
        How many roots are above (a root counts itself); 0 for isolated models.
    depth_min, depth_max : ndarray of int64, shape (n,)
        Hops from the nearest root; longest path in the graph of strongly connected
        components. -1 where no root is above.
    configured_hops : ndarray of int64, shape (n,)
        Hops on the main-parent path to the root whose both ends are configured.
    n_children, n_descendants : ndarray of int64, shape (n,)
        Direct children; all reachable models, itself left out.
    is_root : ndarray of bool, shape (n,)
        Has children and no parent.
    """

    component: NDArray[np.int64]
    main_parent: NDArray[np.int64]
    root: NDArray[np.int64]
    n_roots: NDArray[np.int64]
    depth_min: NDArray[np.int64]
    depth_max: NDArray[np.int64]
    configured_hops: NDArray[np.int64]
    n_children: NDArray[np.int64]
    n_descendants: NDArray[np.int64]
    is_root: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything an analysis may ask for.

    Attributes
    ----------
    models, edges, forest : Models, Edges, Forest
        The graph as arrays.
    options : dict
        Parameters of this call: "metric", "features", "weights", "min_shared", "seed",
        "relations" (filter of the report), ... Each analysis states its own.
    """

    models: Models
    edges: Edges
    forest: Forest
    options: dict[str, Any]
