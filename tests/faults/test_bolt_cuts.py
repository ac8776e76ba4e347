"""What the loader does when the connection is cut, with the real driver.

The server is `bolt_double`. After every case the stored graph equals the one of an undisturbed
load and the counts are its counts: nothing lost, nothing doubled.
"""

from __future__ import annotations

import gc
import os
import random
import signal
import threading
from collections import Counter
from typing import Any

import pytest
from bolt_double import HOWS, BoltDouble, How
from bolt_loads import DEADLOCK, SHA, SOURCE, Clean, greeting, load, opened, same
from memory_graph import Store

from modelkin import cli
from modelkin.cypher import catalogue
from modelkin.errors import ExitCode, ServerError
from modelkin.graph import waiting
from modelkin.graph.faults import Refused
from modelkin.loader import load as loading
from modelkin.loader.records import EdgeRow, ModelRow

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
pytestmark = pytest.mark.usefixtures("waits", "small_batches")


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
    clean: Clean,
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


def test_undisturbed_load_stores_the_source(clean: Clean) -> None:
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
def test_connection_cut_at_every_message(server: BoltDouble, clean: Clean, how: How) -> None:
    first = greeting(clean[2])
    cases: list[dict[int, How]] = [{n: how} for n in cut_cases(clean[2], first, how)]
    assert len(cases) >= 30
    assert not faults(server, clean, cases)


@pytest.mark.parametrize("how", HOWS)
def test_connection_cut_at_every_message_of_a_resumed_load(
    server: BoltDouble, clean: Clean, how: How
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
    clean: Clean,
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
def test_two_cuts_at_random(server: BoltDouble, clean: Clean, part: int) -> None:
    first = greeting(clean[2])
    cases: list[dict[int, How]] = []
    for seed in range(part, 500 if PROVE else 40, 4):
        chance = random.Random(seed)
        numbers = chance.sample(range(first, len(clean[2])), 2)
        cases.append({number: chance.choice(HOWS) for number in numbers})
    assert not faults(server, clean, cases)


@pytest.mark.parametrize("number", range(4))
def test_cut_while_connecting_is_a_clear_error_and_no_trace(
    server: BoltDouble, clean: Clean, number: int
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


def test_unknown_commit_is_said_and_sent_again(server: BoltDouble, clean: Clean) -> None:
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
    clean: Clean,
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


def test_every_commit_unknown_ends_clearly_and_resumes(server: BoltDouble, clean: Clean) -> None:
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


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(50 if PROVE else 12))
def test_interrupted_load_goes_on_from_the_last_batch(
    server: BoltDouble, clean: Clean, seed: int
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


def test_a_second_load_of_the_same_writes_nothing(server: BoltDouble, clean: Clean) -> None:
    server.begin(clean[0])
    report = load(server)
    assert report.already_complete
    assert not same(server, report, clean)
    writes = ("put", "create", "update", "merge", "label", "delete")
    assert not [
        m for m in server.seen if m.startswith("RUN load/") and m.split("/")[1].startswith(writes)
    ]
