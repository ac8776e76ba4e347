"""The graph: read through the fetch door, write in managed transactions, change the schema."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from modelkin import __version__
from modelkin.cypher.query import Query
from modelkin.errors import ServerError, UserError
from modelkin.graph.drivers import Door, Drivers, Place
from modelkin.graph.faults import Refused, TooBig, check_version
from modelkin.graph.values import plain_row
from modelkin.graph.waiting import Waiting

if TYPE_CHECKING:
    import neo4j
    import pandas as pd

    from modelkin.graph.door import Answer

T = TypeVar("T")
REDO = 5  # attempts after a commit whose outcome is unknown (the driver makes none)
INDEX_WAIT_S = 600.0

logging.getLogger("neo4j").addHandler(logging.NullHandler())  # else warnings reach the terminal


class Tx:
    """A transaction: the work given to `Graph.write` runs its statements through it."""

    def __init__(self, transaction: neo4j.ManagedTransaction, drivers: Drivers) -> None:
        self._transaction, self._drivers = transaction, drivers

    def run(self, query: Query, **params: Any) -> list[dict[str, Any]]:
        """Run one statement and return its rows.

        Raises
        ------
        TooBig
            When the transaction exceeds the server's memory (the driver would retry in vain).
        Refused
            When a value cannot be sent at all.
        """
        from neo4j.exceptions import Neo4jError

        try:
            result = self._transaction.run(query.text, params)
        except (TypeError, ValueError, OverflowError) as error:
            raise Refused("A value cannot be sent to the database", why=str(error)) from None
        except Neo4jError as error:
            self._stop_if_big(error)
            raise
        try:
            return rows(result)
        except Neo4jError as error:
            self._stop_if_big(error)
            raise

    def _stop_if_big(self, error: neo4j.exceptions.Neo4jError) -> None:
        """Raise `TooBig` in place of an error that the driver would retry in vain."""
        fault = self._drivers.fault(error)
        if isinstance(fault, TooBig):
            raise fault from error


class Graph:
    """A lineage graph in one database; a context manager.

    Made by `modelkin.connect`. Safe to use from several threads.

    Attributes
    ----------
    version : str
        Version of the server ("5.26.20", or the embedded engine's own).
    on_wait : callable or None
        Called with one line when the server is busy or away: after two seconds of waiting, and
        when work is sent again. It may be called from another thread.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._drivers = Drivers(place)
        self.on_wait: Callable[[str], None] | None = None
        self._closing = threading.Event()
        if place.touch is not None:
            threading.Thread(target=self._beat, name="modelkin-touch", daemon=True).start()
        try:
            self.version = self._greet()
        except BaseException:
            self.close()
            raise

    @property
    def engine(self) -> str:
        """Which engine: "embedded" or "neo4j"."""
        return self._drivers.target.engine

    @property
    def address(self) -> str:
        """Where the data is, without secrets: a Bolt address, or the embedded engine's folder."""
        return self._drivers.target.address

    @property
    def database(self) -> str:
        """Name of the database on the server."""
        return self._drivers.target.database

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know about this connection."""
        return self._place.notices

    def fetch(self, query: Query, **params: Any) -> list[dict[str, Any]]:
        """Return all rows of one of our own read queries; no limit of time or rows.

        Values are free of driver types (`modelkin.graph.values`).

        Raises
        ------
        UserError
            `ServerError` when the server is away, `Refused` when it refuses the statement.
        """
        return self._managed("fetch", lambda tx: rows(_run(tx, query, params)), query.name)

    def stream(self, query: Query, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield the rows of one of our own read queries one by one.

        A stream can be left early at no cost. It is not repeated when the server goes away.
        """
        with self._drivers.translating(), self._drivers.reading("fetch") as session:
            transaction = session.begin_transaction(metadata=self._about(query.name))
            result = _run(transaction, query, params)
            keys = result.keys()
            for record in result:
                yield dict(zip(keys, plain_row(record.values()), strict=True))

    def frame(self, query: Query, **params: Any) -> pd.DataFrame:
        """Return all rows of a read query as a DataFrame.

        The columns are those that the query declares, also when there are no rows. Missing
        values are NaN or None, as pandas infers; integers with gaps become floats.
        """
        import pandas as pd

        def read(tx: neo4j.ManagedTransaction) -> tuple[list[str], list[tuple[Any, ...]]]:
            result = _run(tx, query, params)
            return list(result.keys()), [plain_row(record.values()) for record in result]

        keys, table = self._managed("fetch", read, query.name)
        # The embedded engine names no columns when there are no rows.
        frame = pd.DataFrame.from_records(table, columns=keys or list(query.returns))
        return frame[list(query.returns)] if query.returns else frame

    def query(self, name: str, **params: Any) -> pd.DataFrame:
        """Return the answer to a question of the catalogue ("ancestors", model_id="gpt2").

        Defaults and types are the header's; see ``modelkin queries list``.
        """
        from modelkin.cypher import catalogue

        query = catalogue.get(name)
        return self.frame(query, **catalogue.bind(query, params))

    def configs(self) -> pd.DataFrame:
        """Return every model that is configured or has a relative, one row each."""
        return self.query("fetch/models")

    def edges(self) -> pd.DataFrame:
        """Return every declared pair: parent, child, relations, relation."""
        return self.query("fetch/edges")

    def write(self, work: Callable[[Tx], T], *, about: str = "") -> T:
        """Run `work` in one managed transaction and return what it returns.

        Parameters
        ----------
        work : callable
            Gets a `Tx`. It may run several times (busy server, lost connection, a commit whose
            outcome is unknown), so it must be idempotent in the database and must change
            nothing outside it.
        about : str
            Written into the transaction's metadata, visible in ``SHOW TRANSACTIONS``.

        Raises
        ------
        TooBig
            When the transaction needs too much memory: send less at once.
        Refused
            When the server refuses a statement or its data.
        ServerError
            When the server stays away.
        """
        return self._managed("write", lambda tx: work(Tx(tx, self._drivers)), about)

    def schema(self, *queries: Query) -> None:
        """Run schema statements (each an auto-commit) and wait until all indexes serve."""
        drivers = self._drivers

        def send() -> None:
            with drivers.session(drivers.get("write"), "write") as session:
                for query in queries:
                    session.run(query.text).consume()

        with Waiting(self.on_wait):
            self._redo(send, is_idempotent=True)  # each says IF NOT EXISTS
            self.wait_for_indexes()

    def wait_for_indexes(self, timeout_s: float = INDEX_WAIT_S) -> None:
        """Wait until every index is online.

        Raises
        ------
        ServerError
            When one failed, or is not online in time.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            states = {row["name"]: row["state"] for row in self.fetch(_INDEXES)}
            waiting = sorted(str(name) for name, state in states.items() if state != "ONLINE")
            if not waiting:
                return
            failed = [name for name, state in states.items() if state == "FAILED"]
            if failed or time.monotonic() > deadline:
                raise ServerError(
                    "An index does not come online",
                    where=", ".join(failed or waiting),
                    why="it failed" if failed else f"not ready after {timeout_s:.0f} s",
                    fix="Look into the server's log.",
                )
            time.sleep(0.05)

    def ask(
        self,
        text: str,
        params: dict[str, Any] | None = None,
        *,
        limit: int = 1000,
        timeout_s: float = 30.0,
    ) -> Answer:
        """Answer a statement that a person wrote; see `modelkin.graph.door.ask`."""
        from modelkin.graph.door import ask

        return ask(self._drivers, self._place, text, params or {}, limit, timeout_s)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Mark that a load runs: meanwhile the people's door of the embedded engine is busy.

        Raises
        ------
        UserError
            When another load runs on the embedded engine.
        """
        if self._place.loading_lock is None:
            yield
            return
        from filelock import FileLock, Timeout

        from modelkin.graph.door import LOOK_S

        lock = FileLock(self._place.loading_lock, mode=0o600)
        try:
            lock.acquire(timeout=LOOK_S, poll_interval=0.01)
        except Timeout:
            raise UserError(
                "Another load is running on this database",
                where=self.address,
                fix="Wait until it has ended.",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def close(self) -> None:
        """Close all connections; the embedded engine stays for the next command."""
        self._closing.set()
        self._drivers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Graph {self.engine} {self.address} ({self.version})>"

    def _greet(self) -> str:
        """Check once, at once, that the server, the login and the database are there."""
        drivers = self._drivers
        with drivers.translating(), drivers.session(drivers.get("write"), "fetch") as session:
            summary = session.run("RETURN 1 AS one").consume()
        agent = summary.server.agent
        if self.engine == "embedded":
            return agent.partition("(ArcadeDB ")[2].rstrip(")") or agent
        return check_version(agent, self.address)

    def _managed(self, door: Door, work: Callable[[neo4j.ManagedTransaction], T], about: str) -> T:
        """Run work in the driver's managed transaction; send it again where that is safe."""
        from neo4j import unit_of_work

        with Waiting(self.on_wait) as waiting:
            prepared = unit_of_work(metadata=self._about(about))(waiting.around(work))

            def send() -> T:
                with self._drivers.session(self._drivers.get(door), door) as session:
                    run = session.execute_write if door == "write" else session.execute_read
                    return run(prepared)

            return self._redo(send)

    def _redo(self, send: Callable[[], T], *, is_idempotent: bool = False) -> T:
        """Send again what was lost, where nothing can be stored twice."""
        from neo4j.exceptions import IncompleteCommit, ServiceUnavailable, SessionExpired

        with self._drivers.translating():
            for attempt in range(1, REDO + 1):
                try:
                    return send()
                except (ServiceUnavailable, SessionExpired) as error:
                    # The driver has retried everything but an unknown commit; only the embedded
                    # engine stays away unless we start it again.
                    is_safe = is_idempotent or self.engine == "embedded"
                    if attempt == REDO or not (is_safe or isinstance(error, IncompleteCommit)):
                        raise
                if self.on_wait is not None:
                    self.on_wait(f"the server went away, sending the work again ({attempt})")
        raise AssertionError("unreachable")

    def _about(self, about: str) -> dict[str, str]:
        return {"app": "modelkin", "version": __version__, "about": about}

    def _beat(self) -> None:
        """Keep the embedded engine's watchdog content while this process lives."""
        assert self._place.touch is not None
        while not self._closing.wait(self._place.beat_s):
            with suppress(OSError):
                self._place.touch()


def rows(result: neo4j.Result) -> list[dict[str, Any]]:
    """Return all rows of a result as dicts of plain values."""
    keys = result.keys()
    return [dict(zip(keys, plain_row(record.values()), strict=True)) for record in result]


def _run(
    transaction: neo4j.ManagedTransaction | neo4j.Transaction, query: Query, params: dict[str, Any]
) -> neo4j.Result:
    return transaction.run(query.text, params)


_INDEXES = Query(
    name="schema/indexes_online",
    question="Which indexes are there, and are they online?",
    params=(),
    mode="read",
    returns=("name", "state"),
    text="SHOW INDEXES YIELD name, state RETURN name, state",
)
