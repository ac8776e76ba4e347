"""Every peer: what it is called, what it can do, and how it is made ready."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass

from distance import array_libraries, gower_packages, ours, r_packages
from distance.contract import Answer, SkippedError
from distance.mixed_table import MixedTable

__all__ = ["PEERS", "TASKS", "Peer", "SkippedError"]

TASKS = {
    "nearest": "10 nearest of every row",
    "matrix": "all pairs",
    "means": "mean distance in every family",
}
ALL = tuple(TASKS)


@dataclass(frozen=True)
class Peer:
    """One way to an answer.

    Attributes
    ----------
    prepare : callable
        Takes a table and a task, returns a callable without arguments that answers.
    package : str
        Distribution that it comes from; "R:name" for one of R.
    tasks : tuple of str
        What it can do.
    gaps : bool
        Whether it takes tables with gaps at all; otherwise it gets them filled.
    largest : int
        Rows up to which it is tried.
    """

    prepare: Callable[[MixedTable, str], Answer]
    package: str
    tasks: tuple[str, ...] = ALL
    gaps: bool = True
    largest: int = 20_000
    ours: bool = False
    approximate: bool = False

    def ready(self, table: MixedTable, task: str) -> Answer:
        """Return the answer to a task, still to be called."""
        return self.prepare(table if self.gaps else table.complete(), task)

    def version(self) -> str:
        """Return the version of its package."""
        if self.package.startswith("R:"):
            return r_packages.version(self.package[2:])
        return importlib.metadata.version(self.package)


PEERS: dict[str, Peer] = {
    "modelkin": Peer(ours.from_frame, "modelkin", largest=100_000, ours=True),
    "modelkin, encoded": Peer(ours.encoded, "modelkin", largest=100_000, ours=True),
    "modelkin, other configurations": Peer(
        ours.other_configurations, "modelkin", ("nearest",), largest=100_000, ours=True
    ),
    "modelkin, not collapsed": Peer(
        ours.uncollapsed, "modelkin", ("nearest", "matrix"), ours=True
    ),
    "faiss METRIC_GOWER": Peer(array_libraries.faiss_flat, "faiss-cpu", largest=100_000),
    "numpy one-hot tiles": Peer(array_libraries.numpy_tiles, "numpy", largest=100_000),
    "scipy cdist": Peer(array_libraries.scipy_distances, "scipy", gaps=False, largest=100_000),
    "pynndescent": Peer(
        array_libraries.pynndescent_graph, "pynndescent", ("nearest",), largest=100_000,
        approximate=True,
    ),
    "gower, codes": Peer(gower_packages.codes("gower"), "gower"),
    "gower, data frame": Peer(gower_packages.frame("gower"), "gower"),
    "gower_exp": Peer(gower_packages.codes("gower_exp"), "gower_exp"),
    "gower_exp, 2 jobs": Peer(gower_packages.codes("gower_exp", n_jobs=2), "gower_exp"),
    "gower-multiprocessing, 2 jobs": Peer(
        gower_packages.codes("gower_multiprocessing", n_jobs=2), "gower-multiprocessing"
    ),
    "R gower, 1 thread": Peer(r_packages.gower(1), "R:gower", ("nearest",), largest=100_000),
    "R gower, 2 threads": Peer(r_packages.gower(2), "R:gower", ("nearest",), largest=100_000),
    "R cluster::daisy": Peer(r_packages.daisy, "R:cluster"),
}  # fmt: skip
"""By the name that tables and figures show."""
