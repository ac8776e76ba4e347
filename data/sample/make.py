"""Make from the sample the very file kinds that the reference analysis used.

`make_files` writes a graph pickle, the expanded configuration table, config.json files,
JSON lines, the ecosystem table and an arena table. The same sample gives the same bytes.
"""

from __future__ import annotations

import json
import math
import pickle
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from modelkin.data.sample.tables import Row, attributes, merged, read, write
from modelkin.schema.derive import derived
from modelkin.schema.families import family_of
from modelkin.schema.graph import is_model_id

RELATIONS = ("finetune", "quantized", "adapter", "merge")
"""Relations in the reference's order: the last that holds is an edge's single type."""

FAMILY_FLAGS = ("BERT", "DeepSeek", "GPT", "LLaMA", "Mistral", "Qwen", "T5", "Whisper")

ECOSYSTEM = (
    "model_id",
    "likes",
    "trendingScore",
    "private",
    "downloads",
    "tags",
    "pipeline_tag",
    "library_name",
    "createdAt",
    "regions",
    "licenses",
    "arxiv_papers",
    "datasets",
    "parent_model",
    "finetune_parent",
    "quantized_parent",
    "adapter_parent",
    "merge_parent",
    "languages",
)
ARENA = (
    "model",
    "elo_rating",
    "elo_uncertainty",
    "rating_low",
    "rating_high",
    "votes",
    "category",
    "snapshot",
    "hf_id",
)

_DERIVED = {  # derived name -> the reference's column
    "approx_params_billions": "config_approx_params_billions",
    "head_dim_derived": "config_head_dimension",
    "gqa_ratio": "config_gqa_ratio",
    "context_per_layer": "config_context_per_layer",
}
_FLAGS = ("uses_gqa", "uses_moe", "uses_quantization", "uses_rope")


def make_files(folder: Path) -> dict[str, Path]:
    """Write the sample as the files that the loaders read.

    Parameters
    ----------
    folder : Path
        Where to write; it is made where missing, and files of the same name are replaced.

    Returns
    -------
    dict
        "graph" (networkx pickle), "configs" (expanded table), "tree" (folder of
        ORG/NAME/config.json), "jsonl" (one configuration a line: several for a model
        that several sources describe), "ecosystem" and "arena" (tables).

    Notes
    -----
    Parents that are in no source of their own (stubs) are named by the ecosystem table
    and left out of the pickle, as the reference does. A day without a time is written
    as its midnight. Such a file is of one day, so it has the downloads and likes of the
    newest day only; those of other days are in ``models.csv``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    models, configs, edges = of_one_day(read("models")), read("configs"), read("edges")
    # The reference's order is by trending score, which we have not.
    models.sort(key=lambda m: (-int(m["downloads"] or -1), m["model_id"]))
    paths = {
        "graph": folder / "ai_ecosystem_graph.pkl",
        "configs": folder / "model_configs_expanded.csv",
        "tree": folder / "configs",
        "jsonl": folder / "configs.jsonl",
        "ecosystem": folder / "ai_ecosystem.csv",
        "arena": folder / "arena.csv",
    }
    paths["graph"].write_bytes(pickle.dumps(graph(models, edges), protocol=4))
    expanded = [_expanded(row) for row in merged(configs).values()]
    plain = sorted({c for row in expanded for c in row if c.startswith("config_")})
    flags = [f"is_{name.lower()}_family" for name in FAMILY_FLAGS]
    tail = (*_FLAGS, *flags, "size_category", "context_category")
    write(paths["configs"], ("modelId", *plain, *tail), expanded)
    _write_tree(paths["tree"], configs)
    paths["jsonl"].write_text("".join(_lines(configs)), encoding="utf-8")
    write(paths["ecosystem"], ECOSYSTEM, _ecosystem(models, edges))
    write(paths["arena"], ARENA, map(_rating, read("arena")))
    return paths


def of_one_day(models: Iterable[Row]) -> list[Row]:
    """Return the models with downloads and likes of the newest counted day, others empty."""
    rows = list(models)
    day = max(row["snapshot"] for row in rows if row["downloads"] or row["likes"])
    unknown = {"downloads": "", "likes": ""}
    return [row if row["snapshot"] == day else row | unknown for row in rows]


# --- the graph -------------------------------------------------------------------------


def graph(models: Iterable[Row], edges: Iterable[Row]) -> Any:
    """Build the networkx graph, parent to child, with the reference's attributes."""
    import networkx as nx

    made = nx.DiGraph()
    by_id = {row["model_id"]: row for row in models}
    for model_id, row in by_id.items():
        made.add_node(model_id, **_node(row))
    relations = _relations(edges)
    for (parent, child), found in relations.items():
        if parent in by_id:
            typed = [r for r in RELATIONS if r in found]
            last = typed[-1] if typed else None
            change = _change(by_id[parent], by_id[child])
            made.add_edge(parent, child, edge_types=typed, edge_type=last, **change)
    return made


def _relations(edges: Iterable[Row]) -> dict[tuple[str, str], set[str]]:
    """Collect the relations of each pair, in the order of the table."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for edge in edges:
        found[edge["parent_id"], edge["child_id"]].add(edge["relation"])
    return found


def _node(row: Row) -> dict[str, Any]:
    """Return a node's attributes; a missing number or text is NaN, as pandas leaves it."""
    return {
        "likes": int(row["likes"]) if row["likes"] else math.nan,
        "downloads": int(row["downloads"]) if row["downloads"] else math.nan,
        "pipeline_tag": row["pipeline_tag"] or math.nan,
        "library_name": row["library_name"] or math.nan,
        "createdAt": _moment(row["created_at"]) or math.nan,
        "licenses": _listed(row["license"]),
        "datasets": "[]",
        "languages": _listed(row["languages"]),
    }


def _change(parent: Row, child: Row) -> dict[str, Any]:
    """Return the differences child minus parent."""
    out: dict[str, Any] = {}
    for name in ("likes", "downloads"):
        known = parent[name] and child[name]
        change = int(child[name]) - int(parent[name]) if known else math.nan
        out[f"change_in_{name}"] = change
        share = change / int(parent[name]) if known and int(parent[name]) else math.nan
        out[f"percentage_change_in_{name}"] = share
    ends = [_moment(row["created_at"]) for row in (parent, child)]
    if all(ends):
        first, last = (datetime.fromisoformat(end) for end in ends)
        out["change_in_createdAt_days"] = (last - first).days
    else:
        out["change_in_createdAt_days"] = math.nan
    return out


def _moment(created_at: str) -> str:
    """Return a day or time in the Hub's spelling, 2024-05-11T00:00:00.000Z."""
    return f"{created_at}T00:00:00.000Z" if len(created_at) == 10 else created_at


def _listed(cell: str) -> str:
    """Return the parts of a cell, which semicolons divide, as the text of a Python list."""
    return str([part for part in cell.split(";") if part])


# --- tables ----------------------------------------------------------------------------


def _expanded(row: Row) -> dict[str, Any]:
    """Return one row of the expanded configuration table."""
    known = attributes(row)
    more = derived(known | {"config_source": row["evidence"]})
    family = family_of(known.get("model_type"), known.get("architecture"))
    experts, active = known.get("num_experts"), known.get("num_experts_per_tok")
    return {
        "modelId": row["model_id"],
        **{f"config_{name}": value for name, value in known.items()},
        **{column: more[name] for name, column in _DERIVED.items()},
        "config_moe_enabled": more["uses_moe"],
        "config_moe_expert_utilization": active / experts if active and experts else None,
        **{flag: more[flag] for flag in _FLAGS},
        **{f"is_{f.lower()}_family": family == f for f in FAMILY_FLAGS if family != "unknown"},
        "size_category": more["size_class"],
        "context_category": more["context_class"],
    }


def _ecosystem(models: Iterable[Row], edges: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the ecosystem table; every parent stands under parent_model too."""
    parents: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (parent, child), relations in _relations(edges).items():
        parents[child]["parent_model"].append(parent)
        for relation in relations - {"untyped"}:
            parents[child][f"{relation}_parent"].append(parent)
    for row in models:
        yield {
            "model_id": row["model_id"],
            "likes": row["likes"],
            "private": False,  # every source lists public models
            "downloads": row["downloads"],
            **dict.fromkeys(("tags", "regions", "arxiv_papers", "datasets"), "[]"),
            "pipeline_tag": row["pipeline_tag"],
            "library_name": row["library_name"],
            "createdAt": _moment(row["created_at"]),
            "licenses": _listed(row["license"]),
            "languages": _listed(row["languages"]),
            **{c: str(parents[row["model_id"]][c]) for c in ECOSYSTEM if "parent" in c},
        }


def _rating(row: Row) -> dict[str, str]:
    """Return one row of the arena table; the uncertainty is half of the interval."""
    half = (float(row["rating_high"]) - float(row["rating_low"])) / 2
    return {
        "model": row["arena_name"],
        "elo_rating": row["rating"],
        "elo_uncertainty": f"{half:g}",
        "hf_id": row["model_id"],
        **{name: row[name] for name in ARENA if name in row},
    }


# --- config.json -----------------------------------------------------------------------


def _config_json(row: Row) -> dict[str, Any]:
    """Spell a row as config.json does, the text model nested where the source had it so."""
    known = attributes(row)
    kind, class_name = known.pop("model_type", None), known.pop("architecture", None)
    rope, quant = known.pop("rope_scaling_type", None), known.pop("quant_method", None)
    shape = dict(known)
    if rope is not None:
        shape["rope_scaling"] = {"rope_type": rope}
    top: dict[str, Any] = {row["nested_in"]: shape} if row["nested_in"] else shape
    if kind is not None:
        top["model_type"] = kind
    if class_name is not None:
        top["architectures"] = [class_name]
    if quant is not None:
        top["quantization_config"] = {"quant_method": quant}
    return top


def _write_tree(folder: Path, configs: Iterable[Row]) -> None:
    """Write ORG/NAME/config.json for every published config.json."""
    for row in configs:
        if row["evidence"] == "config.json" and is_model_id(row["model_id"]):
            path = folder / row["model_id"] / "config.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(_config_json(row), indent=2, sort_keys=True)
            path.write_text(text + "\n", encoding="utf-8")


def _lines(configs: Iterable[Row]) -> Iterator[str]:
    """Yield one line for each configuration."""
    for row in configs:
        record = {
            "model_id": row["model_id"],
            "config": _config_json(row),
            "evidence": row["evidence"],
            "snapshot": row["snapshot"],
            "source": row["source"],
        }
        yield json.dumps(record, sort_keys=True) + "\n"
