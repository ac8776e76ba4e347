"""The labels that follow from what a model holds: :Configured and :Stub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkin.cypher import catalogue
from modelkin.graph.pieces import drain

if TYPE_CHECKING:
    from modelkin.graph.client import Graph, Tx

LABELS = 1_000
"""Models labelled in one statement: the embedded engine moves a record when its labels
change, and needs more than linear time for more (1,000 in 0.1 s, 20,000 in over a minute)."""


def label(graph: Graph) -> None:
    """Set and take away :Configured and :Stub by what the models hold now.

    Batches label what they write; what is left here changed by a later load (an adapter edge
    of a model known by its weight shapes) or by a removal.
    """
    for name in ("label_configured", "unlabel_configured", "label_stubs", "unlabel_stubs"):
        drain(graph, f"load/{name}", limit=LABELS)


def label_known(graph: Graph, name: str, ids: list[str]) -> None:
    """Label models that were there before this batch, in a transaction of its own.

    In the transaction that writes a model the embedded engine takes the record that a new
    label moves for a second one with the same key.
    """
    query = catalogue.get(f"load/{name}")

    def piece(tx: Tx) -> None:
        for at in range(0, len(ids), LABELS):
            tx.run(query, ids=ids[at : at + LABELS])

    if ids:
        graph.write(piece, about=query.name)
