"""What the loader does when the server refuses, is busy or loses data, with the real driver.

The server is `bolt_double`. What was refused is a clear error; once it is not any more, the same
load ends as an undisturbed one.
"""

from __future__ import annotations

import os
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from bolt_double import BoltDouble
from bolt_loads import CREATE, DEADLOCK, MEMORY, Clean, load, same
from listed_source import ListedSource
from memory_graph import Store

from modelkin.errors import ExitCode, UserError
from modelkin.graph.faults import Refused, TooBig
from modelkin.loader import load as loading
from modelkin.loader.reading import Report
from modelkin.loader.records import ModelRow

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
pytestmark = pytest.mark.usefixtures("waits", "small_batches")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_deadlocks_are_waited_out(
    server: BoltDouble,
    clean: Clean,
    waits: list[float],
    times: int,
) -> None:
    total = sum(message.startswith("RUN load/") for message in clean[2])
    chosen = range(total) if PROVE else random.Random(times).sample(range(total), 10)
    for place in chosen:
        server.begin()
        waits.clear()
        report, attempts = load_with_deadlock(server, place, times)
        assert not same(server, report, clean), place
        assert attempts == times
        assert len(waits) == times
        assert waits == sorted(waits), "each wait is longer than the one before"


def load_with_deadlock(server: BoltDouble, place: int, times: int) -> tuple[Report, int]:
    """Fail the statement with this number, and each repetition of it, `times` times."""
    seen = failed = 0

    def fails(name: str, _params: dict[str, Any]) -> str | None:
        nonlocal seen, failed
        if not name.startswith("load/"):
            return None
        seen += 1
        if seen > place and failed < times:
            failed += 1
            return DEADLOCK
        return None

    server.fails = fails
    return load(server), failed


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 7, 9, 12])
def test_batches_are_halved_until_they_fit(
    server: BoltDouble,
    clean: Clean,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
) -> None:
    monkeypatch.setattr(loading, "BATCH", 16)
    monkeypatch.setattr(loading, "SMALLEST_BATCH", 1)
    server.begin()
    sizes = []

    def fails(name: str, params: dict[str, Any]) -> str | None:
        size = len(params.get("ids") or params.get("children") or ())
        if name in ("load/read_models", "load/edges_of_children"):
            sizes.append(size)
            return MEMORY if size > most else None
        return None

    server.fails = fails
    report = load(server)
    assert not same(server, report, clean)
    assert max(sizes) > most
    assert min(sizes) <= most


def test_too_big_at_the_smallest_size_is_said_and_resumes(
    server: BoltDouble, clean: Clean, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "SMALLEST_BATCH", 3)
    server.begin()
    server.fails = lambda name, _params: MEMORY if name == "load/edges_of_children" else None
    with pytest.raises(TooBig, match=r"memory\.transaction\.max"):
        load(server)
    (run,) = server.store.runs.values()
    assert run["state"] == "running"
    server.fails = lambda _name, _params: None
    assert not same(server, load(server), clean)


@pytest.mark.parametrize("place", range(5))
def test_a_refused_batch_stops_the_load_and_leaves_whole_batches(
    server: BoltDouble, clean: Clean, place: int
) -> None:
    server.begin()
    batches = 0

    def fails(name: str, _params: dict[str, Any]) -> str | None:
        nonlocal batches
        batches += name in (*CREATE[:1], "load/create_edges")
        code = "Neo.ClientError.Schema.ConstraintValidationFailed"
        return code if batches == place + 1 else None

    server.fails = fails
    with pytest.raises(Refused, match="already has this key") as caught:
        load(server)
    assert caught.value.exit_code == ExitCode.USER
    assert len(server.store.models) >= 6 * min(place, 3)
    assert len(server.store.models) % 6 == 0 or place > 3
    server.fails = lambda _name, _params: None
    assert not same(server, load(server), clean)


UNSENDABLE = (
    2**63, -(2**63) - 1, "\ud800", Decimal("1.5"), Fraction(1, 3), 1j, object(), UUID(int=7),
    {1, 2}, frozenset("a"), {"a": 2**70}, ["\udfff"],
)  # fmt: skip


@pytest.mark.parametrize("value", UNSENDABLE, ids=lambda value: type(value).__name__)
def test_a_value_that_cannot_be_sent_is_a_clear_error_and_no_half_batch(
    server: BoltDouble, value: object
) -> None:
    rows = [ModelRow(f"a/m{n}", {"license": "mit"}, "hub-api") for n in range(18)]
    for place in (0, 7, 17):
        server.begin()
        bad = list(rows)
        bad[place] = ModelRow(f"a/m{place}", {"license": value}, "hub-api")
        with pytest.raises(Refused, match="cannot be sent"):
            load(server, ListedSource.of(*bad))
        assert len(server.store.models) == place // 6 * 6


def test_lost_rows_are_noticed(server: BoltDouble, clean: Clean) -> None:
    for lose in ("model", "edge"):
        server.begin(clean[0])
        if lose == "model":
            free = set(server.store.models) - {end for pair in server.store.edges for end in pair}
            del server.store.models[min(free)]
        else:
            server.store.edges.popitem()
        with pytest.raises(UserError, match="no longer holds"):
            load(server)


@pytest.mark.parametrize("statement", ["load/create_models", "load/create_edges"])
def test_a_server_that_loses_what_it_acknowledged_is_our_bug_to_report(
    server: BoltDouble, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    server.begin()
    method = statement.removeprefix("load/")
    real = getattr(Store, method)
    monkeypatch.setattr(Store, method, lambda self, rows, *more: real(self, rows[1:], *more))
    with pytest.raises(AssertionError, match="do not balance"):
        load(server)
    (run,) = server.store.runs.values()
    assert run["state"] == "running"
