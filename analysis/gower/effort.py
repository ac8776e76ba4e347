"""How much of the machine a computation may use, and whom it tells how far it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from modelkin.errors import UserError

Backend = Literal["threads", "loky", "dask"]
Engine = Literal["auto", "numba", "numpy"]
Progress = Callable[[str, int, int], None]

GIB = 2**30

SMALL = 100_000_000
"""Pairs of fields up to which numpy is done before kernels are loaded (about 0.3 s)."""

TINY = 1_000_000
"""Pairs of fields up to which numpy is done before loaded kernels are."""


@dataclass(frozen=True)
class Effort:
    """Bounds and means of a computation; none of them changes a result.

    Attributes
    ----------
    memory : int
        Bytes that may be used beside the table; what needs more is refused before it starts.
    threads : int
        Threads (or processes, for "loky"); 0 takes all cores that this process may use.
    backend : {"threads", "loky", "dask"}
        Who computes: threads of this process, processes of joblib, or the workers of an
        existing Dask cluster. Only `nearest` uses more than this process.
    scheduler : str
        Address of the Dask scheduler, such as "tcp://127.0.0.1:8786".
    engine : {"auto", "numba", "numpy"}
        Whose kernels: "auto" takes numpy for small tables, which need no compiled code.
    progress : callable(what, done, total), optional
        Is told what is done, how much of it and of how much; total 0 where that is unknown.

    Raises
    ------
    UserError
        For a number below its least, an unknown word, or "dask" without a scheduler.
    """

    memory: int = 4 * GIB
    threads: int = 0
    backend: Backend = "threads"
    scheduler: str = ""
    engine: Engine = "auto"
    progress: Progress | None = None

    def __post_init__(self) -> None:
        for name, value, least in (("memory", self.memory, 1), ("threads", self.threads, 0)):
            if value < least:
                raise UserError(f"Cannot compute with {name} = {value}", fix="Give a larger one.")
        for word, known in ((self.backend, get_args(Backend)), (self.engine, get_args(Engine))):
            if word not in known:
                fix = f"Use one of {', '.join(known)}."
                raise UserError(f"Cannot compute with {word!r}", fix=fix)
        if (self.backend == "dask") != bool(self.scheduler):
            raise UserError(
                "Cannot reach a Dask cluster",
                why="the backend dask and the address of a scheduler belong together",
                fix="Give both, such as --backend dask --scheduler tcp://127.0.0.1:8786.",
            )

    @property
    def workers(self) -> int:
        """Number of threads or processes."""
        if self.threads:
            return self.threads
        affinity = getattr(os, "sched_getaffinity", None)
        return len(affinity(0)) if affinity else os.cpu_count() or 1

    def here(self) -> Effort:
        """Return the same effort on threads of this process."""
        return replace(self, backend="threads", scheduler="")

    def tell(self, what: str, done: int, total: int) -> None:
        """Report progress."""
        if self.progress is not None:
            self.progress(what, done, total)

    def compiled(self, n_rows: int, n_fields: int) -> bool:
        """Say whether all pairs of some rows are for the compiled kernels."""
        if self.engine == "auto":
            loaded = "modelkin.analysis.gower.exact" in sys.modules
            return n_rows * n_rows * n_fields > (TINY if loaded else SMALL)
        return self.engine == "numba"

    def require(self, needed: int, what: str, fix: str = "") -> None:
        """Refuse what does not fit the memory.

        Raises
        ------
        UserError
            If more bytes are needed than `memory`.
        """
        if needed > self.memory:
            raise UserError(
                f"Cannot {what}",
                why=f"it needs {needed / GIB:.1f} GiB beside the table, "
                f"{self.memory / GIB:.1f} GiB are allowed",
                fix=f"{fix} Or allow more memory.".strip(),
            )


DEFAULT = Effort()
