"""Where the database is: read from arguments and environment, checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from modelkin.errors import UserError

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
WEAK = {"neo4j", "password"}
SHORTEST = 8  # the shortest password that a Neo4j server accepts
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Neo4jSettings:
    """A Neo4j server and how to log in; `repr` never shows the password."""

    uri: str
    database: str
    username: str
    password: str = field(repr=False)

    @property
    def is_exposed(self) -> bool:
        """Whether the password would cross a network without encryption."""
        parts = urlsplit(self.uri)
        return parts.scheme in {"bolt", "neo4j"} and parts.hostname not in LOOPBACK


@dataclass(frozen=True, slots=True)
class EmbeddedSettings:
    """The folder of the embedded engine, and its heap (as Java writes it: "2g")."""

    home: Path
    heap: str


def neo4j_settings(
    uri: str | None, database: str | None, environ: Mapping[str, str]
) -> Neo4jSettings | None:
    """Return the Neo4j server that is asked for, or None when none is.

    Raises
    ------
    UserError
        For an address that is no Bolt address or carries a password, and for a missing or
        weak password.
    """
    address = uri or environ.get("NEO4J_URI", "")
    if not address:
        return None
    username = environ.get("NEO4J_USERNAME") or "neo4j"
    return Neo4jSettings(
        uri=checked_uri(address),
        database=database or environ.get("NEO4J_DATABASE") or "neo4j",
        username=username,
        password=_password(username, environ),
    )


def checked_uri(address: str) -> str:
    """Return the address; refuse what the driver cannot use and what must not be shown."""
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise UserError(
            "Cannot use this database address",
            why="it carries a user name or password, which commands would show",
            fix="Put them into NEO4J_USERNAME and NEO4J_PASSWORD_FILE and leave the address bare.",
        )
    try:
        usable = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise UserError(
            "Cannot use this database address",
            where=address,
            why=f"it does not begin with one of {', '.join(s + '://' for s in SCHEMES)} and a host",
            fix="Write it like bolt://localhost:7687.",
        )
    return address


def embedded_settings(db: str | Path | None, environ: Mapping[str, str]) -> EmbeddedSettings:
    """Return the folder and heap of the embedded engine."""
    folder = db or environ.get("MODELKIN_HOME")
    if not folder:
        import platformdirs

        folder = platformdirs.user_data_path("modelkin", appauthor=False)
    return EmbeddedSettings(home=Path(folder).expanduser().absolute(), heap=_heap(environ))


def _heap(environ: Mapping[str, str]) -> str:
    """Return MODELKIN_HEAP, or 2 GB, or a quarter of a machine with less than 8 GB."""
    asked = environ.get("MODELKIN_HEAP", "").strip().lower()
    if asked:
        if asked[:-1].isdecimal() and asked[-1] in "mg":
            return asked
        raise UserError(
            "Cannot use MODELKIN_HEAP",
            where=asked,
            why="it is not a size",
            fix="Write it like 512m or 4g.",
        )
    import psutil

    quarter = psutil.virtual_memory().total // 4 // 2**20
    return f"{max(256, min(2048, quarter))}m"


def _password(username: str, environ: Mapping[str, str]) -> str:
    """Return the password from NEO4J_PASSWORD or from the file that NEO4J_PASSWORD_FILE names."""
    password, source = environ.get("NEO4J_PASSWORD", ""), "NEO4J_PASSWORD"
    if not password and environ.get("NEO4J_PASSWORD_FILE"):
        password, source = _from_file(environ["NEO4J_PASSWORD_FILE"]), "NEO4J_PASSWORD_FILE"
        # The container's NEO4J_AUTH_FILE holds user/password: one file serves both.
        password = password.removeprefix(f"{username}/")
    if not password:
        raise UserError(
            "No password for Neo4j",
            why="neither NEO4J_PASSWORD nor NEO4J_PASSWORD_FILE is set (or it is empty)",
            fix="`modelkin db password` writes a random one into a file.",
        )
    if password.lower() in WEAK or len(password) < SHORTEST:
        raise UserError(
            "The password for Neo4j is too weak",
            where=source,
            why=f"it is a well-known default or shorter than {SHORTEST} characters",
            fix="`modelkin db password` writes a random one into a file.",
        )
    return password


def _from_file(name: str) -> str:
    """Return the first line of a password file."""
    path = Path(name).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UserError(
            "Cannot read the password file",
            where=str(path),
            why=reason or type(error).__name__,
            fix="Set NEO4J_PASSWORD_FILE to a file that holds the password.",
        ) from None
    return text.strip(os.linesep + "\r\n\t ")
