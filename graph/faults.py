"""Every error of the driver and the server, said in our words; the only place that maps them.

No message ever holds a password: the driver keeps it out of its errors, and we never format
settings or authentication objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelkin.errors import ServerError, UserError

if TYPE_CHECKING:
    from neo4j.exceptions import DriverError, Neo4jError

START_HINT = (
    "Start it with `modelkin db password && docker compose up -d`, or set NEO4J_URI; "
    "without NEO4J_URI the embedded engine is used."
)
OLDEST = (5, 13)
SUPPORTED = "Neo4j 5.13 to 5.26 and the calendar-numbered lines from 2025 on"
# Codes of statements that need more memory than the server grants one transaction.
_MEMORY = (
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
    "Neo.TransientError.General.TransactionOutOfMemoryError",
    "Neo.TransientError.General.OutOfMemoryError",
    "Neo.DatabaseError.General.OutOfMemoryError",
)
_TIMED_OUT = (
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
)


class Refused(UserError):  # noqa: N818 - named for what happened
    """The server refused a statement or its data; sending it again would not help.

    Attributes
    ----------
    code : str
        The server's code ("Neo.ClientError.Schema.ConstraintValidationFailed"); empty when the
        driver could not even send the data.
    """

    def __init__(
        self, what: str, *, where: str = "", why: str = "", fix: str = "", code: str = ""
    ) -> None:
        super().__init__(what, where=where, why=why, fix=fix)
        self.code = code


class TooBig(UserError):  # noqa: N818 - named for what happened
    """One transaction needs more memory than the server grants: send less at once."""


class TimedOut(UserError):  # noqa: N818 - named for what happened
    """The server ended a statement that ran longer than allowed."""


def translate(error: DriverError | Neo4jError, address: str, database: str) -> UserError:
    """Return our error for one of the driver's.

    Parameters
    ----------
    error : DriverError or Neo4jError
        What the driver raised.
    address, database : str
        Which server and database, as shown to people.

    Returns
    -------
    UserError
        `ServerError` (exit code 3) when the server is away or refuses us, `TooBig`, `TimedOut`
        or `Refused` otherwise.
    """
    from neo4j.exceptions import DriverError, Neo4jError

    if isinstance(error, Neo4jError):
        return _from_server(error, address, database)
    assert isinstance(error, DriverError)
    return _from_driver(error, address)


def _from_driver(error: DriverError, address: str) -> UserError:
    """Map what the driver says without the server: away, unresolved, misconfigured."""
    from neo4j.exceptions import ConfigurationError, IncompleteCommit, UnsupportedServerProduct

    text = first_line(str(error))
    if isinstance(error, UnsupportedServerProduct):
        return unsupported(address, "it answers, but not in a Bolt that we speak")
    if isinstance(error, ConfigurationError):
        return ServerError("Cannot use this database address", where=address, why=text)
    if isinstance(error, IncompleteCommit):
        return ServerError(
            "The server went away during a commit",
            where=address,
            why="whether the last batch was stored is unknown",
            fix="Run the same command again: loads resume and store nothing twice.",
        )
    return absent(error, address)


def absent(error: Exception, address: str) -> ServerError:
    """Return the error for a server that cannot be reached."""
    why, fix = _absence(error)
    return ServerError(f"No server at {address}", why=why or first_line(str(error)), fix=fix)


def _from_server(error: Neo4jError, address: str, database: str) -> UserError:
    """Map what the server answered, by its code."""
    code, text = error.code or "", first_line(error.message or str(error))
    if "AuthenticationRateLimit" in code:
        return ServerError(
            "The server accepts no more attempts to log in for now",
            where=address,
            fix="Wait a minute, check the password, then try again.",
        )
    if code.startswith("Neo.ClientError.Security") and any(
        word in code for word in ("Unauthorized", "CredentialsExpired", "TokenExpired")
    ):
        return ServerError(
            "The server refused the user name or password",
            where=address,
            fix="Check NEO4J_USERNAME and NEO4J_PASSWORD or NEO4J_PASSWORD_FILE.",
        )
    if "DatabaseNotFound" in code or "DatabaseUnavailable" in code:
        state = "does not exist" if "NotFound" in code else "is not available"
        return ServerError(
            f"The database '{database}' {state}", where=address, fix="Set NEO4J_DATABASE."
        )
    if code in _MEMORY or "OutOfMemory" in text or "exceeds the maximum of" in text:
        return TooBig(
            "The statement needs more memory than the server grants one transaction",
            why=text,
            fix="Raise db.memory.transaction.max (Neo4j) or MODELKIN_HEAP (embedded engine).",
        )
    if code in _TIMED_OUT or "Timeout on iteration" in text:
        return TimedOut(
            "The statement was ended because it ran too long",
            fix="Narrow it (start from a model_id, bound the path) or add LIMIT.",
        )
    # Neo4j lists every word that it would have taken; where it stopped is what helps.
    text = re.sub(r": expected .{60,} \(line", " (line", text)
    return Refused("The database refused the statement", why=text, code=code, fix=_repair(code))


def unsupported(address: str, why: str) -> ServerError:
    """Return the error for a server that we do not speak to."""
    return ServerError(
        "This server is not supported",
        where=address,
        why=why,
        fix=f"Use {SUPPORTED}.",
    )


def check_version(agent: str, address: str) -> str:
    """Return the version of a Neo4j server ("5.26.20"); refuse what we do not support.

    >>> check_version("Neo4j/5.26.20", "bolt://localhost")
    '5.26.20'
    """
    match = re.match(r"Neo4j/(\d+)\.(\d+)(\S*)", agent)
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        raise unsupported(address, f"it calls itself {agent or 'nothing'}")
    return f"{match[1]}.{match[2]}{match[3]}"


def first_line(text: str) -> str:
    """Return the first line of a message; servers add excerpts and dumps below it."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "no message")


def _absence(error: BaseException) -> tuple[str, str]:
    """Say in plain words why nobody answered, and what to do; empty where that is unknown.

    The driver's own message names the address alone; the socket's error is its cause, for
    neo4j:// inside a group of errors.
    """
    signs = "\n".join(f"{type(e).__name__}: {e}" for e in _behind(error))
    for pattern, why, fix in _ABSENCES:
        if re.search(pattern, signs):
            return why, fix
    return "", START_HINT


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that it came of."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__ or one.__context__, *getattr(one, "exceptions", ())]


# What is found in the names and texts of the errors (with a space, or none of a host's letters),
# the most telling first: a name with two addresses may be refused at one of them.
_ABSENCES = (
    (
        r"looks like HTTP",
        "this is the port of its web page, not of Bolt (7687)",
        "Use the port of Bolt.",
    ),
    (
        r"SSLCertVerificationError",
        "its certificate is not trusted",
        "Let this machine trust it, or take any certificate with bolt+ssc:// or neo4j+ssc://.",
    ),
    (
        r"SSL\w*Error",
        "it does not speak TLS as the address asks",
        "Without encryption the address begins with bolt:// or neo4j://.",
    ),
    (r"TimeoutError|[Tt]imed out|DeadlineExceeded", "nobody answered in time", START_HINT),
    (
        r" handshake ",
        "it does not answer as a Bolt server does",
        "Check the port (7687); a server that wants encryption needs bolt+s:// or neo4j+s://.",
    ),
    (
        r"ConnectionRefusedError|Connection refused|actively refused",
        "the connection was refused",
        START_HINT,
    ),
    (r"gaierror|DNS resolve", "the host name cannot be resolved", "Check the address."),
    (r"is unreachable|No route to host", "no network leads to it", "Check the address."),
    (
        r"Connection\w+Error|BrokenPipe|(defunct|closed) connection",
        "the connection was cut",
        START_HINT,
    ),
    (
        r"routing information|Failed to obtain connection",
        "it gives no routing table",
        "Try bolt:// instead of neo4j://.",
    ),
)


def _repair(code: str) -> str:
    """Say what to do about the codes that people meet."""
    if "ParameterMissing" in code:
        return "Give it a value with -p name=VALUE."
    if "ConstraintValidation" in code:
        return "Another node already has this key; `modelkin audit` finds doubled or foreign data."
    if "SyntaxError" in code:
        return "Correct the statement."
    return ""
