"""The local server of the page: one thread for each connection, reading only, on the loopback."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from modelkin.errors import ServerError, UserError
from modelkin.explorer import assets
from modelkin.explorer.guard import HEADERS, Guard, new_token
from modelkin.explorer.routes import Routes, Text, UnknownModelError
from modelkin.graph.faults import TimedOut

if TYPE_CHECKING:
    from modelkin.graph.client import Graph

LOG = logging.getLogger("modelkin.explorer")
IDLE_S = 60.0
STREAMED = "/api/lineage"
"""Answered in lines: how many rows were read so far, again and again, then the answer."""


class Server(ThreadingHTTPServer):
    """Serves one graph until it is shut down.

    Parameters
    ----------
    graph : Graph
        Any engine.
    port : int
        Port of 127.0.0.1; 0 takes a free one.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, graph: Graph, port: int = 0) -> None:
        try:
            super().__init__(("127.0.0.1", port), Handler)
        except OSError as error:
            raise UserError(
                f"Cannot listen on port {port}", why=error.strerror or str(error),
                fix="Name another with `--port`, or none.",
            ) from None  # fmt: skip
        self.routes = Routes(graph)
        self.guard = Guard.at(self.server_port, new_token())

    def address(self, query: str = "") -> str:
        """Return the address to open; the key stands behind #, which browsers never send."""
        head = f"http://127.0.0.1:{self.server_port}/"
        return f"{head}{'?' + query if query else ''}#token={self.guard.token}"

    def bug(self, error: Exception) -> None:
        """Keep what went wrong for whoever reads logs; the page is told in general words."""
        LOG.error("a question of the page failed", exc_info=error)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a browser goes away in the middle of an answer."""
        LOG.debug("connection lost", exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def __getattr__(self, name: str) -> Any:
        # http.server looks for do_METHOD: the guard answers for every method there is.
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)

    @property
    def _ours(self) -> Server:
        return cast(Server, self.server)

    def _any(self) -> None:
        """Answer one request."""
        headers: dict[str, list[str]] = defaultdict(list)
        for name, value in self.headers.items():
            headers[name.lower()].append(value)
        parts = urlsplit(self.path)
        refusal = self._ours.guard.refusal(self.command, parts.path, headers)
        if refusal is not None:
            self.close_connection = True  # a body that we do not read may follow
            self._json(refusal[0], {"error": refusal[1]})
        elif parts.path in assets.served():
            self._send(200, *assets.served()[parts.path])
        elif parts.path == STREAMED and self.command == "GET":
            self._stream(parts.path, parts.query)
        else:
            status, answer = self._answer(parts.path, parts.query)
            if isinstance(answer, Text):
                keep = {"Content-Disposition": f'attachment; filename="{answer.name}"'}
                body = answer.text.encode("utf-8", "backslashreplace")
                self._send(status, body, answer.kind, keep)
            else:
                self._json(status, answer)

    def _answer(self, path: str, query: str, on_rows: Any = None) -> tuple[int, Any]:
        """Return status and answer; every error that a person can do something about in words."""
        try:
            found = self._ours.routes.answer(path, query, on_rows)
        except UnknownModelError as error:
            return 404, {"error": error.line(), "closest": error.near}
        except TimedOut as error:
            return 504, {"error": error.line()}
        except ServerError as error:
            return 503, {"error": error.line()}
        except UserError as error:
            return 400, {"error": error.line()}
        except Exception as error:  # noqa: BLE001 - the boundary: whatever is left is our bug
            self._ours.bug(error)
            return 500, {"error": "This is a bug in modelkin, not yours; its log says more."}
        return (200, found) if found is not None else (404, {"error": "there is no such page"})

    def _stream(self, path: str, query: str) -> None:
        """Answer in lines, so that the page can show how far the reading is."""
        self.close_connection = True
        self._head(200, "application/x-ndjson", {"Connection": "close"})

        def progress(n: int) -> None:
            self._line({"progress": n})

        status, answer = self._answer(path, query, progress)
        self._line({"status": status, "answer": answer})

    def _line(self, data: Any) -> None:
        self.wfile.write(json.dumps(data, separators=(",", ":")).encode() + b"\n")
        self.wfile.flush()

    def _json(self, status: int, data: Any) -> None:
        self._send(status, json.dumps(data).encode(), "application/json")

    def _send(
        self, status: int, body: bytes, kind: str, more: dict[str, str] | None = None
    ) -> None:
        """Send a whole answer."""
        self._head(status, kind, {"Content-Length": str(len(body)), **(more or {})})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, kind: str, more: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **HEADERS, **more}.items():
            self.send_header(name, value)
        if self.close_connection and "Connection" not in more:
            self.send_header("Connection", "close")
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request at all, in our words and with our headers."""
        self.command = self.command or "GET"
        self.request_version = self.protocol_version  # else http.server sends no headers
        self.close_connection = True
        self._json(code, {"error": HTTPStatus(code).phrase})

    def version_string(self) -> str:
        """Name the server, without versions."""
        return "modelkin"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Keep no log of requests: they hold what somebody looked for."""
