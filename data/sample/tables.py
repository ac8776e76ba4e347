"""The committed tables of the sample: where they are, reading, writing, merging.

Cells are text and a missing one is the empty string; `attributes` gives them their types.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from modelkin.schema.attributes import BY_NAME, EVIDENCE

Row = dict[str, str]
"""One row of the sample: column to text, missing is the empty string."""


def load() -> dict[str, Path]:
    """Return the committed tables: models, configs, edges, arena, SOURCES."""
    folder = Path(str(files("modelkin.data.sample")))
    return {n: folder / f"{n}.csv" for n in ("models", "configs", "edges", "arena", "SOURCES")}


def read(name: str) -> list[Row]:
    """Return the rows of a committed table as text cells."""
    with load()[name].open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a CSV: UTF-8, LF, a header; None is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        out = csv.DictWriter(lines, tuple(columns), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def merged(configs: Iterable[Row]) -> dict[str, Row]:
    """Merge the configurations of each model, attribute by attribute.

    The stronger evidence wins, then the newer snapshot; missing never erases. The
    evidence and the snapshot kept are the strongest row's, the sources all of them.

    Returns
    -------
    dict
        model_id to row, in the order of ids.
    """
    by_model: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(configs, key=lambda r: r["snapshot"], reverse=True):
        by_model[row["model_id"]].append(row)
    out: dict[str, Row] = {}
    for model_id in sorted(by_model):
        rows = sorted(by_model[model_id], key=lambda r: EVIDENCE.index(r["evidence"]))
        out[model_id] = {n: next((r[n] for r in rows if r[n]), "") for n in rows[0]}
        out[model_id]["source"] = ";".join(dict.fromkeys(r["source"] for r in rows))
    return out


def attributes(row: Row) -> dict[str, Any]:
    """Return the attributes that a row states, as numbers, truth values and text."""
    to: dict[str, Any] = {"integer": int, "number": float, "boolean": "True".__eq__}
    stated = ((n, v) for n, v in row.items() if v and n in BY_NAME and BY_NAME[n].config)
    return {n: to.get(BY_NAME[n].kind, str)(v) for n, v in stated}
