"""R's `gower` and `cluster::daisy`, run by Rscript on a CSV of the table."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from shutil import which

import numpy as np
from distance.contract import Answer, Array, SkippedError
from distance.mixed_table import MixedTable

_SCRIPT = Path(__file__).with_name("peers.R")


def gower(threads: int) -> Callable[[MixedTable, str], Answer]:
    """Prepare R's gower_topn and gower_dist."""
    return lambda table, task: _prepared(table, task, "gower", threads)


def daisy(table: MixedTable, task: str) -> Answer:
    """Prepare cluster::daisy, and sorting."""
    return _prepared(table, task, "cluster", 1)


def version(package: str) -> str:
    """Return the version of an R package."""
    return _run("Rscript", "-e", f'cat(format(packageVersion("{package}")))')


def _prepared(table: MixedTable, task: str, package: str, threads: int) -> Answer:
    if which("Rscript") is None:
        raise SkippedError("Rscript is not installed")
    folder = Path(tempfile.mkdtemp())  # the parent runs every task in a temporary folder
    frame = table.frame().assign(family=table.family)
    frame.to_csv(folder / "rows.csv", index=False, na_rep="NA")

    def answer() -> tuple[Array, float, int]:
        told = _run(
            "Rscript", str(_SCRIPT), str(folder / "rows.csv"), task, package, str(threads),
            str(folder / "answer.csv"),
        )  # fmt: skip
        _, seconds, size = next(line for line in told.splitlines() if "MEASURED" in line).split()
        found = np.loadtxt(folder / "answer.csv", delimiter=",", dtype=float, converters=_number)
        return found, float(seconds), int(size)

    return answer


def _number(text: str) -> float:
    """Return a number that R wrote; NA and NaN are missing."""
    return float("nan") if text.startswith("N") else float(text)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SkippedError(f"{command[0]} failed: {last}")
    return done.stdout
