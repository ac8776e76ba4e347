"""How many pairs the compiled search leaves out, and whether that changes any neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from distance.contract import K

if TYPE_CHECKING:
    from modelkin.analysis.gower import Table

TILES = 24
"""Tiles of rows that are searched, spread over the whole index."""


def measured(table: Table) -> dict[str, Any]:
    """Return the share of pairs compared, and how many neighbours differ from brute force.

    This looks inside the engine: at the counts that its kernel keeps.
    """
    from modelkin.analysis.gower import index, search, searching

    u = table.n_configurations
    ranks = np.argsort(np.argsort(table.order[table.representative]))
    built = index.build(table, ranks, searching.centres_for(u))
    lanes = built.tiles.places.shape[1]
    compared = rows = different = 0
    for tile in np.unique(np.linspace(0, built.n_tiles - 1, TILES).astype(int)):
        answers = []
        for prune in (True, False):
            found = (
                np.full((lanes, K), search.UNREACHED),
                np.zeros((lanes, K), dtype=np.int32),
                np.full((lanes, K), np.iinfo(np.int32).max, dtype=np.int32),
                np.zeros(lanes, dtype=np.int64),
            )
            search.search(
                built.tiles, built.layout, built.fields, built.ranks, built.groups,
                index.room(built.layout, built.tiles, lanes),
                tile, tile + 1, (np.float32(1), False, prune), found,
            )  # fmt: skip
            answers.append(found)
        filled = built.tiles.places[tile] >= 0
        compared += int(answers[0][3][filled].sum()) * lanes
        rows += int(filled.sum())
        different += sum(
            int((one[filled] != other[filled]).sum())
            for one, other in zip(answers[0][:3], answers[1][:3], strict=True)
        )
    return {"evaluated": min(1.0, compared / (rows * u)), "checked": rows, "different": different}
