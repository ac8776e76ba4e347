"""Seconds from importing the engine to its first answer, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from distance.mixed_table import generate
from distance.runner import told

_HELP = """
import sys
sys.argv = ["modelkin", "--help"]
from modelkin.cli import main
try:
    main()
finally:
    print("numba" in sys.modules, file=sys.stderr)
"""


def measured(folder: Path) -> dict[str, Any]:
    """Return seconds with no compiled code at hand and with it, and whether --help loads numba."""
    command = [sys.executable, "-m", "distance.first_use"]
    os.environ["NUMBA_CACHE_DIR"] = str(folder / "compiled")
    try:
        cold, cached = (told(command, folder, 300)[0].get("seconds") for _ in range(2))
    finally:
        del os.environ["NUMBA_CACHE_DIR"]
    helped = subprocess.run(
        [sys.executable, "-c", _HELP], capture_output=True, text=True, check=False
    )
    said = helped.stderr.split()
    return {"cold": cold, "cached": cached, "help_loads_numba": not said or said[-1] != "False"}


def main() -> None:
    frame = generate(1_600, distinct=1.0).frame()  # fewer would not need the compiled kernels
    began = time.perf_counter()
    from modelkin.analysis.gower import encode, nearest

    nearest(encode(frame), 10, 1)
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
