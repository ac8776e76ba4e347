"""Every peer up the ladder of table sizes, as far as the time allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from distance import agreement
from distance.catalogue import PEERS, TASKS
from distance.mixed_table import MixedTable, generate
from distance.runner import Runner

MAIN = 14_557
"""Rows of the table that all are compared on."""

REFERENCE = "modelkin, not collapsed"
"""Whose neighbours an approximate peer's are held against."""


@dataclass
class Ladder:
    """Tables of growing size, and where they lie.

    Attributes
    ----------
    folder : Path
        Where tables and answers are put.
    sizes : dict of str to tuple of int
        Rows tried for each task, ascending; the first is checked for agreement.
    """

    folder: Path
    sizes: dict[str, tuple[int, ...]]
    tables: dict[int, MixedTable] = field(default_factory=dict)

    def path(self, n: int) -> Path:
        """Return the file of the table with n rows, made when it is first asked for."""
        found = self.folder / f"rows-{n}.npz"
        if n not in self.tables:
            self.tables[n] = generate(n)
            self.tables[n].save(found)
        return found

    def work(self, task: str, n: int) -> float:
        """Return the pairs that a task is over: what time grows with when nothing is saved."""
        self.path(n)
        if task == "means":
            return float(sum(len(group) ** 2 for group in self.tables[n].groups()))
        return float(n) ** 2


def climb(ladder: Ladder, runner: Runner, peers: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Measure peers at every task; one record for each table that a peer was tried on."""
    for task in TASKS:
        for peer in peers:
            if task in PEERS[peer].tasks:
                yield from _rungs(ladder, runner, peer, task)


def _rungs(ladder: Ladder, runner: Runner, peer: str, task: str) -> Iterator[dict[str, Any]]:
    """Go from table to table until the next would take longer than the time given."""
    last: dict[str, Any] = {}
    what = PEERS[peer]
    sizes = [n for n in ladder.sizes[task] if n <= max(what.largest, MAIN)]
    for n in [MAIN] if what.approximate else sizes:
        record: dict[str, Any] = {"task": task, "peer": peer, "n": n}
        if last:
            factor = ladder.work(task, n) / ladder.work(task, last["n"])
            wanted = what.ours and n <= MAIN  # ours is measured on the main table in any case
            if last["seconds"] * factor > runner.seconds and not wanted:
                if last["n"] < MAIN:
                    yield _scaled(last, ladder.work(task, MAIN) / ladder.work(task, last["n"]))
                return
        answer = ladder.folder / f"{task}-{n}-{list(PEERS).index(peer)}.npy"
        found = runner.run(peer, task, ladder.path(n), answer)
        record |= found | {"measured_n": n}
        if "skipped" in found:
            yield record
            return
        if n == sizes[0]:
            record["right"] = _checked(ladder, runner, peer, task, answer)
        if what.approximate:
            record["right"] = _recall(ladder, task, n, answer)
        last = record
        yield record


def _scaled(record: dict[str, Any], factor: float) -> dict[str, Any]:
    """Return what the main table would take, from the largest table that was measured."""
    return {**record, "n": MAIN, "seconds": record["seconds"] * factor, "memory": None}


def _checked(ladder: Ladder, runner: Runner, peer: str, task: str, answer: Path) -> str:
    """Say whether an answer is right with gaps, and without where that differs."""
    n = ladder.sizes[task][0]
    if not PEERS[peer].gaps:
        right = agreement.truth(ladder.tables[n].complete(), task)
        return "complete rows only: " + agreement.verdict(np.load(answer), right)
    if peer == "modelkin, other configurations":
        return "another question"
    said = agreement.verdict(np.load(answer), agreement.truth(ladder.tables[n], task))
    if said.startswith("yes"):
        return said
    whole = ladder.tables[n].complete()
    path = ladder.folder / f"complete-{n}.npz"
    whole.save(path)
    if "skipped" in runner.run(peer, task, path, answer):
        return said
    verdict = agreement.verdict(np.load(answer), agreement.truth(whole, task))
    return f"{said}; complete rows: {verdict}"


def _recall(ladder: Ladder, task: str, n: int, answer: Path) -> str:
    """Say how many of an approximate peer's neighbours are as near as the right ones."""
    right = ladder.folder / f"{task}-{n}-{list(PEERS).index(REFERENCE)}.npy"
    if not right.exists():
        return "approximate"
    return f"approximate: recall {agreement.recall(np.load(answer), np.load(right)):.1%}"
