"""The embedded engine: a plain Java child process on loopback, shared by commands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def stop(db: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> bool:
    """Stop the engine of a folder cleanly; return whether it was running."""
    from modelkin.graph.connect import engine_at

    return engine_at(db, environ).stop()
