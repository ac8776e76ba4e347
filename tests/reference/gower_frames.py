"""Random rows with copies, ties and gaps, and the typed frame of such rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from slow_gower import FieldTuple, Row

FIELDS: tuple[FieldTuple, ...] = (
    ("type", "category", 2.0),
    ("act", "category", 0.5),
    ("tied", "boolean", 1.0),
    ("width", "number", 2.0),
    ("depth", "number", 1.5),
    ("heads", "number", 1.0),
    ("experts", "number", 0.3),
    ("theta", "number", 1.0),
)
LEVELS: dict[str, list[Any]] = {
    "type": ["llama", "bert", "gpt2", "t5", "Qwen2"],
    "act": ["gelu", "silu"],
    "tied": [True, False],
    "width": [64, 128, 768, 1024, 4096, 5120],
    "depth": [2, 4, 12, 24, 32],
    "heads": [1, 2, 12, 16],
    "experts": [0, 8, 64],
    "theta": [1e4, 5e5, 1e6],
}


def random_rows(seed: int, n: int, missing: float = 0.3, copies: float = 0.4) -> list[Row]:
    """Return n rows, some of them copies of earlier ones."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for _ in range(n):
        if rows and rng.random() < copies:
            rows.append(dict(rows[rng.integers(len(rows))]))
            continue
        rows.append(
            {
                name: None if rng.random() < missing else values[rng.integers(len(values))]
                for name, values in LEVELS.items()
            }
        )
    return rows


def frame_of(
    rows: Sequence[Row], fields: Sequence[FieldTuple] = FIELDS, index: Sequence[Any] | None = None
) -> pd.DataFrame:
    """Return rows as a frame with the column types of `modelkin.analysis.inputs.Models`."""
    columns = {}
    for name, kind, _ in fields:
        values = [row[name] for row in rows]
        if kind == "number":
            columns[name] = pd.Series(
                [np.nan if v is None else float(v) for v in values], dtype=float
            )
        else:
            columns[name] = pd.Series(values, dtype=object)
    frame = pd.DataFrame(columns)
    return frame if index is None else frame.set_axis(list(index), axis=0)
