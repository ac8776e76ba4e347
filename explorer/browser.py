"""A tiny server for Neo4j Browser: three files that it fetches from another origin, nothing else.

Browser takes guides and styles from localhost without any setting, and asks first (OPTIONS).
"""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

from modelkin.cypher import guide
from modelkin.errors import UserError

PAGE = "http://localhost:7474/browser/"
"""Where Neo4j serves its Browser unless configured otherwise."""

_HEADER = re.compile(r"[A-Za-z0-9-]+( *, *[A-Za-z0-9-]+)*")


class BrowserFiles(ThreadingHTTPServer):
    """Serves style, guide and saved queries to one Browser.

    Parameters
    ----------
    page : str
        Address of the Browser: only its origin may read.
    port : int
        Port of 127.0.0.1; 0 takes a free one.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, page: str = PAGE, port: int = 0) -> None:
        parts = urlsplit(page)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"{page!r} is no address of Neo4j Browser", fix=f"It looks like {PAGE}")
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise UserError(
                f"Cannot listen on port {port}", why=error.strerror or str(error),
                fix="Name another with `--port`, or none.",
            ) from None  # fmt: skip
        self.page = page
        self.origins = _origins(f"{parts.scheme}://{parts.netloc}")
        self.files = {
            "/style.grass": (guide.style().encode(), "text/plain; charset=utf-8"),
            "/guide.html": (
                guide.guide(self.url("style.grass"), self.url("queries.zip")).encode(),
                "text/html; charset=utf-8",
            ),
            "/queries.zip": (guide.saved_queries(), "application/zip"),
        }

    def url(self, name: str) -> str:
        """Return the address of a file; Browser trusts the name localhost, not 127.0.0.1."""
        return f"http://localhost:{self.server_port}/{name}"

    def address(self, bolt: str, user: str, database: str) -> str:
        """Return the address that opens Browser with connection and guide filled in.

        Parameters
        ----------
        bolt : str
            Address of the database, as ``bolt://host:7687``.
        user, database : str
            Filled in as well; Browser has no way to be given a password.
        """
        parts = urlsplit(bolt)
        dbms = f"{parts.scheme}://{quote(user, safe='')}@{parts.netloc.rpartition('@')[2]}"
        given = {"dbms": dbms, "db": database, "cmd": "guide", "arg": self.url("guide.html")}
        return f"{self.page}?{urlencode(given, safe=':/@')}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when Browser goes away in the middle of a file."""


def _origins(origin: str) -> frozenset[str]:
    """Return an origin by both names of this machine."""
    return frozenset(
        {origin, origin.replace("//127.0.0.1", "//localhost"),
         origin.replace("//localhost", "//127.0.0.1")}
    )  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    """GET and OPTIONS of three files."""

    protocol_version = "HTTP/1.1"
    timeout = 60.0

    def __getattr__(self, name: str) -> Any:
        # http.server looks for do_METHOD: every other method is refused here.
        if name.startswith("do_"):
            return lambda: self._send(405)
        raise AttributeError(name)

    def do_GET(self) -> None:
        """Give a file."""
        self._send(200)

    def do_OPTIONS(self) -> None:
        """Allow the request that Browser is about to send."""
        self._send(204)

    def _send(self, status: int) -> None:
        """Answer with the file, or with the refusal."""
        ours = cast(BrowserFiles, self.server)
        hosts = self.headers.get_all("Host") or []
        if hosts not in ([f"localhost:{ours.server_port}"], [f"127.0.0.1:{ours.server_port}"]):
            status = 421
        found = ours.files.get(urlsplit(self.path).path)
        if status in (200, 204) and found is None:
            status = 404
        body, kind = found if status == 200 and found else (b"", "text/plain")
        self.send_response(status)
        origin = self.headers.get("Origin", "")
        if origin in ours.origins and status in (200, 204):
            self._allow(origin)
        if status == 405:
            self.close_connection = True  # a body that we do not read may follow
            self.send_header("Allow", "GET, OPTIONS")
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))),
                            ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"),
                            ("Content-Security-Policy", "default-src 'none'"),
                            ("Vary", "Origin")):  # fmt: skip
            if name != "Content-Length" or status != 204:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _allow(self, origin: str) -> None:
        """Let this origin read, with the headers that it asks for by name."""
        self.send_header("Access-Control-Allow-Origin", origin)
        self.send_header("Access-Control-Allow-Methods", "GET, OPTIONS")
        asked = self.headers.get("Access-Control-Request-Headers", "")
        if _HEADER.fullmatch(asked):
            self.send_header("Access-Control-Allow-Headers", asked)

    def version_string(self) -> str:
        """Name the server, without versions."""
        return "modelkin"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Keep no log."""
