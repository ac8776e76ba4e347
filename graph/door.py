"""The people's door: answer one statement that somebody wrote, reading only.

Fences, each tested on its own: the text (`fences.refuse_text`), the server's plan
(`fences.refuse_plan`), read access (Neo4j) or a user who may only read (embedded engine), a limit
of time and a limit of rows. On Neo4j Community every user is an administrator, so this limits
accidents and casual abuse, not somebody who has the password.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelkin import __version__
from modelkin.errors import UserError
from modelkin.graph.faults import TimedOut
from modelkin.graph.fences import refuse_plan, refuse_text
from modelkin.graph.values import plain_row, unnamed_ends

if TYPE_CHECKING:
    import neo4j

    from modelkin.graph.drivers import Drivers, Place

LOOK_S = 0.5
"""How long to look for a load: another question that looks holds the lock for a moment as well."""

GRACE_S = 3.0  # measured: the embedded engine ends a scan up to 1 s after its limit
PLAN_S = 60.0  # planning takes milliseconds; a cold engine on a busy machine, many seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement answered.

    Attributes
    ----------
    columns : tuple of str
        In the order of the statement.
    rows : list of tuple
        Plain values, `Node`, `Edge` and `Path`.
    truncated : bool
        Whether there were more rows than the limit.
    seconds : float
        From sending to the last row.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    seconds: float


def ask(
    drivers: Drivers, place: Place, text: str, params: dict[str, Any], limit: int, timeout_s: float
) -> Answer:
    """Answer one statement, reading only.

    Parameters
    ----------
    text : str
        One Cypher statement of at most 20,000 characters.
    params : dict
        Its parameters, by name without ``$``.
    limit : int
        Rows to return; at one row more the reading stops.
    timeout_s : float
        Seconds after which the statement is ended. The embedded engine grants at most 30.

    Raises
    ------
    UserError
        When the statement does anything but read, is wrong, or runs too long; when a load runs
        on the embedded engine.
    ServerError
        When the server is away.
    """
    refuse_text(text)
    _refuse_while_loading(place)
    started = time.monotonic()
    granted = place.reads_s + GRACE_S if timeout_s >= place.reads_s else timeout_s
    with drivers.translating(), drivers.reading("ask") as session:
        # Not within the statement's time: an engine that was just started answers slowly first.
        with _limited(place, PLAN_S):
            planned = refuse_plan(session, text, params, drivers.target.engine)
        with _limited(place, granted):
            columns, rows, truncated = _read(session, text, params, limit, timeout_s)
    return Answer(columns or planned, rows, truncated, time.monotonic() - started)


def _read(
    session: neo4j.Session, text: str, params: dict[str, Any], limit: int, timeout_s: float
) -> tuple[tuple[str, ...], list[tuple[Any, ...]], bool]:
    """Run the statement in a read transaction and pull at most one row more than the limit.

    Not in the driver's managed transaction, which would send it again when the time is over.
    """
    transaction = session.begin_transaction(
        timeout=timeout_s, metadata={"app": "modelkin", "version": __version__, "about": "ask"}
    )
    result = transaction.run(text, params)
    columns = tuple(result.keys())
    records = [record.values() for record in itertools.islice(result, limit + 1)]
    names = _names(transaction, result, records)
    return columns, [plain_row(record, names) for record in records[:limit]], len(records) > limit


def _names(
    transaction: neo4j.Transaction, result: neo4j.Result, records: list[list[Any]]
) -> dict[str, str | None]:
    """Look up the model ids of relationships' ends that the server sent without properties."""
    wanted = unnamed_ends(itertools.chain.from_iterable(records))
    if not wanted:
        return {}
    result.consume()
    found = transaction.run(
        "MATCH (n) WHERE elementId(n) IN $ids RETURN elementId(n), n.model_id", ids=sorted(wanted)
    )
    return {str(element_id): model_id for element_id, model_id in found}


@contextmanager
def _limited(place: Place, seconds: float) -> Iterator[None]:
    """End the embedded engine when a statement that it cannot stop runs on after some seconds.

    Its own limit stops statements that scan; a loop that scans nothing knows no limit.
    """
    from neo4j.exceptions import DriverError, Neo4jError

    if place.end is None:
        yield
        return
    fired = threading.Event()

    def end() -> None:
        fired.set()
        assert place.end is not None
        place.end()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (DriverError, Neo4jError) as error:  # going down, it answers in several ways
        if not fired.is_set():
            raise
        raise TimedOut(
            f"The statement was ended after {seconds:.0f} s together with the embedded engine",
            why="it could not be stopped in any other way; nothing that was stored is lost",
            fix="Narrow it; the next command starts the engine again.",
        ) from error
    finally:
        timer.cancel()
        if fired.is_set():  # the next statement must not meet an engine that is going down
            timer.join()


def _refuse_while_loading(place: Place) -> None:
    """Say busy while a load runs: a runaway would be ended together with the load."""
    if place.loading_lock is None or not place.loading_lock.exists():
        return
    from filelock import FileLock, Timeout

    try:
        with FileLock(place.loading_lock, timeout=LOOK_S, poll_interval=0.01, mode=0o600):
            return
    except Timeout:
        raise UserError(
            "The database is busy",
            why="a load is running on the embedded engine",
            fix="Ask again when it has ended.",
        ) from None
