"""The configured models of a folder of real files: its `configs/` and `lineage/`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SHAPES = "weight-shapes"


def configured(folder: Path) -> pd.DataFrame:
    """Return the compared attributes of every configured model, by id.

    Sources are merged attribute by attribute, as loading does; an adapter of which only weight
    shapes are known has its base's, and is no configured model.
    """
    from modelkin.loader import merge
    from modelkin.loader.records import ModelRow
    from modelkin.schema.attributes import BY_NAME, feature_set

    claims: dict[str, Any] = defaultdict(merge.Claims)
    for made in _made("configs", folder / "configs" / "config_attributes.csv.gz"):
        if isinstance(made, ModelRow):
            key = merge.ClaimKey("run", made.evidence, made.snapshot)
            claims[made.model_id].add("configs", key, made.properties)
    adapters = _adapters(folder / "lineage")
    values = {model: merge.values(model, claimed) for model, claimed in sorted(claims.items())}
    kept = {
        model: value
        for model, value in values.items()
        if value["config_hash"] and (model not in adapters or value["config_source"] != SHAPES)
    }
    columns: dict[str, Any] = {}
    for name in feature_set("default"):
        cells = [value[name] for value in kept.values()]
        if BY_NAME[name].kind in ("integer", "number"):
            columns[name] = np.array([np.nan if c is None else c for c in cells], dtype=float)
        else:
            columns[name] = np.array(cells, dtype=object)
    return pd.DataFrame(columns, index=list(kept))


def described(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what a table is like, and how long its neighbours take (best of three)."""
    from modelkin.analysis.gower import encode, nearest

    table = encode(frame)
    copies = table.copies
    patterns = np.unique(np.packbits(table.present, axis=0), axis=1)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        encode(frame)
        between = time.perf_counter()
        found = nearest(table, 10, 6)
        times.append((between - began, time.perf_counter() - between))
    known = table.known[table.configuration]
    return {
        "models": table.n,
        "distinct": table.n_configurations,
        "fields": table.n_fields,
        "with a copy": float((copies[table.configuration] > 1).mean()),
        "most copies": int(copies.max()),
        "patterns": patterns.shape[1],
        "missing": 1 - float(known.mean()) / table.n_fields,
        "below 6 known": float((known < 6).mean()),
        "with 10 neighbours": float((found.index >= 0).all(axis=1).mean()),
        "encode": min(t[0] for t in times),
        "nearest": min(t[1] for t in times),
    }


def _adapters(folder: Path) -> set[str]:
    """Return the models that some declared edge calls an adapter."""
    from modelkin.loader.records import EdgeRow

    return {
        made.child_id
        for path in sorted(folder.glob("edges_*.csv.gz"))
        for made in _made("graph", path)
        if isinstance(made, EdgeRow) and made.relation == "adapter"
    }


def _made(kind: str, path: Path) -> Iterator[Any]:
    """Go through what a file says, as loading reads it."""
    from modelkin.loader.open import source_for

    source: Any = source_for(kind, path)
    for row in source.read():
        yield from source.normalise(row)
