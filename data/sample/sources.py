"""Columns of the sample, and readers of its sources that are plain data files.

Every reader takes the path of one file as its publisher made it and gives rows of text
cells with the columns `FACTS`, `CONFIGS`, `EDGES` or `RATINGS`. What a source does not
say stays empty. What of a source is not believed stands beside its reader, and is told
to people in ``SOURCES.csv``. Sources that are code packages: `packages`.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from modelkin.data.sample.tables import Row
from modelkin.schema.attributes import feature_set

FACTS = (
    "model_id",
    "created_at",
    "downloads",
    "likes",
    "license",
    "pipeline_tag",
    "library_name",
    "languages",
    "snapshot",
    "source",
)
COMPARED = feature_set("default")
ATTRIBUTES = (
    *COMPARED,
    "architecture",
    "moe_intermediate_size",
    "kv_ratio",
    "torch_dtype",
    "transformers_version",
    "quant_method",
)
CONFIGS = ("model_id", *ATTRIBUTES, "nested_in", "evidence", "snapshot", "source")
EDGES = ("parent_id", "child_id", "relation", "snapshot", "source")
RATINGS = (
    "arena_name",
    "model_id",
    "category",
    "rating",
    "rating_low",
    "rating_high",
    "votes",
    "snapshot",
    "source",
)

ARENA_DOUBTED = frozenset({"CodeLlama-70B-instruct", "Phi-3-Mini-4k-Instruct-June-24"})
"""Entries that link a repository that is not what was rated: the base model, and a later
state of a repository that another entry rates."""

_SYNONYMS = {  # other keys of config.json that occur in the files read here
    "num_experts": ("num_local_experts", "n_routed_experts"),
    "torch_dtype": ("dtype",),
}


def rows_of(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...]) -> list[Row]:
    """Return rows as text cells, with every column."""
    return [{name: cell(row.get(name)) for name in columns} for row in rows]


def cell(value: Any) -> str:
    """Return the text of a value: whole numbers without a point, nothing for none."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def table(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file, packed or not."""
    packed = path.suffix == ".gz"
    with (gzip.open if packed else open)(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def origin(source: Row, evidence: str = "catalog") -> Row:
    """Return the cells that say where a row comes from."""
    return {"evidence": evidence, "snapshot": source["date"], "source": source["key"]}


def edges_of(edges: Iterable[tuple[str, str, str]], source: Row, snapshot: str = "") -> list[Row]:
    """Return (parent, child, relation) as rows."""
    last = (snapshot or source["date"], source["key"])
    return [dict(zip(EDGES, (*edge, *last), strict=True)) for edge in edges]


# --- facts of models -------------------------------------------------------------------


def hub_facts(path: Path, keys: Collection[str]) -> list[Row]:
    """Read dates, downloads, likes and licences from the table of metadata.

    Parameters
    ----------
    path : Path
        ``model_metadata.csv.gz``: one row for each model and source.
    keys : collection of str
        Sources whose rows are read.
    """
    return rows_of((row for row in table(path) if row["source"] in keys), FACTS)


# --- configurations --------------------------------------------------------------------


def json_configs(path: Path, keys: Collection[str]) -> list[Row]:
    """Read whole config.json files (JSON lines), of the given sources only."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [r for r in map(json.loads, lines) if r["source"] in keys]
    return rows_of(map(_json_row, records), CONFIGS)


def _json_row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten one config.json; the text model of a multimodal one may be nested."""
    top: Mapping[str, Any] = record["config"]
    inner = top.get("text_config") if "hidden_size" not in top else None
    nested = isinstance(inner, dict)
    config = {**top, **inner, "model_type": top.get("model_type")} if inner else top
    row = {name: config.get(name) for name in ATTRIBUTES}
    for name, others in _SYNONYMS.items():
        row[name] = next((config[k] for k in (name, *others) if config.get(k) is not None), None)
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    row["rope_theta"] = config.get("rope_theta") or rope.get("rope_theta")
    row["rope_scaling_type"] = rope.get("rope_type") or rope.get("type")
    row["architecture"] = next(iter(top.get("architectures") or ()), None)
    row["quant_method"] = (top.get("quantization_config") or {}).get("quant_method")
    return row | {
        "model_id": record["model_id"],
        "nested_in": "text_config" if nested else "",
        "evidence": "config.json",
        "snapshot": record["snapshot"],
        "source": record["source"],
    }


def shape_configs(path: Path, source: Row) -> list[Row]:
    """Read measured shapes of weight matrices.

    Left out: adapters (their shapes are their base's) and mixtures of experts (which
    of their matrices were measured differs).
    """
    names = {"num_hidden_layers": "n_layers", "vocab_size": "vocab_rows"}
    alike = ("model_id", "hidden_size", "intermediate_size", "kv_ratio")
    return rows_of(
        (
            {name: row[name] for name in alike}
            | {name: row[column] for name, column in names.items()}
            | origin(source, "weight-shapes")
            for row in table(path)
            if row["is_adapter"] == "False"
            and row["uniform_layers"] == "True"
            and row["hidden_size"]
            and not row["n_experts"]
        ),
        CONFIGS,
    )


# --- edges and ratings -----------------------------------------------------------------


def listed_edges(path: Path, relation: str, source: Row) -> list[Row]:
    """Read a table of parents and children that are all of one relation."""
    return edges_of(((r["parent_id"], r["child_id"], relation) for r in table(path)), source)


def declared_edges(path: Path, source: Row, relations: Collection[str]) -> list[Row]:
    """Read bare declared edges, only of the given relations."""
    edges = ((r["parent_id"], r["child_id"], r["relation"]) for r in table(path))
    return edges_of((e for e in edges if e[2] in relations), source)


def tree_edges(path: Path, source: Row) -> list[Row]:
    """Read the edges of a published component of the Hub's graph."""
    edges = json.loads(path.read_text(encoding="utf-8"))["edges"]
    return edges_of(((e["source"], e["target"], e["type"]) for e in edges), source)


def ratings(path: Path, source: Row, days: Collection[str]) -> list[Row]:
    """Read ratings of entries that link the repository of their model."""
    found = {
        (r["hf_id_from_url"], r["snapshot_date"]): {
            "arena_name": r["arena_name"],
            "model_id": r["hf_id_from_url"],
            "category": "overall",
            "rating": r["elo"],
            "rating_low": int(r["elo"]) - int(r["ci_minus"]),
            "rating_high": int(r["elo"]) + int(r["ci_plus"]),
            "votes": r["votes"],
            "snapshot": r["snapshot_date"],
            "source": source["key"],
        }
        for r in table(path)
        if r["snapshot_date"] in days
        and r["hf_id_from_url"]
        and r["arena_name"] not in ARENA_DOUBTED
    }
    return rows_of(found.values(), RATINGS)
