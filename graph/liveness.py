"""Who writes a run: which process, when it last wrote, and whether it still lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FOREIGN_PATIENCE_S = 300
"""A run on another host counts as dead after this silence; batches take seconds."""


def owner() -> dict[str, str]:
    """Return what a run's node says of its writer: this process, and the time."""
    process = f"{socket.gethostname()}|{os.getpid()}|{_born(os.getpid())}"
    return {"owner": process, "touched_at": now()}


def lives(stored: Mapping[str, Any]) -> bool:
    """Tell whether another process that wrote a run last still runs.

    Parameters
    ----------
    stored : Mapping
        Properties of the run's node, ``owner`` and ``touched_at`` among them.
    """
    host, pid, born = stored["owner"].split("|", 2)
    if host != socket.gethostname():
        silence = datetime.now(UTC) - datetime.fromisoformat(stored["touched_at"])
        return silence.total_seconds() < FOREIGN_PATIENCE_S
    if int(pid) == os.getpid():
        return False
    return bool(born) and _born(int(pid)) == born


def now() -> str:
    """Return the time as ISO text in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _born(pid: int) -> str:
    """Return when a process was started, "" when there is none: pids are used again."""
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return ""
