"""Processes that we start and that outlive the command: start, recognise and end them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

STOP_S = 30.0  # what a database gets for a clean end before it is killed


class Detached(subprocess.Popen[bytes]):
    """A child that is meant to outlive us: no warning when it does."""

    def __del__(self) -> None:
        """Leave it alone."""


_children: list[Detached] = []  # kept so that an ended child is reaped


def launch(argv: Sequence[str], environ: Mapping[str, str], folder: Path, log: Path) -> Detached:
    """Start a process of its own that outlives this one and says nothing on our terminal."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        child = Detached(
            argv,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=flags,
        )
    _children.append(child)
    return child


def environment(keep: Sequence[str] = ()) -> dict[str, str]:
    """Return a child's environment: only what a process needs, and UTF-8 file names.

    Nothing of ours (passwords, Java options of the user) is handed on. In the C locale Java
    cannot name files with letters outside ASCII; `C.UTF-8` exists on current Linux systems.
    """
    needed = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "WINDIR", "USERPROFILE", *keep)
    child = {name: os.environ[name] for name in needed if name in os.environ}
    if sys.platform.startswith("linux"):
        child["LC_ALL"] = "C.UTF-8"
    return child


def created(pid: int) -> float:
    """Return when a process was created: with its number this tells it from all others."""
    import psutil

    return float(psutil.Process(pid).create_time())


def find(pid: int, create_time: float) -> psutil.Process | None:
    """Return the process, or None when it has ended (another one with its number is not it)."""
    import psutil

    _reap()
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - create_time) >= 2.0:
            return None
        # Java's first thread is a zombie while its others still end. Of our own children we know
        # better; of those of others a zombie is one whose parent does not look.
        is_ours = any(child.pid == pid for child in _children)
        return process if is_ours or process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def end(
    process: psutil.Process, patience_s: float = STOP_S, ask: Callable[[], None] | None = None
) -> None:
    """Ask a process to stop (by signal, or by `ask`), kill it when it does not in time."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        if ask is None:
            process.terminate()
        else:
            ask()
        if not _ends_within(process, patience_s):
            process.kill()
            _ends_within(process, STOP_S)
    _reap()


def _ends_within(process: psutil.Process, patience_s: float) -> bool:
    """Wait until a process has ended; a zombie of another parent has ended too."""
    deadline = time.monotonic() + patience_s
    while find(process.pid, process.create_time()) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port(wanted: int = 0) -> int:
    """Return the wanted loopback port if nobody listens on it, else a free one."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if sys.platform != "win32":  # there the option would hide a listener
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise OSError("no free loopback port")


def _reap() -> None:
    """Collect our children that have ended, so that none stays a zombie."""
    for child in list(_children):
        if child.poll() is not None:
            _children.remove(child)
