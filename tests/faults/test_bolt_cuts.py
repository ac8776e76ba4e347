"""What the loader does when the connection is cut or the server fails, with the real driver.

The server is `bolt_double`. After every case the stored graph equals the one of an undisturbed
load and the counts are its counts: nothing lost, nothing doubled.
"""

from __future__ import annotations

import copy
import gc
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from bolt_double import HOWS, BoltDouble, How
from listed_source import ListedSource, wood
from memory_graph import Store

from modelkin import cli
from modelkin.cypher import catalogue
from modelkin.errors import ExitCode, ServerError, UserError
from modelkin.graph import waiting
from modelkin.graph.client import Graph
from modelkin.graph.connect import connect
from modelkin.graph.faults import Refused, TooBig
from modelkin.loader import load as loading
from modelkin.loader.reading import Report
from modelkin.loader.records import EdgeRow, ModelRow

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
SHA = "5" * 64
SOURCE = wood(18, 8)  # three batches of models, two of edges
CREATE = ("load/create_models", "load/create_configured")
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
MEMORY = "Neo.TransientError.General.MemoryPoolOutOfMemoryError"


@pytest.fixture(scope="module")
def server() -> Iterator[BoltDouble]:
    with BoltDouble() as double:
        yield double


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No waiting between the driver's attempts: the delays are noted instead."""
    delays: list[float] = []
    monkeypatch.setattr("neo4j._sync.work.session.sleep", delays.append)
    return delays


@pytest.fixture(scope="module", autouse=True)
def small_batches() -> Iterator[None]:
    """Batches of six, and a schema that stands: `test_schema_…` is about that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "BATCH", 6)
        patch.setattr(loading, "prepare", lambda _graph: None)
        yield


@pytest.fixture(scope="module")
def clean(server: BoltDouble, small_batches: None) -> tuple[Store, Report, list[str]]:
    """An undisturbed load: what is stored, the counts, and the messages that it took."""
    server.begin()
    report = load(server)
    return copy.deepcopy(server.store), report, list(server.seen)


def opened(server: BoltDouble) -> Graph:
    return connect(server.uri, environ={"NEO4J_PASSWORD": "not-checked-by-the-double"})


def load(server: BoltDouble, source: ListedSource = SOURCE) -> Report:
    with opened(server) as graph:
        return loading.load(graph, source, SHA)


def greeting(seen: list[str]) -> int:
    """Number of the first message after the connection was checked."""
    return seen.index("RUN load/runs_all") - 1


def same(server: BoltDouble, report: Report, clean: tuple[Store, Report, list[str]]) -> str:
    """Say what differs from the undisturbed load, "" when nothing does."""
    store, undisturbed, _seen = clean
    if report.counts != undisturbed.counts:
        return f"counts {report.counts} instead of {undisturbed.counts}"
    got, wanted = server.store.dump(), store.dump()
    return next((f"{part} differ" for part in wanted if got[part] != wanted[part]), "")


def cut_cases(messages: list[str], first: int, how: How, every: int = 6) -> list[int]:
    """Messages to cut in this way: all commits, and some of the others in turn."""
    turn = HOWS.index(how)
    return [
        number
        for number in range(first, len(messages))
        if PROVE or messages[number] == "COMMIT" or number % every == turn
    ]


def faults(
    server: BoltDouble,
    clean: tuple[Store, Report, list[str]],
    cases: list[dict[int, How]],
    start: Store | None = None,
) -> list[str]:
    """Load with each case's cuts; return what went wrong."""
    wrong = []
    for cuts in cases:
        server.begin(start)
        server.cuts = dict(cuts)
        try:
            report = load(server)
        except Exception as error:  # noqa: BLE001 - whatever it is, the case has failed
            wrong.append(f"{cuts}: {error!r}")
            continue
        if server.cuts:
            wrong.append(f"{cuts}: not all cut")
        elif difference := same(server, report, clean):
            wrong.append(f"{cuts}: {difference}")
    return wrong


def test_undisturbed_load_stores_the_source(clean: tuple[Store, Report, list[str]]) -> None:
    store, report, seen = clean
    rows = [outcome for _kind, outcomes in SOURCE.rows for outcome in outcomes]
    models = {row.model_id: row for row in rows if isinstance(row, ModelRow)}
    edges = [row for row in rows if isinstance(row, EdgeRow)]
    run = report.run
    assert run is not None
    for model_id, row in models.items():
        held = store.models[model_id]
        assert row.properties.items() <= held.properties.items()
        assert held.labels == {"Model"} | (
            {"Configured"} if "hidden_size" in row.properties else set()
        )
    stubs = {edge.parent_id for edge in edges} - models.keys()
    assert stubs
    assert {i: m.labels for i, m in store.models.items() if i not in models} == {
        i: {"Model", "Stub"} for i in stubs
    }
    wanted: dict[tuple[str, str], set[str]] = {}
    for edge in edges:
        claim = f"{edge.relation}|{run.id}"
        wanted.setdefault((edge.parent_id, edge.child_id), set()).add(claim)
    assert {pair: set(held["claims"]) for pair, held in store.edges.items()} == wanted
    assert seen.count("RUN load/run_put") == 2 + 2 * (3 + 2) + 1  # take and store, batches, finish


@pytest.mark.parametrize("how", HOWS)
def test_connection_cut_at_every_message(
    server: BoltDouble, clean: tuple[Store, Report, list[str]], how: How
) -> None:
    first = greeting(clean[2])
    cases: list[dict[int, How]] = [{n: how} for n in cut_cases(clean[2], first, how)]
    assert len(cases) >= 30
    assert not faults(server, clean, cases)


@pytest.mark.parametrize("how", HOWS)
def test_connection_cut_at_every_message_of_a_resumed_load(
    server: BoltDouble, clean: tuple[Store, Report, list[str]], how: How
) -> None:
    half = half_loaded(server)
    server.begin(half)
    assert not same(server, load(server), clean)
    seen = list(server.seen)
    cases: list[dict[int, How]] = [{n: how} for n in cut_cases(seen, greeting(seen), how, 9)]
    assert len(cases) >= 22
    assert not faults(server, clean, cases, half)


@pytest.mark.parametrize("size", [1, 5, 7, 18])
def test_a_load_goes_on_with_batches_of_another_size(
    server: BoltDouble,
    clean: tuple[Store, Report, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    server.begin(half_loaded(server))
    monkeypatch.setattr(loading, "BATCH", size)
    assert not same(server, load(server), clean)


def half_loaded(server: BoltDouble) -> Store:
    """What is stored when a load is ended by its third batch."""
    server.begin()
    batches: Counter[str] = Counter()

    def third(name: str, _params: dict[str, Any]) -> str | None:
        batches[name] += 1
        return "Neo.ClientError.General.Broken" if batches["load/read_models"] == 3 else None

    server.fails = third
    with pytest.raises(Refused):
        load(server)
    assert len(server.store.models) == 12
    return server.store


@pytest.mark.parametrize("part", range(4))
def test_two_cuts_at_random(
    server: BoltDouble, clean: tuple[Store, Report, list[str]], part: int
) -> None:
    first = greeting(clean[2])
    cases: list[dict[int, How]] = []
    for seed in range(part, 500 if PROVE else 40, 4):
        chance = random.Random(seed)
        numbers = chance.sample(range(first, len(clean[2])), 2)
        cases.append({number: chance.choice(HOWS) for number in numbers})
    assert not faults(server, clean, cases)


@pytest.mark.parametrize("number", range(4))
def test_cut_while_connecting_is_a_clear_error_and_no_trace(
    server: BoltDouble, clean: tuple[Store, Report, list[str]], number: int
) -> None:
    for how in HOWS:
        server.begin()
        server.cuts = {number: how}
        with pytest.raises(ServerError) as caught:
            load(server)
        assert caught.value.exit_code == ExitCode.SERVER
        assert not server.store.runs
        assert not same(server, load(server), clean)


@pytest.mark.parametrize("how", HOWS)
def test_schema_survives_a_cut(server: BoltDouble, how: How) -> None:
    server.begin()
    with opened(server) as graph:
        server.cuts = {len(server.seen): how}
        graph.schema(catalogue.get("schema/model_key"))


def test_unknown_commit_is_said_and_sent_again(
    server: BoltDouble, clean: tuple[Store, Report, list[str]]
) -> None:
    lines: list[str] = []
    commit = [n for n, message in enumerate(clean[2]) if message == "COMMIT"][3]
    server.begin()
    server.cuts = {commit: "after"}
    with opened(server) as graph:
        graph.on_wait = lines.append
        report = loading.load(graph, SOURCE, SHA)
    assert not same(server, report, clean)
    assert lines == ["the server went away, sending the work again (1)"]


@pytest.mark.parametrize("fault", ["busy", "away"])
def test_a_command_that_waits_for_its_server_says_so(
    server: BoltDouble,
    clean: tuple[Store, Report, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    told = threading.Event()
    lines: list[str] = []
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.05)
    # The driver's own silence between its attempts: here it ends when the person was told.
    monkeypatch.setattr("neo4j._sync.work.session.sleep", lambda _s: told.wait(30))
    server.begin()
    if fault == "away":
        server.cuts = {clean[2].index("RUN load/read_models"): "before"}
    else:
        codes = iter([DEADLOCK])
        server.fails = lambda name, _params: (
            next(codes, None) if name == "load/read_models" else None
        )
    with opened(server) as graph:
        graph.on_wait = lambda line: (lines.append(line), told.set())[1]
        report = loading.load(graph, SOURCE, SHA)
    assert told.is_set(), "nobody was told"
    assert set(lines) == {"the database has not answered for 0.05 s; waiting"}
    assert not same(server, report, clean)


def test_every_commit_unknown_ends_clearly_and_resumes(
    server: BoltDouble, clean: tuple[Store, Report, list[str]]
) -> None:
    commit = [n for n, message in enumerate(clean[2]) if message == "COMMIT"][3]
    server.begin()
    server.watch = lambda number: (
        server.cuts.update({number: "before"})
        if number >= commit and server.seen[number] == "COMMIT"
        else None
    )
    with pytest.raises(ServerError, match="store nothing twice"):
        load(server)
    server.watch = lambda _number: None
    server.cuts = {}
    assert not same(server, load(server), clean)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_deadlocks_are_waited_out(
    server: BoltDouble,
    clean: tuple[Store, Report, list[str]],
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
    clean: tuple[Store, Report, list[str]],
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
    server: BoltDouble, clean: tuple[Store, Report, list[str]], monkeypatch: pytest.MonkeyPatch
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
    server: BoltDouble, clean: tuple[Store, Report, list[str]], place: int
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


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(50 if PROVE else 12))
def test_interrupted_load_goes_on_from_the_last_batch(
    server: BoltDouble, clean: tuple[Store, Report, list[str]], seed: int
) -> None:
    chosen = random.Random(seed).randrange(greeting(clean[2]), len(clean[2]))
    main = threading.main_thread().ident
    assert main is not None
    server.begin()
    server.watch = lambda number: (
        signal.pthread_kill(main, signal.SIGINT) if number == chosen else None
    )
    # The driver talks on over the broken-off connection and hides the interrupt behind what
    # comes back; it stays in the chain.
    with pytest.raises(BaseException) as caught:
        load(server)
    assert "KeyboardInterrupt" in chain(caught.value)
    del caught
    gc.collect()  # the driver's unclosed session complains here and not in another test
    server.watch = lambda _number: None
    assert not same(server, load(server), clean)


def chain(error: BaseException | None) -> list[str]:
    """Names of an error and of all that it came of."""
    names = []
    while error is not None:
        names.append(type(error).__name__)
        error = error.__context__
    return names


def test_an_interrupt_behind_another_error_is_an_interrupt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(**_arguments: object) -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise BufferError("cannot be re-sized")  # noqa: B904 - as it comes of the driver

    monkeypatch.setattr(cli, "app", interrupted)
    assert cli.run(["load", "graph", "x"]) == ExitCode.INTERRUPTED


def test_a_second_load_of_the_same_writes_nothing(
    server: BoltDouble, clean: tuple[Store, Report, list[str]]
) -> None:
    server.begin(clean[0])
    report = load(server)
    assert report.already_complete
    assert not same(server, report, clean)
    writes = ("put", "create", "merge", "label", "delete")
    assert not [
        m for m in server.seen if m.startswith("RUN load/") and m.split("/")[1].startswith(writes)
    ]


def test_lost_rows_are_noticed(server: BoltDouble, clean: tuple[Store, Report, list[str]]) -> None:
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
