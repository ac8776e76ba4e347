"""Models as the pipeline makes them, with planted blocks of alike configurations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from modelkin.analysis import forest
from modelkin.analysis.inputs import BITS, Edges, Inputs, Models
from modelkin.schema.attributes import ATTRIBUTES
from modelkin.schema.derive import config_hash
from modelkin.schema.families import family_of

TYPES = ("llama", "mistral", "qwen2", "gemma", "bert", "t5", "opt", "gpt2")
WIDTHS = (512, 4096, 1024, 8192, 768, 2048, 3072, 5120)


def models_of(records: list[dict[str, Any]]) -> Models:
    """Return Models of records: ``id`` and any attributes, all others missing."""
    records = sorted(records, key=lambda r: r["id"])
    columns: dict[str, Any] = {}
    for a in ATTRIBUTES:
        values = [r.get(a.name) for r in records]
        if a.kind in ("integer", "number"):
            columns[a.name] = pd.Series(values, dtype=float)
        elif a.kind == "time":
            columns[a.name] = pd.to_datetime(pd.Series(values, dtype=object), utc=True).astype(
                "datetime64[ns, UTC]"
            )
        else:
            columns[a.name] = pd.Series(values, dtype=object)
    frame = pd.DataFrame(columns)
    hashes = [config_hash(r) for r in records]
    frame["family"] = [family_of(r.get("model_type")) for r in records]
    frame["organization"] = [r["id"].partition("/")[0] for r in records]
    frame["configured"] = [h is not None for h in hashes]
    frame["stub"] = False
    frame["has_row"] = frame["configured"]
    frame["config_hash"] = pd.Series(hashes, dtype=object)
    return Models(np.array([r["id"] for r in records], dtype=object), frame, len(records) + 1)


def inputs_of(
    records: list[dict[str, Any]], pairs: list[tuple[str, str]] | None = None, **options: Any
) -> Inputs:
    """Return Inputs of records and finetune pairs (parent, child)."""
    models = models_of(records)
    row = {name: i for i, name in enumerate(models.ids)}
    ends = sorted((row[p], row[c]) for p, c in pairs or [])
    parent, child = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    edges = Edges(
        parent,
        child,
        np.full(len(ends), BITS["finetune"], dtype=np.uint8),
        np.full(len(ends), "finetune", dtype=object),
    )
    created = models.frame["created_at"].to_numpy(dtype="datetime64[ns]")
    downloads = models.frame["downloads"].to_numpy(dtype=float)
    grown = forest.grow(models.n, edges, created, downloads, models.configured)
    return Inputs(models, edges, grown, options)


def block_records(seed: int, n_blocks: int = 6, size: int = 20) -> list[dict[str, Any]]:
    """Return models of blocks: one type and shape each, differing in two numbers inside."""
    rng = np.random.default_rng(seed)
    records = []
    for b in range(n_blocks):
        for i in range(size):
            records.append(
                {
                    "id": f"{TYPES[b]}/model-{i:03}",
                    "model_type": TYPES[b],
                    "hidden_act": f"act-{b}",
                    "rope_scaling_type": f"scaling-{b}",
                    "hidden_size": WIDTHS[b],
                    "num_hidden_layers": 24 + b,
                    "num_attention_heads": 8 * (b + 1),
                    "vocab_size": 32_000 + int(rng.integers(0, 2_000)),
                    "max_position_embeddings": 4_096 + int(rng.integers(0, 50)),
                    "tie_word_embeddings": bool(b % 2),
                    "downloads": int(rng.integers(0, 10_000)),
                    "created_at": f"202{3 + i % 2}-0{1 + b}-0{1 + i % 9}T00:00:00Z",
                }
            )
    return records


def random_records(seed: int, n: int) -> list[dict[str, Any]]:
    """Return models without structure: every attribute is drawn on its own."""
    rng = np.random.default_rng(seed)
    return [
        {
            "id": f"org-{i % 7}/model-{i:04}",
            "model_type": str(rng.choice(TYPES)),
            "hidden_act": str(rng.choice(["gelu", "silu", "relu"])),
            "tie_word_embeddings": bool(rng.random() < 0.5),
            **{
                name: float(rng.integers(1, 400))
                for name in (
                    "hidden_size",
                    "num_hidden_layers",
                    "num_attention_heads",
                    "num_key_value_heads",
                    "intermediate_size",
                    "vocab_size",
                    "max_position_embeddings",
                    "rope_theta",
                    "sliding_window",
                )
            },
        }
        for i in range(n)
    ]
