"""Rows that were not stored, kept in a file for each run."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelkin.errors import UserError
from modelkin.loader.records import Reject, SetAside

if TYPE_CHECKING:
    from modelkin.loader.reading import Report

FOLDER = Path("rejects")
"""In the working directory, git-ignored."""


def keep(report: Report) -> Path | None:
    """Write the rejected rows of a load as JSON lines; None when there are none.

    Raises
    ------
    UserError
        The file cannot be written; no half of it is left.
    """
    if not report.rejects or report.run is None or report.already_complete:
        return None
    path = FOLDER / f"{report.run.id}.jsonl"
    draft = path.with_suffix(".part")
    try:
        FOLDER.mkdir(exist_ok=True)
        with draft.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.writelines(_line(row) for row in report.rejects)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise UserError(
            "Cannot keep the rows that were not stored",
            where=str(path),
            why=error.strerror or type(error).__name__,
            fix="Make room or change the folder, and start again: the load goes on from its end.",
        ) from error
    return path


def _line(row: Reject | SetAside) -> str:
    """Return one row as a line of JSON."""
    aside = isinstance(row, SetAside)
    record = {
        "where": row.where,
        "kind": "set aside" if aside else "rejected",
        "codes": list(row.codes) if isinstance(row, SetAside) else [row.code],
        "message": row.message,
        "excerpt": row.excerpt,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def read(run: str) -> list[dict[str, Any]]:
    """Read back what `keep` wrote for the run whose id starts like this."""
    found = sorted(FOLDER.glob(f"{run}*.jsonl")) if run.isalnum() else []
    if len(found) != 1:
        raise UserError(
            "No rejected rows are kept for this run" if not found else "Several runs start so",
            where=run,
            why=f"looked in {FOLDER}/ of the working directory",
            fix="A load without rejects keeps no file; `modelkin runs list` shows the runs.",
        )
    with found[0].open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]
