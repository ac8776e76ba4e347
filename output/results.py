"""The files of one result: tables, pictures with what is drawn, and their account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelkin.output import draw, files

if TYPE_CHECKING:
    from modelkin.analysis.result import Result


def save(result: Result, folder: Path, run: str, made: Mapping[str, Any]) -> Path:
    """Write every table as CSV, every figure as PNG with the drawn data, and their account.

    All but `made` (when, by which version, from which database) is the same for the same input.
    """
    for table in result.tables:
        files.write_text(folder / f"{table.name}.csv", files.frame_to_csv(table.frame))
    for figure in result.figures:
        files.write_bytes(folder / f"{figure.name}.png", draw.png(figure))
        for panel in figure.panels:
            name = f"{figure.name}.{panel.name}.csv"
            files.write_text(folder / name, files.frame_to_csv(panel.data))
    files.write_json(
        folder / "run.json",
        {
            "analysis": result.name,
            "run": run,
            "made": made,
            "parameters": result.parameters,
            "funnel": [list(step) for step in result.coverage.steps],
            "n_components": result.coverage.n_components,
            "n_effective": result.coverage.n_effective,
            "findings": list(result.findings),
            "tables": {t.name: {"about": t.about, "n_used": t.coverage.n_used,
                                "n_scope": t.coverage.n_scope} for t in result.tables},
            "figures": {f.name: f.caption for f in result.figures},
        },
    )  # fmt: skip
    return folder
