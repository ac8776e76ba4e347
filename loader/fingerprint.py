"""The checksum by which a run knows its source again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from modelkin.loader.formats import reading

if TYPE_CHECKING:
    from modelkin.loader.records import Source


def sha256_of(path: Path, files: Iterable[Path] | None = None) -> str:
    """Return the SHA-256 of a file, or of a folder's content.

    Parameters
    ----------
    path : Path
        A file, or a folder: sha256 over the sorted lines ``<relative path> <sha256>``.
    files : iterable of Path, optional
        The files of the folder that count (a model cache holds weights beside configs);
        every regular file unless stated.

    Raises
    ------
    UserError
        A file cannot be read.
    """
    if not path.is_dir():
        with reading(path), path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    chosen = (f for f in path.rglob("*") if f.is_file()) if files is None else files
    lines = sorted(f"{file.relative_to(path).as_posix()} {sha256_of(file)}\n" for file in chosen)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def source_sha256(source: Source) -> str:
    """Return the checksum of what a source reads: its file, or its folder's files."""
    files = getattr(source, "files", None)
    return sha256_of(source.path, None if files is None else files().values())
