"""One large synthetic table from a data frame to neighbours, in a process of its own.

python -m distance.scale_task ROWS SHARE   ->   one line of JSON
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from distance import memory, pruning
from distance.contract import K
from distance.mixed_table import MixedTable, generate

CHECKED = 24
"""Rows whose neighbours are compared with those by the definition."""

EDGES = 2_000_000
"""Pairs whose distances are asked one by one, as the drift of every edge is."""


class Clock:
    """Seconds of every phase, in order; beside them the processor time of all threads."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}

    def time(self, phase: str, work: Callable[[], Any]) -> Any:
        """Do some work and note how long it took."""
        began, busy = time.perf_counter(), time.process_time()
        found = work()
        self.phases[phase] = time.perf_counter() - began
        self.phases[f"{phase} cpu"] = time.process_time() - busy
        return found


def main() -> None:
    rows, share = int(sys.argv[1]), float(sys.argv[2])
    print(json.dumps(measured(rows, share)))


def measured(rows: int, share: float) -> dict[str, Any]:
    """Return seconds of each phase, memory, and how right a sample of rows is."""
    from modelkin.analysis.gower import encode, group_means, nearest, pairs

    clock = Clock()
    mixed = clock.time("generate", lambda: generate(rows, share))
    groups, frame = mixed.groups(), mixed.frame()
    clock.time("compile or load", _compile)
    before = memory.start()
    table = clock.time("encode", lambda: encode(frame))
    peak_before_search = memory.peak()
    found = clock.time("nearest", lambda: nearest(table, K, 1))
    peak = memory.peak()
    rng = np.random.default_rng(0)
    ends = rng.integers(0, rows, (2, EDGES))
    clock.time("pairs", lambda: pairs(table, *ends))
    clock.time("group means", lambda: group_means(table, groups, 1))
    distinct = table.n_configurations
    chosen = table.representative[rng.choice(distinct, min(CHECKED, distinct), replace=False)]
    return {
        "n": rows,
        "share": share,
        "distinct": distinct,
        "groups": len(groups),
        **clock.phases,
        "frame_memory": before,
        "encode_memory": peak_before_search,
        "peak_memory": peak,
        **pruning.measured(table),
        "error": worst(mixed, table.representative, chosen, found.distance[chosen]),
    }


def _compile() -> None:
    """Answer everything for fewer rows, so that no kernel is compiled later."""
    from modelkin.analysis.gower import encode, group_means, nearest, pairs

    mixed = generate(20_000, 0.5)
    table = encode(mixed.frame())
    nearest(table, K, 1)
    group_means(table, mixed.groups(), 1)
    pairs(table, *np.arange(2 * EDGES).reshape(2, -1) % mixed.n)


def worst(mixed: MixedTable, representatives: Any, rows: Any, answer: Any) -> float:
    """Return the largest error of some rows' distances to their nearest other configurations."""
    unit, codes = mixed.unit_numbers(), mixed.codes()
    columns = [*unit[representatives].T, *codes[representatives].T]
    largest = 0.0
    for row, told in zip(rows, answer, strict=True):
        total, shared = np.zeros(len(representatives)), np.zeros(len(representatives))
        for own, values in zip([*unit[row], *codes[row]], columns, strict=True):
            if values.dtype.kind == "f":
                distance = np.nan_to_num(np.abs(values - own))
                both = ~np.isnan(values) & ~np.isnan(own)
            else:
                both = (values >= 0) & (own >= 0)
                distance = both & (values != own)
            shared += both
            total += distance
        total[shared == 0] = np.inf
        total /= np.maximum(shared, 1)
        total[representatives == row] = np.inf
        right = np.sort(np.partition(total, K)[:K])
        right[np.isinf(right)] = np.nan
        if not np.array_equal(np.isnan(right), np.isnan(told)):
            return float("inf")
        largest = max(largest, float(np.nanmax(np.abs(right - told), initial=0.0)))
    return largest


if __name__ == "__main__":
    main()
