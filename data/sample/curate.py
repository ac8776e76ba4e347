"""Curate the sample: gather facts from named sources, choose a connected part, write CSVs.

Run as ``python -m modelkin.data.sample.curate --help``. All inputs are arguments; the
same inputs give the same bytes. ``SOURCES.csv`` beside this file says what each source
is, of which day and under which licence; the readers say what of it is taken.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from modelkin.data.sample import packages, sources
from modelkin.data.sample.choice import UNLICENSED, Gathered, choose, pool_of
from modelkin.data.sample.sources import CONFIGS, EDGES, FACTS, RATINGS
from modelkin.data.sample.tables import Row, read, write
from modelkin.schema.graph import is_model_id

RATED_ON = ("2025-08-06", "2024-08-06")
"""Days of the leaderboard that are taken: the newest, and a year before."""

UNFIT = re.compile(
    r"nsfw|sex|porn|lewd|erotic|hentai|slut|fuck|cunn|dick|whore|rape|loli|nude|sutra|waifu|_69",
    re.I,
)
"""Repository names that we do not ship."""


INPUTS = {
    "facts": "folder with lineage/, configs/, models/ and arena/",
    "llmfit": "hf_models.json of llmfit-core",
    "litgpt": "litgpt/config.py",
    "transformers": "transformers/models/auto/modeling_auto.py",
    "transformer-lens": "transformer_lens/tools/model_registry/data/supported_models.json",
    "unsloth": "unsloth/models/mapper.py",
    "out": "folder to write the tables to",
}


def gather(args: argparse.Namespace, known: Mapping[str, Row]) -> Gathered:
    """Read all sources and keep what has a Hub id."""
    lineage, models = args.facts / "lineage", args.facts / "models"
    catalogue = packages.llmfit_catalogue(args.llmfit)
    types = packages.class_types(args.transformers)
    classes = {"transformer_lens": packages.registry_classes(args.transformer_lens)}
    for key, name in (("v2", "v2_2025-03"), ("v1", "v1_2024-07")):
        rows = sources.table(models / f"open_llm_leaderboard_{name}.csv.gz")
        classes[f"open_llm_leaderboard_{key}"] = {r["model_id"]: r["architecture"] for r in rows}
    listed = ("graph_data_mini", "llm_dna_list", *(k for k in classes if k != "transformer_lens"))
    configs = args.facts / "configs"
    return Gathered(
        facts=_fit(
            packages.llmfit_facts(catalogue, known["llmfit"])
            + sources.hub_facts(models / "model_metadata.csv.gz", listed)
        ),
        configs=_fit(
            sources.json_configs(
                configs / "config_json_full.jsonl.gz", ("aiconfigurator", "vllm-spyre")
            )
            + sources.shape_configs(configs / "weight_shapes_2026.csv.gz", known["model_zoo"])
            + packages.llmfit_configs(catalogue, known["llmfit"])
            + packages.litgpt_configs(
                args.litgpt, known["litgpt"], packages.llmfit_contexts(catalogue)
            )
            + _class_rows(classes, types, known)
        ),
        edges=one_claim(_fit(_all_edges(lineage, args, catalogue, known))),
        ratings=_fit(
            sources.ratings(
                args.facts / "arena/arena_elo_history_2024-06_2025-08.csv.gz",
                known["arena_history"],
                RATED_ON,
            )
        ),
    )


def _all_edges(
    lineage: Path, args: argparse.Namespace, catalogue: packages.Catalogue, known: Mapping[str, Row]
) -> list[Row]:
    """Read the edges; a licensed source comes before one that states no licence."""
    return (
        sources.tree_edges(lineage / "graph_data_mini.json", known["graph_data_mini"])
        + sources.listed_edges(
            lineage / "edges_adapter_sources_2026.csv.gz", "adapter", known["model_zoo"]
        )
        + packages.unsloth_edges(args.unsloth, known["unsloth"])
        + packages.llmfit_edges(catalogue, known["llmfit"])
        + sources.declared_edges(
            lineage / "edges_hub_textgen_2025-06.csv.gz",
            known[UNLICENSED],
            ("finetune", "merge"),
        )
        + sources.listed_edges(
            lineage / "edges_open_llm_leaderboard_v2.csv.gz",
            "untyped",
            known["open_llm_leaderboard_v2"],
        )
    )


def _class_rows(
    classes: Mapping[str, Mapping[str, str]], types: Mapping[str, str], known: Mapping[str, Row]
) -> list[Row]:
    """Return one class name for each model: the first registry's that has it."""
    rows: dict[str, Row] = {}
    for key, found in classes.items():
        for row in packages.class_configs(found, types, known[key]):
            rows.setdefault(row["model_id"], row)
    return list(rows.values())


def _fit(rows: Iterable[Row]) -> list[Row]:
    """Keep rows whose ids are Hub ids and fit to be shipped."""
    names = ("model_id", "parent_id", "child_id")
    return [
        row
        for row in rows
        if all(is_model_id(row[n]) and not UNFIT.search(row[n]) for n in names if n in row)
    ]


def one_claim(edges: Iterable[Row]) -> list[Row]:
    """Keep each (parent, child, relation) once, with all its sources, first named first.

    "Untyped" means that nobody names a relation: it gives way to a relation, and its
    source is added to that one's.
    """
    pairs: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for edge in edges:
        claims = pairs[edge["parent_id"], edge["child_id"]]
        kept = claims.setdefault(edge["relation"], dict(edge))
        kept["source"] = _joined(kept["source"], edge["source"])
    for claims in pairs.values():
        if len(claims) > 1 and (untyped := claims.pop("untyped", None)):
            for kept in claims.values():
                kept["source"] = _joined(kept["source"], untyped["source"])
    return [row for pair in sorted(pairs) for _, row in sorted(pairs[pair].items())]


# --- writing ---------------------------------------------------------------------------


def one_fact(g: Gathered, chosen: Iterable[str]) -> list[Row]:
    """Merge the facts of each model: newest first; downloads and likes of one day only.

    A model that only a configuration or a licensed edge names keeps its id alone, with
    that as its source.
    """
    by_model: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(g.facts, key=lambda r: r["snapshot"], reverse=True):
        by_model[row["model_id"]].append(row)
    named = {row["model_id"]: row for row in g.configs}
    for edge in g.edges:
        if edge["source"] != UNLICENSED:
            for end in ("parent_id", "child_id"):
                named.setdefault(edge[end], edge)
    return [_one_fact(m, by_model[m] or [named[m]]) for m in sorted(chosen)]


def _one_fact(model_id: str, rows: list[Row]) -> Row:
    """Merge one model's rows (newest first), the first that counts anything before the others."""
    counts = ("downloads", "likes")
    counted = next((r for r in rows if any(r.get(n) for n in counts)), rows[0])
    rows = [counted, *(r for r in rows if r is not counted)]
    whole = dict.fromkeys(FACTS, "") | {"model_id": model_id}
    for row in rows:
        news = {n: row[n] for n in FACTS if row.get(n) and not whole[n]}
        if row is not counted:
            news = {n: v for n, v in news.items() if n not in counts}
        if news or row is counted:
            key = next(k for k in row["source"].split(";") if k != UNLICENSED)
            whole |= news | {"source": _joined(whole["source"], key)}
    return whole


def _joined(*keys: str) -> str:
    """Join source keys with semicolons, each once."""
    return ";".join(dict.fromkeys(k for key in keys for k in key.split(";") if k))


def main(argv: Sequence[str] | None = None) -> None:
    """Write models.csv, configs.csv, edges.csv and arena.csv to a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, what in INPUTS.items():
        parser.add_argument(f"--{name}", type=Path, required=True, help=what)
    args = parser.parse_args(argv)
    g = gather(args, {row["key"]: row for row in read("SOURCES")})
    chosen, edges = choose(g, pool_of(g))
    tables = {
        "models": (FACTS, one_fact(g, chosen)),
        "configs": (CONFIGS, _of(g.configs, chosen)),
        "edges": (EDGES, edges),
        "arena": (RATINGS, _of(g.ratings, chosen)),
    }
    for name, (columns, rows) in tables.items():
        write(args.out / f"{name}.csv", columns, rows)


def _of(rows: Iterable[Row], chosen: set[str]) -> list[Row]:
    """Return the rows of chosen models in the order of ids and sources."""
    kept = (row for row in rows if row["model_id"] in chosen)
    return sorted(kept, key=lambda r: (r["model_id"], r["source"], r["snapshot"]))


if __name__ == "__main__":
    main()
