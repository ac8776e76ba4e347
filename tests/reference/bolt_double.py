"""A Bolt server in this process, for the real driver: it can cut, fail and count.

It speaks Bolt 5.4 (handshake, PackStream, HELLO, LOGON, BEGIN, RUN, PULL, COMMIT, ROLLBACK,
RESET) and answers from one `memory_graph.Store`. Every message of the client has a number, from
0; at a number the connection can be cut: before the message is worked on, after it without any
reply, or in the middle of the reply's bytes. It proves what the client does, not what Cypher does.
"""

from __future__ import annotations

import copy
import socket
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from memory_graph import DoubledError, Store, name_of

How = Literal["before", "after", "half"]
HOWS: tuple[How, ...] = ("before", "after", "half")

_MESSAGES = {
    0x01: "HELLO", 0x6A: "LOGON", 0x02: "GOODBYE", 0x0F: "RESET", 0x10: "RUN", 0x2F: "DISCARD",
    0x3F: "PULL", 0x11: "BEGIN", 0x12: "COMMIT", 0x13: "ROLLBACK",
}  # fmt: skip
_SUCCESS, _RECORD, _IGNORED, _FAILURE = 0x70, 0x71, 0x7E, 0x7F


class _Cut(Exception):  # noqa: N818 - not an error: what the test asked for
    """The connection ends here."""


class BoltDouble:
    """The server: start it in a ``with`` statement.

    Attributes
    ----------
    store : Store
        What is committed.
    cuts : dict
        Number of a message -> how the connection is cut there (once).
    fails : callable
        Given a statement's name and parameters, returns the code of the failure, or None.
    seen : list of str
        The messages so far, GOODBYE left out: "RUN load/run_get".
    watch : callable
        Called with each message's number before it is worked on.
    """

    def __init__(self) -> None:
        self.store = Store()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"bolt://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.RLock()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self.begin()

    def begin(self, store: Store | None = None) -> None:
        """Forget faults and messages; hold a copy of `store`, or nothing."""
        with self._lock:
            self.store = copy.deepcopy(store) if store else Store()
            self.cuts: dict[int, How] = {}
            self.fails: Callable[[str, dict[str, Any]], str | None] = lambda _name, _params: None
            self.watch: Callable[[int], None] = lambda _number: None
            self.seen: list[str] = []

    def __enter__(self) -> BoltDouble:
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(0.0002)  # client and server take turns: three times as fast
        thread = threading.Thread(target=self._accept, daemon=True)
        self._threads.append(thread)
        thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        sys.setswitchinterval(self._interval)

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection:
                _Conversation(self, connection).hold()
        except (_Cut, OSError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)

    def note(self, message: str) -> How | None:
        """Number a message; say how it is to be cut."""
        with self._lock:
            number = len(self.seen)
            self.seen.append(message)
        self.watch(number)
        return self.cuts.pop(number, None)


class _Conversation:
    """One connection: its transaction and the rows that wait to be pulled."""

    def __init__(self, server: BoltDouble, connection: socket.socket) -> None:
        self.server, self.connection = server, connection
        self.draft: Store | None = None
        self.waiting: list[list[Any]] = []
        self.failed = False

    def hold(self) -> None:
        """Greet and answer until the client goes or the connection is cut."""
        self._take(20)  # preamble and the versions that the client speaks
        self.connection.sendall(b"\x00\x00\x04\x05")
        while True:
            tag, fields = unpack(self._message())
            name = _MESSAGES[tag]
            if name == "GOODBYE":
                return
            label = f"RUN {name_of(fields[0])}" if name == "RUN" else name
            how = self.server.note(label)
            if how == "before":
                raise _Cut
            with self.server._lock:
                reply = self._reply(name, fields)
            if how == "after":
                raise _Cut
            data = b"".join(_chunk(message) for message in reply)
            if how == "half":
                self.connection.sendall(data[: len(data) // 2])
                raise _Cut
            self.connection.sendall(data)

    def _reply(self, name: str, fields: list[Any]) -> list[bytes]:
        """Work on one message; return the messages of the answer."""
        if name == "RESET":
            self.draft, self.waiting, self.failed = None, [], False
            return [_success()]
        if self.failed:
            return [pack_structure(_IGNORED)]
        if name == "HELLO":
            return [_success(server="Neo4j/5.26.0", connection_id="bolt-double", hints={})]
        if name == "BEGIN":
            self.draft = copy.deepcopy(self.server.store)
        elif name == "COMMIT":
            if self.draft is None:
                return self._fail("Neo.ClientError.Request.Invalid", "no transaction")
            self.server.store, self.draft = self.draft, None
            return [_success(bookmark="bookmark:1")]
        elif name == "ROLLBACK":
            self.draft = None
        elif name == "RUN":
            return self._run(fields[0], fields[1])
        elif name in ("PULL", "DISCARD"):
            return self._pull(name, int(fields[0].get("n", -1)))
        return [_success()]

    def _run(self, text: str, params: dict[str, Any]) -> list[bytes]:
        """Run a statement: in the transaction, or on what is committed."""
        if code := self.server.fails(name_of(text), params):
            return self._fail(code, "as the test asked")
        store = self.server.store if self.draft is None else self.draft
        try:
            rows = store.answer(text, params)
        except DoubledError as error:
            return self._fail("Neo.ClientError.Schema.ConstraintValidationFailed", str(error))
        self.waiting = [list(row.values()) for row in rows]
        return [_success(fields=list(rows[0]) if rows else [], qid=0, t_first=0)]

    def _fail(self, code: str, message: str) -> list[bytes]:
        self.failed = True
        return [pack_structure(_FAILURE, {"code": code, "message": message})]

    def _pull(self, name: str, n: int) -> list[bytes]:
        """Give rows away, or throw them away."""
        cut = len(self.waiting) if n < 0 else n
        now, self.waiting = self.waiting[:cut], self.waiting[cut:]
        records = [pack_structure(_RECORD, row) for row in now] if name == "PULL" else []
        last = {"has_more": True} if self.waiting else {"type": "rw", "db": "neo4j", "t_last": 0}
        return [*records, _success(**last)]

    def _message(self) -> bytes:
        """Receive one whole message."""
        parts = []
        while True:
            (size,) = struct.unpack(">H", self._take(2))
            if size:
                parts.append(self._take(size))
            elif parts:
                return b"".join(parts)

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.connection.recv(size - len(data))
            if not piece:
                raise _Cut
            data += piece
        return data


def _success(**metadata: Any) -> bytes:
    return pack_structure(_SUCCESS, metadata)


def _chunk(message: bytes) -> bytes:
    pieces = [message[at : at + 0xFFFF] for at in range(0, len(message), 0xFFFF)]
    return b"".join(struct.pack(">H", len(p)) + p for p in pieces) + b"\x00\x00"


def pack_structure(tag: int, *fields: Any) -> bytes:
    """A PackStream structure."""
    return bytes([0xB0 + len(fields), tag]) + b"".join(pack(f) for f in fields)


def _head(size: int, tiny: int | None, heads: tuple[int, int, int]) -> bytes:
    if tiny is not None and size < 16:
        return bytes([tiny + size])
    for head, form, limit in zip(
        heads, (">B", ">H", ">I"), (1 << 8, 1 << 16, 1 << 32), strict=True
    ):
        if size < limit:
            return bytes([head]) + struct.pack(form, size)
    raise ValueError(size)


def pack(value: Any) -> bytes:
    """A value in PackStream; integers always in 8 bytes, which is allowed."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xcb" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"\xc1" + struct.pack(">d", value)
    if isinstance(value, str):
        data = value.encode()
        return _head(len(data), 0x80, (0xD0, 0xD1, 0xD2)) + data
    if isinstance(value, (list, tuple)):
        return _head(len(value), 0x90, (0xD4, 0xD5, 0xD6)) + b"".join(map(pack, value))
    if isinstance(value, dict):
        body = b"".join(pack(k) + pack(v) for k, v in value.items())
        return _head(len(value), 0xA0, (0xD8, 0xD9, 0xDA)) + body
    raise TypeError(type(value))


def unpack(data: bytes) -> tuple[int, list[Any]]:
    """A whole message: tag and fields of its structure."""
    return _Reader(data).structure()


_SIZES = {0: ">B", 1: ">H", 2: ">I"}
_NUMBERS = {0xC8: ">b", 0xC9: ">h", 0xCA: ">i", 0xCB: ">q", 0xC1: ">d"}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def structure(self) -> tuple[int, list[Any]]:
        size = self.take(1)[0] - 0xB0
        tag = self.take(1)[0]
        return tag, [self.value() for _ in range(size)]

    def value(self) -> Any:
        mark = self.take(1)[0]
        if mark in _CONSTANTS:
            return _CONSTANTS[mark]
        if mark in _NUMBERS:
            return self.number(_NUMBERS[mark])
        if mark < 0x80 or mark >= 0xF0:
            return mark if mark < 0x80 else mark - 0x100
        kind, size = mark & 0xF0, mark & 0x0F
        if mark >= 0xD0:
            kind = {0xD0: 0x80, 0xD4: 0x90, 0xD8: 0xA0}[mark & 0xFC]
            size = self.number(_SIZES[mark & 0x03])
        if kind == 0x80:
            return self.take(size).decode()
        if kind == 0x90:
            return [self.value() for _ in range(size)]
        assert kind == 0xA0, hex(mark)
        return {self.value(): self.value() for _ in range(size)}
