"""Which database is used, whether it runs, and what it holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelkin.cypher import catalogue
from modelkin.graph.client import Graph
from modelkin.graph.connect import connect, engine_at
from modelkin.graph.settings import neo4j_settings


def status(
    uri: str | None = None,
    *,
    db: str | Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Return the state of the database that commands would use.

    Returns
    -------
    dict
        engine, address, running, version, database, then the counts of `counts`. An embedded
        engine that does not run is not started: its version and counts are absent.

    Raises
    ------
    UserError
        As `connect`.
    """
    if (db and not uri) or neo4j_settings(uri, None, environ) is None:
        engine = engine_at(db, environ)
        if engine.running() is None:
            return {"engine": "embedded", "address": str(engine.home.folder), "running": False}
    with connect(uri, db=db, environ=environ) as graph:
        return {
            "engine": graph.engine,
            "address": graph.address,
            "running": True,
            "version": graph.version,
            "database": graph.database,
            **counts(graph),
        }


def counts(graph: Graph) -> dict[str, int]:
    """Return how many models (all, configured, stubs, roots), edges, similar and runs there are."""
    return {name: int(n) for name, n in graph.fetch(catalogue.get("fetch/counts"))[0].items()}
