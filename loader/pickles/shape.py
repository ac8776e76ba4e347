"""Whether it is a networkx graph, whole and in agreement with itself.

About one in nine randomly damaged pickles still loads, so exceptions do not find
damage; these checks and a checksum do.
"""

from __future__ import annotations

from collections.abc import Iterator
from reprlib import repr as brief

from modelkin.loader.pickles.stand_ins import GraphShell, Refused, Shell

Table = dict[object, object]
Adjacency = dict[object, dict[object, Table]]
# Stands for "no key": edges of a graph that is not multi have none.
NO_KEY = object()


class NotAGraphError(Exception):
    """The pickle holds something else than one of the four graph classes."""


class BrokenGraphError(Exception):
    """The pickle holds a graph whose parts are missing or contradict one another."""


class Graph:
    """A graph that passed every check.

    Attributes
    ----------
    kind : str
        "Graph", "DiGraph", "MultiGraph" or "MultiDiGraph".
    directed, multigraph : bool
    attributes : dict
        Of the graph itself.
    n_edges : int
        Undirected edges once; parallel edges each.
    """

    def __init__(self, root: object) -> None:
        """Check everything.

        Raises
        ------
        NotAGraphError, BrokenGraphError
            With one clause that says what is wrong.
        """
        if not isinstance(root, GraphShell):
            raise NotAGraphError(_describe(root))
        self.kind = type(root).__name__
        self.directed, self.multigraph = "Di" in self.kind, "Multi" in self.kind
        state = getattr(root, "state", None)
        if not isinstance(state, dict):
            raise BrokenGraphError("the graph has no content")
        self.attributes = _table(state.get("graph", {}), "the graph's own attributes")
        self._nodes = _tables(state, "_node")
        self._adjacency: Adjacency = _tables(state, "_adj")  # type: ignore[assignment]  # its shape is checked just here
        # networkx keeps the children of a node twice, as one object under two names.
        children = state.get("_succ", self._adjacency)
        if children is not self._adjacency and children != self._adjacency:
            raise BrokenGraphError("the tables _succ and _adj differ")
        parents = _tables(state, "_pred") if self.directed else self._adjacency
        for name, table in (("_adj", self._adjacency), ("_pred", parents)):
            if table.keys() != self._nodes.keys():
                raise BrokenGraphError(f"the tables _node and {name} name different nodes")
        self.n_edges = self._check_edges(parents)  # type: ignore[arg-type]  # its shape is checked just here

    def _check_edges(self, parents: Adjacency) -> int:
        """Check that each edge stands at both its ends; return the number of edges."""
        count = loops = both_ends = 0
        for node, children in self._adjacency.items():
            for child, data in children.items():
                mirror = parents.get(child, {}).get(node, NO_KEY)
                if mirror is not data and mirror != data:
                    raise BrokenGraphError(
                        f"the edge {brief(node)} -> {brief(child)} stands at one end only"
                    )
                size = len(_edge_data(data, self.multigraph))
                count += size
                loops += size if child == node else 0
            both_ends += len(children)
        if both_ends != sum(map(len, parents.values())):
            raise BrokenGraphError("the tables _pred and _adj have different edges")
        return count if self.directed else (count + loops) // 2

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self._nodes)

    def nodes(self) -> Iterator[tuple[object, Table]]:
        """Yield (key, attributes) in the file's order."""
        yield from self._nodes.items()  # type: ignore[misc]  # its shape is checked just here

    def edges(self) -> Iterator[tuple[object, object, object, Table]]:
        """Yield (parent, child, key or `NO_KEY`, attributes) in networkx's order."""
        done: set[object] = set()
        for node, children in self._adjacency.items():
            for child, data in children.items():
                if child in done:
                    continue
                if not self.multigraph:
                    yield node, child, NO_KEY, data
                    continue
                for key, attributes in data.items():
                    yield node, child, key, attributes  # type: ignore[misc]  # its shape is checked just here
            if not self.directed:
                done.add(node)


def _tables(state: Table, name: str) -> Table:
    """Return a table of tables from the graph's state."""
    table = _table(state.get(name), f"the table {name}")
    if not set(map(type, table.values())) <= {dict}:
        raise BrokenGraphError(f"the table {name} has a row that is no dictionary")
    return table


def _table(value: object, what: str) -> Table:
    if type(value) is not dict:
        raise BrokenGraphError(f"{what} is missing or no dictionary")
    return value


def _edge_data(data: object, multigraph: bool) -> range | Table:
    """Check the data of one pair of nodes; its length is the number of edges."""
    table = _table(data, "the data of an edge")
    if not multigraph:
        return range(1)
    if not set(map(type, table.values())) <= {dict}:
        raise BrokenGraphError("the data of an edge is no dictionary")
    return table


def _describe(root: object) -> str:
    """Say what the file holds instead of a graph."""
    if isinstance(root, Shell):
        return f"a {type(root).__name__} of networkx"
    if isinstance(root, Refused):
        return f"a {root.what}"
    return f"a {type(root).__name__}"
