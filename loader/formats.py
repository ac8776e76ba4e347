"""What kind of file this is, by its content; and one way to open text, compressed or not."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, cast

from modelkin.errors import UserError

Format = Literal["csv", "jsonl", "json", "parquet", "pickle"]

MAX_LINE = 64 * 2**20
"""Longest line of JSON read, in characters: a model card of the Hub has at most a few MB."""

_GZIP = b"\x1f\x8b"
_HEAD = 64 * 1024
_FOREIGN = {
    b"PK\x03\x04": ("a zip archive or a spreadsheet", "Unpack it, or save it as CSV."),
    b"SQLite format 3": ("an SQLite database", "Export the table as CSV."),
    b"\xff\xfe": ("UTF-16 text", "Save it as UTF-8."),
    b"\xfe\xff": ("UTF-16 text", "Save it as UTF-8."),
    b"BZh": ("bzip2-compressed", "Unpack it, or use gzip."),
    b"\xfd7zXZ": ("xz-compressed", "Unpack it, or use gzip."),
    b"(\xb5/\xfd": ("zstd-compressed", "Unpack it, or use gzip."),
}


def sniff(path: Path) -> Format:
    """Tell the format of a file by its first bytes; the name decides only between JSON and JSONL.

    Raises
    ------
    UserError
        The file is not there, is no regular file, is empty, or is of a kind that is not read.
    """
    head = _head(path)
    for magic, (kind, fix) in _FOREIGN.items():
        if head.startswith(magic):
            raise UserError(f"Cannot read {path.name}", why=f"it is {kind}", fix=fix)
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    if head.startswith(b"PAR1"):
        return "parquet"
    if suffix in (".pkl", ".pickle", ".gpickle") or (head[:1] == b"\x80" and head[1:2] <= b"\x05"):
        return "pickle"
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in (b"{", b"["):
        return "jsonl" if suffix != ".json" and _is_lines(head) else "json"
    return "csv"


def _head(path: Path) -> bytes:
    """Return the first bytes of the content, uncompressed."""
    if not path.exists():
        raise UserError("No such file", where=str(path))
    if not path.is_file():
        raise UserError(f"Cannot read {path.name}", why="it is no regular file")
    with reading(path), open_binary(path) as file:
        head = file.read(_HEAD)
    if not head:
        raise UserError(f"Cannot read {path.name}", why="it is empty")
    return head


def _is_lines(head: bytes) -> bool:
    """Tell whether the first line is a JSON object of its own with another below it."""
    first, newline, rest = head.partition(b"\n")
    if not newline or not rest.lstrip().startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def open_binary(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, through gzip where its content is gzip."""
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    return cast("IO[bytes]", gzip.open(path, "rb")) if compressed else path.open("rb")


def open_text(path: Path) -> IO[str]:
    """Open a file as UTF-8 text.

    A byte that is not UTF-8 becomes a lone surrogate: it spoils its own row, which is
    rejected when the cell is read, and not the file.
    """
    return io.TextIOWrapper(
        open_binary(path),
        encoding="utf-8-sig",
        errors="surrogateescape",
        newline="",
    )


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong while reading a file into one error that says where.

    Raises
    ------
    UserError
        For damaged compression and for the operating system's refusals.
    """
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(
            f"Cannot read {path.name}",
            why=f"its compressed data is damaged or cut short ({error})",
            fix="Copy or download it again.",
        ) from error
    except OSError as error:
        raise UserError(f"Cannot read {path.name}", why=error.strerror or str(error)) from error


def read_json(path: Path, limit: int = 2 * 2**30) -> object:
    """Return a whole JSON document.

    Parameters
    ----------
    path : Path
        The file, perhaps gzip.
    limit : int
        Most bytes read, uncompressed.

    Raises
    ------
    UserError
        The document is no JSON, is cut short, too large or too deep.
    """
    with reading(path), open_binary(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise UserError(f"Cannot read {path.name}", why=f"it is larger than {limit:,} bytes")
    try:
        return json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"Cannot read {path.name}",
            why=f"it is no JSON ({str(error)[:200]})",
            fix="Is it cut short? Copy or download it again.",
        ) from error
