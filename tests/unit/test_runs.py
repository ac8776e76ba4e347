"""Runs: their ids, their checkpoints, and which of them live."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from memory_graph import MemoryGraph

from modelkin.errors import ExitCode, UserError
from modelkin.graph import runs


@pytest.fixture
def graph() -> Any:
    return MemoryGraph()


@pytest.fixture(scope="module")
def living() -> Iterator[int]:
    """Id of another process that lives as long as the tests of this file."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield child.pid
        child.kill()


def begin(graph: Any, sha256: str = "s", kind: str = "graph", **parameters: Any) -> runs.Run:
    return runs.start(graph, kind, "folder/file.csv", sha256, parameters)


def owned_by(graph: Any, run: runs.Run, host: str, pid: int, born: str, age_s: float = 0) -> None:
    touched = datetime.now(UTC) - timedelta(seconds=age_s)
    graph.store.runs[run.id] |= {
        "owner": f"{host}|{pid}|{born}",
        "touched_at": touched.isoformat(timespec="seconds"),
    }


def born(pid: int) -> str:
    return f"{psutil.Process(pid).create_time():.2f}"


def test_an_id_follows_from_what_a_run_does() -> None:
    one = runs.run_id("graph", "s", {"a": 1, "b": "x"})
    assert one == runs.run_id("graph", "s", {"b": "x", "a": 1})
    assert len(one) == 16
    assert set(one) <= set("0123456789abcdef")
    others = [
        runs.run_id("configs", "s", {"a": 1, "b": "x"}),
        runs.run_id("graph", "t", {"a": 1, "b": "x"}),
        runs.run_id("graph", "s", {"a": 2, "b": "x"}),
        runs.run_id("graph", "s", {"a": 1}),
        runs.run_id("graph", "s", {"a": "1", "b": "x"}),
    ]
    assert len({one, *others}) == 6


def test_an_id_changes_with_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    one = runs.run_id("graph", "s", {})
    monkeypatch.setattr(runs, "SCHEMA_VERSION", runs.SCHEMA_VERSION + 1)
    assert runs.run_id("graph", "s", {}) != one


def test_a_run_goes_from_running_to_complete_and_is_not_begun_again(graph: Any) -> None:
    run = begin(graph, limit=3)
    assert (run.state, run.seq, run.parameters) == ("running", 1, {"limit": 3})
    done = runs.finish(graph, run, {"rows": 5})
    again = begin(graph, limit=3)
    assert again == runs.get(graph, run.id)
    assert again.is_complete
    assert again.counts == {"rows": 5}
    assert again.finished_at == done.finished_at
    assert again.source == "file.csv", "the folder is nobody's business"


def test_an_unfinished_run_is_gone_on_with(graph: Any) -> None:
    run = begin(graph)
    graph.write(lambda tx: runs.advance(tx, run, "models", 10, {"created": 8, "matched": 2}))
    again = begin(graph)
    assert again.done == {"models": 10}
    assert again.counts == {"created": 8, "matched": 2}
    assert again.started_at == run.started_at
    assert len(runs.every(graph)) == 1


def test_checkpoints_move_only_from_where_they_stand(graph: Any) -> None:
    run = begin(graph)

    def batch(start: int, upto: int) -> runs.Run | None:
        def work(tx: Any) -> runs.Run | None:
            stored = runs.checkpoint(tx, run, "models", start, upto)
            return stored and runs.advance(tx, stored, "models", upto, {"created": upto - start})

        return graph.write(work)  # type: ignore[no-any-return]

    assert batch(0, 5) is not None
    assert batch(0, 5) is None, "the same batch again"
    assert batch(2, 4) is None
    with pytest.raises(UserError, match="models 5, expected 7"):
        batch(7, 9)
    with pytest.raises(UserError, match="expected 3"):
        batch(3, 8)
    assert batch(5, 9) is not None
    stored = runs.get(graph, run.id)
    assert (stored.done, stored.counts) == ({"models": 9}, {"created": 9})


def test_phases_have_checkpoints_of_their_own(graph: Any) -> None:
    run = begin(graph)
    graph.write(lambda tx: runs.advance(tx, run, "models", 10, {}))
    assert graph.write(lambda tx: runs.checkpoint(tx, run, "edges", 0, 5)) is not None


def test_a_live_run_of_another_process_is_refused(graph: Any, living: int) -> None:
    other = begin(graph, "other")
    owned_by(graph, other, socket.gethostname(), living, born(living))
    for again in ("mine", "other"):
        with pytest.raises(UserError, match="is writing to this database") as caught:
            begin(graph, again)
        assert caught.value.exit_code is ExitCode.USER
    assert len(runs.every(graph)) == 1


OTHERS = [str(n) for n in range(20)]
MINE = sorted((runs.run_id("graph", n, {}), n) for n in OTHERS)[5]
"""A run (id, sha256) that some of the others come before and some after."""


def start_at_the_same_moment(
    graph: Any, patch: pytest.MonkeyPatch, rival: str, pid: int
) -> runs.Run:
    """Begin `MINE`; another process stores its run between our looking and our storing."""
    real = graph.write

    def meanwhile(work: Any, *, about: str = "") -> Any:
        patch.setattr(graph, "write", real)
        owned_by(graph, begin(graph, rival), socket.gethostname(), pid, born(pid))
        return real(work, about=about)

    patch.setattr(graph, "write", meanwhile)
    return begin(graph, MINE[1])


def rivals(*, smaller: bool) -> str:
    return next(
        n for n in OTHERS if n != MINE[1] and (runs.run_id("graph", n, {}) < MINE[0]) is smaller
    )


def test_two_that_start_at_the_same_moment_do_not_both_go_on(
    graph: Any, living: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _s: pytest.fail("it has no reason to wait"))
    with pytest.raises(UserError, match="is writing"):
        start_at_the_same_moment(graph, monkeypatch, rivals(smaller=True), living)
    assert [run.sha256 for run in runs.every(graph)] == [rivals(smaller=True)]


def test_the_smaller_of_two_waits_for_the_other_to_go(
    graph: Any, living: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = runs.run_id("graph", rivals(smaller=False), {})
    monkeypatch.setattr("time.sleep", lambda _s: graph.store.runs.pop(other))
    run = start_at_the_same_moment(graph, monkeypatch, rivals(smaller=False), living)
    assert run.id == MINE[0]
    assert [run.id for run in runs.every(graph)] == [MINE[0]]


def test_the_smaller_of_two_goes_when_the_other_stays(
    graph: Any, living: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _s: None)
    monkeypatch.setattr(runs, "SETTLE_S", 0.01)
    with pytest.raises(UserError, match="is writing"):
        start_at_the_same_moment(graph, monkeypatch, rivals(smaller=False), living)
    assert [run.sha256 for run in runs.every(graph)] == [rivals(smaller=False)]


def test_the_same_run_started_twice_belongs_to_the_later(
    graph: Any, living: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = runs._take

    def overtaken(tx: Any, run: runs.Run) -> None:
        real(tx, run)
        tx._store.runs[run.id]["owner"] = f"{socket.gethostname()}|{living}|{born(living)}"

    monkeypatch.setattr(runs, "_take", overtaken)
    with pytest.raises(UserError, match="is writing"):
        begin(graph)
    assert len(runs.every(graph)) == 1, "it is the other's now"


def test_a_start_that_looked_too_early_sets_no_checkpoint_back(
    graph: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(graph)
    real = graph.write

    def meanwhile(work: Any, *, about: str = "") -> Any:
        """The same run moves on between our looking and our storing."""
        monkeypatch.setattr(graph, "write", real)
        real(lambda tx: runs.advance(tx, run, "models", 10, {"created": 10}))
        return real(work, about=about)

    monkeypatch.setattr(graph, "write", meanwhile)
    begin(graph)
    stored = runs.get(graph, run.id)
    assert (stored.done, stored.counts) == ({"models": 10}, {"created": 10})


def test_a_complete_run_of_a_living_process_is_in_nobodys_way(graph: Any, living: int) -> None:
    other = begin(graph, "other")
    runs.finish(graph, other, {})
    owned_by(graph, other, socket.gethostname(), living, born(living))
    assert begin(graph, "mine").seq == 2


def test_a_dead_process_is_in_nobodys_way(graph: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        started = born(child.pid)
    other = begin(graph, "other")
    owned_by(graph, other, socket.gethostname(), child.pid, started)
    assert begin(graph, "other").seq == 1


def test_a_process_id_that_was_given_again_is_not_the_old_process(graph: Any, living: int) -> None:
    other = begin(graph, "other")
    owned_by(graph, other, socket.gethostname(), living, f"{float(born(living)) - 100:.2f}")
    assert begin(graph, "mine").seq == 2


def test_an_own_unfinished_run_is_in_nobodys_way(graph: Any) -> None:
    other = begin(graph, "other")
    assert graph.store.runs[other.id]["owner"].split("|")[1] == str(os.getpid())
    assert begin(graph, "mine").seq == 2


@pytest.mark.parametrize(("age_s", "alive"), [(0, True), (200, True), (400, False)])
def test_another_host_is_believed_for_five_minutes(graph: Any, age_s: float, alive: bool) -> None:
    other = begin(graph, "other")
    owned_by(graph, other, "another-host", 1, "1.00", age_s)
    if alive:
        with pytest.raises(UserError, match="is writing"):
            begin(graph, "mine")
    else:
        assert begin(graph, "mine").seq == 2


def test_order_is_by_starting_even_when_the_clock_goes_back(
    graph: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = iter(range(23, 0, -1))
    monkeypatch.setattr(runs, "now", lambda: f"2025-07-12T{next(hours):02d}:00:00+00:00")
    for sha256 in ("c", "a", "b"):
        run = begin(graph, sha256)
        graph.write(lambda tx, run=run: runs.advance(tx, run, "models", 1, {}))
        runs.finish(graph, runs.get(graph, run.id), {"rows": 1})
    assert [(run.sha256, run.seq) for run in runs.every(graph)] == [("c", 1), ("a", 2), ("b", 3)]
    assert all(run.is_complete for run in runs.every(graph))


def test_a_run_that_is_taken_back_counts_no_more_and_cannot_be_gone_on_with(graph: Any) -> None:
    run = begin(graph)
    runs.finish(graph, run, {"rows": 1})
    before = runs.fingerprint(graph)
    runs.retire(graph, runs.get(graph, run.id))
    assert before
    assert runs.fingerprint(graph) == ""
    with pytest.raises(UserError, match=f"runs remove {run.id}"):
        begin(graph)
    runs.forget(graph, run)
    assert begin(graph).done == {}


def test_nothing_is_taken_back_while_another_process_loads(graph: Any, living: int) -> None:
    mine, other = begin(graph, "mine"), begin(graph, "other")
    runs.finish(graph, mine, {})
    owned_by(graph, other, socket.gethostname(), living, born(living))
    with pytest.raises(UserError, match="is writing"):
        runs.retire(graph, mine)
    assert runs.get(graph, mine.id).is_complete


def test_the_fingerprint_is_of_the_complete_loads_in_any_order() -> None:
    prints = set()
    for order in (("a", "b"), ("b", "a")):
        graph: Any = MemoryGraph()
        for sha256 in order:
            runs.finish(graph, begin(graph, sha256), {})
        begin(graph, "unfinished")
        runs.finish(graph, begin(graph, "d", kind="depth"), {})
        prints.add(runs.fingerprint(graph))
    assert len(prints) == 1
    other: Any = MemoryGraph()
    runs.finish(other, begin(other, "a"), {})
    assert runs.fingerprint(other) not in prints
    assert runs.fingerprint(MemoryGraph()) == ""  # type: ignore[arg-type]


def test_a_run_is_found_by_its_first_digits(graph: Any) -> None:
    made = [begin(graph, str(n)) for n in range(40)]
    assert runs.find(graph, made[3].id) == runs.get(graph, made[3].id)
    shared = next(d for d in "0123456789abcdef" if sum(r.id[0] == d for r in made) > 1)
    with pytest.raises(UserError, match="runs start with"):
        runs.find(graph, shared)
    with pytest.raises(UserError, match="No runs start with 'zz'"):
        runs.find(graph, "zz")


def test_a_description_holds_no_driver_or_process(graph: Any) -> None:
    row = runs.describe(begin(graph))
    assert row["state"] == "running"
    assert row["finished_at"] is None
    assert not any(socket.gethostname() in str(value) for value in row.values())
