"""Whatever goes wrong, the password is in nothing that is printed, logged, written or stored."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from bolt_double import BoltDouble, How
from memory_graph import Row, Store

from modelkin import cli
from modelkin.errors import UserError
from modelkin.graph.connect import connect

CANARY = "canary-9c41-Pa55word"
CONFIGS = "model_id,hidden_size,evidence\na/b,8,config.json\n a b,9,\na/c,1e999,\n"


class CountedStore(Store):
    """A store that also says how much it holds."""

    def counts(self) -> list[Row]:
        return [dict.fromkeys(("models", "configured", "edges", "similar", "runs"), 1)]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BoltDouble]:
    """The double, and settings that lead to it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("neo4j._sync.work.session.sleep", lambda _seconds: None)
    monkeypatch.delenv("NEO4J_PASSWORD_FILE", raising=False)
    (tmp_path / "configs.csv").write_text(CONFIGS, encoding="utf-8")
    with BoltDouble() as double:
        double.begin(CountedStore())
        monkeypatch.setenv("NEO4J_URI", double.uri)
        monkeypatch.setenv("NEO4J_PASSWORD", CANARY)
        yield double


def everything(
    folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> str:
    """All that was printed, logged and written."""
    files = [f for f in sorted(folder.rglob("*")) if f.is_file()]
    written = [str(f) + f.read_bytes().decode("utf-8", "replace") for f in files]
    return "\n".join([*capsys.readouterr(), caplog.text, *written])


FAILS = (
    "Neo.ClientError.Security.Unauthorized",
    "Neo.ClientError.Security.CredentialsExpired",
    "Neo.ClientError.Database.DatabaseNotFound",
    "Neo.ClientError.Statement.SyntaxError",
    "Neo.ClientError.Schema.ConstraintValidationFailed",
    "Neo.DatabaseError.General.UnknownError",
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
)
PLACES = ("RETURN 1 AS one", "load/run_put", "load/create_configured")


@pytest.mark.parametrize(
    ("code", "where"),
    [(code, where) for code in FAILS for where in PLACES],
)
def test_a_server_that_fails_does_not_make_us_tell(
    server: BoltDouble,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    code: str,
    where: str,
) -> None:
    server.fails = lambda name, _params: code if name == where else None
    with caplog.at_level(logging.DEBUG):
        ended = cli.run(["load", "configs", "configs.csv"])
    told = everything(tmp_path, capsys, caplog)
    assert ended in {2, 3}, told
    assert "error:" in told
    assert "Traceback" not in told
    assert CANARY not in told
    assert CANARY not in repr(server.store.dump())


@pytest.mark.parametrize("how", ["before", "after", "half"])
def test_a_cut_connection_does_not_make_us_tell(
    server: BoltDouble,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    how: How,
) -> None:
    for number in (0, 1, 3):  # while greeting, logging in, asking
        server.begin(CountedStore())
        server.cuts = {number: how}
        with caplog.at_level(logging.DEBUG):
            cli.run(["load", "configs", "configs.csv"])
        assert CANARY not in everything(tmp_path, capsys, caplog)


def test_a_load_with_rejects_keeps_the_password_out_of_file_graph_and_account(
    server: BoltDouble,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        ended = cli.run(["load", "configs", "configs.csv"])
    told = everything(tmp_path, capsys, caplog)
    assert ended == 4, told
    assert "rejected" in told
    assert list((tmp_path / "rejects").glob("*.jsonl")), "rejects are kept"
    assert CANARY not in told
    assert len(server.store.runs) == 1
    assert CANARY not in repr([server.store.runs, server.store.dump()])


def test_a_bug_of_ours_prints_where_and_never_what_was_held(
    server: BoltDouble,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(graph: object, *_arguments: object, **_more: object) -> None:
        secret = graph._place  # type: ignore[attr-defined] # a traceback with locals would show it
        raise ZeroDivisionError(f"{secret!r:.9}")

    monkeypatch.setattr("modelkin.loader.load.load", broken)
    ended = cli.run(["load", "configs", "configs.csv"])
    told = everything(tmp_path, capsys, caplog)
    assert ended == 1
    assert "ZeroDivisionError" in told
    assert CANARY not in told


@pytest.mark.parametrize(
    "uri",
    [
        "bolt://{canary}@127.0.0.1:1",
        "bolt://neo4j:{canary}@127.0.0.1:1",
        "http://neo4j:{canary}@127.0.0.1:1",
    ],
)
def test_a_password_in_the_wrong_place_is_not_repeated(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    uri: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEO4J_PASSWORD", CANARY)
    for arguments in (
        ["--uri", uri.format(canary=CANARY), "families"],
        ["doctor"],
        ["db", "status"],
    ):
        monkeypatch.setenv("NEO4J_URI", uri.format(canary=CANARY))
        cli.run(arguments)
        assert CANARY not in everything(tmp_path, capsys, caplog), arguments


def test_no_object_shows_the_password(server: BoltDouble) -> None:
    with connect() as graph:
        held = [graph, graph._place, graph._drivers, graph._drivers.target]
        assert CANARY not in repr(held)
        assert CANARY not in str(held)


def test_an_error_that_leads_back_into_itself_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        error, other = UserError("No"), ValueError("why")
        error.__cause__, other.__context__ = other, error
        raise error

    monkeypatch.setattr("modelkin.cypher.catalogue.questions", fail)
    assert cli.run(["queries", "list"]) == 2
    assert capsys.readouterr().err == "error: No.\n"


def test_a_port_that_nobody_listens_on(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("NEO4J_URI", f"bolt://127.0.0.1:{port}")
    monkeypatch.setenv("NEO4J_PASSWORD", CANARY)
    for arguments in (["families"], ["doctor"], ["db", "status"], ["cypher", "RETURN 1"]):
        with caplog.at_level(logging.DEBUG):
            assert cli.run(arguments) != 1
        assert CANARY not in everything(tmp_path, capsys, caplog), arguments
