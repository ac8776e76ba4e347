"""The explorer's server in a thread, and tabs that notice what no page of ours may do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from modelkin.explorer.server import Server
from modelkin.graph.client import Graph


@contextmanager
def serving(graph: Graph) -> Iterator[Server]:
    """The explorer's server over a graph."""
    server = Server(graph)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Visit:
    """A tab of the browser; `problems` holds what no page of ours may do."""

    def __init__(self, page: Any, server: Server) -> None:
        self.page, self.server = page, server
        self.problems: list[str] = []
        self.allowed: tuple[str, ...] = ()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        ours = parts.netloc == f"127.0.0.1:{self.server.server_port}"
        if parts.scheme not in ("blob", "data", "file") and not ours:
            self.problems.append(f"request: {request.url}")

    def open(self, query: str = "", ready: str = "drawn") -> Any:
        """Open the page, wait until it shows what was asked for, and return it."""
        self.page.goto(self.server.address(query))
        self.page.locator(f"body[data-ready={ready}]:not([data-mode=waiting])").wait_for()
        return self.page


@contextmanager
def visiting(chromium: Any, server: Server) -> Iterator[Visit]:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme="light", reduced_motion="reduce",
        accept_downloads=True,
    )  # fmt: skip
    context.set_default_timeout(15_000)
    made = Visit(context.new_page(), server)
    try:
        yield made
    finally:
        context.close()
    left = [p for p in made.problems if not any(word in p for word in made.allowed)]
    assert left == []
