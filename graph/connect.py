"""Find the database and connect: Neo4j when one is named, the embedded engine otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from modelkin.graph.client import Graph
from modelkin.graph.drivers import Place, Target
from modelkin.graph.embedded.home import Home
from modelkin.graph.embedded.install import DATABASE
from modelkin.graph.embedded.process import Engine
from modelkin.graph.settings import (
    Neo4jSettings,
    embedded_settings,
    neo4j_settings,
)


def connect(
    uri: str | None = None,
    *,
    db: str | Path | None = None,
    database: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Graph:
    """Connect to the lineage graph.

    Parameters
    ----------
    uri : str, optional
        Address of a Neo4j server ("bolt://localhost:7687"); else NEO4J_URI is used; when
        neither is given, the embedded engine is started (or found running).
    db : str or Path, optional
        Folder of the embedded engine; else MODELKIN_HOME, else the user's data folder. Giving
        it means the embedded engine even when NEO4J_URI is set.
    database : str, optional
        Name of the Neo4j database; else NEO4J_DATABASE, else "neo4j".
    environ : mapping
        Where NEO4J_USERNAME, NEO4J_PASSWORD, NEO4J_PASSWORD_FILE and the others are read.

    Returns
    -------
    Graph
        Connected and checked; a context manager.

    Raises
    ------
    UserError
        When the settings cannot be used.
    ServerError
        When the server is away, refuses the login, lacks the database or is too old; within
        five seconds.
    """
    settings = None if db and not uri else neo4j_settings(uri, database, environ)
    if settings is not None:
        return Graph(_server(settings))
    return Graph(embedded_place(engine_at(db, environ)))


def engine_at(db: str | Path | None, environ: Mapping[str, str] = os.environ) -> Engine:
    """Return the embedded engine of a folder, without starting it."""
    settings = embedded_settings(db, environ)
    return Engine(Home(settings.home), heap=settings.heap)


def embedded_place(engine: Engine) -> Place:
    """Return how to find, keep and end an embedded engine."""
    import neo4j

    def locate() -> Target:
        runtime, passwords = engine.ensure()
        return Target(
            engine="embedded",
            address=str(engine.home.folder),
            uri=f"bolt://127.0.0.1:{runtime.bolt_port}",
            database=DATABASE,
            logins={
                "write": neo4j.basic_auth("root", passwords.root),
                "fetch": neo4j.basic_auth("scanner", passwords.scanner),
                "ask": neo4j.basic_auth("reader", passwords.reader),
            },
            retry_s=5.0,  # longer is no use: only we can start the engine again
        )

    return Place(
        locate=locate,
        end=engine.end_now,
        touch=engine.home.touch,
        beat_s=min(60.0, engine.idle_s / 3),
        loading_lock=engine.home.loading_lock,
        reads_s=engine.read_timeout_ms / 1000,
    )


def _server(settings: Neo4jSettings) -> Place:
    """Return how to find a Neo4j server."""
    import neo4j

    login = neo4j.basic_auth(settings.username, settings.password)
    target = Target(
        engine="neo4j",
        address=settings.uri,
        uri=settings.uri,
        database=settings.database,
        logins={"write": login, "fetch": login, "ask": login},
        retry_s=30.0,
    )
    notices: tuple[str, ...] = ()
    if settings.is_exposed:
        notices = (
            f"{settings.uri} is not encrypted: password and data cross the network in the clear "
            "(bolt+s:// or neo4j+s:// encrypt)",
        )
    return Place(locate=lambda: target, notices=notices)
