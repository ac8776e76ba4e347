"""`Inputs` without a database: from a few dicts, or from an ecosystem of `modelkin.data.synth`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from modelkin.analysis.forest import grow
from modelkin.analysis.inputs import BITS, Edges, Inputs, Models
from modelkin.schema.attributes import ATTRIBUTES, feature_set
from modelkin.schema.families import family_of
from modelkin.schema.graph import organization, primary_relation


def tiny(models: dict[str, dict[str, Any]], edges: list[tuple], **options: Any) -> Inputs:
    """Inputs of models by id (attributes; "has_row" is True unless stated) and edges.

    An edge is (parent, child) for a finetune, or (parent, child, relation, ...).
    """
    ids = sorted({*models, *(end for edge in edges for end in edge[:2])})
    frame = pd.DataFrame([{**models.get(i, {}), "stub": i not in models} for i in ids])
    frame["has_row"] = [bool(models.get(i, {}).get("has_row", i in models)) for i in ids]
    return inputs(ids, frame, edges, options)


def from_synth(world, **options: Any) -> Inputs:
    """Inputs of an ecosystem as its complete files tell it."""
    frame = world.configs.reindex(np.arange(world.n))
    frame["created_at"] = pd.to_datetime(pd.Series(world.created_at), utc=True)
    frame["downloads"] = world.listing.downloads
    frame["likes"] = world.listing.likes
    frame["has_row"] = world.has_row
    frame["stub"] = world.stub
    names = {bit: name for name, bit in BITS.items()}
    edges = [
        (world.ids[p], world.ids[c], *(names[b] for b in names if bits & b))
        for p, c, bits in zip(world.parent, world.child, world.bits, strict=True)
    ]
    return inputs(world.ids, frame, edges, options)


def inputs(ids, frame: pd.DataFrame, edges: list[tuple], options: dict[str, Any]) -> Inputs:
    """Inputs as the pipeline makes them: typed columns, sorted edges, the forest grown."""
    frame = typed(frame.reset_index(drop=True))
    frame["organization"] = [organization(i) for i in ids]
    row = {model: k for k, model in enumerate(ids)}
    rows = sorted((row[p], row[c], tuple(rest) or ("finetune",)) for p, c, *rest in edges)
    made = Edges(
        parent=np.array([p for p, _, _ in rows], dtype=np.int64),
        child=np.array([c for _, c, _ in rows], dtype=np.int64),
        bits=np.array([sum(BITS[r] for r in rs) for _, _, rs in rows], dtype=np.uint8),
        relation=np.array([primary_relation(list(rs)) for _, _, rs in rows], dtype=object),
    )
    forest = grow(
        len(ids),
        made,
        frame["created_at"].to_numpy(dtype="datetime64[ns]"),
        frame["downloads"].to_numpy(dtype=np.float64),
        frame["configured"].to_numpy(dtype=bool),
    )
    return Inputs(Models(np.array(ids, dtype=object), frame, len(ids)), made, forest, options)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every column of `Models.frame` and its type."""
    out = {}
    for a in ATTRIBUTES:
        column = frame[a.name] if a.name in frame else pd.Series([None] * len(frame), dtype=object)
        if a.kind in ("integer", "number"):
            out[a.name] = pd.to_numeric(column).astype(np.float64)
        elif a.kind == "time":
            out[a.name] = pd.to_datetime(column, utc=True).astype("datetime64[ns, UTC]")
        else:
            out[a.name] = column.astype(object).where(column.notna(), None)
    made = pd.DataFrame(out)
    made["configured"] = made["hidden_size"].notna() | made["num_hidden_layers"].notna()
    made["has_row"] = frame["has_row"].to_numpy(dtype=bool)
    made["stub"] = frame["stub"].to_numpy(dtype=bool)
    source = frame.get("config_source", pd.Series(["config.json"] * len(frame)))
    made["config_source"] = source.where(made["has_row"], None).astype(object)
    made["family"] = [
        family_of(t, a) for t, a in zip(made["model_type"], made["architecture"], strict=True)
    ]
    # any name will do that copies share, missing values included
    same = made.groupby(list(feature_set("default")), dropna=False, sort=False).ngroup()
    made["config_hash"] = same.map("config{}".format).where(made["configured"], None)
    return made
