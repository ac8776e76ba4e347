"""Stop an engine that no command has used for a while: ``python -m … FOLDER IDLE_SECONDS RUNTIME``.

Every command touches the runtime file (long ones once a minute). This process looks at its time
of change, ends the engine when that is too old, and ends itself when the engine has ended.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from modelkin.graph.embedded.home import Home, Runtime
from modelkin.graph.embedded.process import end_process, process_of


def watch(home: Home, idle_s: float, watched: Runtime) -> None:
    """Watch one engine until it ends, by us or by others."""
    from filelock import FileLock

    while process_of(watched):
        is_current = home.runtime() == watched  # else it is being ended, or its folder is gone
        left = idle_s - _unused_s(home) if is_current else 0.0
        if left > 0:
            time.sleep(min(left, 5.0))
            continue
        if not home.folder.is_dir():
            _end(watched, home)
            return
        with FileLock(home.start_lock, mode=0o600):
            # A command may have come, or may have ended it, while we waited for the lock.
            if home.runtime() != watched or _unused_s(home) >= idle_s:
                _end(watched, home)


def _end(watched: Runtime, home: Home) -> None:
    """End the engine that is watched, if it still runs."""
    if process := process_of(watched):
        end_process(process, watched, home)


def _unused_s(home: Home) -> float:
    """Return the seconds since a command last touched the runtime file."""
    try:
        return time.time() - home.runtime_file.stat().st_mtime
    except OSError:
        return 0.0  # being replaced or removed: the next look tells which


if __name__ == "__main__":
    watch(Home(Path(sys.argv[1])), float(sys.argv[2]), Runtime(**json.loads(sys.argv[3])))
