"""Settings and servers that cannot be used: one clear line, at once, and never the password."""

from __future__ import annotations

import errno
import logging
import os
import socket
import ssl
import struct
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from modelkin.errors import ExitCode, ServerError, UserError
from modelkin.graph import drivers
from modelkin.graph.connect import connect
from modelkin.graph.faults import check_version
from modelkin.graph.settings import embedded_settings, neo4j_settings

CANARY = "canary-4b1d-password"


@pytest.fixture
def closed_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A loopback port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def refusal(
    caplog: pytest.LogCaptureFixture, uri: str, canary: str = CANARY, **environ: str
) -> UserError:
    """Connect in vain; check that the password is nowhere; return the error."""
    with caplog.at_level(logging.DEBUG), pytest.raises(UserError) as caught:
        connect(uri, environ={"NEO4J_PASSWORD": canary, **environ})
    chain = "".join(traceback.format_exception(caught.value))
    assert canary not in chain
    assert canary not in repr(caught.value)
    assert canary not in caplog.text
    return caught.value


@pytest.mark.parametrize("scheme", ["bolt", "neo4j", "bolt+s", "neo4j+ssc"])
def test_a_refused_connection_is_one_line_at_once(
    caplog: pytest.LogCaptureFixture, closed_port: int, scheme: str
) -> None:
    started = time.monotonic()
    error = refusal(caplog, f"{scheme}://127.0.0.1:{closed_port}")
    assert time.monotonic() - started < 5  # with the driver's own settings: 30 s
    assert isinstance(error, ServerError)
    assert error.exit_code == ExitCode.SERVER
    assert str(error).startswith(f"No server at {scheme}://127.0.0.1:{closed_port}: ")
    assert error.why == "the connection was refused"
    assert "docker compose up -d" in error.fix
    assert "\n" not in str(error)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j", "bolt+s", "neo4j+s"])
def test_a_server_that_never_answers_is_given_up(
    caplog: pytest.LogCaptureFixture,
    silent_port: int,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    monkeypatch.setattr(drivers, "CONNECT_S", 0.2)
    error = refusal(caplog, f"{scheme}://127.0.0.1:{silent_port}")
    assert isinstance(error, ServerError)
    assert "in time" in error.why


@contextmanager
def listener(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A loopback port where each connection meets this behaviour and is then closed."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def web_page(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def hang_up(connection: socket.socket) -> None:
    connection.recv(1000)


def reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def mumble(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(b"no")


BEHAVIOURS = {
    "web page": (web_page, "not of Bolt (7687)"),
    "hangs up": (hang_up, "does not answer as a Bolt server"),
    "resets": (reset, "does not answer as a Bolt server"),
    "mumbles": (mumble, "does not answer as a Bolt server"),
}


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
@pytest.mark.parametrize("what", BEHAVIOURS)
def test_what_answers_is_told_from_what_does_not(
    caplog: pytest.LogCaptureFixture, scheme: str, what: str
) -> None:
    behave, words = BEHAVIOURS[what]
    with listener(behave) as port:
        error = refusal(caplog, f"{scheme}://127.0.0.1:{port}")
    assert isinstance(error, ServerError)
    assert words in error.why
    assert "docker" not in error.fix, "something runs there already"


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
def test_a_server_without_encryption_is_told_from_one_with_a_foreign_certificate(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with listener(web_page) as port:
        error = refusal(caplog, f"{scheme}://127.0.0.1:{port}")
        assert "does not speak TLS" in error.why

        def distrust(*_: object, **__: object) -> None:
            raise ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed")

        monkeypatch.setattr(ssl.SSLContext, "wrap_socket", distrust)
        error = refusal(caplog, f"{scheme}://127.0.0.1:{port}")
    assert "certificate is not trusted" in error.why
    assert f"{scheme[:-1]}ssc://" in error.fix


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
@pytest.mark.parametrize("code", ["EAI_NONAME", "EAI_NODATA", "EAI_AGAIN", "EAI_FAIL"])
def test_an_unknown_host_is_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, scheme: str, code: str
) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(getattr(socket, code), "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = refusal(caplog, f"{scheme}://refused-handshake.example:7687")
    assert isinstance(error, ServerError)
    assert error.why == "the host name cannot be resolved"


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EHOSTUNREACH])
def test_a_network_that_leads_nowhere_is_said(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, scheme: str, number: int
) -> None:
    def connect_to(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket.socket, "connect", connect_to)
    assert refusal(caplog, f"{scheme}://127.0.0.1:7687").why == "no network leads to it"


@pytest.mark.parametrize(
    "uri",
    [
        "localhost:7687",
        "localhost",
        "http://localhost:7474",
        "bolt://",
        "bolt://:7687",
        "bolt://localhost:port",
        "bolt://localhost:99999",
        "bolt://localhost:0",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_are_none_are_refused(caplog: pytest.LogCaptureFixture, uri: str) -> None:
    error = refusal(caplog, uri)
    assert error.exit_code == ExitCode.USER
    assert error.fix == "Write it like bolt://localhost:7687."


@pytest.mark.parametrize("login", [f"neo4j:{CANARY}", CANARY, f":{CANARY}"])
def test_a_password_in_the_address_is_refused_and_not_repeated(
    caplog: pytest.LogCaptureFixture, login: str
) -> None:
    error = refusal(caplog, f"bolt://{login}@localhost:7687")
    assert error.exit_code == ExitCode.USER


@pytest.mark.parametrize("password", ["neo4j", "password", "Password", "NEO4J", "short", "1234567"])
def test_well_known_and_short_passwords_are_refused(password: str) -> None:
    with pytest.raises(UserError, match="too weak") as caught:
        connect("bolt://localhost", environ={"NEO4J_PASSWORD": password})
    assert caught.value.exit_code == ExitCode.USER


@pytest.mark.parametrize("environ", [{}, {"NEO4J_PASSWORD": ""}, {"NEO4J_PASSWORD_FILE": ""}])
def test_no_password_is_no_default_password(environ: dict[str, str]) -> None:
    with pytest.raises(UserError, match="No password for Neo4j"):
        connect("bolt://localhost", environ=environ)


@pytest.mark.parametrize("text", [CANARY, f"{CANARY}\n", f"neo4j/{CANARY}\n", f"{CANARY}\r\n"])
def test_the_password_file_may_be_the_containers(tmp_path: Path, text: str) -> None:
    file = tmp_path / "neo4j-password"
    file.write_bytes(text.encode())
    settings = neo4j_settings("bolt://localhost", None, {"NEO4J_PASSWORD_FILE": str(file)})
    assert settings is not None
    assert settings.password == CANARY
    assert CANARY not in repr(settings)


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UserError, match="Cannot read the password file") as caught:
            neo4j_settings("bolt://localhost", None, {"NEO4J_PASSWORD_FILE": str(path)})
        assert str(path) in caught.value.where
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="it is not text"):
        neo4j_settings("bolt://x", None, {"NEO4J_PASSWORD_FILE": str(tmp_path / "binary")})


def test_the_password_itself_wins_over_its_file() -> None:
    environ = {"NEO4J_PASSWORD": CANARY, "NEO4J_PASSWORD_FILE": "/nowhere", "NEO4J_DATABASE": "d"}
    settings = neo4j_settings("bolt://localhost", None, environ)
    assert settings is not None
    assert (settings.password, settings.database, settings.username) == (CANARY, "d", "neo4j")


def test_without_an_address_the_embedded_engine_is_meant(tmp_path: Path) -> None:
    assert neo4j_settings(None, None, {}) is None
    home = embedded_settings(None, {"MODELKIN_HOME": str(tmp_path / "grün haus")}).home
    assert home == tmp_path / "grün haus"
    assert embedded_settings(tmp_path / "x", {"MODELKIN_HOME": "/no"}).home == tmp_path / "x"
    assert embedded_settings(None, {}).home.is_absolute()


@pytest.mark.parametrize("heap", ["2", "g", "2t", "-1g", "2 g", "2gb"])
def test_a_heap_that_is_no_size_is_refused(heap: str) -> None:
    with pytest.raises(UserError, match="MODELKIN_HEAP"):
        embedded_settings("x", {"MODELKIN_HEAP": heap})


def test_the_heap_is_2_gb_or_a_quarter_of_a_small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    class Memory:
        total = 0

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    for total_gb, heap in ((64, "2048m"), (8, "2048m"), (4, "1024m"), (0.5, "256m")):
        Memory.total = int(total_gb * 2**30)
        assert embedded_settings("x", {}).heap == heap
    assert embedded_settings("x", {"MODELKIN_HEAP": "4G"}).heap == "4g"


@pytest.mark.parametrize(
    ("agent", "version"),
    [
        ("Neo4j/5.13.0", "5.13.0"),
        ("Neo4j/5.26.20", "5.26.20"),
        ("Neo4j/5.27-aura", "5.27-aura"),
        ("Neo4j/2025.01.0", "2025.01.0"),
        ("Neo4j/2026.10.1", "2026.10.1"),
    ],
)
def test_supported_versions_are_read(agent: str, version: str) -> None:
    assert check_version(agent, "bolt://x") == version


@pytest.mark.parametrize("agent", ["Neo4j/4.4.40", "Neo4j/5.12.0", "Memgraph/2.0", "", "Neo4j/dev"])
def test_other_versions_are_refused_with_the_range(agent: str) -> None:
    with pytest.raises(ServerError, match=r"Neo4j 5\.13 to 5\.26") as caught:
        check_version(agent, "bolt://x")
    assert caught.value.exit_code == ExitCode.SERVER


@pytest.mark.parametrize(
    ("uri", "exposed"),
    [
        ("bolt://localhost", False),
        ("neo4j://127.0.0.1:7687", False),
        ("bolt://[::1]:7687", False),
        ("bolt://db.example.org", True),
        ("neo4j://10.0.0.1", True),
        ("bolt+s://db.example.org", False),
        ("neo4j+ssc://db.example.org", False),
    ],
)
def test_a_password_that_would_cross_a_network_in_the_clear_is_noticed(
    uri: str, exposed: bool
) -> None:
    settings = neo4j_settings(uri, None, {"NEO4J_PASSWORD": CANARY})
    assert settings is not None
    assert settings.is_exposed is exposed
