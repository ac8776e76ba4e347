"""Talk to the person: stderr only, so that stdout carries nothing but data."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelkin.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 2.0
"""Work that lasts longer shows its progress."""


class Talk:
    """Says things on stderr, or nothing when asked to be quiet."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet

    def say(self, text: str) -> None:
        """Print one line."""
        if not self.quiet:
            print(printable(text), file=sys.stderr, flush=True)  # noqa: T201 - the one place that talks

    def lines(self, text: str) -> None:
        """Print several lines, each escaped."""
        for line in text.splitlines():
            self.say(line)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[str, int], None]]:
        """Give a callable (phase, done) that shows the rate once `PATIENCE_S` have passed.

        On a terminal one line is drawn over and over; elsewhere a line comes every ten
        seconds.
        """
        began = time.monotonic()
        shown = began
        drawn = False
        terminal = sys.stderr.isatty() and not self.quiet

        def step(phase: str, done: int) -> None:
            nonlocal shown, drawn
            now = time.monotonic()
            if now - began < PATIENCE_S or now - shown < (0.2 if terminal else 10.0):
                return
            shown = now
            line = f"{what}: {phase} {done:,} ({done / (now - began):,.0f} /s)"
            if terminal:
                drawn = True
                sys.stderr.write(f"\r\x1b[K{printable(line)}")
                sys.stderr.flush()
            else:
                self.say(line)

        try:
            yield step
        finally:
            if drawn:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
