"""Whole graphs: networkx pickles (read inertly) and the JSON of dashboards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from modelkin.errors import UserError
from modelkin.loader.columns import (
    METADATA_NAMES,
    Columns,
    assumed_snapshot,
    parameters,
    read_id,
    snapshot_parameter,
)
from modelkin.loader.edge_lists import relations_of
from modelkin.loader.formats import read_json
from modelkin.loader.pickles.reader import GraphFile, read_graph
from modelkin.loader.records import Ledger, ModelRow, Outcome, RawRow, Reject
from modelkin.loader.relations import RELATION_COLUMNS

RECOMPUTED = (
    "change_in_likes",
    "change_in_downloads",
    "percentage_change_in_likes",
    "percentage_change_in_downloads",
    "change_in_createdAt_days",
)
"""Edge attributes that follow from the two models, computed when they are asked for."""

LEFT_OUT = (
    "full_json",
    "fullJson",
    "modelCard",
    "model_card_length_characters",
    "model_card_length_words",
    "model_card_automatically_generated",
)
"""Node attributes that no analysis uses and that would fill the database's memory."""

_ID, _PARENT, _CHILD = "$id", "$parent", "$child"  # no attribute of a graph is named so


class _Graph:
    """What both kinds of graphs share: how a node and an edge are read."""

    kind: ClassVar[str] = "graph"

    def __init__(self, path: Path, hints: bool = False, snapshot: str = "") -> None:
        self.path, self.hints = path, hints
        self.snapshot = snapshot_parameter(snapshot)
        self.parameters = parameters(hints=hints, snapshot=snapshot)
        self.ledger = Ledger()
        self._nodes = Columns(METADATA_NAMES, self.ledger, used=(_ID,), recomputed=LEFT_OUT)
        used = (_PARENT, _CHILD, *RELATION_COLUMNS)
        self._edges = Columns((), self.ledger, used=used, recomputed=RECOMPUTED)

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        """Yield a node's row, or an edge's relations, or the reject."""
        if row.values.get("$refused"):
            what = f"its attributes are no plain values ({row.values['$refused']})"
            yield Reject(row.where, "refused_value", what)
        elif row.kind == "model":
            yield from self._node(row)
        else:
            yield from self._edge(row)

    def _node(self, row: RawRow) -> Iterator[Outcome]:
        """Read one node."""
        model_id = read_id(row, _ID)
        if isinstance(model_id, Reject):
            yield model_id
            return
        cells = self._nodes.read(row)
        if cells.reject:
            yield cells.reject
            return
        yield from cells.dropped
        yield ModelRow(model_id, cells.values, "hub-api", self.snapshot)

    def _edge(self, row: RawRow) -> Iterator[Outcome]:
        """Read one edge: both ends are nodes, so it declares no model."""
        parent, child = read_id(row, _PARENT), read_id(row, _CHILD)
        if isinstance(parent, Reject) or isinstance(child, Reject):
            bad = parent if isinstance(parent, Reject) else child
            assert isinstance(bad, Reject)
            yield bad
            return
        self._edges.read(row)
        yield from relations_of(row, parent, child, RELATION_COLUMNS, self.ledger, self.hints)


class PickleGraphSource(_Graph):
    """A networkx pickle, edges parent → child; nothing in it is executed.

    Every node is a row of its own, also one without attributes: networkx makes a node of each
    end of an edge, so nothing in the file tells a listed model from one that is only named.

    Kept: nodes with createdAt, likes, downloads, pipeline_tag, library_name, licences,
    datasets and languages; edges by membership in ``edge_types``, so that a model that is
    both finetune and merge is both (``edge_type`` only where the list is empty). Left
    out and counted: `RECOMPUTED`, `LEFT_OUT`, attributes without a home.

    Parameters
    ----------
    path : Path
        The pickle.
    hints : bool
        Whether edges that only hint at a parent are loaded.
    snapshot : str
        ISO date of the graph; the newest createdAt unless stated, which reads it twice.
    """

    def read(self) -> Iterator[RawRow]:
        """Yield nodes, then edges, in the file's order; numbers count from 1.

        Raises
        ------
        UserError
            The file is no directed graph of networkx, or hostile.
        """
        if not self.snapshot:
            with self._open() as graph:
                times = (attributes.get("createdAt") for _n, _key, attributes in graph.nodes())
                self.snapshot = assumed_snapshot(times, self.ledger)
        with self._open() as graph:
            for number, key, attributes in graph.nodes():
                yield RawRow("model", f"node {number + 1}", {**attributes, _ID: key})
            for number, parent, child, attributes in graph.edges():
                values = {**attributes, _PARENT: parent, _CHILD: child}
                yield RawRow("edge", f"edge {number + 1}", values)
            self.ledger.notes.update(graph.notes)

    def _open(self) -> GraphFile:
        """Start the reading; a graph without directions says nothing about parents."""
        graph = read_graph(self.path, leave_out=LEFT_OUT)
        if not graph.directed:
            graph.close()
            raise UserError(
                f"Cannot load {self.path.name}",
                why=f"it holds a {graph.graph_class}, whose edges have no direction",
                fix="Save it as a DiGraph with edges parent → child.",
            )
        return graph


class JsonGraphSource(_Graph):
    """The JSON of a dashboard: ``nodes`` with an id, ``edges`` (or ``links``) with ends.

    Kept, changed and left out as in `PickleGraphSource`; ends are ``source`` (parent) and
    ``target`` (child).
    """

    def read(self) -> Iterator[RawRow]:
        """Yield nodes, then edges, in the file's order; numbers count from 1.

        Raises
        ------
        UserError
            The document has no list of nodes or of edges.
        """
        nodes, edges = self._lists()
        if not self.snapshot:
            times = (n.get("createdAt") for n in nodes if isinstance(n, dict))
            self.snapshot = assumed_snapshot(times, self.ledger)
        for number, node in enumerate(nodes, 1):
            values = dict(node) if isinstance(node, dict) else {"id": node}
            yield RawRow("model", f"node {number}", {_ID: values.pop("id", None), **values})
        for number, edge in enumerate(edges, 1):
            values = dict(edge) if isinstance(edge, dict) else {}
            ends = {_PARENT: values.pop("source", None), _CHILD: values.pop("target", None)}
            yield RawRow("edge", f"edge {number}", {**ends, **values})

    def _lists(self) -> tuple[list[Any], list[Any]]:
        """Return the nodes and the edges of the document."""
        document = read_json(self.path)
        if is_graph_document(document):
            assert isinstance(document, Mapping)
            return document["nodes"], document.get("edges", document.get("links"))
        raise UserError(
            f"Cannot load {self.path.name} as a graph",
            why="it has no lists `nodes` and `edges`",
            fix="Is this the right file?",
        )


def is_graph_document(document: object) -> bool:
    """Tell whether a JSON document is a graph: an object with lists of nodes and edges."""
    return (
        isinstance(document, Mapping)
        and isinstance(document.get("nodes"), list)
        and isinstance(document.get("edges", document.get("links")), list)
    )
