"""Opening a file that can be handed to the reader: regular, of a sensible size, a pickle."""

from __future__ import annotations

import os
import shlex
import stat
from io import BufferedReader
from pathlib import Path

from modelkin.errors import UserError

# The name of the smallest graph class alone is longer.
MIN_BYTES = 32
# How files begin that are often met in place of a pickle. No graph pickle starts so.
_NOT_PICKLES = (
    (b"\x1f\x8b", "it is compressed with gzip", "Unpack it first: `gunzip -k {path}`."),
    (b"BZh", "it is compressed with bzip2", "Unpack it first: `bunzip2 -k {path}`."),
    (b"\xfd7zXZ", "it is compressed with xz", "Unpack it first: `unxz -k {path}`."),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd", "Unpack it first: `unzstd {path}`."),
    (b"PK\x03\x04", "it is a zip archive", "Unpack it first: `unzip {path}`."),
    (
        b"version https://git-lfs",
        "it is a Git LFS pointer, not the file itself",
        "Fetch the file with `git lfs pull`, or download it by its address.",
    ),
    (b"<", "it is a page of HTML or XML", "The download failed: download it again."),
)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_pickle(path: Path, max_bytes: int) -> BufferedReader:
    """Open a regular file that may be a graph pickle.

    Parameters
    ----------
    path : Path
        Not followed when it is a symbolic link.
    max_bytes : int
        Largest size.

    Returns
    -------
    binary file
        Positioned at its first byte.

    Raises
    ------
    UserError
        If it is missing, unreadable, no regular file, too small, too large, or
        evidently another kind of file.
    """
    what = f"Cannot read {path.name or path}"
    try:
        if path.is_symlink():
            fix = f"Give the file itself: {shlex.quote(os.path.realpath(path))}."
            raise UserError(what, where=str(path), why="it is a symbolic link", fix=fix)
        # Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
        flags = os.O_RDONLY
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
            flags |= getattr(os, name, 0)
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        fix = "Check the path and your right to read it."
        raise UserError(what, where=str(path), why=why, fix=fix) from error
    try:
        _check(descriptor, path, what, max_bytes)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check(descriptor: int, path: Path, what: str, max_bytes: int) -> None:
    """Raise a `UserError` for anything but a regular file that could be a pickle."""
    status = os.fstat(descriptor)
    for is_kind, kind in _KINDS:
        if is_kind(status.st_mode):
            fix = "Give a regular file."
            raise UserError(what, where=str(path), why=f"it is {kind}", fix=fix)
    if status.st_size < MIN_BYTES:
        why = f"it is too small for a graph ({status.st_size} B)"
        raise UserError(what, where=str(path), why=why, fix="Download it again.")
    if status.st_size > max_bytes:
        why = f"it has {status.st_size:,} bytes, above the limit of {max_bytes:,}"
        raise UserError(what, where=str(path), why=why, fix="Raise the limit if you trust it.")
    start = os.read(descriptor, MIN_BYTES)
    os.lseek(descriptor, 0, os.SEEK_SET)
    for magic, why, fix in _NOT_PICKLES:
        if start.startswith(magic):
            fix = fix.format(path=shlex.quote(str(path)))
            raise UserError(what, where=str(path), why=why, fix=fix)
