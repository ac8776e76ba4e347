"""The door: `read_graph` gives the nodes and edges of a graph pickle, `scan` its names.

The plain form of what comes out
--------------------------------
A key is a text of at most 200 characters, or a marker. An attribute is text, a whole
number of 64 bits, a finite number, a truth value, None, a list or a dictionary with text
keys (nested at most 4 deep), or a marker. A marker is ``{"$refused": "<what it was>"}``,
always in the place of the whole value; `refused` tests for it. A marker in the place of
all attributes (again ``{"$refused": ...}``) refuses the whole record.

Dates and times are ISO 8601 text: aware ones in UTC with a Z, naive ones as they stand.
NaN, NaT, NA and None are None; NaN is counted in `GraphFile.notes`. Sets are sorted
lists, tuples lists, UUIDs and durations text. Text may hold lone surrogates: it is as in
the file. In a multigraph each edge has its key as attribute ``$key``.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Any

from modelkin.errors import UserError
from modelkin.loader.pickles.plain import REFUSED
from modelkin.loader.pickles.process import GIB, Child
from modelkin.loader.pickles.regular_file import open_pickle

Node = tuple[int, Any, dict[str, Any]]
Edge = tuple[int, Any, Any, dict[str, Any]]


def refused(value: object) -> str | None:
    """Return what a value was if it is a marker, else None.

    >>> refused({"$refused": "numpy array"})
    'numpy array'
    >>> refused("text") is None
    True
    """
    if isinstance(value, dict) and len(value) == 1:
        what = value.get(REFUSED)
        return what if isinstance(what, str) else None
    return None


class GraphFile:
    """A graph that its child process has read and found whole; its records stream in.

    Use it in a ``with`` block: leaving it ends the child. (Dropping the object does so
    as well.) First all nodes, then all edges, each once; memory stays small.

    Attributes
    ----------
    path : Path
    size : int
        Bytes.
    sha256 : str
        Of the whole file, hexadecimal.
    graph_class : str
        "Graph", "DiGraph", "MultiGraph" or "MultiDiGraph".
    directed, multigraph : bool
    n_nodes, n_edges : int
        Undirected edges count once, parallel ones each.
    attributes : dict
        Of the graph itself, in the plain form.
    notes : Counter
        "NaN" and "left out: <name>" -> values; complete when `edges` is exhausted.
    """

    def __init__(self, path: Path, size: int, sha256: str, child: Child) -> None:
        self.path, self.size, self.sha256 = path, size, sha256
        self._child = child
        header = child.frame()
        self.graph_class: str = header["graph"]
        self.directed: bool = header["directed"]
        self.multigraph: bool = header["multigraph"]
        self.n_nodes: int = header["nodes"]
        self.n_edges: int = header["edges"]
        self.attributes: dict[str, Any] = header["attributes"]
        self.notes: Counter[str] = Counter()
        self._next: dict[str, Any] = child.frame()

    def nodes(self) -> Iterator[Node]:
        """Yield (number from 0, key, attributes) in the file's order.

        Raises
        ------
        UserError
            If the child dies or runs into a limit on the way.
        """
        number = 0
        for rows, names in self._frames("nodes"):
            for key, index, values in rows:
                yield number, key, dict(zip(names[index], values, strict=True))
                number += 1
        self._complete(number, self.n_nodes, "nodes")

    def edges(self) -> Iterator[Edge]:
        """Yield (number from 0, parent, child, attributes) in networkx's order.

        To be asked for when `nodes` is exhausted. An undirected edge comes once, its
        ends in the order of the file.

        Raises
        ------
        UserError
            If the child dies or runs into a limit on the way.
        """
        if "nodes" in self._next:
            raise RuntimeError("edges() comes when nodes() is exhausted")
        number = 0
        for rows, names in self._frames("edges"):
            for parent, child, index, values in rows:
                yield number, parent, child, dict(zip(names[index], values, strict=True))
                number += 1
        self._complete(number, self.n_edges, "edges")
        self.notes = Counter(self._next["notes"])
        self.close()

    def _frames(self, kind: str) -> Iterator[tuple[list[Any], list[Any]]]:
        while kind in self._next:
            yield self._next[kind], self._next["names"]
            self._next = self._child.frame()

    def _complete(self, number: int, expected: int, name: str) -> None:
        if number != expected:
            raise RuntimeError(f"{number} of {expected} {name} came: they can be read once")

    def close(self) -> None:
        """End the child process."""
        self._child.close()

    def __enter__(self) -> GraphFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def read_graph(
    path: str | os.PathLike[str],
    *,
    max_bytes: int = 4 * GIB,
    memory_limit: int | None = None,
    time_limit_s: float | None = None,
    sha256: str | None = None,
    leave_out: Collection[str] = (),
) -> GraphFile:
    """Read a networkx graph pickle in a child process that cannot do anything else.

    Parameters
    ----------
    path : path
        A regular file, not compressed, no symbolic link.
    max_bytes : int
        Largest size of the file.
    memory_limit : int, optional
        Bytes of address space of the child (a Linux limit; macOS and Windows have
        none): three times the file and 2 GiB unless stated.
    time_limit_s : float, optional
        Seconds until the graph is read and checked: 8 and one more for each MiB unless
        stated. The child has twice that in CPU time, sending included.
    sha256 : str, optional
        Expected checksum, hexadecimal.
    leave_out : collection of str
        Names of attributes that are not wanted (long model cards, say); counted.

    Returns
    -------
    GraphFile
        Checked as a whole before the first record comes.

    Raises
    ------
    UserError
        One line for whatever is wrong with the file. Nothing in it was executed.
    """
    path = Path(path)
    with open_pickle(path, max_bytes) as file:
        size, digest = _checksum(file)
        before = os.fstat(file.fileno()).st_mtime_ns
        if sha256 is not None and sha256.lower() != digest:
            why = f"its SHA-256 is {digest}, not {sha256}"
            raise UserError(f"Cannot read {path.name}", why=why, fix="Download it again.")
        child = Child("read", file, path, memory_limit, time_limit_s, sorted(leave_out))
        graph = GraphFile(path, size, digest, child)
        if os.fstat(file.fileno()).st_mtime_ns != before:
            graph.close()
            why = "it was changed while it was being read"
            raise UserError(f"Cannot read {path.name}", why=why, fix="Read it again.")
    return graph


def _checksum(file: BufferedReader) -> tuple[int, str]:
    """Return size and SHA-256 of a file, and go back to its start."""
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = file.tell()
    file.seek(0)
    return size, digest


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a pickle asks for.

    Attributes
    ----------
    module, name : str
        As they stand in the file, cut at 200 characters; both "?" where the file builds
        the name in a roundabout way, which no pickler does.
    uses : int
    byte : int
        Of the first use.
    known : bool
        Whether graphs need it.
    """

    module: str
    name: str
    uses: int
    byte: int
    known: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """What the opcodes of a pickle say.

    Attributes
    ----------
    path : Path
    size : int
        Bytes.
    sha256 : str
    protocol : int
        Highest that is declared, 0 when none is.
    n_opcodes : int
        Read until the end or the problem.
    names : tuple of Name
        In the order of first use; at most 1,000.
    trailing_bytes : int
        After the end of the (first) pickle.
    problem : str
        Why the reading stopped before the end of the pickle, else "".
    """

    path: Path
    size: int
    sha256: str
    protocol: int
    n_opcodes: int
    names: tuple[Name, ...]
    trailing_bytes: int
    problem: str


def scan(
    path: str | os.PathLike[str],
    *,
    max_bytes: int = 4 * GIB,
    memory_limit: int | None = None,
    time_limit_s: float | None = None,
) -> Scan:
    """List every name that a pickle asks for, without building anything (about 6 MB/s).

    Parameters
    ----------
    path, max_bytes, memory_limit, time_limit_s
        As for `read_graph`.

    Returns
    -------
    Scan
        Of a damaged file, what comes before the damage.

    Raises
    ------
    UserError
        If the file is no regular file or runs into a limit.
    """
    path = Path(path)
    with open_pickle(path, max_bytes) as file:
        size, digest = _checksum(file)
        child = Child("scan", file, path, memory_limit, time_limit_s)
    frame = child.frame()
    child.close()
    return Scan(
        path=path,
        size=size,
        sha256=digest,
        protocol=frame["protocol"],
        n_opcodes=frame["opcodes"],
        names=tuple(Name(*row) for row in frame["names"]),
        trailing_bytes=0 if frame["end"] is None else size - frame["end"],
        problem=frame["problem"],
    )
