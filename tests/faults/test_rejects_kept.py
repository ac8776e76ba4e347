"""Rows that were not stored are kept before a run is complete, whole or not at all."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from listed_source import ListedSource
from memory_graph import MemoryGraph

from modelkin.commands import load as commands
from modelkin.commands.session import Session
from modelkin.errors import ExitCode, UserError
from modelkin.graph import runs
from modelkin.loader import rejects
from modelkin.loader.load import load
from modelkin.loader.records import EdgeRow, ModelRow, Reject, SetAside

GOOD = [ModelRow(f"a/m{n}", {"likes": n}, "hub-api") for n in range(300)]
BAD = (
    Reject("row 7", "bad_id", "the id is empty", "\\x1b[31m"),
    Reject("row 8", "lone_surrogate", "no text", "\ud800 名"),
    SetAside("row 9", ("rope_theta_is_boolean", "hidden_size_is_text"), "a,b"),
)
SOURCE = ListedSource.of(*GOOD, EdgeRow("a/m1", "a/m2", "merge"), *BAD)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def graph() -> Any:
    return MemoryGraph()


def files() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*") if path.is_file())


def test_every_row_that_was_not_stored_is_kept_with_its_reasons(graph: Any) -> None:
    report = load(graph, SOURCE, "s")
    assert report.run is not None
    assert files() == [f"rejects/{report.run.id}.jsonl"]
    kept = rejects.read(report.run.id[:6])
    assert [row["where"] for row in kept] == ["row 7", "row 8", "row 9"]
    assert [row["kind"] for row in kept] == ["rejected", "rejected", "set aside"]
    assert kept[2]["codes"] == ["rope_theta_is_boolean", "hidden_size_is_text"]
    assert kept[2]["message"] == "not believed: rope_theta is boolean; hidden_size is text"
    assert kept[0]["excerpt"] == "\\x1b[31m"
    assert len(kept) == report.counts["rejected"] + report.counts["set_aside"]


def test_the_load_command_says_where_they_are_and_leaves_the_keeping_to_the_load(
    graph: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept: list[Path | None] = []
    real = rejects.keep
    monkeypatch.setattr(rejects, "keep", lambda report: kept.append(real(report)) or kept[-1])

    class Here(Session):
        @contextmanager
        def graph(self) -> Iterator[Any]:
            yield graph

    for _ in range(2):
        commands._store(Here(), SOURCE, "s", None)
    (path,) = kept
    assert capsys.readouterr().err.count(f"rows that were not stored: {path}") == 1


def test_loading_again_leaves_the_file_as_it_is(graph: Any) -> None:
    load(graph, SOURCE, "s")
    before = {name: Path(name).read_bytes() for name in files()}
    again = load(graph, SOURCE, "s")
    assert again.already_complete
    assert rejects.keep(again) is None
    assert {name: Path(name).read_bytes() for name in files()} == before


def test_a_load_without_rejects_keeps_no_file(graph: Any) -> None:
    report = load(graph, ListedSource.of(*GOOD), "s")
    assert report.run is not None
    assert files() == []
    with pytest.raises(UserError, match="No rejected rows are kept"):
        rejects.read(report.run.id)


@pytest.mark.parametrize("name", ["../secret", "*", "", "a b"])
def test_only_a_run_is_looked_up(name: str) -> None:
    Path("rejects").mkdir()
    Path("rejects/0123.jsonl").write_text("{}\n")
    Path("secret.jsonl").write_text("{}\n")
    with pytest.raises(UserError):
        rejects.read(name)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_full_disk_stops_the_load_and_nothing_is_claimed_complete(
    graph: Any, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    real, written = rejects._line, 0

    def full(row: Reject | SetAside) -> str:
        nonlocal written
        written += 1
        if written > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(row)

    monkeypatch.setattr(rejects, "_line", full)
    with pytest.raises(UserError, match="No space left") as caught:
        load(graph, SOURCE, "s")
    assert caught.value.exit_code is ExitCode.USER
    assert files() == []
    (run,) = runs.every(graph)
    assert not run.is_complete
    monkeypatch.undo()


def test_a_kill_while_writing_leaves_no_half_file_to_read(
    graph: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = iter(["{}\n"])
    monkeypatch.setattr(rejects, "_line", lambda _row: next(lines, None) or killed())
    with pytest.raises(KeyboardInterrupt):
        load(graph, SOURCE, "s")
    (run,) = runs.every(graph)
    with pytest.raises(UserError, match="No rejected rows are kept"):
        rejects.read(run.id)


def killed() -> str:
    raise KeyboardInterrupt


def test_after_a_full_disk_the_same_load_ends_as_if_nothing_had_been(
    graph: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(rejects, "FOLDER", Path("/dev/full/rejects"))
        with pytest.raises(UserError):
            load(graph, SOURCE, "s")
    report = load(graph, SOURCE, "s")
    undisturbed = MemoryGraph()
    assert report.counts == load(undisturbed, SOURCE, "s").counts  # type: ignore[arg-type]
    assert graph.store.dump() == undisturbed.store.dump()
    assert report.run is not None
    assert len(rejects.read(report.run.id)) == len(BAD)
