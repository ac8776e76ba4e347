"""Catalogued queries through the people's door: read-only, each with limits of time and rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from modelkin.cypher import catalogue
from modelkin.errors import UserError

if TYPE_CHECKING:
    from modelkin.cypher.query import Query
    from modelkin.graph.client import Graph

SECONDS = {"neo4j": 10.0, "embedded": 30.0}
"""Limit of one query. The embedded engine could be stopped sooner only by ending its process."""

ROWS = 1_000_000
"""Most rows of one query; more is an error, never a cut answer."""


class Reads(Protocol):
    """Whatever answers catalogued read queries: a `Graph`, or an `Asking`."""

    def fetch(self, query: Query, **params: Any) -> list[dict[str, Any]]:
        """Return all rows."""
        ...


class Asking:
    """A graph behind the people's door; one object for each request.

    Parameters
    ----------
    graph : Graph
        Any engine.
    on_rows : callable, optional
        Called with the number of rows so far after each query.

    Attributes
    ----------
    sent : dict of str to (Query, dict)
        Each query sent, by name, with the parameters of its first time.
    """

    def __init__(self, graph: Graph, on_rows: Callable[[int], None] | None = None) -> None:
        self._graph, self._on_rows = graph, on_rows
        self._rows = 0
        self.sent: dict[str, tuple[Query, dict[str, Any]]] = {}

    def fetch(self, query: Query, **params: Any) -> list[dict[str, Any]]:
        """Return all rows of a catalogued read query.

        Raises
        ------
        UserError
            When it runs longer than `SECONDS` say, gives more than `ROWS`, or a load is running.
        """
        self.sent.setdefault(query.name, (query, params))
        answer = self._graph.ask(
            query.text, params, limit=ROWS, timeout_s=SECONDS[self._graph.engine]
        )
        if answer.truncated:
            raise UserError(
                f"{query.name} gives more than {ROWS:,} rows", fix="Ask about a smaller lineage."
            )
        self._rows += len(answer.rows)
        if self._on_rows is not None:
            self._on_rows(self._rows)
        columns = query.returns or answer.columns
        return [dict(zip(columns, row, strict=True)) for row in answer.rows]

    def ask(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """Return the rows of a query by its name, defaults filled in."""
        query = catalogue.get(name)
        return self.fetch(query, **catalogue.bind(query, params))

    def cypher(self) -> list[dict[str, str]]:
        """Return what was sent, ready to be pasted into Neo4j Browser."""
        return [
            {
                "name": query.name,
                "question": query.question,
                "params": catalogue.params_line(query, _short(params)),
                "text": query.text,
            }
            for query, params in self.sent.values()
        ]


def _short(params: dict[str, Any], most: int = 20) -> dict[str, Any]:
    """Cut long lists: a frontier of thousands of ids is no help to a reader."""
    return {k: v[:most] if isinstance(v, list) else v for k, v in params.items()}
