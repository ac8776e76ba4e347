"""What the similarity analysis knows before it is put into tables and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.embedding import Embedding
    from modelkin.analysis.gower import Neighbours, Table
    from modelkin.analysis.inputs import Edges, Forest, Models
    from modelkin.analysis.mixing import Mixing
    from modelkin.analysis.threshold import Closeness, GraphStatistics


@dataclass(frozen=True, eq=False)
class Study:
    """Everything measured, in rows.

    Attributes
    ----------
    models, edges, forest : Models, Edges, Forest
        The graph as arrays.
    options : mapping
        Options of the run.
    rows : ndarray of int64, shape (m,)
        Row in `models` of each configured model.
    table : Table
        The configured models, m rows.
    neighbours : Neighbours
        Their nearest representatives, as rows of `table`.
    nodes : ndarray of int64, shape (u,)
        Row in `models` of the representative of each configuration that knows enough fields.
    close : Closeness
        Their pairs.
    curves : mapping of str to list of GraphStatistics
        Threshold graph at each threshold, over "models" and "configurations".
    reference : int
        Place of the reference's threshold among them.
    nearest_graph : GraphStatistics
        Graph of the k nearest, over configurations.
    mixing : mapping of str to Mixing
        Assortativity of that graph by "component" and by "family".
    comparison : list of dict
        Agreement of metrics, one entry for each pair.
    shown : ndarray of int64
        Rows in `models` of the points of the picture.
    embedding : Embedding
        The picture.
    """

    models: Models
    edges: Edges
    forest: Forest
    options: Mapping[str, Any]
    rows: NDArray[np.int64]
    table: Table
    neighbours: Neighbours
    nodes: NDArray[np.int64]
    close: Closeness
    curves: Mapping[str, list[GraphStatistics]]
    reference: int
    nearest_graph: GraphStatistics
    mixing: Mapping[str, Mixing]
    comparison: list[dict[str, Any]]
    shown: NDArray[np.int64]
    embedding: Embedding

    @property
    def known_enough(self) -> NDArray[np.bool_]:
        """Which configured models know enough fields to be compared, shape (m,)."""
        known = self.table.known[self.table.configuration]
        enough: NDArray[np.bool_] = known >= self.options["min_shared"]
        return enough
