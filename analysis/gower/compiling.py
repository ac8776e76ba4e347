"""Where compiled kernels are kept between runs.

Kernels are compiled when first called (about 10 s in all) and kept in a folder of their own:
below NUMBA_CACHE_DIR if that is set, else in the user's cache folder. The folder is named by
what the kernels say, so a changed kernel never meets an old one, which numba alone does not
notice across modules. Where the folder cannot be written, nothing fails: every process
compiles anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
import platformdirs
from numba.core import config as _config

from modelkin.analysis.gower.effort import Effort

settings: Any = _config  # numba fills it while it runs

KERNELS = ("lanes.py", "comparing.py", "centres.py", "exact.py", "search.py")


@cache
def folder() -> Path | None:
    """Return the folder of compiled kernels, made if need be; None if it cannot be written."""
    here = Path(__file__).parent
    said = hashlib.sha256(b"".join((here / name).read_bytes() for name in KERNELS)).hexdigest()
    base = settings.CACHE_DIR or platformdirs.user_cache_path("modelkin") / "kernels"
    path = Path(base) / f"modelkin-{said[:16]}"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return path if os.access(path, os.W_OK | os.X_OK) else None


def announce(effort: Effort) -> None:
    """Say that compiling takes a while, unless compiled kernels are there."""
    place = folder()
    if place is None:
        effort.tell("compiling kernels: the cache folder cannot be written", 0, 0)
    elif not any(place.iterdir()):
        effort.tell("compiling kernels, once", 0, 0)


def jit(function: Callable[..., Any]) -> Any:
    """Compile a kernel that Python calls, and keep it."""
    kernel = numba.njit(nogil=True, error_model="numpy")(function)
    if folder() is not None:
        before, settings.CACHE_DIR = settings.CACHE_DIR, str(folder())
        try:
            kernel.enable_caching()
        finally:
            settings.CACHE_DIR = before
    return kernel


def part(function: Callable[..., Any]) -> Any:
    """Compile a part of kernels: it dissolves in its callers."""
    return numba.njit(nogil=True, error_model="numpy", forceinline=True)(function)
