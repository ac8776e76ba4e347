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
    def progress(self, what: str) -> Iterator[Callable[..., None]]:
        """Give a callable (phase, done, total=0) that shows the rate after `PATIENCE_S`.

        On a terminal one line is drawn over and over; elsewhere a line comes every ten
        seconds. Where the total is known, it tells the time left as well.
        """
        began = time.monotonic()
        shown = began
        current, since = "", began
        drawn = False
        terminal = sys.stderr.isatty() and not self.quiet

        def step(phase: str, done: int, total: int = 0) -> None:
            nonlocal shown, drawn, current, since
            now = time.monotonic()
            if phase != current:
                current, since = phase, now
            if now - began < PATIENCE_S or now - shown < (0.2 if terminal else 10.0):
                return
            shown = now
            line = f"{what}: {phase} {pace(done, total, now - since)}".rstrip()
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


def pace(done: int, total: int, seconds: float) -> str:
    """Return how far something is, how fast it goes and, with a total, the time left.

    >>> pace(500, 2000, 10.0), pace(500, 0, 10.0), pace(0, 0, 0.0)
    ('500 of 2,000 (50 /s, 30 s left)', '500 (50 /s)', '')
    """
    if not done:
        return f"0 of {total:,}" if total else ""
    rate = done / max(seconds, 1e-3)
    if not total:
        return f"{done:,} ({rate:,.0f} /s)"
    return f"{done:,} of {total:,} ({rate:,.0f} /s, {(total - done) / rate:,.0f} s left)"


def plural(number: int, word: str, many: str | None = None) -> str:
    """Return a count with its word.

    >>> plural(1, "model"), plural(1200, "model"), plural(0, "family", "families")
    ('1 model', '1,200 models', '0 families')
    """
    return f"{number:,} {word if number == 1 else many or word + 's'}"
