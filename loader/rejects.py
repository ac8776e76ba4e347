"""Rows that were not stored, kept in a file for each run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelkin.errors import UserError
from modelkin.loader.records import SetAside

if TYPE_CHECKING:
    from modelkin.loader.reading import Report

FOLDER = Path("rejects")
"""In the working directory, git-ignored."""


def keep(report: Report) -> Path | None:
    """Write the rejected rows of a load as JSON lines; None when there are none."""
    if not report.rejects or report.run is None or report.already_complete:
        return None
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{report.run.id}.jsonl"
    with path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        for row in report.rejects:
            aside = isinstance(row, SetAside)
            record = {
                "where": row.where,
                "kind": "set aside" if aside else "rejected",
                "codes": list(row.codes) if isinstance(row, SetAside) else [row.code],
                "message": "" if isinstance(row, SetAside) else row.message,
                "excerpt": row.excerpt,
            }
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path


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
