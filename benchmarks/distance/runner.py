"""Starts the task of a peer in a process of its own and takes its measures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from distance.catalogue import PEERS
from distance.memory import status

FOLDER = Path(__file__).parent.parent


@dataclass(frozen=True)
class Runner:
    """How processes are started.

    Attributes
    ----------
    ours, peers : str
        Interpreters that have modelkin, and the packages of the peers.
    seconds : float
        Time that the answers to one task may take together.
    patience : float
        Time after which a process is ended; compiling counts here.
    """

    ours: str
    peers: str
    seconds: float
    patience: float

    def run(self, peer: str, task: str, table: Path, save: Path | None = None) -> dict[str, Any]:
        """Return the measures of one process, or why there are none under "skipped"."""
        python = self.ours if PEERS[peer].ours else self.peers
        command = [python, "-W", "ignore", "-m", "distance.task", peer, task, str(table)]
        command += ["--seconds", str(self.seconds), *(["--save", str(save)] if save else [])]
        found, workers = told(command, table.parent, self.patience)
        if "memory" in found and not PEERS[peer].package.startswith("R:"):  # R measures itself
            found["memory"] += workers
        return found


def told(command: list[str], temporary: Path, patience: float) -> tuple[dict[str, Any], int]:
    """Run a command and return the JSON of its last line, and the memory of its workers.

    Parameters
    ----------
    command : list of str
        What to run; it finds these modules.
    temporary : Path
        Where it may leave files.
    patience : float
        Seconds after which it is ended.

    Returns
    -------
    found : dict
        What it told, or "skipped" with the reason.
    workers : int
        Peak of the memory that processes below it had of their own.
    """
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(temporary),
        start_new_session=True,
    )
    workers = Workers(process.pid)
    try:
        out, said = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its workers as well
        process.communicate()
        return {"skipped": f"not done after {patience:.0f} s"}, workers.stop()
    below = workers.stop()
    lines = [line for line in out.splitlines() if line.startswith("{")]
    if not lines:
        return {"skipped": (said.strip().splitlines() or ["no answer"])[-1][:200]}, below
    found: dict[str, Any] = json.loads(lines[-1])
    return found, below


def _environment(temporary: Path) -> dict[str, str]:
    """Return the environment of a task: it finds these modules, and litters nowhere."""
    path = os.pathsep.join(filter(None, [str(FOLDER), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "TMPDIR": str(temporary)}


class Workers:
    """Watches, ten times a second, what the processes below a process have of their own."""

    def __init__(self, process: int) -> None:
        self.peak = 0
        self._process = process
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Stop watching and return the largest sum that was seen."""
        self._end.set()
        self._thread.join()
        return self.peak

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            # what a fork shares with its parent is counted there
            below = [Path("/proc") / str(pid) for pid in _below(self._process)]
            self.peak = max(self.peak, sum(status(folder, "RssAnon:") for folder in below))


def _below(process: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(process).children(recursive=True)]
    except psutil.Error:
        return []
