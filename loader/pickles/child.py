"""The child process: reads one pickle under limits and sends plain frames.

Only this package and the standard library are imported, the pickle arrives as standard
input (no path is ever opened), and what goes back on standard output is JSON in frames
of a length (4 bytes, big-endian) and a text.
"""

from __future__ import annotations

import gc
import json
import os
import struct
import sys
from collections.abc import Iterator
from io import BufferedReader, FileIO
from typing import BinaryIO

from modelkin.loader.pickles import inert, opcodes, plain, shape

LENGTH = struct.Struct(">I")
# A frame is sent when it has this many records or characters.
_BATCH_RECORDS = 1_000
_BATCH_CHARS = 2**20
# How far into the file the place of a refused name is looked for (about 2 s).
_SEARCH_BYTES = 8 * 2**20

Frame = dict[str, object]
Record = tuple[list[object], plain.Names, list[object]]


def main() -> None:
    """Run one job: ``child JOB MEMORY_BYTES CPU_SECONDS [NAME...]``."""
    job, memory, seconds, *leave_out = sys.argv[1:]
    stream: BinaryIO = BufferedReader(FileIO(0), 2**20)
    gc.disable()  # nothing dies before the end, and looking for it doubles the time
    limit(int(memory), int(seconds))
    fence()
    frames = scan(stream) if job == "scan" else read(stream, leave_out)
    try:
        for frame in frames:
            send(frame)
    except BrokenPipeError:
        pass  # the parent has seen enough
    except Exception as error:  # noqa: BLE001 - any type: see `explain`
        try:
            send(explain(error.with_traceback(None), stream))
        except MemoryError:
            os.write(1, _NO_MEMORY)
    # A graph of millions of dictionaries takes seconds to free; the system does it at once.
    os._exit(0)


_encode = json.JSONEncoder(allow_nan=False, check_circular=False, separators=(",", ":")).encode


def send(frame: Frame) -> None:
    """Write one frame to standard output."""
    sys.stdout.buffer.write(packed(frame))
    sys.stdout.buffer.flush()


def _failure(cause: str, where: str, why: str) -> Frame:
    return {"failure": cause, "where": where, "why": why}


def packed(frame: Frame) -> bytes:
    """Return a frame as it goes through the pipe."""
    payload = _encode(frame).encode("ascii")
    return LENGTH.pack(len(payload)) + payload


# Made in advance, for when there is no memory left to make it.
_NO_MEMORY = packed(_failure("memory", "", ""))


def limit(memory: int, seconds: int) -> None:
    """Give up memory, time, files, sockets and processes for good."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent's clock still runs
        return
    for name, amount in (
        ("RLIMIT_AS", memory),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_NOFILE", 0),  # no file or socket can be opened any more
    ):
        which = getattr(resource, name, None)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        try:
            resource.setrlimit(which, (amount, amount))
        except (ValueError, OSError):  # macOS refuses some; the others still hold
            continue


class FenceError(Exception):
    """The interpreter was about to do something that reading a graph never needs."""


def fence() -> None:
    """Refuse every action that Python reports to auditors: imports, files, processes, ..."""

    def refuse(event: str, arguments: object) -> None:
        raise FenceError(event)

    sys.addaudithook(refuse)


def read(stream: BinaryIO, leave_out: list[str]) -> Iterator[Frame]:
    """Yield the header, the nodes, the edges and the end of a graph."""
    graph = shape.Graph(inert.load(stream))
    convert = plain.Plain(leave_out)
    yield {
        "graph": graph.kind,
        "directed": graph.directed,
        "multigraph": graph.multigraph,
        "nodes": graph.n_nodes,
        "edges": graph.n_edges,
        "attributes": dict(zip(*convert.attributes(graph.attributes), strict=True)),
    }
    yield from _batches("nodes", _node_records(graph, convert), convert)
    yield from _batches("edges", _edge_records(graph, convert), convert)
    yield {"end": True, "notes": convert.notes}


def _node_records(graph: shape.Graph, convert: plain.Plain) -> Iterator[Record]:
    for key, attributes in graph.nodes():
        names, values = convert.attributes(attributes)
        yield [convert.key(key)], names, values


def _edge_records(graph: shape.Graph, convert: plain.Plain) -> Iterator[Record]:
    for parent, child, key, attributes in graph.edges():
        names, values = convert.attributes(attributes)
        if key is not shape.NO_KEY:
            names, values = (*names, "$key"), [*values, convert.key(key)]
        yield [convert.key(parent), convert.key(child)], names, values


def _batches(kind: str, records: Iterator[Record], convert: plain.Plain) -> Iterator[Frame]:
    """Gather records into frames that stay small.

    A row is [key, index, values] or [parent, child, index, values]; the index is that
    of the record's attribute names among the frame's: most records share them.
    """
    rows: list[object] = []
    index: dict[plain.Names, int] = {}
    chars = 0
    for keys, names, values in records:
        chars += convert.taken
        if names not in index:
            index[names] = len(index)
            chars += sum(map(len, names))
        rows.append([*keys, index[names], values])
        if len(rows) >= _BATCH_RECORDS or chars >= _BATCH_CHARS:
            yield {kind: rows, "names": list(index)}
            rows, index, chars = [], {}, 0
    if rows:
        yield {kind: rows, "names": list(index)}


def scan(stream: BinaryIO) -> Iterator[Frame]:
    """Yield one frame with the names of the pickle."""
    found = opcodes.names(stream)
    yield {
        "names": found.rows(),
        "protocol": found.protocol,
        "opcodes": found.n_opcodes,
        "end": found.end,
        "problem": found.problem,
    }


def explain(error: Exception, stream: BinaryIO) -> Frame:
    """Turn any exception into what the parent says: cause, place, reason."""
    if isinstance(error, inert.ForeignNameError):
        stream.seek(0)
        byte = opcodes.first_byte(stream, (error.module, error.name), _SEARCH_BYTES)
        dotted = f"{error.module}.{error.name}"[:200]
        reason = f"it asks for `{dotted}`, which a graph never needs"
        return _failure("foreign", "" if byte is None else f"byte {byte}", reason)
    if isinstance(error, FenceError):
        return _failure("foreign", "", f"reading it was about to do `{error}`")
    if isinstance(error, shape.NotAGraphError):
        return _failure("other", "", f"it holds {error}, not a networkx graph")
    if isinstance(error, shape.BrokenGraphError):
        return _failure("damaged", "", str(error))
    if isinstance(error, inert.TrailingBytesError):
        return _failure("damaged", f"byte {stream.tell() - 1}", "something follows the graph")
    if isinstance(error, MemoryError):
        return _failure("memory", "", "")
    if isinstance(error, EOFError) or "truncated" in str(error):
        size = stream.seek(0, os.SEEK_END)
        return _failure("damaged", f"byte {size}", "the file ends before the graph does")
    reason = f"it is no whole pickle ({type(error).__name__}: {str(error)[:200]})"
    return _failure("damaged", "", reason)
