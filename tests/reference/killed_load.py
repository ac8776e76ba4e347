"""A load in a process of its own, to be killed, interrupted or kept waiting by a test.

``python -c "import killed_load; killed_load.main()" MODELS EDGES BATCH [PAUSE_AT]``: says each
batch on stdout, and at PAUSE_AT stored records waits for a line on stdin.
"""

from __future__ import annotations

import sys

from listed_source import wood

from modelkin.errors import UserError
from modelkin.graph.connect import connect
from modelkin.loader import load as loading


def main() -> None:
    """Load the source of the given size; a `UserError` is one line and its exit code."""
    models, edges, batch, *pause_at = map(int, sys.argv[1:])
    loading.BATCH = batch
    source = wood(models, edges)

    def progress(phase: str, done: int) -> None:
        print(phase, done, flush=True)
        if phase == "models" and pause_at and done >= pause_at[0]:
            pause_at.clear()
            print("paused", flush=True)
            sys.stdin.readline()

    try:
        with connect() as graph:
            loading.load(graph, source, f"{models}-{edges}", progress=progress)
    except UserError as error:
        print(error.line(), file=sys.stderr)
        sys.exit(int(error.exit_code))
    print("finished", flush=True)
