"""Fixtures of loads into the server that fails on request; modules ask for them by name."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
from bolt_double import BoltDouble
from bolt_loads import Clean, load

from modelkin.loader import load as loading


@pytest.fixture(scope="module")
def server() -> Iterator[BoltDouble]:
    with BoltDouble() as double:
        yield double


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No waiting between the driver's attempts: the delays are noted instead."""
    delays: list[float] = []
    monkeypatch.setattr("neo4j._sync.work.session.sleep", delays.append)
    return delays


@pytest.fixture(scope="module")
def small_batches() -> Iterator[None]:
    """Batches of six, and a schema that stands: `test_schema_…` is about that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "BATCH", 6)
        patch.setattr(loading, "prepare", lambda _graph: None)
        yield


@pytest.fixture(scope="module")
def clean(server: BoltDouble, small_batches: None) -> Clean:
    """An undisturbed load: what is stored, the counts, and the messages that it took."""
    server.begin()
    report = load(server)
    return copy.deepcopy(server.store), report, list(server.seen)
