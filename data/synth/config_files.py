"""Writes configurations: the reference's expanded CSV, faults included, and config.json lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from modelkin.data.synth.columns import CSV_COLUMNS, FAMILY_FLAGS, PATTERNS, column_of, misplace
from modelkin.data.synth.params import FIELDS
from modelkin.data.synth.prototypes import TYPES
from modelkin.data.synth.world import World
from modelkin.schema.attributes import BY_NAME
from modelkin.schema.families import family_of

_CONSTANT = {
    "config_attention_dropout": "0.0",
    "config_initializer_range": "0.02",
    "config_use_cache": "True",
    "uses_lora": "False",
}
_KEYS = {
    "rope_scaling_type": "rope_scaling.rope_type",
    "quant_method": "quantization_config.quant_method",
    "quant_bits": "quantization_config.bits",
}
# Size and context classes, right-closed: our own, since the reference's are not known.
_SIZES = ((3.0, "small"), (13.0, "medium"), (70.0, "large"), (np.inf, "xlarge"))
_CONTEXTS = ((4_096, "short"), (32_768, "medium"), (131_072, "long"), (np.inf, "very_long"))


def write_csv(world: World, path: Path) -> None:
    """Write model_configs_expanded.csv: booleans as text, derived columns, misaligned rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        for row, known in _rows(world, without_lost=True):
            cells = _cells(world, row, known)
            if world.pattern[row] >= 0:
                cells = misplace(cells, PATTERNS[world.pattern[row]])
            writer.writerow(cells.values())


def write_jsonl(world: World, path: Path) -> None:
    """Write configs.jsonl: one {"model_id", "config"} per line, under each type's own keys."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row, known in _rows(world, without_lost=False):
            line = {"model_id": world.ids[row], "config": _config(world, row, known)}
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def _rows(world: World, *, without_lost: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield row numbers with their known cells as plain Python values."""
    rows = np.flatnonzero(world.has_row)
    columns = []
    for f, name in enumerate(FIELDS):
        values = world.column(name, rows).tolist()
        hidden = world.lost[rows, f].tolist() if without_lost else [False] * len(rows)
        whole = BY_NAME[name].kind == "integer"
        columns.append(
            [
                None if lost or v is None or v != v else int(v) if whole else v
                for v, lost in zip(values, hidden, strict=True)
            ]
        )
    for row, *cells in zip(rows.tolist(), *columns, strict=True):
        yield row, {f: c for f, c in zip(FIELDS, cells, strict=True) if c is not None}


def _version(row: int, major_minor: str) -> str:
    """Return a full version, as config.json has it."""
    return f"{major_minor}.{row % 4}"


def _cells(world: World, row: int, known: dict[str, Any]) -> dict[str, str]:
    """Return the text of an honest CSV row, in the order of `CSV_COLUMNS`."""
    cells = dict.fromkeys(CSV_COLUMNS, "")
    cells.update(_CONSTANT)
    kind = TYPES[world.kind[row]]
    cells["modelId"] = world.ids[row]
    cells["config_architectures"] = f"['{kind.architecture}']"
    cells["config_bos_token_id"] = cells["config_eos_token_id"] = str(kind.bos)
    for name, value in known.items():
        cells[column_of(name)] = str(value)
    if "transformers_version" in known:
        cells["config_transformers_version"] = _version(row, known["transformers_version"])
    if "rope_theta" in known and row % 2:
        # The published file has both spellings, 10000 and 10000.0.
        cells["config_rope_theta"] = str(int(known["rope_theta"]))
    for name, derived in _derived(known).items():
        cells[name] = str(derived)
    return cells


def _derived(known: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that the extractor computes; a flag of something unknown is False."""
    hidden, layers = known.get("hidden_size"), known.get("num_hidden_layers")
    heads, kv = known.get("num_attention_heads"), known.get("num_key_value_heads")
    context, experts = known.get("max_position_embeddings"), known.get("num_experts")
    out: dict[str, Any] = {
        "uses_moe": experts is not None and experts >= 2,
        "uses_gqa": bool(heads and kv and kv < heads),
        "uses_rope": "rope_theta" in known,
        "uses_quantization": "quant_method" in known,
    }
    family = family_of(known.get("model_type"))
    out |= {flag: family == name for flag, name in FAMILY_FLAGS.items()}
    if hidden and layers:
        billions = 12 * layers * hidden**2 / 1e9
        out["config_approx_params_billions"] = round(billions, 2)
        out["size_category"] = next(word for top, word in _SIZES if billions <= top)
    if hidden and heads:
        out["config_head_dimension"] = hidden / heads
    if heads and kv:
        out["config_gqa_ratio"] = heads / kv
    if context:
        out["context_category"] = next(word for top, word in _CONTEXTS if context <= top)
    if context and layers:
        out["config_context_per_layer"] = round(context / layers, 2)
    if experts:
        out["config_moe_enabled"] = experts >= 2
        if "num_experts_per_tok" in known:
            out["config_moe_expert_utilization"] = known["num_experts_per_tok"] / experts
    return out


def _config(world: World, row: int, known: dict[str, Any]) -> dict[str, Any]:
    """Return a config.json: the keys of the type, nested where the library nests them."""
    kind = TYPES[world.kind[row]]
    config: dict[str, Any] = {"architectures": [kind.architecture], "bos_token_id": kind.bos}
    for name, value in known.items():
        *outer, last = kind.keys.get(name, _KEYS.get(name, name)).split(".")
        place = config.setdefault(outer[0], {}) if outer else config
        place[last] = _version(row, value) if name == "transformers_version" else value
    # Libraries write null for what is switched off.
    for name, key in (("sliding_window", "sliding_window"), ("rope_scaling_type", "rope_scaling")):
        if name in kind.values and name not in known:
            config[key] = None
    return config
