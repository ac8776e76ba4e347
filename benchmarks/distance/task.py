"""One peer, one task, one table, in a process of its own: one line of JSON on the standard output.

    python -m distance.task PEER TASK TABLE.npz [--seconds 20] [--save ANSWER.npy]

Times leave out start-up, reading and compiling. The time to bring the table into the form that
the peer takes stands apart. The answer is computed up to three times within the seconds given.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from distance import memory, mixed_table
from distance.catalogue import PEERS, SkippedError

REPEATS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer")
    parser.add_argument("task", choices=["nearest", "matrix", "means"])
    parser.add_argument("table", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--save", type=Path)
    asked = parser.parse_args()
    try:
        print(json.dumps(measured(asked.peer, asked.task, asked.table, asked.seconds, asked.save)))
    except (SkippedError, ImportError) as error:
        print(json.dumps({"skipped": str(error)}))


def measured(
    peer: str, task: str, path: Path, seconds: float, save: Path | None
) -> dict[str, object]:
    """Return the best time and the peak memory of a peer at a task."""
    table = mixed_table.load(path)
    began = time.perf_counter()
    answer = PEERS[peer].ready(table, task)
    prepared = time.perf_counter() - began
    before = memory.start()
    times: list[float] = []
    peak = other = 0
    cpu = 0.0
    while not times or (len(times) < REPEATS and sum(times) + times[-1] < seconds):
        began, busy = time.perf_counter(), _processor_seconds()
        found = answer()
        spent, busy = time.perf_counter() - began, _processor_seconds() - busy
        if isinstance(found, tuple):  # from another program, which measured itself
            found, spent, other = found
        if not times or spent < min(times):
            cpu = busy
        times.append(spent)
        peak = max(peak, memory.peak())
        if save is not None:
            np.save(save, found)
        del found
    return {
        "seconds": min(times),
        "cpu": cpu,
        "runs": len(times),
        "prepare": prepared,
        "memory": max(peak - before, other),
        "version": PEERS[peer].version(),
    }


def _processor_seconds() -> float:
    """Return what this process and those that it waited for have used, all threads together."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


if __name__ == "__main__":
    main()
