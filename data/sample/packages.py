"""Readers of the sample's sources that are published code packages.

Each takes one file of an unpacked package. See `sources` for the columns and the rule
that nothing is filled in.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from modelkin.data.sample.sources import CONFIGS, FACTS, edges_of, origin, rows_of
from modelkin.data.sample.tables import Row

LITGPT_DOUBTED = frozenset(
    {
        ("EleutherAI/pythia-14m", "max_position_embeddings"),
        ("EleutherAI/pythia-31m", "max_position_embeddings"),
        ("codellama/CodeLlama-13b-Instruct-hf", "max_position_embeddings"),
        ("garage-bAInd/Platypus2-70B", "num_key_value_heads"),
        ("mistralai/Mixtral-8x22B-v0.1", "vocab_size"),
        ("stabilityai/stable-code-3b", "rope_theta"),
    }
)
"""Cells of litgpt's table that a published configuration contradicts, and one default
that does not fit the model's long context."""

LLMFIT_EXPERTS_DOUBTED = frozenset({"mixtral", "llama4"})
"""Types whose experts llmfit counts by the name (Llama-4-Maverick: 16 instead of 128)."""

Catalogue = list[dict[str, Any]]


def literals(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the literal assignments of a Python file without running it."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        value = node.value
        if isinstance(value, ast.Call) and value.args:  # OrderedDict([...])
            value = value.args[0]
        try:
            yield node.targets[0].id, ast.literal_eval(value)
        except ValueError:
            continue


# --- llmfit: a catalogue of Hub models -------------------------------------------------


def llmfit_catalogue(path: Path) -> Catalogue:
    """Read the catalogue (hf_models.json)."""
    models: Catalogue = json.loads(path.read_text(encoding="utf-8"))
    return models


def llmfit_facts(models: Catalogue, source: Row) -> list[Row]:
    """Read licence, languages, day of creation, downloads and likes.

    A zero is what the catalogue writes for "never collected", so zeros stay empty.
    """
    return rows_of(
        (
            {
                "model_id": m["name"],
                "created_at": m.get("release_date"),
                "downloads": m.get("hf_downloads") or None,
                "likes": m.get("hf_likes") or None,
                "license": m.get("license"),
                "pipeline_tag": None if m["pipeline_tag"] == "unknown" else m["pipeline_tag"],
                "languages": ";".join(m.get("languages") or ()),
            }
            | origin(source)
            for m in models
        ),
        FACTS,
    )


def llmfit_contexts(models: Catalogue) -> dict[str, int]:
    """Return context lengths of the models whose configuration the catalogue has read."""
    return {m["name"]: m["context_length"] for m in models if m.get("hidden_size")}


def llmfit_configs(models: Catalogue, source: Row) -> list[Row]:
    """Read shapes, where the catalogue shows that it has read the configuration.

    Its context length is stretched by rope factors and is not taken.
    """
    grouped = {  # types whose configurations state the number of key and value heads
        m["architecture"]
        for m in models
        if m.get("num_key_value_heads") not in (None, m.get("num_attention_heads"))
    }
    seen = (m for m in models if m.get("hidden_size") or m.get("vocab_size"))
    return rows_of((_llmfit_row(m, grouped) | origin(source) for m in seen), CONFIGS)


def _llmfit_row(model: Mapping[str, Any], grouped: set[str]) -> dict[str, Any]:
    """Translate one entry; what the catalogue derives (head widths, counts) is left out."""
    kind, heads = model["architecture"], model.get("num_attention_heads")
    hidden, head_dim = model.get("hidden_size"), model.get("head_dim")
    stated = head_dim and heads and hidden and head_dim != hidden // heads
    # one column of the catalogue is an expert's width, or else the feed-forward width
    split = bool(model.get("is_moe")) and kind != "mixtral"
    counted = bool(model.get("is_moe")) and kind not in LLMFIT_EXPERTS_DOUBTED
    width = model.get("moe_intermediate_size")
    return {
        "model_id": model["name"],
        "model_type": None if kind == "unknown" else kind,
        "hidden_size": hidden,
        "num_hidden_layers": model.get("num_hidden_layers"),
        "num_attention_heads": heads,
        "num_key_value_heads": model.get("num_key_value_heads") if kind in grouped else None,
        "head_dim": head_dim if stated else None,
        "intermediate_size": None if split else width,
        "moe_intermediate_size": width if split else None,
        "vocab_size": model.get("vocab_size"),
        "num_experts": model.get("num_experts") if counted else None,
        "num_experts_per_tok": model.get("active_experts") if counted else None,
    }


def llmfit_edges(models: Catalogue, source: Row) -> list[Row]:
    """Read the GGUF repositories that the catalogue names for a model: quantized."""
    pairs = ((m["name"], g["repo"]) for m in models for g in m.get("gguf_sources") or ())
    return edges_of(((*pair, "quantized") for pair in pairs), source)


# --- litgpt: configurations by name ----------------------------------------------------


def litgpt_configs(path: Path, source: Row, contexts: Mapping[str, int]) -> list[Row]:
    """Read litgpt's table of configurations.

    Parameters
    ----------
    path : Path
        litgpt's ``config.py``. It is run, since code builds the table.
    source : dict
        Row of ``SOURCES.csv``.
    contexts : Mapping
        Context lengths by a second source: where it contradicts the table the cell
        stays empty, as it does where the table states none.
    """
    module = _run(path)
    rows = (_litgpt_row(module.Config(**raw), raw, contexts) for raw in module.configs)
    return rows_of((row | origin(source) for row in rows), CONFIGS)


def _run(path: Path) -> Any:
    """Run a Python file as a module and return it."""
    spec = importlib.util.spec_from_file_location("_sample_source", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


def _litgpt_row(c: Any, raw: Mapping[str, Any], contexts: Mapping[str, int]) -> dict[str, Any]:
    """Translate one entry (resolved, and as written) into config.json's names."""
    model_id = f"{c.hf_config['org']}/{c.hf_config['name']}"
    context = raw.get("block_size")
    row = {
        "hidden_size": c.n_embd,
        "num_hidden_layers": c.n_layer,
        "num_attention_heads": c.n_head,
        "num_key_value_heads": c.n_query_groups,
        "head_dim": raw.get("head_size"),
        "intermediate_size": c.intermediate_size,
        "vocab_size": c.padded_vocab_size,
        "max_position_embeddings": context if contexts.get(model_id, context) == context else None,
        "rope_theta": c.rope_base,
        "rope_scaling_type": _rope_scaling(c),
        "hidden_act": _activation(c),
        # the table counts one token more than the published key in its Phi-3 and Phi-4 rows
        "sliding_window": None if "/Phi-" in model_id else c.sliding_window_size,
        "num_experts": c.n_expert or None,
        "num_experts_per_tok": c.n_expert_per_token or None,
        "moe_intermediate_size": c.moe_intermediate_size,
    }
    kept = {k: None if (model_id, k) in LITGPT_DOUBTED else v for k, v in row.items()}
    return {"model_id": model_id, **kept}


def _rope_scaling(config: Any) -> str | None:
    """Name litgpt's rope adjustment as config.json does."""
    if config.rope_adjustments:
        return "llama3" if "low_freq_factor" in config.rope_adjustments else "linear"
    return "linear" if config.rope_condense_ratio != 1 else None


def _activation(config: Any) -> str | None:
    """Name the activation where litgpt's block leaves one reading."""
    if config.mlp_class_name in ("LLaMAMLP", "LLaMAMoE"):
        return "silu"
    exact = config.mlp_class_name == "GptNeoxMLP" and config.gelu_approximate == "none"
    return "gelu" if exact else None


# --- class names: registries, read with transformers' table ------------------------------


def class_types(path: Path) -> dict[str, str]:
    """Return class name -> model type by transformers' table (modeling_auto.py).

    Of several types the one that begins the class name is meant (LlamaForCausalLM:
    llama, not exaone); a class without just one is left out.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for name, value in literals(path):
        if name.endswith("MAPPING_NAMES"):
            for kind, classes in dict(value).items():
                for class_name in [classes] if isinstance(classes, str) else classes:
                    found[class_name].add(kind)
    types: dict[str, str] = {}
    for class_name, kinds in found.items():
        plain = class_name.lower().replace("_", "")
        named = [k for k in kinds if plain.startswith(k.replace("_", ""))]
        if len(kinds) == 1 or len(named) == 1:
            types[class_name] = (named if len(named) == 1 else list(kinds))[0]
    return types


def registry_classes(path: Path) -> dict[str, str]:
    """Read which class each model of TransformerLens's registry declares."""
    models = json.loads(path.read_text(encoding="utf-8"))["models"]
    return {m["model_id"]: m["architecture_id"] for m in models}


def class_configs(classes: Mapping[str, str], types: Mapping[str, str], source: Row) -> list[Row]:
    """Return class names as configurations, with the model type that they determine."""
    return rows_of(
        (
            {"model_id": m, "model_type": types[name], "architecture": name} | origin(source)
            for m, name in classes.items()
            if name in types
        ),
        CONFIGS,
    )


# --- unsloth: 4-bit copies ---------------------------------------------------------------


def unsloth_edges(path: Path, source: Row) -> list[Row]:
    """Read of which published model a 4-bit repository of unsloth is the copy."""
    mapping = next(v for name, v in literals(path) if name.endswith("INT_TO_FLOAT_MAPPER"))
    edges = []
    for copy, value in mapping.items():
        names = value.get("16", ()) if isinstance(value, dict) else value
        published = next((n for n in names if not n.startswith("unsloth/")), None)
        if published and copy.endswith("-bnb-4bit"):
            edges.append((published, copy, "quantized"))
    return edges_of(edges, source)
