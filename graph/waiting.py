"""Tell the person that a command waits for its server: busy, away, or building indexes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

PATIENCE_S = 2.0
"""Longest silence while a command waits for its server."""

COMMIT_S = 5.0
"""The same while the server stores what it was given: a slow disk is not away."""

T = TypeVar("T")
Say = Callable[[str], None]


class Waiting:
    """Watches one piece of work that the driver may send several times; a context manager.

    The driver retries for up to 30 s without a word. What it does is not told to us, but when
    it calls our work is: outside that it waits, and more than one call means that it retries.

    Parameters
    ----------
    say : callable or None
        Gets one line, once, after `PATIENCE_S` of waiting, `COMMIT_S` for a commit; None:
        nobody listens.
    patience_s : float, optional
        Silence before the first call, `PATIENCE_S` unless told.
    """

    def __init__(self, say: Say | None, patience_s: float | None = None) -> None:
        self._say = say
        self._first_s = PATIENCE_S if patience_s is None else patience_s
        self._timer: threading.Timer | None = None
        self._calls = 0

    def __enter__(self) -> Self:
        self._watch(self._first_s)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._rest()

    def around(self, work: Callable[..., T]) -> Callable[..., T]:
        """Return work that is not waiting while it runs the first time."""

        def call(*arguments: object) -> T:
            self._calls += 1
            if self._calls == 1:
                self._rest()
            try:
                done = work(*arguments)
            except BaseException:
                self._watch(PATIENCE_S)  # the driver waits, and sends it again
                raise
            self._watch(COMMIT_S)
            return done

        return call

    def _watch(self, seconds: float) -> None:
        """Start to wait, unless that has begun before."""
        if self._say is None or self._timer is not None:
            return
        self._timer = threading.Timer(seconds, lambda: self._tell(seconds))
        self._timer.daemon = True
        self._timer.start()

    def _rest(self) -> None:
        """Stop to wait."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self, seconds: float) -> None:
        """Say it; a timer that has fired is not started again."""
        if self._say is not None:
            self._say(f"the database has not answered for {seconds:g} s; waiting")
