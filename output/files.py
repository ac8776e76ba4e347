"""Files that we write: whole or not at all, in one place for each result."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelkin.errors import UserError
from modelkin.output.show import to_csv

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_FOLDER = Path("out")


def write_bytes(path: Path, data: bytes, *, force: bool = True) -> Path:
    """Write a file under a temporary name and rename it: readers see old or new, never half.

    Raises
    ------
    UserError
        The file exists and `force` is off, it is a link, or the folder cannot be written.
    """
    if path.is_symlink():
        raise UserError("Will not write through a link", where=str(path), fix="Name a file.")
    if path.exists() and not force:
        raise UserError("File exists", where=str(path), fix="`--force` replaces it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.name[-20:])
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            # mkstemp makes files that only their owner reads; results are ordinary files.
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(
            "Cannot write", where=str(path), why=error.strerror or str(error),
            fix="Name another place with `--output`.",
        ) from error  # fmt: skip
    return path


def write_text(path: Path, text: str, *, force: bool = True) -> Path:
    """Write UTF-8 text as `write_bytes` does."""
    return write_bytes(path, text.encode("utf-8", "backslashreplace"), force=force)


def result_folder(analysis: str, run: str, output: Path | None = None) -> Path:
    """Return (and make) the folder of one result."""
    base = (output or DEFAULT_FOLDER) / analysis
    folder = base / run
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            "Cannot make the folder of results", where=str(folder), why=error.strerror or "",
            fix="Name another place with `--output`.",
        ) from error  # fmt: skip
    return folder


def point_latest(folder: Path) -> None:
    """Make ``latest`` beside the folder of a whole result point to it."""
    latest = folder.with_name("latest")
    write_text(latest, f"{folder.name}\n") if os.name == "nt" else _link(latest, folder.name)


def of_other_databases(folder: Path) -> list[str]:
    """Name the results under one output that are not of this one's database, or of other loads.

    Parameters
    ----------
    folder : Path
        Folder of a whole result, ``<output>/<analysis>/<run>``.

    Returns
    -------
    list of str
        A sentence for each other analysis whose ``latest`` was made from another graph.
    """
    own = _origin(folder)
    found = []
    for latest in sorted(folder.parent.parent.glob("*/latest")):
        run = latest.parent / latest.read_text("utf-8").strip() if latest.is_file() else latest
        other = _origin(run)
        if other is None or own is None or other[1:] == own[1:] or latest.parent == folder.parent:
            continue
        same = other[1] == own[1]
        said = "older or newer loads of this database" if same else f"another database: {other[0]}"
        found.append(f"{latest} was made from {said}")
    return found


def _origin(folder: Path) -> tuple[str, str, str] | None:
    """Return a result's database in words, its id and that of the loads; None untold."""
    try:
        made = json.loads((folder / "run.json").read_text("utf-8"))["made"]
        told = [made["database"].get(name, "") for name in ("engine", "address", "database")]
        return " ".join(filter(None, told)), made["database"]["id"], made["loads"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _link(link: Path, target: str) -> None:
    """Point a link at the newest result, replacing it in one step."""
    fresh = link.with_name(f".latest-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target, target_is_directory=True)
    fresh.replace(link)


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows by column name, with missing of every kind as None."""
    columns = [str(c) for c in frame.columns]
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        dict(zip(columns, row, strict=True)) for row in plain.itertuples(index=False, name=None)
    ]


def frame_to_csv(frame: pd.DataFrame) -> str:
    """Return a frame as spreadsheet-safe CSV."""
    return to_csv([str(c) for c in frame.columns], plain_rows(frame))


def write_json(path: Path, data: Any) -> Path:
    """Write JSON with sorted keys, so that equal data gives equal bytes."""
    return write_text(path, json.dumps(data, indent=2, sort_keys=True, default=str) + "\n")
