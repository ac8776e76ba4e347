"""The driver's objects: one place that opens them, with our settings, for each door."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from modelkin import __version__
from modelkin.graph.faults import absent, translate

if TYPE_CHECKING:
    import neo4j

    from modelkin.errors import UserError

Door = Literal["write", "fetch", "ask"]
CONNECT_S = 4.0  # a server that is away must be known within five seconds


@dataclass(frozen=True, slots=True)
class Target:
    """What the two engines have in common: where, and who logs in for each door.

    Attributes
    ----------
    engine : str
        "embedded" or "neo4j".
    address : str
        Shown to people.
    uri, database : str
        For the driver.
    logins : mapping
        For each door; the driver's own objects, whose `repr` hides the password.
    retry_s : float
        How long the driver itself retries.
    """

    engine: Literal["embedded", "neo4j"]
    address: str
    uri: str
    database: str
    logins: Mapping[Door, neo4j.Auth]
    retry_s: float


@dataclass(frozen=True, slots=True)
class Place:
    """How to find (and for the embedded engine: start, keep, end) the server.

    Attributes
    ----------
    locate : callable
        Returns the target; starts the embedded engine when it is not running.
    end : callable or None
        Ends the embedded engine's process that runs now.
    touch : callable or None
        Tells its watchdog that it is in use.
    beat_s : float
        Seconds between two touches.
    loading_lock : Path or None
        Lock file held while a load runs on the embedded engine.
    reads_s : float
        Longest statement that the server grants the people's door; infinite for Neo4j, where
        the client says how long.
    notices : tuple of str
        What a person should know about this connection.
    """

    locate: Callable[[], Target]
    end: Callable[[], None] | None = None
    touch: Callable[[], None] | None = None
    beat_s: float = 60.0
    loading_lock: Path | None = None
    reads_s: float = float("inf")
    notices: tuple[str, ...] = ()


class Drivers:
    """The open drivers of one graph, made when first needed; safe for threads."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lock = threading.RLock()
        self._open: dict[Door, neo4j.Driver] = {}
        self._bookmarks: neo4j.BookmarkManager | None = None
        self.target = place.locate()

    def get(self, door: Door) -> neo4j.Driver:
        """Return the shared driver of a door; a Neo4j server has one for all.

        An embedded engine that has ended is started again first.
        """
        self.revive()
        door = "write" if self.target.engine == "neo4j" else door
        with self._lock:
            if door not in self._open:
                self._open[door] = self._make(door)
            return self._open[door]

    @contextmanager
    def reading(self, door: Door) -> Iterator[neo4j.Session]:
        """Give a session whose result can be left before its end.

        On the embedded engine leaving a result means computing all of it (a discard drains the
        cursor); closing the connection does not, so there each such read has its own driver
        (3 ms) and closes it first. Neo4j cancels a discarded result.
        """
        if self.target.engine == "neo4j":
            with self.session(self.get(door), door) as session:
                yield session
            return
        self.revive()
        driver = self._make(door)
        session = self.session(driver, door)
        try:
            yield session
        finally:
            driver.close()
            session.close()

    def session(self, driver: neo4j.Driver, door: Door) -> neo4j.Session:
        """Open a session: read access but for the write door; bookmarks shared by all."""
        import neo4j

        with self._lock:
            if self._bookmarks is None:
                self._bookmarks = neo4j.GraphDatabase.bookmark_manager()
        return driver.session(
            database=self.target.database,
            default_access_mode=neo4j.WRITE_ACCESS if door == "write" else neo4j.READ_ACCESS,
            bookmark_manager=self._bookmarks,
        )

    def revive(self) -> bool:
        """Start an embedded engine that has ended; return whether that was possible."""
        if self._place.touch is None:
            return False
        with self._lock:
            target = self._place.locate()
            if target != self.target:
                self.close()
                self.target = target
        return True

    def close(self) -> None:
        """Close all drivers; the next use opens them again."""
        with self._lock:
            for driver in self._open.values():
                with suppress(OSError):
                    driver.close()
            self._open.clear()

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Say the driver's errors in our words."""
        from neo4j.exceptions import DriverError, Neo4jError

        try:
            yield
        except (DriverError, Neo4jError) as error:
            raise self.fault(error) from error
        except ValueError as error:  # so it calls what a name server answers for good
            if isinstance(error.__cause__, socket.gaierror):
                raise absent(error, self.target.address) from error
            raise

    def fault(self, error: neo4j.exceptions.DriverError | neo4j.exceptions.Neo4jError) -> UserError:
        """Return our error for one of the driver's."""
        return translate(error, self.target.address, self.target.database)

    def _make(self, door: Door) -> neo4j.Driver:
        import neo4j

        return neo4j.GraphDatabase.driver(
            self.target.uri,
            auth=self.target.logins[door],
            user_agent=f"modelkin/{__version__}",
            connection_timeout=CONNECT_S,
            connection_acquisition_timeout=CONNECT_S,
            max_transaction_retry_time=self.target.retry_s,
            initial_retry_delay=0.2,
            keep_alive=True,
            telemetry_disabled=True,
            notifications_min_severity="OFF",
        )
