"""Labels, relationship types, properties and keys of the graph, as data (design of the store)."""

from __future__ import annotations

import re
from types import MappingProxyType

SCHEMA_VERSION = 1
"""Part of every run's id: raise it when stored values change their meaning."""

LABELS = MappingProxyType(
    {
        "Model": "a repository of the Hub",
        "Configured": "a model with hidden_size or num_hidden_layers of its own",
        "Stub": "named as a parent, without a row of its own in any source",
        "Root": "a model with children and no parent",
        "Run": "one load or one write-back",
    }
)

EDGES = MappingProxyType(
    {
        "PARENT_OF": "one model was made from another",
        "SIMILAR_TO": "a configured model and one of its nearest configurations, related or not",
    }
)

RELATIONS: tuple[str, ...] = ("merge", "adapter", "quantized", "finetune")
"""Declared relations, in the order that decides an edge's primary relation."""

UNTYPED = "untyped"
"""Relation of an edge whose source only says "base model"."""

MAIN_PARENT_ORDER: tuple[str, ...] = ("finetune", "adapter", "quantized", "merge", UNTYPED)
"""Relations in the order that decides a model's main parent."""

RELATION_WORDS = MappingProxyType(
    {
        "finetune": "finetune", "finetuned": "finetune", "fine-tune": "finetune",
        "fine-tuned": "finetune", "fine_tune": "finetune", "finetuning": "finetune",
        "finetune_parent": "finetune", "finetunes": "finetune",
        "adapter": "adapter", "adapters": "adapter", "lora": "adapter", "peft": "adapter",
        "adapter_parent": "adapter",
        "quantized": "quantized", "quantised": "quantized", "quantization": "quantized",
        "quant": "quantized", "quantizations": "quantized", "quantized_parent": "quantized",
        "merge": "merge", "merged": "merge", "merges": "merge", "merge_parent": "merge",
        "": UNTYPED, "untyped": UNTYPED, "base_model": UNTYPED, "parent_model": UNTYPED,
        "declared_base_model": UNTYPED, "none": UNTYPED, "nan": UNTYPED, "null": UNTYPED,
    }
)  # fmt: skip
"""Spellings of relations in the Hub's tags, tables and dashboards, in lower case."""

HINT = "hint"
"""Relation of an edge that only hints speak of: stored when asked for, left out of measures."""

HINT_WORDS = frozenset({"config_name_or_path", "name_or_path"})
"""Words of a hint (a config's `_name_or_path`): no lineage, loaded only when asked for."""

MAX_ID = 200
_ID = re.compile(r"[A-Za-z0-9][\w.\-]*(/[\w.\-]+)?", re.ASCII)

COMMUNITY = "community"
"""Organization of the few old models whose id has no organization."""


def is_model_id(value: object) -> bool:
    """Tell whether a value is a Hub id: ``org/name``, or one bare name of the early Hub.

    >>> is_model_id("meta-llama/Llama-2-7b"), is_model_id("gpt2"), is_model_id("a b")
    (True, True, False)
    """
    return isinstance(value, str) and len(value) <= MAX_ID and _ID.fullmatch(value) is not None


def organization(model_id: str) -> str:
    """Return the part before the slash, or `COMMUNITY` for a bare name."""
    head, slash, _ = model_id.partition("/")
    return head if slash else COMMUNITY


def primary_relation(relations: list[str]) -> str:
    """Return the relation shown for an edge that carries several (reference's order)."""
    return next((r for r in RELATIONS if r in relations), UNTYPED)
