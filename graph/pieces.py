"""Changes too big for one transaction, made piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelkin.cypher import catalogue

if TYPE_CHECKING:
    from modelkin.graph.client import Graph, Tx


def drain(graph: Graph, name: str, **params: Any) -> int:
    """Run a bounded statement until it finds nothing more to change.

    Parameters
    ----------
    graph : Graph
        Database to write to.
    name : str
        A catalogued query that returns ``n``, what it changed, and takes ``$limit``.
    **params
        Its parameters, ``limit`` among them.

    Returns
    -------
    int
        All that was changed. Each piece is a transaction: what was done stays done.
    """
    query = catalogue.get(name)

    def piece(tx: Tx) -> int:
        rows = tx.run(query, **params)
        return int(rows[0]["n"]) if rows else 0

    total = 0
    while n := graph.write(piece, about=name):
        total += n
    return total
