"""Loads through the real driver into `bolt_double`, compared with an undisturbed one."""

from __future__ import annotations

from bolt_double import BoltDouble
from listed_source import ListedSource, wood
from memory_graph import Store

from modelkin.graph.client import Graph
from modelkin.graph.connect import connect
from modelkin.loader import load as loading
from modelkin.loader.reading import Report

SHA = "5" * 64
SOURCE = wood(18, 8)  # three batches of models, two of edges
CREATE = ("load/create_models", "load/create_configured")
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
MEMORY = "Neo.TransientError.General.MemoryPoolOutOfMemoryError"

Clean = tuple[Store, Report, list[str]]
"""An undisturbed load: what is stored, the counts, and the messages that it took."""


def opened(server: BoltDouble) -> Graph:
    return connect(server.uri, environ={"NEO4J_PASSWORD": "not-checked-by-the-double"})


def load(server: BoltDouble, source: ListedSource = SOURCE) -> Report:
    with opened(server) as graph:
        return loading.load(graph, source, SHA)


def greeting(seen: list[str]) -> int:
    """Number of the first message after the connection was checked."""
    return seen.index("RUN load/runs_all") - 1


def same(server: BoltDouble, report: Report, clean: Clean) -> str:
    """Say what differs from the undisturbed load, "" when nothing does."""
    store, undisturbed, _seen = clean
    if report.counts != undisturbed.counts:
        return f"counts {report.counts} instead of {undisturbed.counts}"
    got, wanted = server.store.dump(), store.dump()
    return next((f"{part} differ" for part in wanted if got[part] != wanted[part]), "")
