"""The page's server: every fence by what gets through without it, and errors in words."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from modelkin.errors import ServerError, UserError
from modelkin.explorer import assets
from modelkin.explorer.guard import HEADERS, POLICY, TOKEN_HEADER
from modelkin.explorer.routes import Text, UnknownModelError
from modelkin.explorer.server import Server
from modelkin.graph.faults import TimedOut


class Answering:
    """Stands for the routes: says what it was asked, or fails as told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.error: Exception | None = None

    def answer(self, path: str, query: str, on_rows: Any = None) -> Any:
        self.asked.append((path, query))
        if on_rows:
            on_rows(7)
        if self.error:
            raise self.error
        if path == "/api/export":
            return Text("a,b\r\n", "text/csv", "lineage.csv")
        return {"path": path} if path in ("/api/card", "/api/lineage") else None


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(None)  # type: ignore[arg-type] # no graph is reached
    made.routes = Answering()  # type: ignore[assignment] # in place of the real ones
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def ask(
    server: Server, path: str = "/api/card?id=x", method: str = "GET", **headers: str | None
) -> tuple[int, dict[str, str], bytes]:
    """A request as the page sends it; a header given as None is left out."""
    sent: dict[str, str | None] = {
        "Host": f"127.0.0.1:{server.server_port}",
        TOKEN_HEADER: server.guard.token,
        "Sec-Fetch-Site": "same-origin",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in sent.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


def asked(server: Server) -> list[tuple[str, str]]:
    return server.routes.asked  # type: ignore[attr-defined,no-any-return] # of Answering


def test_the_page_itself_may_ask(server: Server) -> None:
    assert ask(server)[0] == 200
    assert ask(server, Host=f"localhost:{server.server_port}")[0] == 200
    assert ask(server, Sec_Fetch_Site=None)[0] == 200
    assert asked(server) == [("/api/card", "id=x")] * 3


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "", None]
)
def test_another_name_of_this_machine_is_refused(server: Server, host: str | None) -> None:
    """A hostile name server points its own name at 127.0.0.1."""
    assert ask(server, Host=host)[0] == 421
    assert ask(server, "/", Host=host)[0] == 421
    assert asked(server) == []


def test_two_names_at_once_are_refused(server: Server) -> None:
    good = f"127.0.0.1:{server.server_port}"
    text = f"GET /api/card HTTP/1.1\r\nHost: {good}\r\nHost: evil.example\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as raw:
        raw.sendall(text.encode())
        assert b" 421 " in raw.recv(200)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_only_reading_methods_pass(server: Server, method: str) -> None:
    assert ask(server, method=method)[0] == 405
    assert asked(server) == []


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_pages_of_other_sites_are_refused(server: Server, site: str) -> None:
    assert ask(server, Sec_Fetch_Site=site)[0] == 403
    assert ask(server, "/static/main.js", Sec_Fetch_Site=site)[0] == 403
    assert asked(server) == []


@pytest.mark.parametrize("token", [None, "", "wrong", "ä"])
def test_data_need_the_key(server: Server, token: str | None) -> None:
    assert ask(server, **{TOKEN_HEADER: token})[0] == 401
    assert ask(server, "/api/lineage?id=x", **{TOKEN_HEADER: token})[0] == 401
    assert asked(server) == []


def test_the_key_is_long_new_each_time_and_only_behind_the_hash(server: Server) -> None:
    other = Server(None)  # type: ignore[arg-type] # no graph is reached
    other.server_close()
    assert len(server.guard.token) >= 43
    assert server.guard.token != other.guard.token
    head, _, fragment = server.address("id=a/b").partition("#")
    assert server.guard.token not in head
    assert fragment == f"token={server.guard.token}"
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "changed"),
    [("/", {}), ("/static/app.css", {}), ("/api/card?id=x", {}), ("/nowhere", {}),
     ("/", {"Host": "evil.example"}), ("/api/card", {TOKEN_HEADER: "wrong"})],
)  # fmt: skip
def test_every_answer_says_what_the_page_may_load(
    server: Server, path: str, changed: dict[str, str]
) -> None:
    _, headers, _ = ask(server, path, **changed)
    for name, value in HEADERS.items():
        assert headers[name.lower()] == value
    assert not [name for name in headers if name.startswith("access-control")]
    assert headers["server"] == "modelkin"
    assert "unsafe" not in POLICY


@pytest.mark.parametrize(
    "path",
    ["/static/../guard.py", "/guard.py", "/static/%2e%2e/guard.py", "//etc/passwd",
     "/vendor/README.md", "/api/", "/api/nothing"],
)  # fmt: skip
def test_nothing_else_is_served(server: Server, path: str) -> None:
    assert ask(server, path)[0] == 404


def test_the_page_names_only_what_is_served(server: Server) -> None:
    for path, (content, kind) in assets.served().items():
        status, headers, body = ask(server, path, **{TOKEN_HEADER: None})
        assert (status, headers["content-type"], body) == (200, kind, content)


@pytest.mark.parametrize(
    ("error", "status"),
    [(UserError("no"), 400), (UnknownModelError("x", ["y"]), 404), (ServerError("away"), 503),
     (TimedOut("slow"), 504), (ZeroDivisionError("secret"), 500)],
)  # fmt: skip
def test_errors_are_said_in_words(server: Server, error: Exception, status: int) -> None:
    server.routes.error = error  # type: ignore[attr-defined] # of Answering
    found, _, body = ask(server)
    said = json.loads(body)
    assert found == status
    assert said["error"].endswith(".")
    assert "secret" not in body.decode()
    assert said.get("closest", ["y"]) == ["y"]
    lines = ask(server, "/api/lineage?id=x")[2].splitlines()
    assert json.loads(lines[-1])["status"] == status


def test_a_lineage_comes_with_its_progress(server: Server) -> None:
    lines = [json.loads(line) for line in ask(server, "/api/lineage?id=x")[2].splitlines()]
    assert lines == [{"progress": 7}, {"status": 200, "answer": {"path": "/api/lineage"}}]


def test_a_download_is_a_file_to_keep(server: Server) -> None:
    status, headers, body = ask(server, "/api/export?id=x")
    assert (status, body) == (200, b"a,b\r\n")
    assert headers["content-disposition"] == 'attachment; filename="lineage.csv"'


def test_what_is_no_request_gets_no_page_of_the_library(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as raw:
        raw.sendall(b"GET <script>alert(1)</script> HTTP/9\r\n\r\n")
        answer = raw.recv(4000)
    assert b"<script>" not in answer
    assert POLICY.encode() in answer


def test_a_port_that_is_taken_is_an_error_in_words(server: Server) -> None:
    with pytest.raises(UserError, match=r"Cannot listen on port \d+: .*in use"):
        Server(None, server.server_port)  # type: ignore[arg-type] # no graph is reached
