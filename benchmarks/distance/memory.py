"""Peak memory of this process, in bytes (Linux; 0 where there is no /proc)."""

from __future__ import annotations

import contextlib
from pathlib import Path

_SELF = Path("/proc/self")


def start() -> int:
    """Forget earlier peaks and return the resident size now."""
    with contextlib.suppress(OSError):
        (_SELF / "clear_refs").write_text("5")  # proc(5): resets the peak resident size
    return status(_SELF, "VmRSS:")


def peak() -> int:
    """Return the largest resident size since `start`."""
    return status(_SELF, "VmHWM:")


def status(folder: Path, name: str) -> int:
    """Return a size of /proc/PID/status, 0 when the process is gone."""
    try:
        for line in (folder / "status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
