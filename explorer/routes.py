"""The questions that a page may ask: their paths, their parameters with limits, who answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from modelkin.errors import UserError
from modelkin.explorer import answers
from modelkin.explorer.filters import Filters, read
from modelkin.explorer.fold import BUDGET, MOST
from modelkin.explorer.members import Stored, Walked
from modelkin.graph.asking import Asking
from modelkin.graph.neighbours import why_none
from modelkin.graph.stale import stale
from modelkin.graph.walk import closest, require

if TYPE_CHECKING:
    from modelkin.graph.client import Graph

OnRows = Callable[[int], None]

KEPT, KEPT_S = 8, 120.0
"""Lineages kept in memory, and for how many seconds: pages of children come from them."""

DOWNLOADS = {"csv": "text/csv", "graphml": "application/xml", "json": "application/json"}
"""Kinds of file that can be downloaded, with their media types."""


class UnknownModelError(UserError):
    """A model that is not in the graph, with the ids closest to it."""

    def __init__(self, model: str, near: list[str]) -> None:
        super().__init__(f"Model {model!r} is not in the graph")
        self.near = near


@dataclass(frozen=True, slots=True)
class Text:
    """An answer that is a file to keep."""

    text: str
    kind: str
    name: str


class Given:
    """The parameters of one request."""

    def __init__(self, query: str) -> None:
        try:
            self.values = parse_qs(query, keep_blank_values=True, max_num_fields=200)
        except ValueError:
            raise UserError("Too many parameters") from None

    def text(self, name: str, most: int = 200, *, least: int = 1) -> str:
        """Return a text of limited length."""
        value = self.values.get(name, [""])[-1]
        if not least <= len(value) <= most:
            raise UserError(f"{name} must have {least} to {most} characters")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number within limits."""
        said = self.values.get(name, [str(default)])[-1]
        if not (said.isascii() and said.isdigit() and len(said) < 12 and low <= int(said) <= high):
            raise UserError(f"{name} must be a whole number from {low:,} to {high:,}")
        return int(said)

    def word(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """Return one of several words."""
        said = self.values.get(name, [default])[-1]
        if said not in choices:
            raise UserError(f"{name} must be one of {', '.join(choices)}")
        return said

    def texts(self, name: str, most: int = 50) -> list[str]:
        """Return all values of a parameter."""
        said = self.values.get(name, [])
        if len(said) > most or any(len(value) > 200 for value in said):
            raise UserError(f"Too many values of {name}, or one that is too long")
        return said


class Routes:
    """Answers for one graph.

    Parameters
    ----------
    graph : Graph
        Any engine; asked through the people's door only.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._kept: dict[tuple[str, Filters], tuple[float, Walked | Stored]] = {}
        self._lock = threading.Lock()
        self.table: Mapping[str, Callable[[Asking, Given], Any]] = {
            "/api/start": self._start, "/api/search": self._search, "/api/lineage": self._lineage,
            "/api/children": self._children, "/api/card": self._card,
            "/api/similar": self._similar, "/api/compare": self._compare, "/api/path": self._path,
            "/api/export": self._export,
        }  # fmt: skip

    def answer(self, path: str, query: str, on_rows: OnRows | None = None) -> Any:
        """Return the answer to one request, or None where there is no such path.

        Raises
        ------
        UserError
            When parameters are wrong, a model is unknown, or the database does not answer.
        """
        found = self.table.get(path)
        return found(Asking(self.graph, on_rows), Given(query)) if found else None

    def _start(self, ask: Asking, given: Given) -> Any:
        said = answers.start(ask)
        return {**said, "engine": self.graph.engine, "notices": stale(self.graph, "depth", "drift",
                "similarity") if said["counts"]["models"] else []}  # fmt: skip

    def _search(self, ask: Asking, given: Given) -> Any:
        return answers.search(ask, given.text("q"), given.number("limit", 12, 1, 20))

    def _lineage(self, ask: Asking, given: Given) -> Any:
        filters = read(given.values)
        members = self._members(ask, self._model(ask, given, "id"), filters)
        found = answers.lineage(
            ask, members, filters,
            budget=given.number("budget", BUDGET, 1, MOST),
            opened=given.texts("open"), show=given.texts("show"),
        )  # fmt: skip
        return {**found, "notices": stale(self.graph, "depth", "drift")}

    def _children(self, ask: Asking, given: Given) -> Any:
        filters = read(given.values)
        focus = self._model(ask, given, "focus")
        return answers.children(
            ask, self._members(ask, focus, filters), self._model(ask, given, "id"),
            given.word("sort", "downloads", ("downloads", "descendants", "id")),
            given.number("offset", 0, 0, 10_000_000), given.number("limit", 50, 1, 200),
        )  # fmt: skip

    def _card(self, ask: Asking, given: Given) -> Any:
        return answers.card(ask, self._model(ask, given, "id"))

    def _similar(self, ask: Asking, given: Given) -> Any:
        model = self._model(ask, given, "id")
        found = answers.similar(ask, model, given.number("limit", 10, 1, 50))
        why = [] if found["rows"] else [why_none(self.graph, model)]
        return {**found, "notices": why + stale(self.graph, "similarity")}

    def _compare(self, ask: Asking, given: Given) -> Any:
        return answers.compare(ask, self._model(ask, given, "a"), self._model(ask, given, "b"))

    def _path(self, ask: Asking, given: Given) -> Any:
        return answers.path(
            ask, self._model(ask, given, "a"), self._model(ask, given, "b"),
            given.number("max", 50, 1, 50), read(given.values).relations,
        )  # fmt: skip

    def _export(self, ask: Asking, given: Given) -> Any:
        from modelkin.explorer.table import rows_of
        from modelkin.output.export import WRITERS

        filters = read(given.values)
        kind = given.word("as", "csv", tuple(DOWNLOADS))
        nodes, edges = rows_of(ask, Walked(ask, self._model(ask, given, "id"), filters))
        return Text(WRITERS[kind](nodes, edges, False), DOWNLOADS[kind], f"lineage.{kind}")

    def _model(self, ask: Asking, given: Given, name: str) -> str:
        """Return the id as the graph spells it."""
        said = given.text(name)
        if ask.ask("fetch/members", ids=[said]):  # by the key: other cases need a search
            return said
        try:
            return require(ask, said)
        except UserError:
            raise UnknownModelError(said, [model for model, _ in closest(ask, said, 5)]) from None

    def _members(self, ask: Asking, focus: str, filters: Filters) -> Walked | Stored:
        """Return a lineage, read once for the requests that follow each other."""
        now = time.monotonic()
        with self._lock:
            kept = self._kept.get((focus, filters))
            if kept is not None and now - kept[0] < KEPT_S:
                if isinstance(kept[1], Stored):
                    kept[1].ask = ask
                return kept[1]
        counted = not stale(self.graph, "depth")
        members = answers.members_of(ask, focus, filters, counted=counted)
        with self._lock:
            self._kept[(focus, filters)] = (now, members)
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return members
